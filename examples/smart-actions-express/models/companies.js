module.exports = (sequelize, DataTypes) =>
  sequelize.define(
    'companies',
    {
      name: { type: DataTypes.STRING, allowNull: false },
      status: {
        type: DataTypes.ENUM('signed_up', 'pending', 'live', 'rejected'),
        allowNull: false,
        defaultValue: 'signed_up',
      },
      country: { type: DataTypes.STRING, allowNull: false },
      note: { type: DataTypes.STRING },
    },
    { tableName: 'companies' },
  );

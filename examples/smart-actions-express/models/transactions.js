module.exports = (sequelize, DataTypes) =>
  sequelize.define(
    'transactions',
    {
      amount: { type: DataTypes.INTEGER, allowNull: false },
      status: {
        type: DataTypes.ENUM('to_validate', 'validated', 'rejected'),
        allowNull: false,
        defaultValue: 'to_validate',
      },
      note: { type: DataTypes.STRING },
    },
    { tableName: 'transactions' },
  );

module.exports = (sequelize, DataTypes) =>
  sequelize.define(
    'customers',
    {
      firstname: { type: DataTypes.STRING, allowNull: false },
      lastname: { type: DataTypes.STRING, allowNull: false },
      email: { type: DataTypes.STRING, allowNull: false },
      country: { type: DataTypes.STRING, allowNull: false },
      card_brand: { type: DataTypes.STRING, allowNull: false },
      card_last4: { type: DataTypes.STRING, allowNull: false },
      card_expires: { type: DataTypes.STRING, allowNull: false },
      card_blocked: { type: DataTypes.BOOLEAN, allowNull: false, defaultValue: false },
    },
    { tableName: 'customers' },
  );

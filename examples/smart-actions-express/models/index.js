const path = require('node:path');
const { DataTypes, Sequelize } = require('sequelize');

const sequelize = new Sequelize({
  dialect: 'sqlite',
  dialectModule: require('./sqlite'),
  storage: process.env.DATABASE_FILE ?? path.join(__dirname, '../smart-actions.db'),
  logging: false,
  define: { timestamps: false, underscored: true },
});

const companies = require('./companies')(sequelize, DataTypes);
const customers = require('./customers')(sequelize, DataTypes);
const transactions = require('./transactions')(sequelize, DataTypes);

companies.hasMany(customers, { foreignKey: 'company_id', as: 'customers' });
companies.hasMany(transactions, { foreignKey: 'emitter_company_id', as: 'emitted_transactions' });
companies.hasMany(transactions, { foreignKey: 'beneficiary_company_id', as: 'received_transactions' });
customers.belongsTo(companies, { foreignKey: 'company_id', as: 'company' });
transactions.belongsTo(companies, { foreignKey: 'emitter_company_id', as: 'emitter_company' });
transactions.belongsTo(companies, { foreignKey: 'beneficiary_company_id', as: 'beneficiary_company' });

module.exports = { sequelize, companies, customers, transactions };

const path = require('node:path');
const Liana = require('forest-express-sequelize');
const { sequelize } = require('../models');

module.exports = async function forestadmin(app) {
  app.use(
    await Liana.init({
      configDir: path.join(__dirname, '../forest'),
      envSecret: process.env.FOREST_ENV_SECRET,
      authSecret: process.env.FOREST_AUTH_SECRET,
      objectMapping: require('sequelize'),
      connections: { default: sequelize },
    }),
  );
};

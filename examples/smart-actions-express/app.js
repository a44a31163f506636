const express = require('express');
const { PUBLIC_ROUTES, ensureAuthenticated, errorHandler } = require('forest-express-sequelize');
const forestadmin = require('./middlewares/forestadmin');
const { fillIfEmpty } = require('./seed');

const app = express();

app.use(express.json({ limit: '50mb' }));

// Everything below /forest is for users with a token, but for the library's public routes.
app.use('/forest', (request, response, next) => {
  if (PUBLIC_ROUTES.includes(request.url)) return next();
  return ensureAuthenticated(request, response, next);
});

// The application's own routes come before the library's.
app.use('/forest', require('./routes/companies'));
app.use('/forest', require('./routes/customers'));

app.ready = (async () => {
  await fillIfEmpty();
  await forestadmin(app);
  app.use(errorHandler());
})();

module.exports = app;

const path = require('node:path');
const express = require('express');
const { PermissionMiddlewareCreator, RecordsGetter } = require('forest-express-sequelize');
const { customers } = require('../models');

const router = express.Router();
const permissionMiddlewareCreator = new PermissionMiddlewareCreator('customers');

const CARD_LIMIT = 1000;

async function selectedCustomer(request) {
  const [id] = await new RecordsGetter(customers, request.user, request.query).getIdsFromRequest(request);
  return customers.findByPk(id);
}

function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function panel(sentence, entries) {
  const rows = Object.entries(entries).map(
    ([label, value]) =>
      `<strong class="c-form__label--read c-clr-1-2">${label}</strong>\n<p class="c-clr-1-4 l-mb">${escapeHtml(value)}</p>`,
  );
  return [`<p class="c-clr-1-4 l-mt l-mb">${sentence}</p>`, ...rows].join('\n');
}

router.post('/actions/charge-credit-card', permissionMiddlewareCreator.smartAction(), async (request, response, next) => {
  try {
    const { amount, description } = request.body.data.attributes.values;
    const customer = await selectedCustomer(request);
    const card = `**** **** **** ${customer.card_last4}`;
    if (amount > CARD_LIMIT) {
      return response.status(400).send({ error: `The card's limit is $${CARD_LIMIT}.` });
    }
    if (customer.card_blocked) {
      const html = panel(`$${amount.toFixed(2)} USD has not been charged.`, {
        'Credit card': card,
        Reason: 'You can not charge this credit card. The card is marked as blocked',
      });
      return response.status(400).send({ error: 'The credit card was not charged.', html });
    }
    return response.send({
      html: panel(`$${amount.toFixed(2)} USD has been successfully charged.`, {
        'Credit card': card,
        Expire: customer.card_expires,
        'Card type': customer.card_brand,
        Country: customer.country,
        Description: description,
      }),
    });
  } catch (error) {
    return next(error);
  }
});

router.post('/actions/generate-invoice', permissionMiddlewareCreator.smartAction(), (request, response) => {
  response.sendFile('invoice-2342.pdf', {
    root: path.join(__dirname, '../public'),
    headers: {
      'Content-Disposition': 'attachment; filename="invoice-2342.pdf"',
      // Without it the browser may not read the name.
      'Access-Control-Expose-Headers': 'Content-Disposition',
    },
  });
});

router.post('/actions/impersonate', permissionMiddlewareCreator.smartAction(), async (request, response, next) => {
  try {
    const customer = await selectedCustomer(request);
    response.send({
      webhook: {
        url: 'https://app.example.com/impersonate',
        method: 'POST',
        headers: { 'x-requested-with': 'smart-actions' },
        body: { customer: customer.email, by: request.user.email },
      },
    });
  } catch (error) {
    next(error);
  }
});

router.post('/actions/send-invoice', permissionMiddlewareCreator.smartAction(), async (request, response, next) => {
  try {
    const { values } = request.body.data.attributes;
    const customer = await selectedCustomer(request);
    const note = values['delivery note'] ? ` (${values['delivery note']})` : '';
    response.send({ success: `The invoice is on its way to ${customer.firstname}, ${values['zip code']} ${values.city}${note}.` });
  } catch (error) {
    next(error);
  }
});

module.exports = router;

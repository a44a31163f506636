const express = require('express');
const { PermissionMiddlewareCreator, RecordsGetter } = require('forest-express-sequelize');
const { companies, transactions } = require('../models');

const router = express.Router();
const permissionMiddlewareCreator = new PermissionMiddlewareCreator('companies');

function selectedIds(request) {
  return new RecordsGetter(companies, request.user, request.query).getIdsFromRequest(request);
}

router.post('/actions/mark-as-live', permissionMiddlewareCreator.smartAction(), async (request, response, next) => {
  try {
    await companies.update({ status: 'live' }, { where: { id: await selectedIds(request) } });
    response.status(204).send();
  } catch (error) {
    next(error);
  }
});

router.post('/actions/reject-application', permissionMiddlewareCreator.smartAction(), async (request, response, next) => {
  try {
    const ids = await selectedIds(request);
    const { reason } = request.body.data.attributes.values;
    const note = `${request.user.email}: ${reason}`;
    await companies.update({ status: 'rejected', note }, { where: { id: ids } });
    response.send({ success: ids.length === 1 ? 'The application is rejected.' : `${ids.length} applications are rejected.` });
  } catch (error) {
    next(error);
  }
});

router.post('/actions/add-new-transaction', permissionMiddlewareCreator.smartAction(), async (request, response, next) => {
  try {
    const { values } = request.body.data.attributes;
    const [emitter] = await selectedIds(request);
    await transactions.create({
      emitter_company_id: emitter,
      beneficiary_company_id: values['Beneficiary company'],
      amount: values.Amount,
      note: `by ${request.user.email}`,
    });
    // The related data on the company's page is read again, so that it shows the new transaction.
    response.send({ success: 'New transaction emitted', refresh: { relationships: ['emitted_transactions'] } });
  } catch (error) {
    next(error);
  }
});

router.post('/actions/return-and-track', permissionMiddlewareCreator.smartAction(), (request, response) => {
  response.send({
    success: 'Return initiated successfully.',
    redirectTo: 'https://www.royalmail.com/portal/rm/track?trackNumber=ZW924750388GB',
  });
});

router.post('/actions/show-some-activity', permissionMiddlewareCreator.smartAction(), (request, response) => {
  response.send({
    success: 'Navigated to the activity view.',
    redirectTo: '/MyProject/MyEnvironment/MyTeam/data/20/index/record/20/108/activity',
  });
});

// An endpoint that the declaration names, with a file among the values.
router.post('/companies/import', permissionMiddlewareCreator.smartAction(), async (request, response, next) => {
  try {
    const { file, labels, live, 'signed up on': day } = request.body.data.attributes.values;
    const [head, content] = file.split(',');
    const name = decodeURIComponent(/;name=([^;]*)/.exec(head)?.[1] ?? 'a file');
    const lines = Buffer.from(content, 'base64').toString('utf8').split('\n').filter(Boolean);
    const note = [day, ...(labels ?? [])].filter(Boolean).join(', ');
    await companies.bulkCreate(
      lines.map((line) => {
        const [company, country] = line.split(';');
        return { name: company, country, note, status: live ? 'live' : 'signed_up' };
      }),
    );
    response.send({ success: `${lines.length} companies of ${name} are imported.` });
  } catch (error) {
    next(error);
  }
});

module.exports = router;

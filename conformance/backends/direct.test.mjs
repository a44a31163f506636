// What the two applications answer to a client that speaks dialect B by itself: the facts that Levers'
// `http` handler relies on. Where they differ from the specification, NOTES.md says so.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { approvalToken, attributesOf, startBackend, userToken } from './backends.mjs';
import { USERS } from './forest-server.mjs';

const [ada, grace] = USERS;
const STRANGER = { ...ada, id: 99 };

/** One POST of dialect B: `{ status, type, headers, text, json, bytes }`. */
async function post(backend, route, body, { token = userToken() } = {}) {
  const response = await fetch(`${backend.url}${route}?timezone=Europe%2FParis`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const type = response.headers.get('content-type') ?? '';
  const text = bytes.toString('utf8');
  return {
    status: response.status,
    type,
    headers: response.headers,
    bytes,
    text,
    json: type.includes('json') ? JSON.parse(text) : undefined,
  };
}

function execute(backend, collection, name, attributes, options) {
  const route =
    name === 'Import companies'
      ? '/forest/companies/import'
      : `/forest/actions/${name.toLowerCase().replaceAll(' ', '-')}`;
  const body = { data: { type: 'custom-action-requests', attributes: attributesOf(collection, name, attributes) } };
  return post(backend, route, body, options);
}

/** The body of a hook as both libraries understand it: Express reads `data`, Django the root. */
function hookBody(ids, fields, changedField) {
  const attributes = { ...attributesOf('customers', 'Send invoice', { ids }), fields, changed_field: changedField };
  return {
    data: { type: 'custom-action-hook-requests', attributes },
    recordIds: ids,
    collectionName: 'customers',
    fields,
    changedField,
  };
}

const hook = (backend, kind, body, options) =>
  post(backend, `/forest/actions/send-invoice/hooks/${kind}`, body, options);
const fieldOf = (answer, name) => answer.json.fields.find((field) => field.field === name);

for (const name of ['express', 'django']) {
  describe(`the ${name} application`, () => {
    let backend;
    before(async () => {
      backend = await startBackend(name);
    });
    after(() => backend?.stop());

    test('has sent its actions to the stand-in', async () => {
      const { included } = backend.forest.schema();
      const actions = included.filter(({ type }) => type === 'actions').map(({ attributes }) => attributes);
      assert.equal(actions.length, 10);
      const endpoint = (action) => actions.find((a) => a.name === action).endpoint;
      assert.equal(endpoint('Mark as Live'), '/forest/actions/mark-as-live');
      assert.equal(endpoint('Import companies'), '/forest/companies/import');
    });

    test('Mark as Live: 204 without a body, on ids and on all records but some', async () => {
      const some = await execute(backend, 'companies', 'Mark as Live', { ids: ['1', '2'] });
      assert.deepEqual([some.status, some.text], [204, '']);
      const filters = JSON.stringify({ field: 'country', operator: 'equal', value: 'FR' });
      const all = await execute(backend, 'companies', 'Mark as Live', {
        all_records: true,
        all_records_ids_excluded: ['1'],
        all_records_subset_query: { filters, timezone: 'Europe/Paris' },
      });
      assert.equal(all.status, 204);
    });

    test('Charge credit card: HTML, an error, an error with HTML', async () => {
      const charge = (id, amount) =>
        execute(backend, 'customers', 'Charge credit card', {
          ids: [id],
          values: { amount, description: 'A <b>chair' },
        });
      const charged = await charge('1', 42.5);
      assert.equal(charged.status, 200);
      assert.deepEqual(Object.keys(charged.json), ['html']);
      assert.match(charged.json.html, /\$42\.50 USD has been successfully charged/);
      assert.doesNotMatch(charged.json.html, /<b>/);
      const limited = await charge('1', 4200);
      assert.deepEqual([limited.status, limited.json], [400, { error: "The card's limit is $1000." }]);
      const blocked = await charge('3', 42.5);
      assert.deepEqual([blocked.status, blocked.json.error], [400, 'The credit card was not charged.']);
      assert.match(blocked.json.html, /marked as blocked/);
    });

    test('Generate invoice: the file with its name', async () => {
      const invoice = await execute(backend, 'customers', 'Generate invoice', { ids: ['1'] });
      assert.deepEqual([invoice.status, invoice.type], [200, 'application/pdf']);
      assert.equal(invoice.headers.get('content-disposition'), 'attachment; filename="invoice-2342.pdf"');
      assert.deepEqual(invoice.bytes, readFileSync(path.join(backend.folder, 'public', 'invoice-2342.pdf')));
    });

    test('Add new transaction: success and a refresh; the id of a record may be text or number', async () => {
      for (const id of ['2', 2]) {
        const values = { 'Beneficiary company': id, Amount: 5 };
        const added = await execute(backend, 'companies', 'Add new transaction', { ids: ['1'], values });
        const expected = { success: 'New transaction emitted', refresh: { relationships: ['emitted_transactions'] } };
        assert.deepEqual([added.status, added.json], [200, expected]);
      }
    });

    test('redirects, outside and inside', async () => {
      const outside = await execute(backend, 'companies', 'Return and track', { ids: ['1'] });
      assert.match(outside.json.redirectTo, /^https:\/\/www\.royalmail\.com\//);
      const inside = await execute(backend, 'companies', 'Show some activity', { ids: ['1'] });
      assert.match(inside.json.redirectTo, /^\/MyProject\//);
    });

    test('Impersonate: a webhook for the browser, with the email of the token', async () => {
      const { json } = await execute(backend, 'customers', 'Impersonate', { ids: ['1'] });
      assert.deepEqual(json.webhook.body, { customer: 'angelica.bengtsson@example.com', by: 'ada@example.com' });
    });

    test('Import companies: a global action at its own endpoint, with a file, a list, a day and a truth', async () => {
      const file = `data:text/csv;name=new%20companies.csv;base64,${Buffer.from('Acme;FR\nBushmill;US\n').toString('base64')}`;
      const values = { file, labels: ['fair', 'spring'], 'signed up on': '2026-03-01', live: true };
      const imported = await execute(backend, 'companies', 'Import companies', { values });
      assert.deepEqual(
        [imported.status, imported.json],
        [200, { success: '2 companies of new companies.csv are imported.' }],
      );
    });

    test('Send invoice: load fills the form, change of the city and of the zip code go on from there', async () => {
      const loaded = await hook(backend, 'load', hookBody(['1']));
      assert.equal(loaded.status, 200);
      assert.deepEqual([fieldOf(loaded, 'country').value, fieldOf(loaded, 'city').enums], ['FR', ['Paris', 'Vannes']]);

      fieldOf(loaded, 'city').value = 'Paris';
      const inParis = await hook(backend, 'change', hookBody(['1'], loaded.json.fields, 'city'));
      const zipCode = fieldOf(inParis, 'zip code');
      assert.deepEqual([zipCode.enums, zipCode.value], [['75001', '75011', '75019'], null]);

      zipCode.value = '75011';
      const complete = await hook(backend, 'change', hookBody(['1'], inParis.json.fields, 'zip code'));
      assert.equal(fieldOf(complete, 'delivery note').description, 'For the carrier in 75011');

      const values = { country: 'FR', city: 'Paris', 'zip code': '75011', 'delivery note': 'ring twice' };
      const sent = await execute(backend, 'customers', 'Send invoice', { ids: ['1'], values });
      assert.equal(sent.json.success, 'The invoice is on its way to Angelica, 75011 Paris (ring twice).');
    });

    test('the form of one record shows nothing of another', async () => {
      const loaded = await hook(backend, 'load', hookBody(['2']));
      assert.deepEqual([fieldOf(loaded, 'country').value, fieldOf(loaded, 'city').value], ['US', null]);
    });

    test('tokens: HS256 only; whom Forest does not know may run nothing, but may load forms', async () => {
      const run = (token) => execute(backend, 'companies', 'Mark as Live', { ids: ['1'] }, { token });
      const refused = name === 'express' ? 401 : 403;
      assert.equal((await run(null)).status, refused);
      assert.equal(
        (await run(userToken(ada, { secret: 'another secret of more than 32 characters' }))).status,
        refused,
      );
      assert.equal((await run(userToken(ada, { algorithm: 'HS512' }))).status, refused);
      assert.equal((await run(userToken(STRANGER))).status, 403);
      assert.equal((await run(userToken(ada, { claims: { id: 1 } }))).status, 204);
      assert.equal((await hook(backend, 'load', hookBody(['1']), { token: userToken(STRANGER) })).status, 200);
      assert.equal((await hook(backend, 'load', hookBody(['1']), { token: null })).status, refused);
    });
  });
}

describe('what only one of the two does', () => {
  let express;
  let django;
  before(async () => {
    [express, django] = await Promise.all([startBackend('express'), startBackend('django')]);
  });
  after(() => Promise.all([express?.stop(), django?.stop()]));

  test('express: wants ids even for a global action, and refuses records that are not there', async () => {
    const withoutIds = { data: { attributes: { collection_name: 'companies', values: {} } } };
    const global = await post(express, '/forest/companies/import', withoutIds);
    assert.deepEqual([global.status, global.json], [500, { error: 'Smart Action: failed to evaluate permissions' }]);
    const missing = await execute(express, 'companies', 'Mark as Live', { ids: ['1', '999'] });
    assert.deepEqual([missing.status, missing.json], [400, { error: 'Smart Action: target records are out of scope' }]);
    assert.equal((await execute(django, 'companies', 'Mark as Live', { ids: ['1', '999'] })).status, 204);
  });

  test('django: wants an object as the query of all records, and the exact name of the collection', async () => {
    const all = (query) =>
      execute(django, 'companies', 'Mark as Live', { all_records: true, all_records_subset_query: query });
    assert.deepEqual([(await all(null)).status, (await all({})).status], [500, 204]);
    const strange = await execute(django, 'nope', 'Mark as Live', { ids: ['1'] });
    assert.deepEqual(
      [strange.status, strange.json],
      [400, { errors: [{ detail: 'no model found for resource nope' }] }],
    );
    assert.equal((await execute(django, 'Companies', 'Mark as Live', { ids: ['1'] })).status, 403);
    assert.equal((await execute(express, 'nope', 'Mark as Live', { ids: ['1'] })).status, 204);
  });

  test('addresses that nobody serves', async () => {
    const body = { data: { attributes: attributesOf('companies', 'Mark as Live', { ids: ['1'] }) } };
    const at = async (backend, route) => {
      const { status, type } = await post(backend, route, body);
      return [status, type.split(';')[0]];
    };
    assert.deepEqual(await at(express, '/forest/actions/nope'), [404, 'text/html']);
    assert.deepEqual(await at(express, '/forest/actions/mark-as-live/'), [500, 'application/json']);
    assert.deepEqual(await at(django, '/forest/actions/nope'), [403, 'text/html']);
    assert.deepEqual(await at(django, '/forest/actions/mark-as-live/'), [404, 'text/html']);
  });

  test('django: a field that is declared by its reference alone has an empty type', () => {
    const { attributes } = django.forest.schema().included.find(({ id }) => id === 'companies.Add new transaction');
    const [{ field, type, reference }] = attributes.fields;
    assert.deepEqual([field, type, reference], ['Beneficiary company', '', 'companies.id']);
  });

  test('a crash in the handler: express tells the exception in JSON:API, django in a page of HTML', async () => {
    const crash = (backend) => execute(backend, 'customers', 'Charge credit card', { ids: ['1'] });
    const inExpress = await crash(express);
    assert.deepEqual([inExpress.status, inExpress.json.errors[0].name], [500, 'TypeError']);
    const inDjango = await crash(django);
    assert.deepEqual([inDjango.status, inDjango.type], [500, 'text/html; charset=utf-8']);
    assert.ok(inDjango.bytes.length > 50_000, `${inDjango.bytes.length} bytes`);
  });

  test('hooks: each library refuses the body of the other alone, in its own shape', async () => {
    const { data, ...flat } = hookBody(['1']);
    const inExpress = await hook(express, 'load', flat);
    assert.deepEqual([inExpress.status, Object.keys(inExpress.json)], [500, ['message']]);
    const inDjango = await hook(django, 'load', { data });
    assert.deepEqual([inDjango.status, inDjango.json], [400, { errors: [{ detail: "'recordIds'" }] }]);
    assert.equal((await hook(express, 'load', { data })).status, 200);
    assert.equal((await hook(django, 'load', flat)).status, 200);
  });

  test('hooks: a field without a hook must not be told as changed, an action without load must not be asked', async () => {
    const changed = async (backend) => {
      const loaded = await hook(backend, 'load', hookBody(['1']));
      return hook(backend, 'change', hookBody(['1'], loaded.json.fields, 'country'));
    };
    assert.deepEqual((await changed(express)).json, { message: 'hook must be a function' });
    assert.deepEqual((await changed(django)).json, { errors: [{ detail: "'hook'" }] });
    const load = (backend) => post(backend, '/forest/actions/charge-credit-card/hooks/load', hookBody(['1']));
    assert.equal((await load(express)).status, 404);
    assert.deepEqual((await load(django)).json, { errors: [{ detail: "'NoneType' object is not iterable" }] });
  });

  describe('approvals', () => {
    const asked = attributesOf('companies', 'Reject application', { ids: ['1'], values: { reason: 'no papers' } });
    const reject = (backend, signed, options, attributes = asked) =>
      execute(backend, 'companies', 'Reject application', { ...attributes, signed_approval_request: signed }, options);

    test('express: needs one, takes the signed body instead of the outer one, and knows who may approve', async () => {
      const unasked = await reject(express, null);
      assert.equal(unasked.status, 403);
      assert.deepEqual(unasked.json.errors[0], {
        status: 403,
        detail: 'This action requires to be approved.',
        name: 'CustomActionRequiresApprovalError',
        data: { roleIdsAllowedToApprove: [1] },
      });
      const other = { ids: ['1', '2'], values: { reason: 'smuggled' } };
      const approved = await reject(express, approvalToken(asked, grace), undefined, other);
      assert.deepEqual([approved.status, approved.json], [200, { success: 'The application is rejected.' }]);
      const byGrace = await reject(express, approvalToken(asked, ada), { token: userToken(grace) });
      assert.deepEqual([byGrace.status, byGrace.json.errors[0].name], [403, 'ApprovalNotAllowedError']);
      const inClear = await execute(express, 'companies', 'Reject application', { ...asked, requester_id: 2 });
      assert.deepEqual([inClear.status, inClear.json.errors[0].name], [422, 'UnprocessableError']);
    });

    test('express: sees that somebody approves an own request only if both ids are numbers', async () => {
      const own = approvalToken(asked, ada);
      assert.equal((await reject(express, own, { token: userToken(ada, { claims: { id: 1 } }) })).status, 403);
      assert.equal((await reject(express, own, { token: userToken(ada, { claims: { id: '1' } }) })).status, 200);
    });

    test('django: ignores the token, good or bad, and runs the outer body', async () => {
      for (const signed of [null, approvalToken(asked, grace), 'nonsense']) {
        const two = { ids: ['1', '2'], values: { reason: 'outer' } };
        const { status, json } = await reject(django, signed, undefined, two);
        assert.deepEqual([status, json], [200, { success: '2 applications are rejected.' }]);
      }
    });

    // The last test with this application: it does not survive it.
    test('express: a token of another secret ends the application', async () => {
      const forged = approvalToken(asked, grace, { secret: 'f'.repeat(64) });
      await assert.rejects(reject(express, forged), { name: 'TypeError' });
      assert.match(express.output(), /Invalid signed action parameters/);
    });
  });

  test('the stand-in was asked for nothing else', () => {
    const asked = (backend) => [...new Set(backend.forest.requests)].sort();
    assert.deepEqual(asked(express), [
      'GET /liana/v1/ip-whitelist-rules',
      'GET /liana/v4/permissions/environment',
      'GET /liana/v4/permissions/renderings/:id',
      'GET /liana/v4/permissions/users',
      'POST /forest/apimaps',
      'POST /forest/apimaps/hashcheck',
    ]);
    assert.deepEqual(asked(django), [
      'GET /liana/scopes',
      'GET /liana/v1/ip-whitelist-rules',
      'GET /liana/v3/permissions',
      'POST /forest/apimaps',
    ]);
  });
});

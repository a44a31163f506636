// Clients of legacy Smart Actions on the demo: the bodies in legacy/, sent as those clients send them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { demo } from '../fixtures.mjs';
import { request, token } from '../lib/client.mjs';
import { ENV_SECRET, REFERENCE, startDemo } from '../lib/server.mjs';

const body = (name) => JSON.parse(readFileSync(path.join(import.meta.dirname, '..', 'legacy', `${name}.json`), 'utf8'));

describe('legacy Smart Actions on the demo', { skip: REFERENCE && 'the agent speaks the newer dialect only' }, () => {
  let server;
  before(async () => {
    server = await startDemo();
  });
  after(() => server?.stop());

  /** Posts to `/forest/actions/<path>`; legacy clients name no timezone in the URL. */
  const post = (where, sent, options) =>
    request(server, 'POST', `/forest/actions/${where}`, { timezone: null, body: sent, ...options });
  const read = async (collection, id) =>
    (await request(server, 'GET', `/forest/${collection}/${id}`)).json.data.attributes;
  const write = async (collection, id, attributes) => {
    const sent = { data: { type: collection, attributes } };
    const { status, text } = await request(server, 'PUT', `/forest/${collection}/${id}`, { body: sent });
    assert.equal(status, 200, text);
  };

  test('Mark as Live: the notification of success, then that of an error', async () => {
    await write('companies', 1, { status: 'pending' });
    const first = await post('mark-as-live', body('mark-as-live'));
    assert.equal(first.status, 200, first.text);
    assert.deepEqual(first.json, { success: 'Company is now live!' });
    assert.equal((await read('companies', 1)).status, demo.companies.live);
    const again = await post('mark-as-live', body('mark-as-live'));
    assert.equal(again.status, 400);
    assert.deepEqual(again.json, { error: 'The company was already live!' });
  });

  test('Charge credit card: HTML of success and of failure, and a value that is missing', async () => {
    await write('customers', 1, { card_blocked: false });
    const sent = body('charge-credit-card');
    const charged = await post('charge-credit-card', sent);
    assert.equal(charged.status, 200, charged.text);
    assert.match(charged.json.html, /42\.50 USD has been successfully charged/);
    await write('customers', 1, { card_blocked: true });
    const blocked = await post('charge-credit-card', sent);
    assert.equal(blocked.status, 400);
    assert.match(blocked.json.html, /marked as blocked/);
    sent.data.attributes.values = { amount: 42.5 };
    const refused = await post('charge-credit-card', sent);
    assert.equal(refused.status, 400);
    assert.match(refused.json.error, /description/);
  });

  test('Generate invoice: a download with its name, which a page may read', async () => {
    const file = await post('generate-invoice', body('generate-invoice'), {
      headers: { origin: 'https://app.example.com' },
    });
    assert.equal(file.status, 200);
    assert.equal(file.bytes.subarray(0, 5).toString(), '%PDF-');
    assert.equal(file.headers.get('content-disposition'), 'attachment; filename="invoice-1.pdf"');
    assert.equal(file.headers.get('access-control-expose-headers'), 'Content-Disposition');
  });

  test('Add new transaction: the panel to load again', async () => {
    const { json } = await post('add-new-transaction', body('add-new-transaction'));
    assert.deepEqual(json, {
      success: 'New transaction emitted',
      refresh: { relationships: [demo.companies.emitted] },
    });
  });

  test('redirects and a webhook', async () => {
    const external = await post('return-and-track', body('return-and-track'));
    assert.equal(external.json.success, 'Return initiated successfully.');
    assert.match(external.json.redirectTo, /^https:/);
    const internal = await post('show-some-activity', body('show-some-activity'));
    assert.deepEqual(internal.json, { redirectTo: '/companies/1/activity' });
    const { webhook } = (await post('impersonate', body('impersonate'))).json;
    assert.deepEqual(Object.keys(webhook).sort(), ['body', 'headers', 'method', 'url']);
  });

  test('all records but one, and all of a panel of related data', async () => {
    for (const id of [1, 2, 3]) await write('companies', id, { status: 'pending' });
    const rejected = await post('reject-companies', body('reject-all-but-some'));
    assert.equal(rejected.json?.success, '2 companies rejected.', rejected.text);
    assert.equal((await read('companies', 1)).status, 'pending');
    const validated = await post('validate', body('validate-related'));
    assert.equal(validated.status, 200, validated.text);
  });

  test('form hooks, in the shape of every backend', async () => {
    const load = await post('reject-companies/hooks/load', body('hook-load'));
    assert.equal(load.status, 200, load.text);
    const [reason] = load.json.fields;
    assert.equal(reason.field, 'reason');
    for (const key of ['type', 'value', 'isRequired', 'isReadOnly', 'enums', 'reference', 'hook', 'widgetEdit']) {
      assert.ok(key in reason, `${key} is among ${Object.keys(reason)}`);
    }
    for (const same of ['hook-load-django', 'hook-load-both']) {
      assert.deepEqual((await post('reject-companies/hooks/load', body(same))).json, load.json);
    }
    for (const change of ['hook-change', 'hook-change-django']) {
      const { json } = await post('reject-companies/hooks/change', body(change));
      assert.equal(json.fields[0].value, 'Too late');
    }
  });

  test('an action that is not there, one that is not unique, and nobody', async () => {
    const missing = await post('launch-rockets', body('mark-as-live'));
    assert.equal(missing.status, 404);
    assert.match(missing.json.errors[0].detail, /launch-rockets/);
    const sent = body('mark-as-live');
    delete sent.data.attributes.collection_name;
    const several = await post('delete', sent);
    assert.equal(several.status, 422);
    assert.match(several.json.errors[0].detail, /collection_name/);
    assert.equal((await post('mark-as-live', body('mark-as-live'), { token: '' })).status, 401);
  });

  describe('approvals', () => {
    const approved = (over = {}) => {
      const { data } = body('return-and-track');
      return { data: { ...data, attributes: { ...data.attributes, requester_id: 12, ...over } } };
    };
    const send = (signed) =>
      post('return-and-track', { data: { attributes: { ids: ['999999'], signed_approval_request: signed } } });
    // What `token` adds of the user is not looked at in an approval.
    const sign = (claims, options) => token(claims, { secret: ENV_SECRET, ...options });

    test('what was approved is what runs', async () => {
      const { status, json, text } = await send(sign(approved()));
      assert.equal(status, 200, text);
      assert.match(json.redirectTo, /^https:/);
    });

    test('every bad approval is refused with what is wrong', async () => {
      for (const [signed, words] of [
        [token(approved(), { secret: 'another secret' }), /another secret/],
        [sign(approved(), { expiresIn: -5 }), /expired/],
        [sign(approved(), { algorithm: 'HS512' }), /HS256/],
        [sign(approved({ requester_id: undefined })), /requester_id/],
        ['x.y.z', /JSON Web Token/],
      ]) {
        const { status, json, text } = await send(signed);
        assert.equal(status, 400, text);
        assert.match(json.error, words);
      }
      const other = await send(sign(approved({ smart_action_id: 'companies.Mark as Live' })));
      assert.equal(other.status, 422, other.text);
    });

    test('a requester in clear is refused', async () => {
      const sent = body('return-and-track');
      sent.data.attributes.requester_id = 12;
      assert.equal((await post('return-and-track', sent)).status, 422);
    });
  });
});

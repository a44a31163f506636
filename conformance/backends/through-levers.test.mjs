// The two applications behind Levers: every action from every door, with its job and events; forms that the
// application computes; approvals; an application that is down, slow or does not know the caller.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { clientOf, request } from '../lib/client.mjs';
import { AUTH_SECRET, ENV_SECRET, LEVERS, REFERENCE, run, schemaOf, start } from '../lib/server.mjs';
import { approvalToken, attributesOf, startBackend, userToken } from './backends.mjs';
import { DOORS, restPath, slug } from './doors.mjs';
import { USERS } from './forest-server.mjs';

const [ada, grace] = USERS;
const TIMEOUT_SECONDS = 4;

/**
 * A form that the file declares and of which the application computes a change: the hook is called by the name
 * that it has there.
 */
const changeHookAlone = (http) => `
[[collections.customers.actions]]
name = "Invoice by city"
scope = "single"
http = { endpoint = "/forest/actions/send-invoice", hooks = { change = { city = "onCityChange" } }${http} }
  [[collections.customers.actions.form]]
  field = "country"
  type = "Enum"
  options = ["FR", "US"]
  default = { rule = "record.country" }
  [[collections.customers.actions.form]]
  field = "city"
  type = "Enum"
  options = ["Paris", "Vannes"]
  [[collections.customers.actions.form]]
  field = "zip code"
  type = "Enum"
  options = []
`;
const CHANGE_HOOK_ALONE = {
  express: changeHookAlone(''),
  django: changeHookAlone(', slug = "django", hook_body = "django"'),
};

/**
 * The application, and Levers with the example's own file: only the addresses are others than in the example,
 * and a slow application is given up sooner.
 */
async function startWorld(name) {
  const backend = await startBackend(name);
  const dir = mkdtempSync(path.join(tmpdir(), 'levers-backends-'));
  const world = {
    backend,
    file: path.join(dir, 'levers.toml'),
    async stop() {
      await world.server?.stop();
      await backend.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  try {
    mkdirSync(path.join(dir, '.secrets'));
    writeFileSync(path.join(dir, '.secrets', 'auth_secret'), AUTH_SECRET);
    writeFileSync(path.join(dir, '.secrets', 'env_secret'), ENV_SECRET);
    const text = readFileSync(path.join(backend.folder, 'levers.toml'), 'utf8')
      .replaceAll(/127\.0\.0\.1:\d+/g, new URL(backend.url).host)
      .replaceAll('.secrets/', `${dir}/.secrets/`)
      .replace('sqlite:smart-actions.db', `sqlite:${backend.database}`)
      .replace('[http]', `[http]\ntimeout_seconds = ${TIMEOUT_SECONDS}`);
    writeFileSync(world.file, text + CHANGE_HOOK_ALONE[name]);
    world.server = await start({ bin: LEVERS, args: ['--config', world.file] });
    world.server.schema = await schemaOf(LEVERS, ['--config', world.file], { cwd: world.server.dir });
  } catch (error) {
    await world.stop();
    throw error;
  }
  return world;
}

/** What the application's database holds, asked of it directly. */
function sql(world, statement) {
  const out = execFileSync('sqlite3', ['-cmd', '.timeout 5000', '-json', world.backend.database, statement], {
    encoding: 'utf8',
  });
  return out ? JSON.parse(out) : [];
}

const api = (world, method, route, body) => request(world.server, method, route, { token: userToken(), body });

/** The newest job of an action, whole, with its events. */
async function newestJob(world, { collection, name }) {
  const query = `collection=${collection}&action=${slug(name)}&page_size=1`;
  const [{ id }] = (await api(world, 'GET', `/api/v1/jobs?${query}`)).json.jobs;
  const job = (await api(world, 'GET', `/api/v1/jobs/${id}`)).json;
  const { events } = (await api(world, 'GET', `/api/v1/jobs/${id}/events`)).json;
  return { ...job, events };
}

const CSV = `data:text/csv;name=new%20companies.csv;base64,${Buffer.from('Acme;FR\nBushmill;US\n').toString('base64')}`;

/** Every action: how it is run, what comes of it, and what is true in the database afterwards. */
const CASES = [
  {
    act: { collection: 'companies', name: 'Mark as Live', ids: ['1', '2'] },
    before: "update companies set status = 'pending'",
    expected: { kind: 'success' },
    truth: ["select group_concat(id) as ids from companies where status = 'live'", [{ ids: '1,2' }]],
  },
  {
    act: {
      collection: 'companies',
      name: 'Add new transaction',
      ids: ['1'],
      values: { 'Beneficiary company': '2', Amount: 125 },
    },
    before: 'delete from transactions where id > 2',
    expected: { kind: 'success', message: 'New transaction emitted', refresh: ['emitted_transactions'] },
    truth: [
      'select emitter_company_id as e, beneficiary_company_id as b, amount, note from transactions where id > 2',
      [{ e: 1, b: 2, amount: 125, note: 'by ada@example.com' }],
    ],
  },
  {
    act: { collection: 'companies', name: 'Return and track', ids: ['1'] },
    expected: { kind: 'redirect', to: 'https://www.royalmail.com/portal/rm/track?trackNumber=ZW924750388GB' },
  },
  {
    act: { collection: 'companies', name: 'Show some activity', ids: ['1'] },
    expected: { kind: 'redirect', to: '/MyProject/MyEnvironment/MyTeam/data/20/index/record/20/108/activity' },
  },
  {
    act: {
      collection: 'companies',
      name: 'Import companies',
      ids: [],
      values: { file: CSV, labels: ['fair', 'spring'], 'signed up on': '2026-03-01', live: true },
    },
    before: 'delete from companies where id > 5',
    expected: { kind: 'success', message: '2 companies of new companies.csv are imported.' },
    truth: [
      'select name, status, country, note from companies where id > 5 order by name',
      [
        { name: 'Acme', status: 'live', country: 'FR', note: '2026-03-01, fair, spring' },
        { name: 'Bushmill', status: 'live', country: 'US', note: '2026-03-01, fair, spring' },
      ],
    ],
  },
  {
    act: {
      collection: 'customers',
      name: 'Charge credit card',
      ids: ['1'],
      values: { amount: 42.5, description: 'A chair' },
    },
    expected: { kind: 'success', html: /\$42\.50 USD has been successfully charged.*4242.*8\/2030.*Visa.*A chair/s },
  },
  {
    act: {
      collection: 'customers',
      name: 'Charge credit card',
      ids: ['1'],
      values: { amount: 4200, description: 'Gold' },
    },
    expected: { kind: 'error', message: "The card's limit is $1000." },
  },
  {
    act: {
      collection: 'customers',
      name: 'Charge credit card',
      ids: ['3'],
      values: { amount: 42.5, description: 'A chair' },
    },
    expected: { kind: 'error', message: 'The credit card was not charged.', html: /marked as blocked/ },
  },
  {
    act: {
      collection: 'customers',
      name: 'Generate invoice',
      ids: ['1'],
      file: { name: 'invoice-2342.pdf', mime: 'application/pdf' },
    },
    expected: { kind: 'file' },
  },
  {
    act: { collection: 'customers', name: 'Impersonate', ids: ['1'] },
    expected: {
      kind: 'webhook',
      webhook: {
        url: 'https://app.example.com/impersonate',
        method: 'POST',
        headers: { 'x-requested-with': 'smart-actions' },
        body: { customer: 'angelica.bengtsson@example.com', by: 'ada@example.com' },
      },
    },
  },
  {
    act: {
      collection: 'customers',
      name: 'Send invoice',
      ids: ['1'],
      values: { city: 'Paris', 'zip code': '75011', 'delivery note': 'ring twice' },
    },
    expected: { kind: 'success', message: 'The invoice is on its way to Angelica, 75011 Paris (ring twice).' },
  },
];

/** Markup is compared by what it says: Levers takes out what could run. */
function assertOutcome(outcome, expected) {
  const { html, ...rest } = expected;
  const { html: said, file, message, ...others } = outcome;
  // The agent protocol shows no message beside a redirect.
  const words = expected.kind === 'redirect' ? {} : message === undefined ? {} : { message };
  assert.deepEqual({ ...others, ...words }, rest);
  if (html) assert.match(said, html);
  else assert.equal(said, undefined);
}

for (const name of ['express', 'django']) {
  describe(`the ${name} application behind Levers`, { skip: REFERENCE && 'the agent calls no backends' }, () => {
    let world;
    before(async () => {
      world = await startWorld(name);
    });
    after(() => world?.stop());

    if (name === 'express') {
      test('levers init writes the actions that the application declared, and they run', async () => {
        const schema = path.join(world.backend.folder, '.forestadmin-schema.json');
        const file = path.join(path.dirname(world.file), 'written.toml');
        const args = ['--smart-actions', schema, '--endpoint', world.backend.url, '--output', file];
        const { code, stdout, stderr } = await run(LEVERS, ['init', `sqlite:${world.backend.database}`, ...args]);
        assert.equal(code, 0, stdout + stderr);
        assert.match(stdout, /11 actions, no mistakes/);
        const server = await start({ bin: LEVERS, args: ['--config', file] });
        try {
          const written = { server };
          const live = await api(written, 'POST', restPath({ collection: 'companies', name: 'Mark as Live' }), {
            selection: { ids: ['4'] },
          });
          assert.equal(live.status, 200, live.text);
          const form = await api(
            written,
            'POST',
            `${restPath({ collection: 'customers', name: 'Send invoice' })}/form`,
            {
              selection: { ids: ['1'] },
            },
          );
          assert.equal(form.json.fields.find(({ id }) => id === 'country').value, 'FR');
        } finally {
          await server.stop();
        }
      });
    }

    test('levers check finds no mistake in the example', async () => {
      const { code, stdout, stderr } = await run(LEVERS, ['check', world.file]);
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /2 collections, 11 actions, no mistakes/);
      assert.deepEqual(world.server.schema.collections.map((c) => c.name).sort(), [
        'companies',
        'customers',
        'transactions',
      ]);
    });

    for (const { title, door, execute } of DOORS) {
      describe(`from ${title}`, () => {
        for (const { act, before: prepare, expected, truth } of CASES) {
          const what = expected.kind === 'success' ? '' : `, ${expected.kind}`;
          test(`${act.name}${what}`, async () => {
            if (prepare) sql(world, prepare);
            const outcome = await execute(world, act);
            assertOutcome(outcome, expected);
            if (act.file) {
              const bytes = readFileSync(path.join(world.backend.folder, 'public', act.file.name));
              assert.deepEqual(outcome.file, { ...act.file, bytes });
            }
            if (truth) assert.deepEqual(sql(world, truth[0]), truth[1]);

            const job = await newestJob(world, act);
            const state = expected.kind === 'error' ? 'failed' : 'complete';
            assert.deepEqual([job.caller, job.door, job.state], [ada.email, door, state]);
            const kinds = job.events.map((event) => event.kind);
            assert.equal(kinds[0], 'job_started');
            assert.ok(kinds.includes(state === 'failed' ? 'job_failed' : 'job_completed'), kinds.join());
            assert.ok(job.events.every((event) => event.by === ada.email));
          });
        }
      });
    }

    test('all records but one, narrowed by a filter: the application gets those and no others', async () => {
      const truth = () => sql(world, "select id from companies where status = 'live'").map(({ id }) => id);
      const prepare = () => sql(world, "delete from companies where id > 5; update companies set status = 'pending'");
      const act = { collection: 'companies', name: 'Mark as Live' };

      prepare();
      const selection = { all: true, except: ['1'], filter: { field: 'country', operator: 'equal', value: 'FR' } };
      const rest = await api(world, 'POST', restPath(act), { selection });
      assert.equal(rest.status, 200, rest.text);
      assert.deepEqual(truth(), [5]);

      prepare();
      const attributes = attributesOf('companies', 'Mark as Live', {
        all_records: true,
        all_records_ids_excluded: ['4'],
        all_records_subset_query: {
          filters: JSON.stringify({ field: 'country', operator: 'equal', value: 'US' }),
          timezone: 'UTC',
        },
      });
      const legacy = await api(world, 'POST', '/forest/actions/mark-as-live', { data: { attributes } });
      assert.deepEqual([legacy.status, legacy.text], [204, '']);
      assert.deepEqual(truth(), [2, 3]);
    });

    describe('the form that the application computes', () => {
      const act = { collection: 'customers', name: 'Send invoice' };
      const fieldOf = (fields, id) => fields.find((field) => (field.id ?? field.field) === id);

      test('in the REST API: opens filled in, follows the city and the zip code', async () => {
        const form = async (body) => {
          const answer = await api(world, 'POST', `${restPath(act)}/form`, { selection: { ids: ['1'] }, ...body });
          assert.equal(answer.status, 200, answer.text);
          return answer.json.fields;
        };
        const opened = await form({});
        assert.deepEqual(
          opened.map((field) => [field.id, field.required, field.read_only, field.watched]),
          [
            ['country', false, true, false],
            ['city', true, false, true],
            ['zip code', false, false, true],
          ],
        );
        assert.equal(fieldOf(opened, 'country').value, 'FR');
        const inVannes = await form({ values: { country: 'FR', city: 'Vannes' }, changed: 'city' });
        assert.equal(fieldOf(inVannes, 'zip code').value, '56000');
        const complete = await form({
          values: { country: 'FR', city: 'Vannes', 'zip code': '56000' },
          changed: 'zip code',
        });
        assert.equal(fieldOf(complete, 'delivery note').description, 'For the carrier in 56000');
      });

      test('of a form that the file declares: a change alone', async () => {
        const path = `${restPath({ ...act, name: 'Invoice by city' })}/form`;
        const body = { selection: { ids: ['1'] }, values: { country: 'FR', city: 'Vannes' }, changed: 'city' };
        const answer = await api(world, 'POST', path, body);
        assert.equal(answer.status, 200, answer.text);
        assert.equal(fieldOf(answer.json.fields, 'zip code').value, '56000');
      });

      test("with Forest's client: field by field", async () => {
        const action = await clientOf(world.server, userToken())
          .collection('customers')
          .action('Send invoice', { recordId: '2' });
        assert.equal(action.getField('country').getValue(), 'US');
        await action.setFields({ city: 'New York' });
        const options = () => action.getEnumField('zip code').getOptions();
        assert.deepEqual(options(), ['10001', '10005']);
        await action.setFields({ 'zip code': '10005', 'delivery note': 'gate B' });
        const { success } = await action.execute();
        assert.equal(success, 'The invoice is on its way to Milton, 10005 New York (gate B).');
      });

      test('in Smart Action hooks, in the bodies of both libraries', async () => {
        const load = { data: { attributes: attributesOf('customers', 'Send invoice', { ids: ['1'] }) } };
        for (const body of [load, { recordIds: ['1'], collectionName: 'customers' }]) {
          const loaded = await api(world, 'POST', '/forest/actions/send-invoice/hooks/load', body);
          assert.equal(loaded.status, 200, loaded.text);
          assert.deepEqual(fieldOf(loaded.json.fields, 'city').enums, ['Paris', 'Vannes']);
          fieldOf(loaded.json.fields, 'city').value = 'Vannes';
          const change = body.data
            ? { data: { attributes: { ...load.data.attributes, fields: loaded.json.fields, changed_field: 'city' } } }
            : { ...body, fields: loaded.json.fields, changedField: 'city' };
          const changed = await api(world, 'POST', '/forest/actions/send-invoice/hooks/change', change);
          assert.equal(changed.status, 200, changed.text);
          assert.equal(fieldOf(changed.json.fields, 'zip code').value, '56000');
        }
      });

      test('a value that the application does not offer is refused before it is called', async () => {
        const values = { city: 'Atlantis' };
        const refused = await api(world, 'POST', restPath(act), { selection: { ids: ['1'] }, values });
        assert.equal(refused.status, 400, refused.text);
        assert.deepEqual(
          refused.json.fields.map(({ field }) => field),
          ['city'],
        );
      });
    });

    test('values are checked before the application is called', async () => {
      const before = sql(world, 'select count(*) as n from transactions');
      const values = { 'Beneficiary company': '2', Amount: 0 };
      const act = { collection: 'companies', name: 'Add new transaction' };
      const refused = await api(world, 'POST', restPath(act), { selection: { ids: ['1'] }, values });
      assert.deepEqual([refused.status, refused.json.code], [400, 'invalid'], refused.text);
      assert.deepEqual(refused.json.fields, [{ field: 'Amount', message: 'The amount must be above zero.' }]);
      assert.deepEqual(sql(world, 'select count(*) as n from transactions'), before);
    });

    test('an idempotency key: the application is called once', async () => {
      sql(world, 'delete from transactions where id > 2');
      const act = { collection: 'companies', name: 'Add new transaction' };
      const body = { selection: { ids: ['1'] }, values: { 'Beneficiary company': '2', Amount: 7 } };
      const headers = { 'idempotency-key': `once-${name}` };
      const call = () => request(world.server, 'POST', restPath(act), { token: userToken(), body, headers });
      const [first, second] = [await call(), await call()];
      assert.equal(first.json.job.id, second.json.job.id);
      assert.deepEqual(sql(world, 'select count(*) as n from transactions where id > 2'), [{ n: 1 }]);
    });

    describe('approvals', () => {
      const asked = attributesOf('companies', 'Reject application', { ids: ['4'], values: { reason: 'no papers' } });
      const reject = (signed, attributes = asked) => {
        const body = {
          data: { type: 'custom-action-requests', attributes: { ...attributes, signed_approval_request: signed } },
        };
        return api(world, 'POST', '/forest/actions/reject-application', body);
      };
      const company = () => sql(world, 'select status, note from companies where id = 4')[0];

      test('without one, the application says what it needs', async () => {
        sql(world, "update companies set status = 'pending', note = null where id = 4");
        const answer = await reject(null);
        if (name === 'django') {
          assert.deepEqual([answer.status, company().status], [200, 'rejected']);
        } else {
          assert.deepEqual([answer.status, company().status], [400, 'pending']);
          assert.equal(answer.json.error, 'This action requires to be approved.');
        }
      });

      test('with one, what was approved runs, as the approver', async () => {
        sql(world, "update companies set status = 'pending', note = null where id = 4");
        const answer = await reject(approvalToken(asked, grace), {
          ...asked,
          ids: ['1'],
          values: { reason: 'smuggled' },
        });
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual(company(), { status: 'rejected', note: 'ada@example.com: no papers' });
        const job = await newestJob(world, { collection: 'companies', name: 'Reject application' });
        assert.deepEqual([job.caller, job.selection, job.values], [ada.email, { ids: ['4'] }, { reason: 'no papers' }]);
        assert.deepEqual(job.approval, { requester_id: '2' });
      });

      test("with one, by Forest's client", async () => {
        sql(world, "update companies set status = 'pending', note = null where id = 4");
        const collection = clientOf(world.server, userToken()).collection('companies');
        const action = await collection.action('Reject application', { recordIds: ['1'] });
        const { success } = await action.execute(approvalToken(asked, grace));
        assert.equal(success, 'The application is rejected.');
        assert.deepEqual(company(), { status: 'rejected', note: 'ada@example.com: no papers' });
      });

      test('an own request is not approved where the application knows approvals', async () => {
        const answer = await reject(approvalToken(asked, ada));
        assert.equal(answer.status, name === 'express' ? 400 : 200, answer.text);
      });

      test('a forged one is refused by Levers, and the application never hears of it', async () => {
        const answer = await reject(approvalToken(asked, grace, { secret: 'f'.repeat(64) }));
        assert.equal(answer.status, 400, answer.text);
        assert.match(answer.text, /signed approval request is not accepted/);
        assert.equal(world.backend.exited(), undefined);
      });
    });

    test('whom the application does not know gets its refusal, from the command line without a server too', async () => {
      const args = ['run', 'companies', 'Return and track', '--id', '1', '--as', 'nobody@example.com', '--json'];
      const { code, stdout, stderr } = await run(LEVERS, [
        ...args,
        '--config',
        world.file,
        '--store',
        `${world.file}.db`,
      ]);
      assert.notEqual(code, 0, stdout);
      assert.match(
        stdout + stderr,
        name === 'express' ? /You don't have permission to trigger this action/ : /refused|forbidden|not allow/i,
      );
    });

    describe('an application with trouble', () => {
      const charge = (values) =>
        api(world, 'POST', restPath({ collection: 'customers', name: 'Charge credit card' }), {
          selection: { ids: ['1'] },
          values,
        });
      const values = { amount: 42.5, description: 'A chair' };
      const leaks = /Traceback|settings\.py|<html|node_modules|ECONN|os error/;

      test('slow: given up after the time that the file says, and other actions go on meanwhile', async () => {
        world.backend.child.kill('SIGSTOP');
        try {
          const slow = charge(values);
          const other = await api(world, 'PATCH', '/api/v1/collections/companies/records/1', {
            values: { note: 'meanwhile' },
          });
          assert.equal(other.status, 200, other.text);
          const answer = await slow;
          assert.ok(answer.status >= 500, answer.text);
          assert.match(answer.json.detail, new RegExp(`${TIMEOUT_SECONDS} seconds`));
          assert.match(answer.json.detail, /look before you run the action again/);
          assert.doesNotMatch(answer.text, leaks);
          const job = await newestJob(world, { collection: 'customers', name: 'Charge credit card' });
          assert.equal(job.state, 'failed');
        } finally {
          world.backend.child.kill('SIGCONT');
        }
      });

      // The last one: the application stays down.
      test('down: 503 at once, in a sentence that names the backend and no more', async () => {
        await world.backend.end();
        const answer = await charge(values);
        assert.equal(answer.status, 503, answer.text);
        assert.match(
          answer.json.detail,
          new RegExp(`backend at ${new URL(world.backend.url).host.replaceAll('.', '\\.')}`),
        );
        assert.doesNotMatch(answer.text, leaks);
        const form = await api(world, 'POST', `${restPath({ collection: 'customers', name: 'Send invoice' })}/form`, {
          selection: { ids: ['1'] },
        });
        assert.equal(form.status, 503, form.text);
      });
    });
  });
}

// Chinook served from a file alone (examples/chinook): every one of its ten actions, on SQLite and PostgreSQL.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { start as startBackend } from '../../examples/chinook/backend.mjs';
import { make, namer, oracle } from '../lib/chinook.mjs';
import { actionOf, clientOf, execute, hook, request } from '../lib/client.mjs';
import { AUTH_SECRET, freePort, LEVERS, REFERENCE, run, schemaOf, start } from '../lib/server.mjs';

const folder = path.join(import.meta.dirname, '..', '..', 'examples', 'chinook');
const FILES = { sqlite: 'levers.toml', postgres: 'levers-postgresql.toml' };
const HOOK_SECRET = `whsec_${Buffer.from('a secret of accounting, 32 bytes').toString('base64')}`;
const ACTIONS = {
  Customer: ['Hand over', 'Correct the address', 'Show invoices', 'Export purchases', 'Check credit'],
  Invoice: ['Give a discount', 'Void', 'Sales by country', 'Tell accounting'],
  Track: ['Raise the price'],
};

test('both files are one, but for the spelling of names', () => {
  const names = oracle(
    "SELECT m.name AS tbl, p.name AS col FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'",
  );
  const longestFirst = [...new Set(names.flat())].sort((one, other) => other.length - one.length);
  const known = new RegExp(`\\b(${longestFirst.join('|')})\\b`, 'g');
  const [sqlite, postgres] = Object.values(FILES).map((file) => {
    const text = readFileSync(path.join(folder, file), 'utf8');
    // The head says which database it is for.
    return text.slice(text.indexOf('\n\n')).replaceAll(known, namer('postgres'));
  });
  assert.equal(sqlite, postgres);
});

for (const engine of Object.keys(FILES)) {
  describe(`Chinook from a file, on ${engine}`, { skip: REFERENCE && 'the agent reads no such file' }, () => {
    const n = namer(engine);
    let database;
    let backend;
    let server;
    let client;
    let dir;
    let checked;

    before(async () => {
      database = await make[engine]();
      const port = await freePort();
      backend = await startBackend({ port, authSecret: AUTH_SECRET, hookSecret: HOOK_SECRET });
      dir = mkdtempSync(path.join(tmpdir(), 'levers-chinook-file-'));
      const file = path.join(dir, 'levers.toml');
      const text = readFileSync(path.join(folder, FILES[engine]), 'utf8');
      writeFileSync(file, text.replaceAll('127.0.0.1:8090', `127.0.0.1:${port}`));
      const env = { CHINOOK_URL: database.url, CHINOOK_HOOK_SECRET: HOOK_SECRET };
      checked = await run(LEVERS, ['check', '--config', file], { env });
      server = await start({ bin: LEVERS, args: ['--config', file], env });
      server.schema = await schemaOf(LEVERS, ['--config', file], { env, cwd: server.dir });
      client = clientOf(server);
    });
    after(async () => {
      await server?.stop();
      backend?.server.closeAllConnections();
      backend?.server.close();
      await database?.drop();
      if (dir) rmSync(dir, { recursive: true, force: true });
    });

    const act = (collection, name, attributes) =>
      execute(server, actionOf(server.schema, n(collection), name), {
        collection_name: n(collection),
        smart_action_id: `${n(collection)}.${name}`,
        ...attributes,
      });
    const ok = (answer) => {
      assert.equal(answer.status, 200, answer.text);
      return answer.json;
    };
    const refused = (answer, words) => {
      assert.equal(answer.status, 400, answer.text);
      assert.match(answer.json.error, words);
    };
    const load = async (collection, name, ids) =>
      ok(
        await hook(server, actionOf(server.schema, n(collection), name), 'load', {
          collection_name: n(collection),
          ids,
        }),
      );
    const read = async (collection, id) =>
      ok(await request(server, 'GET', `/forest/${n(collection)}/${id}`)).data.attributes;
    const count = async (collection, query) =>
      ok(await request(server, 'GET', `/forest/${n(collection)}/count`, { query })).count;

    test('levers check finds no mistake, in the statements neither', () => {
      assert.equal(checked.code, 0, checked.stdout + checked.stderr);
    });

    test('the schema has the declared actions', () => {
      for (const [collection, names] of Object.entries(ACTIONS)) {
        const declared = server.schema.collections.find((c) => c.name === n(collection)).actions.map((a) => a.name);
        for (const name of names) assert.ok(declared.includes(name), `${name} is among ${declared}`);
      }
    });

    test('three segments are filters', async () => {
      assert.equal(await count('Customer', { segment: 'From Brazil' }), 5);
      const [[large]] = oracle('SELECT count(*) FROM Invoice WHERE Total > 10');
      assert.equal(await count('Invoice', { segment: 'Large' }), large);
      const [[long]] = oracle('SELECT count(*) FROM Track WHERE Milliseconds > 600000');
      assert.equal(await count('Track', { segment: 'Long' }), long);
    });

    test('a hidden column is nowhere, a read-only one is not written', async () => {
      assert.ok(!(n('Fax') in (await read('Customer', 1))));
      const column = n('InvoiceDate');
      const at = (await read('Invoice', 1))[column];
      const body = { data: { type: n('Invoice'), attributes: { [column]: '2020-01-01T00:00:00Z' } } };
      const answer = await request(server, 'PUT', `/forest/${n('Invoice')}/1`, { body });
      assert.ok(answer.status >= 400 && answer.status < 500, answer.text);
      assert.equal((await read('Invoice', 1))[column], at);
    });

    test('Hand over: update, with a record that is picked', async () => {
      refused(await act('Customer', 'Hand over', { ids: ['1'] }), /rep|looks after/i);
      const answer = ok(await act('Customer', 'Hand over', { ids: ['1', '2', '59'], values: { rep: '4' } }));
      assert.match(answer.success, /^3 customers/);
      for (const id of [1, 2, 59]) assert.equal((await read('Customer', id))[n('SupportRepId')], 4);
    });

    test('Correct the address: update, with a default, and values that are refused', async () => {
      const old = (await read('Customer', 3))[n('Email')];
      const form = await load('Customer', 'Correct the address', ['3']);
      assert.equal(form.fields[0].value, old);
      assert.match(form.fields[0].label, /François/);
      refused(
        await act('Customer', 'Correct the address', { ids: ['3'], values: { mail: 'nobody' } }),
        /“nobody” has no @/,
      );
      refused(await act('Customer', 'Correct the address', { ids: ['3'], values: { mail: old } }), /already/);
      const answer = ok(
        await act('Customer', 'Correct the address', { ids: ['3'], values: { mail: 'f@example.org' } }),
      );
      assert.equal(answer.success, 'François is written to at f@example.org now.');
      assert.equal((await read('Customer', 3))[n('Email')], 'f@example.org');
    });

    test('Show invoices: sql, as a table', async () => {
      const answer = ok(await act('Customer', 'Show invoices', { ids: ['4', '5'] }));
      const numbers = oracle('SELECT InvoiceId FROM Invoice WHERE CustomerId IN (4, 5) ORDER BY InvoiceId').flat();
      assert.ok(numbers.length > 10);
      for (const number of numbers) assert.match(answer.html, new RegExp(`\\b${number}\\b`));
      assert.match(answer.html, /<table/);
    });

    test('Export purchases: sql, as CSV, of what is selected', async () => {
      const action = actionOf(server.schema, n('Customer'), 'Export purchases');
      assert.equal(action.download, true);
      const answer = await act('Customer', 'Export purchases', { ids: ['6', '7'], values: { least: 5 } });
      assert.equal(answer.status, 200, answer.text);
      assert.match(answer.headers.get('content-type'), /^text\/csv/);
      assert.match(answer.headers.get('content-disposition'), /purchases of ada@example\.com\.csv/);
      const rows = oracle(
        'SELECT InvoiceId, CustomerId FROM Invoice WHERE CustomerId IN (6, 7) AND Total >= 5 ORDER BY 1',
      );
      const lines = answer.text.trim().split(/\r?\n/);
      assert.equal(lines[0].toLowerCase(), ['InvoiceId', 'CustomerId', 'Total'].map(n).join(',').toLowerCase());
      assert.deepEqual(
        lines.slice(1).map((line) => line.split(',').slice(0, 2).map(Number)),
        rows,
      );
    });

    test('Check credit: http, with a form that follows what is typed', async () => {
      const shown = async (means) => {
        const action = actionOf(server.schema, n('Customer'), 'Check credit');
        const fields = [
          { field: 'amount', value: 5 },
          { field: 'means', value: means },
        ];
        const form = ok(
          await hook(server, action, 'change', {
            collection_name: n('Customer'),
            ids: ['8'],
            fields,
            changed_field: 'means',
          }),
        );
        return form.fields.map((f) => f.field);
      };
      assert.deepEqual(await shown('card'), ['amount', 'means']);
      assert.deepEqual(await shown('transfer'), ['amount', 'means', 'iban']);
      refused(await act('Customer', 'Check credit', { ids: ['8'], values: { amount: 5, means: 'transfer' } }), /iban/i);
      const good = ok(await act('Customer', 'Check credit', { ids: ['8'], values: { amount: 5, means: 'card' } }));
      assert.equal(good.success, 'Creditworthy.');
      assert.match(good.html, /Customer 8 can pay <b>5<\/b> by card/);
      refused(
        await act('Customer', 'Check credit', { ids: ['8'], values: { amount: 5000, means: 'card' } }),
        /The agency says no: 5000 is too much/,
      );
    });

    test('Give a discount: sql for each record, with a reason above 20 percent', async () => {
      const totals = async () =>
        [(await read('Invoice', 10))[n('Total')], (await read('Invoice', 11))[n('Total')]].map(Number);
      const [ten, eleven] = await totals();
      refused(await act('Invoice', 'Give a discount', { ids: ['10'], values: { percent: 30 } }), /reason/i);
      refused(await act('Invoice', 'Give a discount', { ids: ['10'], values: { percent: 90, reason: 'x' } }), /90/);
      const answer = ok(
        await act('Invoice', 'Give a discount', { ids: ['10', '11'], values: { percent: 50, reason: 'late' } }),
      );
      assert.match(answer.success, /^2 invoices are 50/);
      const [half, otherHalf] = await totals();
      assert.ok(Math.abs(half - ten / 2) < 0.01 && Math.abs(otherHalf - eleven / 2) < 0.01, `${half} ${otherHalf}`);
    });

    test('Void: two statements in one transaction, and the relation to load again', async () => {
      const lines = { filters: { field: n('InvoiceId'), operator: 'equal', value: 20 } };
      const at = await count('InvoiceLine', lines);
      assert.ok(at > 0);
      const answer = ok(await act('Invoice', 'Void', { ids: ['20'] }));
      assert.equal(answer.success, `Voided; ${at + 1} rows changed.`);
      assert.deepEqual(answer.refresh, { relationships: [n('InvoiceLine')] });
      assert.equal(await count('InvoiceLine', lines), 0);
      assert.equal(Number((await read('Invoice', 20))[n('Total')]), 0);
    });

    test('Void: by a client of the legacy protocol too', async () => {
      const answer = await request(server, 'POST', '/forest/actions/void', {
        timezone: null,
        body: {
          data: {
            type: 'custom-action-requests',
            attributes: { ids: ['21'], values: {}, collection_name: n('Invoice') },
          },
        },
      });
      assert.match(ok(answer).success, /^Voided/);
      assert.equal(Number((await read('Invoice', 21))[n('Total')]), 0);
    });

    test('Sales by country: sql on no records, as a spreadsheet', async () => {
      const answer = await act('Invoice', 'Sales by country', {});
      assert.equal(answer.status, 200, answer.text);
      assert.match(answer.headers.get('content-type'), /spreadsheetml/);
      assert.match(answer.headers.get('content-disposition'), /sales by country\.xlsx/);
      assert.equal(answer.bytes.subarray(0, 2).toString(), 'PK');
    });

    test('Tell accounting: a webhook that is signed', async () => {
      const answer = ok(await act('Invoice', 'Tell accounting', { ids: ['30'], values: { note: 'a "quoted" note' } }));
      assert.equal(answer.success, 'Accounting knows of invoice 30.');
      const { sum, ...told } = backend.inbox.at(-1);
      assert.equal(Number(sum), Number((await read('Invoice', 30))[n('Total')]));
      assert.deepEqual(told, { invoice: '30', note: 'a "quoted" note', by: 'ada@example.com' });
    });

    test('Raise the price: update by a rule, and not where it is not allowed', async () => {
      const raise = (by) => act('Track', 'Raise the price', { ids: ['1'], values: { by } });
      refused(await raise(0), /above zero/);
      assert.match(ok(await raise(1.5)).success, /^“For Those About To Rock/);
      assert.equal(Number((await read('Track', 1))[n('UnitPrice')]), 2.49);
      const again = await raise(1);
      assert.ok(again.status >= 400 && again.status < 500, again.text);
      assert.match(again.text, /costs 2\.49 already/);
    });

    test('the real client runs one too, and each run that began is a job', async () => {
      const form = await client.collection(n('Customer')).action('Hand over', { recordIds: ['10'] });
      await form.setFields({ rep: '5' });
      assert.match((await form.execute()).success, /^1 customers/);
      assert.equal((await read('Customer', 10))[n('SupportRepId')], 5);
      const { jobs } = ok(await request(server, 'GET', '/api/v1/jobs?page_size=100'));
      const names = new Set(jobs.map((job) => `${job.collection}/${job.action}`));
      for (const [collection, actions] of Object.entries(ACTIONS)) {
        for (const name of actions) {
          const slug = name.toLowerCase().replaceAll(' ', '-');
          assert.ok(names.has(`${n(collection)}/${slug}`), `${slug} is among ${[...names]}`);
        }
      }
    });
  });
}

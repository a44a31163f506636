// The real client on the demo's collections: everything it can do with records.
import assert from 'node:assert/strict';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { demo } from '../fixtures.mjs';
import { clientOf, collectionOf, failure, request } from '../lib/client.mjs';
import { startDemo } from '../lib/server.mjs';

const { companies, customers, transactions, orders, products, documents } = demo;
const leaf = (field, operator, value) => ({ field, operator, value });

describe('records of the demo, by agent-client', () => {
  let server;
  let client;
  before(async () => {
    server = await startDemo();
    client = clientOf(server);
  });
  after(() => server?.stop());

  test('the collections are there, filled with some thousands of rows', async () => {
    let total = 0;
    for (const { name } of [companies, customers, transactions, documents, products, orders]) {
      const count = await client.collection(name).count();
      assert.ok(count > 0, name);
      total += count;
    }
    assert.ok(total >= 2000, `${total} rows`);
  });

  test('relations are named after what they are', () => {
    const field = (collection, name) => collectionOf(server.schema, collection).fields.find((f) => f.field === name);
    assert.equal(field(companies.name, companies.emitted)?.relationship, 'HasMany');
    assert.equal(field(companies.name, companies.received)?.relationship, 'HasMany');
    assert.equal(field(companies.name, companies.documents)?.relationship, 'HasMany');
    assert.equal(field(transactions.name, transactions.emitter)?.relationship, 'BelongsTo');
    assert.equal(field(transactions.name, transactions.beneficiary)?.relationship, 'BelongsTo');
    assert.equal(field(customers.name, customers.orders)?.relationship, 'HasMany');
    assert.equal(field(orders.name, orders.customer)?.relationship, 'BelongsTo');
    assert.equal(field(orders.name, orders.product)?.relationship, 'BelongsTo');
    assert.equal(field(companies.name, companies.emitted).inverseOf, transactions.emitter);
  });

  test('list, with filter, sort, page and relation fields', async () => {
    const found = await client.collection(transactions.name).list({
      filters: leaf('status', 'Equal', transactions.toValidate),
      sort: { field: 'id', ascending: false },
      pagination: { size: 5, number: 1 },
      fields: ['id', 'amount', 'status', `${transactions.emitter}@@@name`, `${transactions.beneficiary}@@@name`],
    });
    assert.equal(found.length, 5);
    for (const [i, record] of found.entries()) {
      assert.equal(record.status, transactions.toValidate);
      assert.equal(typeof record.amount, 'number');
      assert.equal(typeof record.emitterCompany.name, 'string');
      assert.equal(typeof record.beneficiaryCompany.name, 'string');
      if (i > 0) assert.ok(Number(record.id) < Number(found[i - 1].id));
    }
  });

  test('sort and filter through a relation', async () => {
    const found = await client.collection(transactions.name).list({
      filters: leaf(`${transactions.emitter}:id`, 'LessThan', 4),
      sort: { field: `${transactions.emitter}:id`, ascending: true },
      fields: [`${transactions.emitter}@@@id`],
      pagination: { size: 200 },
    });
    const emitters = found.map((r) => Number(r.emitterCompany.id));
    assert.deepEqual(
      emitters,
      [...emitters].sort((a, b) => a - b),
    );
    assert.ok(emitters.every((id) => id < 4));
  });

  test('count with a filter agrees with list', async () => {
    const filters = leaf('status', 'Equal', companies.live);
    const count = await client.collection(companies.name).count({ filters });
    const list = await client.collection(companies.name).list({ filters, pagination: { size: 10_000 } });
    assert.equal(list.length, count);
  });

  test('search, plain and extended', async () => {
    const [company] = await client.collection(companies.name).list({ pagination: { size: 1 } });
    const found = await client.collection(companies.name).search(company.name.toUpperCase());
    assert.ok(found.some((r) => r.id === company.id));
    const extended = await client
      .collection(transactions.name)
      .count({ search: company.name, shouldSearchInRelation: true });
    const plain = await client.collection(transactions.name).count({ search: company.name });
    assert.ok(extended > plain);
  });

  test('segment', async () => {
    const count = await client.collection(companies.name).count({ filters: leaf('status', 'Equal', companies.live) });
    const found = await client
      .collection(companies.name)
      .segment(companies.segment)
      .list({ pagination: { size: 10_000 } });
    assert.equal(found.length, count);
    assert.ok(found.every((r) => r.status === companies.live));
    const { segments } = collectionOf(server.schema, companies.name);
    assert.deepEqual(
      segments.find((s) => s.name === companies.segment),
      {
        id: `${companies.name}.${companies.segment}`,
        name: companies.segment,
      },
    );
  });

  test('create, update, delete', async () => {
    const collection = client.collection(companies.name);
    const before_ = await collection.count();
    const [sample] = (await request(server, 'GET', `/forest/${companies.name}?page[size]=1`)).json.data;
    const { id: _, ...attributes } = sample.attributes;
    const created = await collection.create({ ...attributes, name: 'Née à Noël & Cie' });
    assert.equal(created.name, 'Née à Noël & Cie');
    assert.match(created.id, /^\d+$/);
    const updated = await collection.update(created.id, { name: 'Renamed' });
    assert.equal(updated.name, 'Renamed');
    assert.equal(updated.id, created.id);
    assert.equal(await collection.count(), before_ + 1);
    await collection.delete([created.id]);
    assert.equal(await collection.count(), before_);
  });

  test('create with a relation in the JSON:API way', async () => {
    const { json, status, text } = await request(server, 'POST', `/forest/${documents.name}`, {
      body: {
        data: {
          type: documents.name,
          attributes: { name: 'conformance.pdf', ...(await sampleOf(documents.name, ['name', 'company_id'])) },
          relationships: { company: { data: { type: companies.name, id: '2' } } },
        },
      },
    });
    assert.equal(status, 200, text);
    const related = await client
      .collection(companies.name)
      .relation(companies.documents, 2)
      .list({ pagination: { size: 1000 } });
    assert.ok(related.some((d) => d.id === json.data.id));
    await client.collection(documents.name).delete([json.data.id]);
  });

  /** The attributes of a row as they are, but for its key and what is named. */
  async function sampleOf(collection, without) {
    const { json } = await request(server, 'GET', `/forest/${collection}?page[size]=1`);
    const { id: _, ...attributes } = json.data[0].attributes;
    for (const name of without) delete attributes[name];
    return attributes;
  }

  test('related records: list and count', async () => {
    const relation = client.collection(companies.name).relation(companies.emitted, 1);
    const list = await relation.list({ pagination: { size: 1000 } });
    assert.equal(list.length, await relation.count());
    const direct = await client
      .collection(transactions.name)
      .count({ filters: leaf(`${transactions.emitter}:id`, 'Equal', 1) });
    assert.equal(list.length, direct);
  });

  test('related records: fields of the foreign collection, filter, search', async () => {
    const { json } = await request(server, 'GET', `/forest/companies/1/relationships/${companies.emitted}`, {
      query: {
        'fields[transactions]': 'status',
        filters: leaf('status', 'equal', transactions.validated),
        'page[size]': 3,
      },
    });
    for (const { attributes } of json.data) {
      assert.deepEqual(Object.keys(attributes).sort(), ['id', 'status']);
      assert.equal(attributes.status, transactions.validated);
    }
  });

  test('related records: associate and dissociate', async () => {
    // An order moves from its customer to another and back.
    const [order] = await client
      .collection(orders.name)
      .list({ fields: ['id', `${orders.customer}@@@id`], pagination: { size: 1 } });
    const from = order.customer.id;
    const to = from === '1' ? '2' : '1';
    const ofOther = client.collection(customers.name).relation(customers.orders, to);
    const at = await ofOther.count();
    await ofOther.associate(order.id);
    assert.equal(await ofOther.count(), at + 1);
    await client.collection(customers.name).relation(customers.orders, from).associate(order.id);
    assert.equal(await ofOther.count(), at);
  });

  test('dissociate with the delete parameter deletes, whatever its value', async () => {
    const made = await client.collection(documents.name).create({
      ...(await sampleOf(documents.name, ['name'])),
      company_id: 3,
      name: 'throwaway',
    });
    const route = `/forest/companies/3/relationships/${companies.documents}`;
    const { status } = await request(server, 'DELETE', `${route}?delete=false`, {
      body: { data: { attributes: { ids: [made.id], collection_name: documents.name, all_records: false } } },
    });
    assert.equal(status, 204);
    assert.equal((await request(server, 'GET', `/forest/documents/${made.id}`)).status, 404);
    const none = await request(server, 'DELETE', route, {
      body: { data: { attributes: { ids: [], all_records: false } } },
    });
    assert.equal(none.status, 400);
    assert.equal(none.json.errors[0].detail, 'Expected no empty id list');
  });

  test('bulk delete: ids, the old form, restricting filters, nothing, and no ids', async () => {
    const collection = client.collection(documents.name);
    const sample = await sampleOf(documents.name, ['name']);
    const make = async (name) => (await collection.create({ ...sample, company_id: 3, name })).id;
    const [a, b, c, d] = [await make('a1'), await make('b1'), await make('c1'), await make('d1')];
    const gone = async (id) => (await request(server, 'GET', `/forest/documents/${id}`)).status === 404;
    const del = (body) => request(server, 'DELETE', '/forest/documents', { body });

    await collection.delete([a]);
    assert.ok(await gone(a));
    assert.equal((await del({ data: [{ id: b, type: documents.name }] })).status, 204);
    assert.ok(await gone(b));
    // The filter of the subset restricts the ids even without select all.
    const subset = { filters: JSON.stringify(leaf('name', 'equal', 'c1')) };
    const { status } = await del({
      data: { attributes: { ids: [c, d], all_records: false, all_records_subset_query: subset } },
    });
    assert.equal(status, 204);
    assert.ok(await gone(c));
    assert.ok(!(await gone(d)));
    assert.equal((await del({ data: { attributes: { ids: [] } } })).status, 204);
    assert.equal((await del({ data: { attributes: {} } })).status, 400);
    assert.equal((await del({ data: { attributes: { ids: [7] } } })).status, 400);
    await collection.delete([d]);
  });

  test('select all minus the excluded', async () => {
    const collection = client.collection(documents.name);
    const sample = await sampleOf(documents.name, ['name']);
    const made = [];
    for (let i = 0; i < 4; i += 1)
      made.push((await collection.create({ ...sample, company_id: 3, name: 'select-all' })).id);
    const { status } = await request(server, 'DELETE', '/forest/documents', {
      body: {
        data: {
          attributes: {
            ids: [],
            all_records: true,
            all_records_ids_excluded: [made[2]],
            all_records_subset_query: { filters: JSON.stringify(leaf('name', 'equal', 'select-all')) },
          },
        },
      },
    });
    assert.equal(status, 204);
    const left = await collection.list({ filters: leaf('name', 'Equal', 'select-all') });
    assert.deepEqual(
      left.map((r) => r.id),
      [made[2]],
    );
    await collection.delete([made[2]]);
  });

  test('CSV', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'levers-csv-'));
    try {
      const file = path.join(dir, 'companies.csv');
      await client.collection(companies.name).exportCsv(createWriteStream(file), { fields: ['id', 'name', 'status'] });
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      assert.equal(lines.length, (await client.collection(companies.name).count()) + 1);
      assert.match(lines[0], /id.*name.*status/);
      assert.match(lines[1], /^1,/);
      const segment = path.join(dir, 'live.csv');
      await client
        .collection(companies.name)
        .segment(companies.segment)
        .exportCsv(createWriteStream(segment), { fields: ['id', 'status'] });
      const rows = readFileSync(segment, 'utf8').trimEnd().split('\n').slice(1);
      assert.ok(rows.length > 0 && rows.every((l) => l.endsWith(`,${companies.live}`)));
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  test('CSV headers and titles', async () => {
    const { headers, text } = await request(server, 'GET', '/forest/companies.csv', {
      query: { 'fields[companies]': 'id,name', header: 'Id,Name', filename: 'exp.csv' },
    });
    assert.equal(text.split('\n')[0], 'Id,Name');
    assert.match(headers.get('content-type'), /^text\/csv; ?charset=utf-8$/i);
    assert.equal(headers.get('cache-control'), 'no-cache');
    assert.equal(headers.get('x-accel-buffering'), 'no');
    assert.ok(headers.get('last-modified'));
  });

  test('capabilities', async () => {
    const { fields } = await client.collection(transactions.name).capabilities();
    assert.equal(fields.find((f) => f.name === 'amount').type, 'Number');
    assert.equal(fields.find((f) => f.name === 'created_at').type, 'Date');
    assert.equal(fields.find((f) => f.name === transactions.emitter)?.type ?? 'ManyToOne', 'ManyToOne');
  });

  test('what goes wrong is said to the client', async () => {
    const collection = client.collection(companies.name);
    const bad = await failure(collection.list({ filters: leaf('nope', 'Equal', 1) }));
    assert.equal(bad.status, 400);
    assert.equal(bad.body.errors[0].name, 'ValidationError');
    assert.equal((await failure(client.collection('nope').list())).status, 404);
    assert.equal((await failure(clientOf(server, 'bad').collection(companies.name).list())).status, 401);
    assert.equal((await failure(collection.create({ zork: 1 }))).status, 400);
    assert.equal((await failure(collection.update('abc', { name: 'x' }))).status, 400);
    assert.equal((await failure(collection.relation('nope', 1).list())).status, 404);
  });
});

describe('the schema document', () => {
  let server;
  before(async () => {
    server = await startDemo();
  });
  after(() => server?.stop());

  test('is in the order and shape of the agents', () => {
    const { collections, meta } = server.schema;
    const names = collections.map((c) => c.name);
    assert.deepEqual(names, [...names].sort());
    assert.equal(typeof meta.liana, 'string');
    assert.equal(typeof meta.stack.engine, 'string');
    for (const c of collections) {
      assert.equal(c.paginationType, 'page');
      assert.equal(c.onlyForRelationships, false);
      const fields = c.fields.map((f) => f.field);
      assert.deepEqual(fields, [...fields].sort());
      const actions = c.actions.map((a) => a.name);
      assert.deepEqual(actions, [...actions].sort());
      for (const f of c.fields) {
        assert.deepEqual(Object.keys(f), Object.keys(f).sort(), 'keys of a field are alphabetical');
        for (const key of [
          'defaultValue',
          'enums',
          'isFilterable',
          'isPrimaryKey',
          'isReadOnly',
          'isRequired',
          'isSortable',
          'isVirtual',
          'reference',
          'inverseOf',
          'integration',
          'type',
          'validations',
        ]) {
          assert.ok(key in f, `${c.name}.${f.field} has ${key}`);
        }
      }
    }
  });

  test('gives every action its id, endpoint, hooks and fields', () => {
    for (const c of server.schema.collections) {
      const indexes = new Set();
      for (const a of c.actions) {
        const slug = a.name.toLowerCase().replace(/[^a-z0-9-]+/g, '-');
        const match = a.endpoint.match(/^\/forest\/_actions\/(.+)\/(\d+)\/(.+)$/);
        assert.ok(match, a.endpoint);
        assert.equal(match[1], c.name);
        assert.equal(match[3], slug);
        assert.equal(a.id, `${c.name}-${match[2]}-${slug}`);
        indexes.add(Number(match[2]));
        assert.ok(['single', 'bulk', 'global'].includes(a.type));
        assert.equal(a.httpMethod, 'POST');
        assert.equal(a.baseUrl, null);
        assert.equal(a.redirect, null);
        assert.equal(typeof a.download, 'boolean');
        assert.deepEqual(a.hooks.change, ['changeHook']);
        if (a.hooks.load) {
          assert.equal(a.fields.length, 1);
          assert.equal(a.fields[0].field, 'Loading...');
          assert.ok(!('layout' in a));
        } else {
          for (const f of a.fields) assert.ok(!('value' in f), 'static fields carry defaultValue, not value');
        }
      }
      assert.deepEqual(
        [...indexes].sort((x, y) => x - y),
        c.actions.map((_, i) => i),
        'indexes are positions',
      );
    }
  });

  test('hides foreign keys, and shows them as relations', () => {
    const fields = collectionOf(server.schema, 'transactions').fields.map((f) => f.field);
    assert.ok(!fields.includes('emitter_company_id'));
    assert.ok(fields.includes('emitter_company'));
  });
});

// The real client on the demo's actions: forms field by field, layouts, files, every result, every error.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { demo, widgets } from '../fixtures.mjs';
import { actionOf, clientOf, collectionOf, execute, failure, hook, request, token } from '../lib/client.mjs';
import { REFERENCE, startDemo } from '../lib/server.mjs';

const { companies, customers, transactions } = demo;
const leaf = (field, operator, value) => ({ field, operator, value });
const dataUri = (mime, name, text) =>
  `data:${mime};name=${encodeURIComponent(name)};base64,${Buffer.from(text).toString('base64')}`;

/** The first field of a form with one of these wire types. */
const ofType = (form, ...types) => {
  const wanted = types.map((t) => JSON.stringify(t));
  const found = form.getFields().find((f) => wanted.includes(JSON.stringify(f.getType())));
  assert.ok(
    found,
    `a field of type ${wanted}, among ${form.getFields().map((f) => `${f.getName()}: ${JSON.stringify(f.getType())}`)}`,
  );
  return found;
};

describe('actions of the demo, by agent-client', () => {
  let server;
  let client;
  before(async () => {
    server = await startDemo();
    client = clientOf(server);
  });
  after(() => server?.stop());

  const action = (collection, name, context) => client.collection(collection.name).action(name, context);
  const declared = (collection, name) => actionOf(server.schema, collection.name, name);
  const company = async (filters, size = 1) =>
    client.collection(companies.name).list({ filters, sort: { field: 'id', ascending: true }, pagination: { size } });
  const statusOf = async (id) => (await request(server, 'GET', `/forest/companies/${id}`)).json.data.attributes.status;

  describe('companies', () => {
    test('Mark as Live: success, then an error when it is live already', async () => {
      const [record] = await company(leaf('status', 'NotEqual', companies.live));
      const form = await action(companies, companies.actions.markAsLive, { recordId: record.id });
      assert.deepEqual(form.getFields(), []);
      const result = await form.execute();
      assert.match(result.success, /live/i);
      assert.deepEqual(result.refresh, { relationships: [] });
      assert.equal(await statusOf(record.id), companies.live);

      const again = await failure(
        (await action(companies, companies.actions.markAsLive, { recordId: record.id })).execute(),
      );
      assert.equal(again.status, 400);
      assert.match(again.body.error, /live/i);
      assert.ok(!('errors' in again.body), 'an error result is not in the JSON:API shape');
    });

    test('Add new transaction: a picker and an amount, and the relation to refresh', async () => {
      const form = await action(companies, companies.actions.addTransaction, { recordId: 1 });
      const schemaField = (
        await hook(server, declared(companies, companies.actions.addTransaction), 'load', { ids: ['1'] })
      ).json.fields;
      const picker = schemaField.find((f) => f.reference);
      assert.equal(picker.reference, 'companies.id');
      assert.equal(picker.type, 'Number');
      const amount = schemaField.find((f) => f.type === 'Number' && !f.reference);
      const emitted = client.collection(companies.name).relation(companies.emitted, 1);
      const at = await emitted.count();
      await form.setFields({ [picker.field]: '3', [amount.field]: 1234.5 });
      const result = await form.execute();
      assert.equal(typeof result.success, 'string');
      assert.deepEqual(result.refresh, { relationships: [companies.emitted] });
      assert.equal(await emitted.count(), at + 1);
      const [last] = await client.collection(transactions.name).list({
        sort: { field: 'id', ascending: false },
        pagination: { size: 1 },
        fields: ['amount', `${transactions.emitter}@@@id`, `${transactions.beneficiary}@@@id`],
      });
      assert.equal(last.amount, 1234.5);
      assert.equal(last.emitterCompany.id, '1');
      assert.equal(last.beneficiaryCompany.id, '3');
    });

    test('Add new transaction: a picker wants text ids, and records that exist', { skip: REFERENCE }, async () => {
      const add = declared(companies, companies.actions.addTransaction);
      const { json } = await hook(server, add, 'load', { ids: ['1'] });
      const picker = json.fields.find((f) => f.reference).field;
      const amount = json.fields.find((f) => f.type === 'Number' && !f.reference).field;
      const number = await execute(server, add, { ids: ['1'], values: { [picker]: 3, [amount]: 1 } });
      assert.equal(number.status, 400);
      const text = await execute(server, add, { ids: ['1'], values: { [picker]: 'x', [amount]: 1 } });
      assert.equal(text.status, 400);
    });

    test('Reject companies: a reason is required for more than ten', async () => {
      const some = (await company(leaf('status', 'NotEqual', companies.rejected), 12)).map((r) => r.id);
      const few = await action(companies, companies.actions.reject, { recordIds: some.slice(0, 2) });
      assert.equal((await few.execute()).success !== undefined, true);
      assert.equal(await statusOf(some[0]), companies.rejected);
      assert.equal(await statusOf(some[1]), companies.rejected);

      const many = await action(companies, companies.actions.reject, { recordIds: some });
      const reason = ofType(many, 'String', 'Enum');
      assert.equal(reason.isRequired(), true, 'the reason is required for twelve records');
      if (!REFERENCE) {
        const refused = await failure(many.execute());
        assert.equal(refused.status, 400);
        assert.ok(
          refused.body.error.includes(reason.getName()) || /reason/i.test(refused.body.error),
          refused.body.error,
        );
        assert.notEqual(await statusOf(some[11]), companies.rejected);
      }
      await many.getFieldString(reason.getName()).fill('They never answered');
      assert.equal((await many.execute()).success !== undefined, true);
      assert.equal(await statusOf(some[11]), companies.rejected);
    });

    test('Return and track: an external redirect', async () => {
      const result = await (await action(companies, companies.actions.redirectExternal, { recordId: 1 })).execute();
      assert.match(result.redirectTo, /^https?:\/\//);
      assert.ok(!('success' in result));
    });

    test('Show some activity: a redirect within', async () => {
      const result = await (await action(companies, companies.actions.redirectInternal, { recordId: 1 })).execute();
      assert.match(result.redirectTo, /^\/(?!\/)/);
    });

    test('Import companies: a CSV file, and which lines failed and why', async () => {
      const at = await client.collection(companies.name).count();
      const form = await action(companies, companies.actions.importCsv);
      const file = ofType(form, 'File');
      const [template] = (await request(server, 'GET', '/forest/companies?page[size]=1')).json.data;
      const row = (name, status) => `"${name}",${status},Paris,Software`;
      const csv = [
        'name,status,headquarters,industry',
        row('Imported One', template.attributes.status),
        row('Imported, "Two"'.replaceAll('"', '""'), template.attributes.status),
        row('', 'no-such-status'),
      ].join('\n');
      await form.setFields({ [file.getName()]: dataUri('text/csv', 'companies to import.csv', csv) });
      assert.match(
        String(form.getField(file.getName()).getValue()),
        /^data:text\/csv;/,
        'the file comes back from the change hook',
      );
      let answer;
      try {
        answer = await form.execute();
      } catch (error) {
        // Some lines failed: the demo may call the whole an error, as long as it says which.
        answer = JSON.parse(JSON.parse(error.message).error.text);
      }
      const text = JSON.stringify(answer);
      if (!REFERENCE) assert.match(text, /\b[34]\b/, `the line that failed is named: ${text}`);
      assert.ok((await client.collection(companies.name).count()) <= at + 2);
    });

    test('Import companies: a file that is not a data URI', { skip: REFERENCE }, async () => {
      const importing = declared(companies, companies.actions.importCsv);
      const { json } = await hook(server, importing, 'load');
      const { field } = json.fields.find((f) => f.type === 'File');
      for (const value of [
        'x',
        'data:',
        'data:text/csv,plain',
        'data:text/csv;base64,***',
        'data:text/csv;name=%E0%A4;base64,eA==',
        7,
      ]) {
        const { status, text } = await execute(server, importing, { values: { [field]: value } });
        assert.equal(status, 400, `${value}: ${text}`);
      }
    });
  });

  describe('customers', () => {
    const card = async (blocked) =>
      (
        await client
          .collection(customers.name)
          .list({ filters: leaf('card_blocked', 'Equal', blocked), pagination: { size: 1 } })
      )[0];

    test('Charge credit card: HTML on success, HTML on error', async () => {
      const charge = async (record) => {
        const form = await action(customers, customers.actions.charge, { recordId: record.id });
        const amount = ofType(form, 'Number');
        const description = ofType(form, 'String');
        await form.getFieldNumber(amount.getName()).fill('42.5');
        await form.getFieldString(description.getName()).fill('A <b>bold</b> lunch');
        assert.equal(form.getField(amount.getName()).getValue(), 42.5);
        return form.execute();
      };
      const good = await charge(await card(false));
      assert.match(good.html, /</);
      assert.doesNotMatch(good.html, /<script/i);
      const bad = await failure(charge(await card(true)));
      assert.equal(bad.status, 400);
      assert.match(bad.body.html, /</);
      assert.equal(typeof bad.body.error, 'string');
    });

    test('Generate invoice: a real PDF', async () => {
      const invoice = declared(customers, customers.actions.invoice);
      assert.equal(invoice.download, true);
      const record = await card(false);
      const { status, headers, bytes } = await execute(server, invoice, { ids: [record.id] });
      assert.equal(status, 200);
      assert.match(headers.get('content-type'), /^application\/pdf/);
      assert.match(headers.get('content-disposition'), /^attachment; ?filename=.*\.pdf/);
      assert.match(headers.get('access-control-expose-headers') ?? '', /content-disposition/i);
      assert.equal(bytes.subarray(0, 5).toString(), '%PDF-');
      assert.match(bytes.subarray(-1024).toString('latin1'), /%%EOF/);
      // And by the client, which reads past the bytes of a PDF.
      await (await action(customers, customers.actions.invoice, { recordId: record.id })).execute();
    });

    test('Impersonate: a webhook', async () => {
      const { webhook } = await (await action(customers, customers.actions.impersonate, { recordId: 1 })).execute();
      assert.match(webhook.url, /^https?:\/\//);
      assert.match(webhook.method, /^(GET|POST)$/);
      assert.equal(typeof webhook.headers, 'object');
      assert.notEqual(webhook.body, undefined);
    });
  });

  describe('transactions', () => {
    test('Validate: the ticked ones', async () => {
      const filters = leaf('status', 'Equal', transactions.toValidate);
      const some = await client.collection(transactions.name).list({ filters, pagination: { size: 3 } });
      const at = await client.collection(transactions.name).count({ filters });
      const form = await action(transactions, transactions.actions.validate, { recordIds: some.map((r) => r.id) });
      assert.ok((await form.execute()).success);
      assert.equal(await client.collection(transactions.name).count({ filters }), at - 3);
    });

    test('Validate: all that match a filter, except some', async () => {
      const validate = declared(transactions, transactions.actions.validate);
      const filters = {
        aggregator: 'and',
        conditions: [leaf('status', 'equal', transactions.toValidate), leaf('id', 'less_than', 500)],
      };
      const list = () => client.collection(transactions.name).list({ filters, pagination: { size: 1000 } });
      const before_ = await list();
      assert.ok(before_.length > 2);
      const { status, text } = await execute(server, validate, {
        ids: [],
        all_records: true,
        all_records_ids_excluded: [before_[0].id],
        all_records_subset_query: {
          filters: JSON.stringify(filters),
          'page[size]': 15,
          'page[number]': 1,
          timezone: 'Europe/Paris',
        },
      });
      assert.equal(status, 200, text);
      assert.deepEqual(
        (await list()).map((r) => r.id),
        [before_[0].id],
      );
    });

    test('Validate: from the related data of a company', async () => {
      const validate = declared(transactions, transactions.actions.validate);
      const filters = leaf('status', 'Equal', transactions.toValidate);
      const all = await client
        .collection(transactions.name)
        .list({ filters, fields: ['id', `${transactions.emitter}@@@id`], pagination: { size: 1000 } });
      const parent = all[0].emitterCompany.id;
      const mine = client.collection(companies.name).relation(companies.emitted, parent);
      const at = await client.collection(transactions.name).count({ filters });
      const ofParent = await mine.count({ filters });
      assert.ok(ofParent > 0);
      const { status, text } = await execute(server, validate, {
        all_records: true,
        all_records_ids_excluded: [],
        all_records_subset_query: { filters: JSON.stringify(leaf('status', 'equal', transactions.toValidate)) },
        parent_collection_name: companies.name,
        parent_collection_id: parent,
        parent_association_name: companies.emitted,
      });
      assert.equal(status, 200, text);
      assert.equal(await mine.count({ filters }), 0);
      assert.equal(await client.collection(transactions.name).count({ filters }), at - ofParent);
    });

    test('Generate report: two dates, an XLSX file', async () => {
      const report = declared(transactions, transactions.actions.report);
      assert.equal(report.type, 'global');
      assert.equal(report.download, true);
      const form = await action(transactions, transactions.actions.report);
      const dates = form.getFields().filter((f) => ['Date', 'Dateonly'].includes(f.getType()));
      assert.equal(dates.length, 2);
      const day = (text, field) => (field.getType() === 'Date' ? new Date(text).toISOString() : text);
      await form.setFields({
        [dates[0].getName()]: day('2000-01-01', dates[0]),
        [dates[1].getName()]: day('2100-01-01', dates[1]),
      });
      const bytes = await form.execute();
      assert.ok(Buffer.isBuffer(bytes));
      assert.equal(bytes.subarray(0, 2).toString(), 'PK', 'an XLSX is a ZIP');
      assert.ok(bytes.includes('xl/workbook.xml'));
    });
  });

  describe('the form with every widget', () => {
    let collection;
    let every;
    let context;
    before(async () => {
      // Found by its form: the one with two pages.
      for (const c of server.schema.collections) {
        for (const a of c.actions) {
          const ids = a.type === 'global' ? [] : ['1'];
          const pages = a.layout ?? (await hook(server, a, 'load', { ids })).json?.layout ?? [];
          if (pages.length === 2 && pages.every((p) => p.component === 'page')) {
            collection = c.name;
            every = a;
            context = a.type === 'global' ? undefined : { recordId: 1 };
          }
        }
      }
      assert.ok(every, 'an action whose form has two pages');
    });

    const load = async () => (await hook(server, every, 'load', { ids: context ? ['1'] : [] })).json;
    const names = (layout) =>
      layout.flatMap((e) => (e.component === 'input' ? [e.fieldId] : names(e.fields ?? e.elements ?? [])));

    test('its pages hold rows, separators, HTML and inputs', async () => {
      const form = await client.collection(collection).action(every.name, context);
      const layout = form.getLayout();
      const kinds = new Set();
      const seen = [];
      for (let p = 0; p < 2; p += 1) {
        const page = layout.page(p);
        for (let i = 0; ; i += 1) {
          let element;
          try {
            element = page.element(i);
          } catch {
            break;
          }
          if (element.isRow()) {
            kinds.add('row');
            for (let j = 0; ; j += 1) {
              try {
                seen.push(element.rowElement(j).getInputId());
              } catch {
                break;
              }
            }
          } else if (element.isHTMLBlock()) {
            kinds.add('html');
            assert.match(element.getHtmlBlockContent(), /\S/);
          } else if (element.isSeparator()) kinds.add('separator');
          else if (element.isInput()) {
            kinds.add('input');
            seen.push(element.getInputId());
          }
        }
      }
      for (const kind of ['row', 'html', 'input']) assert.ok(kinds.has(kind), kind);
      assert.deepEqual(
        seen.sort(),
        form
          .getFields()
          .map((f) => f.getName())
          .sort(),
        'every field is in the layout once',
      );
      assert.throws(() => layout.page(2));
    });

    test('every widget is there, with the parameters of the protocol', async () => {
      const { fields } = await load();
      const seen = new Map();
      for (const f of fields) if (f.widgetEdit) seen.set(f.widgetEdit.name, f);
      for (const [name, keys] of Object.entries(widgets)) {
        const f = seen.get(name);
        assert.ok(f, `a field with the widget "${name}"; there are ${[...seen.keys()]}`);
        for (const key of keys) assert.ok(key in f.widgetEdit.parameters, `"${name}" has the parameter ${key}`);
      }
    });

    test('every type is there', async () => {
      const { fields } = await load();
      const types = new Set(fields.map((f) => JSON.stringify(f.type)));
      for (const type of [
        'Boolean',
        'Date',
        'Dateonly',
        'Time',
        'Enum',
        ['Enum'],
        'Json',
        'Number',
        ['Number'],
        'String',
        ['String'],
        'File',
        ['File'],
      ]) {
        assert.ok(types.has(JSON.stringify(type)), `${JSON.stringify(type)} among ${[...types]}`);
      }
      assert.ok(
        fields.some((f) => f.reference),
        'a collection picker',
      );
    });

    test('load, change and load again agree', async () => {
      const first = await load();
      const change = await hook(server, every, 'change', {
        ids: context ? ['1'] : [],
        fields: first.fields,
        changed_field: first.fields[0].field,
      });
      assert.equal(change.status, 200, change.text);
      assert.deepEqual(
        change.json.fields.map((f) => f.field),
        first.fields.map((f) => f.field),
      );
      assert.deepEqual(
        names(change.json.layout),
        change.json.fields.map((f) => f.field),
      );
    });

    test('fields of each kind are filled through the client', async () => {
      const form = await client.collection(collection).action(every.name, context);
      const plain = async () => (await load()).fields;
      const check = (name, value) => {
        if (form.doesFieldExist(name)) assert.deepEqual(form.getField(name).getValue(), value, name);
      };
      for (const f of await plain()) {
        if (f.isReadOnly || f.reference || !form.doesFieldExist(f.field)) continue;
        const name = f.field;
        const widget = f.widgetEdit?.name;
        const type = JSON.stringify(f.type);
        const options = f.widgetEdit?.parameters?.static?.options?.filter((o) => typeof o === 'object') ?? [];
        if (widget === 'dropdown' && !type.startsWith('[') && options.length) {
          // What is offered may have changed with the fields filled before this one.
          const dropdown = form.getDropdownField(name);
          const [first] = dropdown.getOptions();
          await dropdown.select(first.label);
          check(name, first.value);
          await assert.rejects(dropdown.select('no such option'), /not found/);
        } else if (widget === 'radio button' && options.length) {
          const radio = form.getRadioGroupField(name);
          assert.deepEqual(await radio.getOptions(), options);
          await radio.check(options.at(-1).label);
          check(name, options.at(-1).value);
        } else if (widget === 'checkboxes' && options.length) {
          const group = form.getCheckboxGroupField(name);
          const at = form.getField(name).getValue() ?? [];
          const free = options.find((o) => !at.includes(o.value));
          if (free) {
            await group.check(free.label);
            check(name, [...at, free.value]);
            await group.uncheck(free.label);
            check(name, at);
          }
        } else if (widget === 'boolean editor' || type === '"Boolean"') {
          await form.getCheckboxField(name).check();
          check(name, true);
          await form.getCheckboxField(name).uncheck();
          check(name, false);
        } else if (widget === 'color editor') {
          await form.getColorPickerField(name).fill('#00FF00');
          check(name, '#00FF00');
        } else if (type === '"Enum"') {
          const field = form.getEnumField(name);
          assert.deepEqual(field.getOptions(), f.enums);
          await field.select(f.enums[0]);
          check(name, f.enums[0]);
          await assert.rejects(field.select('no such option'), /not found/);
        } else if (type === '"Json"') {
          await form.getFieldJson(name).fill({ a: [1, { b: null }] });
          check(name, { a: [1, { b: null }] });
        } else if (type === '"Number"' && widget !== 'dropdown') {
          await form.getFieldNumber(name).fill('3');
          check(name, 3);
        } else if (type === '"Date"') {
          await form.getDateField(name).fill(new Date('2026-05-06T07:08:09.000Z'));
          check(name, '2026-05-06T07:08:09.000Z');
        } else if (type === '["Number"]' && widget === 'input array') {
          await form.getFieldNumberList(name).add(2);
          assert.ok(form.getField(name).getValue().includes(2));
          await form.getFieldNumberList(name).remove(2);
        } else if (type === '["String"]' && widget === 'input array') {
          await form.getFieldStringList(name).add('two');
          assert.ok(form.getField(name).getValue().includes('two'));
          await form.getFieldStringList(name).remove('two');
        } else if (type === '"File"') {
          const uri = dataUri('text/plain', 'a b é.txt', 'hello');
          await form.setFields({ [name]: uri });
          check(name, uri);
        } else if (type === '"String"' && (!widget || /text|rich|address/.test(widget))) {
          await form.getFieldString(name).fill(7);
          check(name, '7');
        }
      }
      assert.deepEqual(await form.tryToSetFields({ 'no such field': 1 }), ['no such field']);
      await assert.rejects(form.setFields({ 'no such field': 1 }), /does not exist/);
    });

    test('a field that others depend on is marked, and changes them', async () => {
      const { fields } = await load();
      const watched = fields.filter((f) => f.hook === 'changeHook');
      assert.ok(watched.length > 0, 'at least one field carries the hook flag');
      const shape = (list) => JSON.stringify(list.map(({ value, ...rest }) => rest));
      let changed = false;
      for (const f of watched) {
        const options = f.enums ?? f.widgetEdit?.parameters?.static?.options?.map((o) => o?.value ?? o);
        const candidates =
          options ?? (f.type === 'Boolean' ? [true, false] : f.type === 'Number' ? [1, 100000] : ['', 'France', 'x']);
        for (const value of candidates) {
          const { json, status } = await hook(server, every, 'change', {
            ids: context ? ['1'] : [],
            changed_field: f.field,
            fields: fields.map((g) =>
              g.field === f.field ? { ...g, value: Array.isArray(g.type) ? [value] : value } : g,
            ),
          });
          assert.equal(status, 200);
          if (shape(json.fields) !== shape(fields)) changed = true;
        }
      }
      assert.ok(changed, `changing ${watched.map((f) => f.field)} changes the form`);
    });

    test('search asks for the options of one field', async () => {
      const { fields } = await load();
      const searchable = fields.find((f) => f.widgetEdit?.parameters?.searchType === 'dynamic');
      assert.ok(searchable, 'a dropdown with dynamic search');
      const search = async (text) => {
        const { json, status } = await hook(server, every, 'search', {
          ids: context ? ['1'] : [],
          search_field: searchable.field,
          fields: fields.map((f) => (f.field === searchable.field ? { ...f, searchValue: text } : f)),
        });
        assert.equal(status, 200);
        assert.deepEqual(
          json.fields.map((f) => f.field),
          [searchable.field],
        );
        assert.deepEqual(json.layout, []);
        return json.fields[0].widgetEdit.parameters.static.options;
      };
      assert.notDeepEqual(await search('a'), await search('zzzzzz'));
    });

    test('an enum value that is not listed is taken out', async () => {
      const { fields } = await load();
      const one = fields.find((f) => f.type === 'Enum');
      const list = fields.find((f) => JSON.stringify(f.type) === '["Enum"]');
      const { json } = await hook(server, every, 'change', {
        ids: context ? ['1'] : [],
        changed_field: one.field,
        fields: fields.map((f) => {
          if (f === one) return { ...f, value: 'nope' };
          if (f === list) return { ...f, value: [list.enums[0], 'nope'] };
          return f;
        }),
      });
      const value = (name) => json.fields.find((f) => f.field === name)?.value;
      assert.equal(value(one.field), null);
      assert.deepEqual(value(list.field), [list.enums[0]]);
    });

    test('hooks tolerate what they do not know', async () => {
      const { fields } = await load();
      const ids = context ? ['1'] : [];
      const extra = await hook(server, every, 'change', {
        ids,
        changed_field: 'nope',
        fields: [
          ...fields,
          { field: 'nope', type: 'String', value: 1 },
          { field: 'Loading...', type: 'String', value: null },
        ],
      });
      assert.equal(extra.status, 200, extra.text);
      const first = await request(server, 'POST', `${every.endpoint}/hooks/load`, {
        body: {
          data: { type: 'action-requests', attributes: { collection_name: collection, ids, values: {}, fields: null } },
        },
      });
      assert.equal(first.status, 200, first.text);
    });
  });

  describe('errors', () => {
    test('values that the form does not allow are named', { skip: REFERENCE && 'the agent checks none' }, async () => {
      const charge = declared(customers, customers.actions.charge);
      const { json } = await hook(server, charge, 'load', { ids: ['1'] });
      const amount = json.fields.find((f) => f.type === 'Number').field;
      const refused = async (values) => {
        const { status, json: body, text } = await execute(server, charge, { ids: ['1'], values });
        assert.equal(status, 400, text);
        assert.equal(typeof body.error, 'string', text);
        return body.error;
      };
      assert.ok((await refused({})).includes(amount), 'a required value is missing');
      assert.ok((await refused({ [amount]: 'many' })).includes(amount), 'a wrong type');
      assert.match(await refused({ [amount]: 1, zork: 1 }), /zork/);
    });

    test('bodies that are no executions', async () => {
      const mark = declared(companies, companies.actions.markAsLive);
      const post = (body) => request(server, 'POST', mark.endpoint, { body });
      assert.equal((await post({ data: { attributes: { values: {} } } })).status, 400, 'no ids');
      assert.equal(
        (await post({ data: { attributes: { ids: [1], values: {} } } })).status,
        400,
        'ids that are not texts',
      );
      assert.equal(
        (await post({ data: { attributes: { ids: ['x'], values: {} } } })).status,
        400,
        'ids of the wrong type',
      );
      assert.equal(
        (await post({ data: { attributes: { all_records: true, values: {} } } })).status,
        400,
        'select all without exclusions',
      );
      if (!REFERENCE) {
        for (const body of [
          {},
          { data: null },
          { data: { attributes: { ids: ['1'], values: 7 } } },
          { data: { attributes: { ids: 'x' } } },
        ]) {
          const { status } = await post(body);
          assert.ok(status === 400 || status === 422, `${JSON.stringify(body)}: ${status}`);
        }
      }
    });

    test('a clear requester is refused', async () => {
      const mark = declared(companies, companies.actions.markAsLive);
      const { status, json } = await execute(server, mark, { ids: ['1'], requester_id: 1 });
      assert.equal(status, 422);
      assert.equal(json.errors[0].name, 'UnprocessableError');
    });

    test('unknown actions', async () => {
      for (const path of [
        '/forest/_actions/companies/999/x',
        '/forest/_actions/nope/0/x',
        '/forest/_actions/companies/0/nope',
      ]) {
        assert.equal((await request(server, 'POST', path, { body: {} })).status, 404, path);
      }
      await assert.rejects(client.collection(companies.name).action('nope'), /not found/);
      await assert.rejects(client.collection('nope').action('nope'), /not found/);
    });

    test('someone else’s token', async () => {
      const stranger = clientOf(server, token({}, { secret: 'y'.repeat(40) }));
      const { status } = await failure(
        stranger.collection(companies.name).action(companies.actions.markAsLive, { recordId: 1 }),
      );
      assert.equal(status, 401);
    });

    test('a missing record', async () => {
      const mark = declared(companies, companies.actions.markAsLive);
      const { status } = await execute(server, mark, { ids: ['99999999'] });
      if (!REFERENCE) assert.ok(status >= 400 && status < 500, String(status));
    });

    test('a filter that holds a segment of SQL is no way in', async () => {
      const validate = declared(transactions, transactions.actions.validate);
      const user = token({ permissionLevel: 'user', role: 'nobody', id: 77 });
      const { status } = await execute(
        server,
        validate,
        {
          all_records: true,
          all_records_ids_excluded: [],
          all_records_subset_query: { segmentQuery: 'select 1', connectionName: 'main' },
        },
        { token: user },
      );
      if (!REFERENCE) assert.ok(status >= 400 && status < 500, String(status));
    });
  });

  describe('Idempotency-Key', { skip: REFERENCE && 'the agent has none' }, () => {
    test('the same key and request answer the same, once; another request is refused', async () => {
      const mark = declared(companies, companies.actions.markAsLive);
      const [a, b] = await company(leaf('status', 'NotEqual', companies.live), 2);
      const headers = { 'Idempotency-Key': `conformance-${process.pid}-${Date.now()}` };
      const first = await execute(server, mark, { ids: [a.id] }, { headers });
      assert.equal(first.status, 200, first.text);
      const again = await execute(server, mark, { ids: [a.id] }, { headers });
      assert.equal(again.status, 200, 'run twice it would say that the company is live already');
      assert.deepEqual(again.json, first.json);
      const other = await execute(server, mark, { ids: [b.id] }, { headers });
      assert.ok(other.status >= 400 && other.status < 500, String(other.status));
      assert.notEqual(await statusOf(b.id), companies.live);
    });
  });

  test('built-in actions: create, update, delete, duplicate, export', {
    skip: REFERENCE && 'the agent has none',
  }, async () => {
    const { actions } = collectionOf(server.schema, 'products');
    const byName = (name) => actions.find((a) => a.name === name);
    for (const name of ['Create', 'Update', 'Delete', 'Duplicate', 'Export']) assert.ok(byName(name), name);
    const products = client.collection('products');
    const at = await products.count();
    const duplicate = await execute(server, byName('Duplicate'), { ids: ['1'] });
    assert.equal(duplicate.status, 200, duplicate.text);
    assert.equal(await products.count(), at + 1);
    const [last] = await products.list({ sort: { field: 'id', ascending: false }, pagination: { size: 1 } });
    const remove = await execute(server, byName('Delete'), { ids: [last.id] });
    assert.equal(remove.status, 200, remove.text);
    assert.equal(await products.count(), at);
    const exported = await execute(server, byName('Export'), {
      all_records: true,
      all_records_ids_excluded: [],
      all_records_subset_query: { filters: JSON.stringify(leaf('id', 'less_than', 4)) },
    });
    assert.equal(exported.status, 200, exported.text);
    assert.match(exported.headers.get('content-type'), /^text\/csv/);
    assert.equal(exported.text.trimEnd().split('\n').length, 4);
  });
});

#!/usr/bin/env node
// The demo's data and actions on the real agent, so that the suite's tests of the demo can be
// checked without Levers. See levers.mjs.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { main } from './levers.mjs';

const series = (n) => `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${n})`;
const date = "strftime('%Y-%m-%d %H:%M:%S.000 +00:00', '2024-01-01', '+' || (i % 700) || ' days')";
const SQL = `
CREATE TABLE companies (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, status TEXT NOT NULL, headquarters TEXT, description TEXT, created_at DATETIME, crunchbase_url TEXT, industry TEXT);
CREATE TABLE customers (id INTEGER PRIMARY KEY AUTOINCREMENT, firstname TEXT NOT NULL, lastname TEXT NOT NULL, email TEXT, stripe_id TEXT, card_blocked BOOLEAN NOT NULL, created_at DATETIME);
CREATE TABLE transactions (id INTEGER PRIMARY KEY AUTOINCREMENT, emitter_company_id INTEGER NOT NULL REFERENCES companies(id), beneficiary_company_id INTEGER NOT NULL REFERENCES companies(id), amount NUMERIC(12,2) NOT NULL, vat_amount NUMERIC(12,2), fee_amount NUMERIC(12,2), status TEXT NOT NULL, note TEXT, reference TEXT, created_at DATETIME);
CREATE TABLE documents (id INTEGER PRIMARY KEY AUTOINCREMENT, company_id INTEGER NOT NULL REFERENCES companies(id), name TEXT NOT NULL, status TEXT, uploaded_at DATETIME);
CREATE TABLE products (id INTEGER PRIMARY KEY AUTOINCREMENT, label TEXT NOT NULL, price NUMERIC(12,2) NOT NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, customer_id INTEGER NOT NULL REFERENCES customers(id), product_id INTEGER NOT NULL REFERENCES products(id), status TEXT, quantity INTEGER, ordered_at DATETIME);
INSERT INTO companies ${series(300)} SELECT i, 'Company ' || i, CASE i % 5 WHEN 0 THEN 'signed_up' WHEN 1 THEN 'pending' WHEN 2 THEN 'approved' WHEN 3 THEN 'rejected' ELSE 'live' END, 'Paris', NULL, ${date}, NULL, 'Software' FROM n;
INSERT INTO customers ${series(500)} SELECT i, 'Ada', 'Number ' || i, i || '@example.com', 'cus_' || i, i % 7 = 0, ${date} FROM n;
INSERT INTO transactions ${series(2000)} SELECT i, 1 + i % 300, 1 + (i * 7) % 300, i + 0.25, 1, 1, CASE i % 3 WHEN 0 THEN 'to_validate' WHEN 1 THEN 'validated' ELSE 'rejected' END, NULL, 'REF' || i, ${date} FROM n;
INSERT INTO documents ${series(200)} SELECT i, 1 + i % 300, 'doc ' || i || '.pdf', 'ok', ${date} FROM n;
INSERT INTO products ${series(50)} SELECT i, 'Product ' || i, i + 0.5 FROM n;
INSERT INTO orders ${series(1500)} SELECT i, 1 + i % 500, 1 + i % 50, 'paid', 1 + i % 4, ${date} FROM n;
`;

const file = path.resolve('live-demo.db');
if (!existsSync(file)) execFileSync('sqlite3', [file], { input: `BEGIN;${SQL}COMMIT;` });

const options = [
  { label: 'First', value: '1' },
  { label: 'Second', value: '2' },
];
const field = (label, type, widget, more = {}) => ({ label, type, ...(widget ? { widget } : {}), ...more });
const row = (...fields) => ({ type: 'Layout', component: 'Row', fields });

const everyWidget = [
  {
    type: 'Layout',
    component: 'Page',
    nextButtonLabel: 'Next',
    elements: [
      { type: 'Layout', component: 'HtmlBlock', content: '<h1>Every widget</h1>' },
      row(field('Text', 'String', 'TextInput', { placeholder: 'x' }), field('Area', 'String', 'TextArea', { rows: 3 })),
      field('Rich', 'String', 'RichText'),
      { type: 'Layout', component: 'Separator' },
      field('Country', 'Enum', undefined, { enumValues: ['France', 'Spain'] }),
      field('City', 'String', 'Dropdown', {
        options: (cx) =>
          cx.formValues.Country === 'France' ? [{ label: 'Paris', value: 'p' }] : [{ label: 'Madrid', value: 'm' }],
      }),
      field('Search', 'String', 'Dropdown', {
        search: 'dynamic',
        options: (cx, text) => [{ label: 'apple', value: 'apple' }].filter((o) => o.label.includes(text ?? '')),
      }),
      field('Radio', 'String', 'RadioGroup', { options }),
      field('Boxes', 'StringList', 'CheckboxGroup', { options }),
      field('Check', 'Boolean', 'Checkbox'),
      field('Tags', 'StringList', 'TextInputList'),
      field('Numbers', 'NumberList', 'NumberInputList'),
      field('Enums', 'EnumList', undefined, { enumValues: ['a', 'b'] }),
    ],
  },
  {
    type: 'Layout',
    component: 'Page',
    previousButtonLabel: 'Back',
    elements: [
      row(
        field('Number', 'Number', 'NumberInput', { min: 0, max: 10, step: 1 }),
        field('Price', 'Number', 'CurrencyInput', { currency: 'eur' }),
      ),
      field('Date', 'Date', 'DatePicker'),
      field('Day', 'Dateonly', 'DatePicker'),
      field('Time', 'Time', 'TimePicker'),
      field('Colour', 'String', 'ColorPicker', { quickPalette: ['#FF0000'], enableOpacity: true }),
      field('File', 'File', 'FilePicker', { extensions: ['txt'], maxSizeMb: 1, maxCount: 1 }),
      field('Files', 'FileList', 'FilePicker'),
      field('Json', 'Json', 'JsonEditor'),
      field('User', 'String', 'UserDropdown'),
      field('Address', 'String', 'AddressAutocomplete'),
      field('Company', 'Collection', undefined, { collectionName: 'companies' }),
    ],
  },
];

await main((agent) => {
  agent
    .customizeCollection('companies', (c) =>
      c
        .renameField('transactions_through_companies_emitter_company_id', 'emitted_transactions')
        .renameField('transactions_through_companies_beneficiary_company_id', 'received_transactions')
        .addSegment('Live', () => ({ field: 'status', operator: 'Equal', value: 'live' }))
        .addAction('Mark as Live', {
          scope: 'Single',
          execute: async (cx, result) => {
            if ((await cx.getRecord(['status'])).status === 'live') return result.error('It is live already');
            await cx.collection.update(cx.filter, { status: 'live' });
            return result.success('Company is now live!');
          },
        })
        .addAction('Add new transaction', {
          scope: 'Single',
          form: [
            { label: 'Beneficiary', type: 'Collection', collectionName: 'companies', isRequired: true },
            { label: 'Amount', type: 'Number', isRequired: true },
          ],
          execute: async (cx, result) => {
            await cx.dataSource.getCollection('transactions').create([
              {
                emitter_company_id: await cx.getRecordId(),
                beneficiary_company_id: cx.formValues.Beneficiary[0],
                amount: cx.formValues.Amount,
                status: 'to_validate',
              },
            ]);
            return result.success('Added', { invalidated: ['emitted_transactions'] });
          },
        })
        .addAction('Reject companies', {
          scope: 'Bulk',
          form: [{ label: 'Reason', type: 'String', isRequired: async (cx) => (await cx.getRecordIds()).length > 10 }],
          execute: async (cx, result) => {
            await cx.collection.update(cx.filter, { status: 'rejected' });
            return result.success('Rejected');
          },
        })
        .addAction('Return and track', {
          scope: 'Single',
          execute: (cx, result) => result.redirectTo('https://example.com/track'),
        })
        .addAction('Show some activity', { scope: 'Single', execute: (cx, result) => result.redirectTo('/a/b') })
        .addAction('Import companies', {
          scope: 'Global',
          form: [{ label: 'File', type: 'File', isRequired: true }],
          execute: (cx, result) => result.success('Imported', { html: '<p>x</p>' }),
        }),
    )
    .customizeCollection('customers', (c) =>
      c
        .addAction('Charge credit card', {
          scope: 'Single',
          form: [
            { label: 'Amount', type: 'Number', isRequired: true },
            { label: 'Description', type: 'String' },
          ],
          execute: async (cx, result) =>
            (await cx.getRecord(['card_blocked'])).card_blocked
              ? result.error('Blocked', { html: '<p>Blocked</p>' })
              : result.success('Charged', { html: '<p>Charged</p>' }),
        })
        .addAction('Generate invoice', {
          scope: 'Single',
          generateFile: true,
          execute: (cx, result) => result.file(Buffer.from('%PDF-1.4\n%%EOF\n'), 'invoice.pdf', 'application/pdf'),
        })
        .addAction('Impersonate', {
          scope: 'Single',
          execute: (cx, result) => result.webhook('https://example.com/login', 'POST', {}, { id: 1 }),
        }),
    )
    .customizeCollection('transactions', (c) =>
      c
        .addAction('Validate', {
          scope: 'Bulk',
          execute: async (cx, result) => {
            await cx.collection.update(cx.filter, { status: 'validated' });
            return result.success('Validated');
          },
        })
        .addAction('Generate report', {
          scope: 'Global',
          generateFile: true,
          form: [
            { label: 'From', type: 'Dateonly' },
            { label: 'To', type: 'Dateonly' },
          ],
          execute: (cx, result) =>
            result.file(
              Buffer.from('PK xl/workbook.xml'),
              'report.xlsx',
              'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
            ),
        }),
    )
    .customizeCollection('products', (c) =>
      c.addAction('Show every widget', {
        scope: 'Global',
        form: everyWidget,
        execute: (cx, result) => result.success('Seen'),
      }),
    );
}, `sqlite:${file}`);

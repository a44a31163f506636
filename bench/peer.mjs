// The peer: `@forestadmin/agent` with `@forestadmin/datasource-sql`, declaring
// the same actions as `examples/bench-app` does on Levers.
//   node peer.mjs <database url> <port>

import os from 'node:os';
import path from 'node:path';
import { createAgent } from '@forestadmin/agent';
import { createSqlDataSource } from '@forestadmin/datasource-sql';
import { startForestStub } from './lib/forest-stub.mjs';
import { AUTH_SECRET, ENV_SECRET } from './lib/token.mjs';

const [uri, port] = process.argv.slice(2);
const stub = process.env.FOREST_STUB_URL ? { url: process.env.FOREST_STUB_URL } : await startForestStub();

const REASONS = {
  refund: ['Damaged', 'Late', 'Lost'],
  discount: ['Loyal customer', 'Campaign'],
  other: ['Unknown'],
};

const declare = (collection) =>
  collection
    .addAction('Mark as Live', {
      scope: 'Single',
      execute: async (context, result) => {
        await context.collection.update(context.filter, { status: 'live' });
        return result.success('Company is now live!');
      },
    })
    .addAction('Dynamic form', {
      scope: 'Single',
      form: [
        {
          label: 'Kind',
          type: 'Enum',
          enumValues: ['refund', 'discount', 'other'],
          defaultValue: 'refund',
          isRequired: true,
        },
        { label: 'Title', type: 'String', defaultValue: async (context) => (await context.getRecord(['name'])).name },
        { label: 'Amount', type: 'Number', isRequired: true, if: (context) => context.formValues.Kind !== 'other' },
        {
          label: 'Reason',
          type: 'String',
          widget: 'Dropdown',
          options: (context) => REASONS[context.formValues.Kind] ?? [],
        },
        { label: 'Comment', type: 'String', widget: 'TextArea', if: (context) => context.formValues.Kind === 'other' },
      ],
      execute: async (context, result) => result.success('Done'),
    })
    .addAction('Mark all', {
      scope: 'Bulk',
      execute: async (context, result) => {
        await context.collection.update(context.filter, { status: 'live' });
        return result.success('Done');
      },
    });

const agent = createAgent({
  authSecret: AUTH_SECRET,
  envSecret: ENV_SECRET,
  isProduction: false,
  forestServerUrl: stub.url,
  schemaPath: path.join(os.tmpdir(), `levers-bench-peer-${port}.json`),
  skipSchemaUpdate: true,
  loggerLevel: 'Error',
})
  .addDataSource(createSqlDataSource(uri))
  .customizeCollection('companies', declare)
  .customizeCollection('companies_many', declare)
  .customizeCollection('companies_big', declare)
  .mountOnStandaloneServer(Number(port), '127.0.0.1');
await agent.start();
process.on('SIGTERM', () => process.exit(0));

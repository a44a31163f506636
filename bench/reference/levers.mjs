#!/usr/bin/env node
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
// The real agent under the command line of `levers`, so that the conformance suite can be checked
// against what Levers stands in for:
//   LEVERS_CONFORMANCE_REFERENCE=1 LEVERS_BIN=bench/reference/levers.mjs npm test   (in conformance/)
// It understands `serve URL --listen HOST:PORT --store PATH` and `schema URL --format forest`.
import { createAgent } from '@forestadmin/agent';
import { createSqlDataSource } from '@forestadmin/datasource-sql';
import { startForestStub } from '../lib/forest-stub.mjs';

export async function main(declare = () => {}, defaultUrl = undefined) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { listen: { type: 'string' }, store: { type: 'string' }, format: { type: 'string' } },
  });
  const [command, url = defaultUrl] = positionals;
  const stub = await startForestStub();
  const dir = mkdtempSync(path.join(tmpdir(), 'reference-'));
  const schemaPath = path.join(dir, 'schema.json');
  const agent = createAgent({
    authSecret: process.env.LEVERS_AUTH_SECRET,
    envSecret: process.env.LEVERS_ENV_SECRET,
    isProduction: false,
    forestServerUrl: stub.url,
    schemaPath,
    loggerLevel: 'Error',
  }).addDataSource(createSqlDataSource(url.replace(/^sqlite:(\/\/)?/, 'sqlite://')));
  declare(agent);
  if (command === 'serve') {
    const [host, port] = values.listen.split(':');
    agent.mountOnStandaloneServer(Number(port), host);
  }
  await agent.start();
  process.on('SIGTERM', () => {
    rmSync(dir, { recursive: true, force: true });
    process.exit(0);
  });
  if (command === 'schema') {
    process.stdout.write(readFileSync(schemaPath));
    rmSync(dir, { recursive: true, force: true });
    process.exit(0);
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) await main();

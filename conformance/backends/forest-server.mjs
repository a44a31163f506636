#!/usr/bin/env node
// A stand-in of Forest's own server, for backends that were written for it: `forest-express-sequelize`
// and `django-forestadmin` send their schema to it when they start, and ask it for permissions before
// they run an action. It answers only what those two ask for; every action of the schema that a backend
// sent may be triggered by every user, but for those that need an approval.
//
//   forest-server.mjs --secrets DIR -- COMMAND ARGS...
//
// runs the command with FOREST_URL, FOREST_AUTH_SECRET and FOREST_ENV_SECRET set, and ends with it. The two
// secrets are kept in files of that folder, made up the first time. It then plays a development environment,
// in which everybody with a token may do everything.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Whom the backends know: role 1 approves, role 2 only asks. */
export const USERS = [
  { id: 1, firstName: 'Ada', lastName: 'Lovelace', email: 'ada@example.com', permissionLevel: 'admin', roleId: 1 },
  { id: 2, firstName: 'Grace', lastName: 'Hopper', email: 'grace@example.com', permissionLevel: 'user', roleId: 2 },
].map((user) => ({ ...user, fullName: `${user.firstName} ${user.lastName}`, tags: {} }));

const ROLES = [...new Set(USERS.map((user) => user.roleId))];
const APPROVERS = [1];
const RIGHTS = ['browseEnabled', 'readEnabled', 'editEnabled', 'addEnabled', 'deleteEnabled', 'exportEnabled'];

/**
 * @param {{ development?: boolean, approvals?: string[] }} options
 *   `development`: everybody may do everything, whether known or not; `approvals`: `collection/Action name`
 * @returns {Promise<{ url: string, requests: string[], schema: () => object, stop: () => Promise<void> }>}
 */
export async function startForestServer({ development = false, approvals = [] } = {}) {
  let schema = { data: [], included: [] };
  const requests = [];

  const routes = {
    'POST /forest/apimaps/hashcheck': () => ({ sendSchema: true }),
    'POST /forest/apimaps': (query, body) => {
      schema = body;
      return {};
    },
    'GET /liana/v1/ip-whitelist-rules': () => ({ data: { attributes: { use_ip_whitelist: false, rules: [] } } }),
    'GET /liana/v4/permissions/environment': () => development || environmentPermissions(schema, approvals),
    'GET /liana/v4/permissions/users': () => USERS,
    'GET /liana/v4/permissions/renderings/:id': () => ({
      team: { id: 1, name: 'Operations' },
      collections: {},
      stats: [],
    }),
    // What Django asks for: rights by user, and scopes apart.
    'GET /liana/v3/permissions': () => ({
      data: { collections: permissionsByUser(schema, development || USERS.map((user) => user.id)) },
      stats: {},
    }),
    'GET /liana/scopes': () => ({}),
  };

  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost');
    const route = `${request.method} ${url.pathname.replace(/(renderings\/)[^/]+$/, '$1:id')}`;
    requests.push(route);
    const handle = routes[route];
    const body = await bodyOf(request);
    response.writeHead(handle ? 200 : 404, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(handle ? handle(url.searchParams, body) : { errors: [{ detail: `no route ${route}` }] }),
    );
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    schema: () => schema,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  return text ? JSON.parse(text) : undefined;
}

/** Collection name → names of its actions, from the JSON:API document that backends send. */
function actionsOf({ data, included }) {
  const names = new Map(included.filter(({ type }) => type === 'actions').map((a) => [a.id, a.attributes.name]));
  return data.map((collection) => [
    collection.id,
    collection.relationships.actions.data.map(({ id }) => names.get(id)),
  ]);
}

function environmentPermissions(schema, approvals) {
  const everyone = { roles: ROLES };
  const nobody = { roles: [] };
  const permissions = (collection, action) => ({
    triggerEnabled: everyone,
    triggerConditions: [],
    approvalRequired: approvals.includes(`${collection}/${action}`) ? everyone : nobody,
    approvalRequiredConditions: [],
    userApprovalEnabled: { roles: APPROVERS },
    userApprovalConditions: [],
    selfApprovalEnabled: nobody,
  });
  const collections = actionsOf(schema).map(([name, actions]) => [
    name,
    {
      collection: Object.fromEntries(RIGHTS.map((right) => [right, everyone])),
      actions: Object.fromEntries(actions.map((action) => [action, permissions(name, action)])),
    },
  ]);
  return { collections: Object.fromEntries(collections) };
}

/** `everyone` is a list of users' ids, or true. */
function permissionsByUser(schema, everyone) {
  const collections = actionsOf(schema).map(([name, actions]) => [
    name,
    {
      collection: Object.fromEntries(RIGHTS.map((right) => [right, everyone])),
      actions: Object.fromEntries(actions.map((action) => [action, { triggerEnabled: everyone }])),
    },
  ]);
  return Object.fromEntries(collections);
}

/** The secret in that file, made up if there is none yet. */
function secretIn(folder, name) {
  const file = path.join(folder, name);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600 });
  }
  return readFileSync(file, 'utf8').trim();
}

async function main() {
  const {
    values: { secrets },
    positionals: [command, ...args],
  } = parseArgs({ allowPositionals: true, options: { secrets: { type: 'string' } } });
  if (!secrets || !command) {
    console.error('usage: forest-server.mjs --secrets DIR -- COMMAND ARGS...');
    process.exitCode = 2;
    return;
  }
  const server = await startForestServer({ development: true });
  const env = {
    ...process.env,
    FOREST_URL: server.url,
    FOREST_AUTH_SECRET: secretIn(secrets, 'auth_secret'),
    FOREST_ENV_SECRET: secretIn(secrets, 'env_secret'),
  };
  const child = spawn(command, args, { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`${command} does not start: ${error.message}`);
      resolve(1);
    });
    child.once('exit', (status) => resolve(status ?? 1));
  });
  await server.stop();
  process.exitCode = code;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();

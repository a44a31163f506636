// The two example applications, started as their teams start them, each beside a stand-in of Forest's server.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import jwt from 'jsonwebtoken';
import { AUTH_SECRET, ENV_SECRET, freePort, until } from '../lib/server.mjs';
import { startForestServer, USERS } from './forest-server.mjs';

const examples = path.join(import.meta.dirname, '..', '..', 'examples');
const express = path.join(examples, 'smart-actions-express');
const django = path.join(examples, 'smart-actions-django');

export const BACKENDS = {
  express: {
    folder: express,
    needs: path.join(express, 'node_modules', '.package-lock.json'),
    command: [process.execPath, path.join(express, 'server.js')],
  },
  django: {
    folder: django,
    needs: path.join(django, '.venv', 'bin', 'python'),
    command: [path.join(django, 'serve')],
  },
};

/** What asks for an approval in both applications, as far as the library knows approvals. */
export const NEEDS_APPROVAL = 'companies/Reject application';

/**
 * Starts one of the applications on a database of its own, and waits until it is reachable and has sent
 * its schema to the stand-in.
 * @param {'express' | 'django'} name
 */
export async function startBackend(name) {
  const { command, folder, needs } = BACKENDS[name];
  if (!existsSync(needs)) throw new Error(`${needs} is not there: "make conformance" installs it`);
  const dir = mkdtempSync(path.join(tmpdir(), `levers-${name}-`));
  const forest = await startForestServer({ approvals: [NEEDS_APPROVAL] });
  const port = await freePort();
  const child = spawn(command[0], command.slice(1), {
    cwd: dir,
    env: {
      ...process.env,
      APPLICATION_PORT: String(port),
      DATABASE_FILE: path.join(dir, 'smart-actions.db'),
      FOREST_URL: forest.url,
      FOREST_AUTH_SECRET: AUTH_SECRET,
      FOREST_ENV_SECRET: ENV_SECRET,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-20_000);
    });
  }
  let exit;
  const ended = new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      exit = { code, signal };
      resolve(exit);
    });
  });

  const backend = {
    name,
    url: `http://127.0.0.1:${port}`,
    folder,
    database: path.join(dir, 'smart-actions.db'),
    forest,
    child,
    output: () => output,
    exited: () => exit,
    /** Ends the application alone. */
    async end() {
      if (!exit) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(timer);
    },
    async stop() {
      await backend.end();
      await forest.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  try {
    await until(
      async () => {
        if (exit) throw Object.assign(new Error(`it ended at once (${JSON.stringify(exit)})`), { fatal: true });
        await fetch(`${backend.url}/forest`);
        return forest.requests.includes('POST /forest/apimaps');
      },
      { what: `the ${name} application at ${backend.url}` },
    );
  } catch (error) {
    await backend.stop();
    error.message += `\n${output}`;
    throw error;
  }
  return backend;
}

/** A user token with the claims of every agent's spelling, as clients that do not know the agent send it. */
export function userToken(user = USERS[0], { secret = AUTH_SECRET, algorithm = 'HS256', claims = {} } = {}) {
  const { id, email, firstName, lastName, permissionLevel, roleId } = user;
  return jwt.sign(
    {
      id,
      email,
      firstName,
      lastName,
      first_name: firstName,
      last_name: lastName,
      team: 'Operations',
      role: `role ${roleId}`,
      permissionLevel,
      permission_level: permissionLevel,
      renderingId: 12,
      rendering_id: '12',
      tags: [],
      ...claims,
    },
    secret,
    { algorithm, expiresIn: '1h' },
  );
}

/** The token that Forest's server makes when somebody agreed to a request of `requester`. */
export function approvalToken(attributes, requester, { secret = ENV_SECRET } = {}) {
  const payload = {
    data: { type: 'custom-action-requests', attributes: { ...attributes, requester_id: requester.id } },
  };
  return jwt.sign(payload, secret, { algorithm: 'HS256', expiresIn: '1h' });
}

/** The attributes that a front end sends with an action. */
export function attributesOf(collection, name, attributes = {}) {
  return {
    collection_name: collection,
    ids: [],
    values: {},
    parent_collection_name: null,
    parent_collection_id: null,
    parent_association_name: null,
    all_records: false,
    all_records_subset_query: null,
    all_records_ids_excluded: [],
    smart_action_id: `${collection}.${name}`,
    signed_approval_request: null,
    ...attributes,
  };
}

// The same execution through each of Levers' doors, and what came of it in one shape:
// `{ kind, message, html, refresh, to, webhook, file }`, only what was said.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { actionOf, clientOf, request } from '../lib/client.mjs';
import { LEVERS, run } from '../lib/server.mjs';
import { attributesOf, userToken } from './backends.mjs';

/** The id of an action in URLs. */
export const slug = (name) => name.toLowerCase().replaceAll(' ', '-');

const token = userToken();

/** An action's URL in the REST API. */
export const restPath = ({ collection, name }) => `/api/v1/collections/${collection}/actions/${slug(name)}`;

function fileOf(headers, bytes) {
  const name = /filename="([^"]*)"/.exec(headers.get('content-disposition') ?? '')?.[1];
  return { kind: 'file', file: { name, mime: headers.get('content-type'), bytes } };
}

/** What is null, empty or absent was not said. */
function said(outcome) {
  return Object.fromEntries(
    Object.entries(outcome).filter(
      ([, value]) => value !== undefined && value !== null && value !== '' && value?.length !== 0,
    ),
  );
}

function ofRest({ kind, message, html, refresh, to, url, method, headers, body }) {
  return said({ kind, message, html, refresh, to, webhook: url && { url, method, headers, body } });
}

/** The answers of both Forest dialects; A says `Success` where a handler says nothing. */
function ofForest(status, json = {}) {
  if (json.webhook) return said({ kind: 'webhook', webhook: json.webhook });
  if (json.redirectTo) return said({ kind: 'redirect', to: json.redirectTo, message: json.success });
  const { error, html, refresh } = json;
  const success = json.success === 'Success' ? undefined : json.success;
  return said({
    kind: status < 400 ? 'success' : 'error',
    message: success ?? error,
    html,
    refresh: refresh?.relationships,
  });
}

async function rest(world, act) {
  const selection = { ids: act.ids };
  const answer = await request(world.server, 'POST', restPath(act), { token, body: { selection, values: act.values } });
  assert.equal(answer.status, 200, answer.text);
  return answer.json?.outcome ? ofRest(answer.json.outcome) : fileOf(answer.headers, answer.bytes);
}

async function dialectA(world, act) {
  const { endpoint } = actionOf(world.server.schema, act.collection, act.name);
  if (act.file) {
    const body = { data: { attributes: { ids: act.ids, values: {} } } };
    const answer = await request(world.server, 'POST', endpoint, { token, body });
    return fileOf(answer.headers, answer.bytes);
  }
  const action = await clientOf(world.server, token)
    .collection(act.collection)
    .action(act.name, { recordIds: act.ids });
  await action.setFields(act.values ?? {});
  try {
    return ofForest(200, await action.execute());
  } catch (error) {
    const { status, text } = JSON.parse(error.message).error;
    assert.equal(status, 400, text);
    return ofForest(status, JSON.parse(text));
  }
}

async function dialectB(world, act) {
  const body = { data: { type: 'custom-action-requests', attributes: attributesOf(act.collection, act.name, act) } };
  const answer = await request(world.server, 'POST', `/forest/actions/${slug(act.name)}`, { token, body });
  assert.ok([200, 204, 400].includes(answer.status), answer.text);
  if (act.file) return fileOf(answer.headers, answer.bytes);
  return ofForest(answer.status, answer.json);
}

async function commandLine(world, act) {
  const dir = mkdtempSync(path.join(tmpdir(), 'levers-run-'));
  try {
    const args = ['run', act.collection, act.name, '--server', world.server.url, '--token', token, '--json'];
    for (const id of act.ids) args.push('--id', String(id));
    for (const [field, value] of Object.entries(act.values ?? {})) {
      if (typeof value === 'string' && value.startsWith('data:')) {
        const file = path.join(dir, decodeURIComponent(/;name=([^;]*)/.exec(value)[1]));
        writeFileSync(file, Buffer.from(value.split(',')[1], 'base64'));
        args.push('--file', `${field}=${file}`);
      } else {
        args.push('--set', `${field}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
      }
    }
    const { code, stdout, stderr } = await run(LEVERS, args, { cwd: dir });
    if (act.file) {
      assert.equal(code, 0, stderr);
      const name = JSON.parse(stdout).file;
      return { kind: 'file', file: { name, mime: act.file.mime, bytes: readFileSync(path.join(dir, name)) } };
    }
    assert.ok(stdout.startsWith('{'), `exit code ${code}: ${stdout}${stderr}`);
    const { outcome } = JSON.parse(stdout);
    assert.equal(code, outcome.kind === 'error' ? 1 : 0, stderr);
    return ofRest(outcome);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** `door` is what the job says. The command line asks the server, whose store it must not open. */
export const DOORS = [
  { title: 'the REST API', door: 'rest', execute: rest },
  { title: "Forest's agent protocol", door: 'forest', execute: dialectA },
  { title: 'Smart Action requests', door: 'forest', execute: dialectB },
  { title: 'the command line', door: 'rest', execute: commandLine },
];

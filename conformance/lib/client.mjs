// Tokens, the real client, and plain requests for what the client cannot do.
import agentClient from '@forestadmin/agent-client';
import jwt from 'jsonwebtoken';
import { AUTH_SECRET } from './server.mjs';

export const TZ = 'Europe/Paris';

export const CLAIMS = {
  id: 1,
  email: 'ada@example.com',
  firstName: 'Ada',
  lastName: 'Lovelace',
  team: 'Operations',
  role: 'admin',
  permissionLevel: 'admin',
  renderingId: 12,
  tags: { city: 'London' },
};

/** A user token; `claims` go over the usual ones, `options` to jsonwebtoken. */
export function token(claims = {}, { secret = AUTH_SECRET, ...options } = {}) {
  return jwt.sign({ ...CLAIMS, ...claims }, secret, { expiresIn: '1h', ...options });
}

/** The schema's actions as the client wants them: by collection, then by name. */
export function actionEndpoints(schema) {
  return Object.fromEntries(
    schema.collections.map((c) => [c.name, Object.fromEntries(c.actions.map((a) => [a.name, a]))]),
  );
}

export function clientOf(server, jwtText = token()) {
  return agentClient.createRemoteAgentClient({
    url: server.url,
    token: jwtText,
    actionEndpoints: actionEndpoints(server.schema),
  });
}

export function collectionOf(schema, name) {
  const collection = schema.collections.find((c) => c.name === name);
  if (!collection) {
    throw new Error(`the schema has no collection "${name}", only ${schema.collections.map((c) => c.name).join(', ')}`);
  }
  return collection;
}

export function actionOf(schema, collection, name) {
  const { actions } = collectionOf(schema, collection);
  const action = actions.find((a) => a.name === name);
  if (!action)
    throw new Error(`"${collection}" has no action "${name}", only ${actions.map((a) => a.name).join(', ')}`);
  return action;
}

/**
 * One plain request.
 * @returns {Promise<{ status: number, headers: Headers, text: string, json: any, bytes: Buffer }>}
 */
export async function request(server, method, path, options = {}) {
  const { body, raw, token: jwtText = token(), headers = {}, query = {}, timezone = TZ, signal } = options;
  const url = new URL(path, server.url);
  if (timezone !== null && !url.searchParams.has('timezone')) url.searchParams.set('timezone', timezone);
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    url.searchParams.append(key, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  const all = { ...headers };
  if (jwtText) all.authorization ??= `Bearer ${jwtText}`;
  if (body !== undefined) all['content-type'] ??= 'application/json';
  const response = await fetch(url, {
    method,
    headers: all,
    body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
    redirect: 'manual',
    signal,
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = bytes.toString('utf8');
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: response.status, headers: response.headers, text, json, bytes };
}

/** Runs an action by a plain request; `attributes` go over the usual ones. */
export function execute(server, action, attributes = {}, options = {}) {
  return request(server, 'POST', action.endpoint, {
    ...options,
    body: {
      data: {
        type: 'custom-action-requests',
        attributes: {
          collection_name: action.id.split('-')[0],
          smart_action_id: action.id,
          ids: [],
          values: {},
          parent_collection_name: null,
          parent_collection_id: null,
          parent_association_name: null,
          all_records: false,
          all_records_subset_query: null,
          all_records_ids_excluded: [],
          signed_approval_request: null,
          ...attributes,
        },
      },
    },
  });
}

/** Calls `hooks/<kind>` of an action by a plain request. */
export function hook(server, action, kind, attributes = {}, options = {}) {
  return request(server, 'POST', `${action.endpoint}/hooks/${kind}`, {
    ...options,
    body: {
      data: {
        type: 'custom-action-hook-requests',
        attributes: { collection_name: action.id.split('-')[0], ids: [], ...attributes },
      },
    },
  });
}

/** What a failure of the client says: `{ status, body }`. */
export async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    let parsed;
    try {
      parsed = JSON.parse(error.message);
    } catch {
      throw error;
    }
    let body;
    try {
      body = JSON.parse(parsed.error.text);
    } catch {
      body = parsed.error.text;
    }
    return { status: parsed.error.status, body };
  }
  throw new Error('the call succeeded, a failure was expected');
}

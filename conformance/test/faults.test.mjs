// Faults: a database that goes away, SIGTERM in the middle of work, a start that must be refused.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { make } from '../lib/chinook.mjs';
import { request, token } from '../lib/client.mjs';
import { AUTH_SECRET, LEVERS, REFERENCE, run, start, until } from '../lib/server.mjs';

describe('a PostgreSQL that goes away', { skip: REFERENCE && 'the agent answers 500' }, () => {
  let database;
  let server;
  let admin;
  before(async () => {
    database = await make.postgres();
    server = await start({ bin: LEVERS, args: [database.url] });
    const url = new URL(database.url);
    const name = url.pathname.slice(1);
    url.pathname = '/postgres';
    admin = new pg.Client({ connectionString: url.href });
    await admin.connect();
    admin.database = name;
  });
  after(async () => {
    await admin?.end();
    await server?.stop();
    await database?.drop();
  });

  test('is 503 with a hint to come back, says nothing of itself, and recovers alone', async () => {
    const list = () => request(server, 'GET', '/forest/artist');
    assert.equal((await list()).status, 200);

    await admin.query(`ALTER DATABASE ${admin.database} ALLOW_CONNECTIONS false`);
    const cut = () =>
      admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [admin.database]);
    await cut();
    let gone;
    let health;
    try {
      gone = await list();
      health = await request(server, 'GET', '/forest/', { token: null });
    } finally {
      await admin.query(`ALTER DATABASE ${admin.database} ALLOW_CONNECTIONS true`);
    }
    assert.equal(gone.status, 503, gone.text);
    assert.ok(Number(gone.headers.get('retry-after')) > 0, 'a Retry-After header');
    assert.doesNotMatch(gone.text, /postgres|sqlx|terminat|127\.0\.0\.1|administrator command|SQLSTATE/i);
    assert.equal(health.status, 200, 'the process itself is well');
    await until(async () => (await list()).status === 200, { what: 'recovery' });
  });

  test('connections that the database closed are noticed, not handed out', async () => {
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [admin.database]);
    await until(async () => (await request(server, 'GET', '/forest/artist/count')).status === 200, {
      deadline: 5000,
      what: 'a new connection',
    });
  });
});

describe('SIGTERM', { skip: REFERENCE && 'the agent has no drain' }, () => {
  test('lets a running export finish, takes no new work, ends with 0', async () => {
    const database = await make.sqlite();
    const server = await start({ bin: LEVERS, args: [database.url] });
    try {
      const response = await fetch(`${server.url}/forest/PlaylistTrack.csv?timezone=UTC&filename=x.csv&header=P,T`, {
        headers: { authorization: `Bearer ${token()}` },
      });
      const reader = response.body.getReader();
      let text = Buffer.from((await reader.read()).value).toString();
      const ended = server.stop();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        text += Buffer.from(value).toString();
      }
      assert.equal(text.trimEnd().split('\n').length, 8716, 'the whole of the export arrived');
      assert.deepEqual(await ended, { code: 0, signal: null });
    } finally {
      await server.stop();
      await database.drop();
    }
  });
});

describe('starting', { skip: REFERENCE && 'the command line of levers' }, () => {
  let database;
  before(async () => {
    database = await make.sqlite();
  });
  after(() => database?.drop());

  test('outside loopback it is refused with a short or missing secret', async () => {
    for (const secret of ['', 'short', 'secret']) {
      const { code, stderr } = await run(
        LEVERS,
        ['serve', database.url, '--listen', '0.0.0.0:0', '--store', ':memory:'],
        {
          env: { LEVERS_AUTH_SECRET: secret, FOREST_AUTH_SECRET: '' },
          timeout: 10_000,
        },
      );
      assert.notEqual(code, 0);
      assert.match(stderr, /secret/i);
    }
  });

  test('a database that is not there is one clear sentence', async () => {
    for (const url of [
      'sqlite:/nowhere/at/all.db',
      'postgres://127.0.0.1:1/x',
      'zork://x',
      'mysql://root@127.0.0.1:1/x',
    ]) {
      const { code, stderr } = await run(
        LEVERS,
        ['serve', url, '--listen', '127.0.0.1:0', '--store', path.join('/tmp', `levers-never-${process.pid}.db`)],
        {
          timeout: 30_000,
        },
      );
      assert.notEqual(code, 0, url);
      assert.ok(stderr.trim().length > 0, url);
      assert.doesNotMatch(stderr, /panicked|RUST_BACKTRACE/, url);
    }
  });

  test('FOREST_AUTH_SECRET is understood too', async () => {
    const server = await start({
      bin: LEVERS,
      args: [database.url],
      env: { LEVERS_AUTH_SECRET: undefined, FOREST_AUTH_SECRET: AUTH_SECRET },
    });
    try {
      assert.equal((await request(server, 'GET', '/forest/Artist')).status, 200);
    } finally {
      await server.stop();
    }
  });
});

describe('our own door', { skip: REFERENCE && 'the agent has none' }, () => {
  let database;
  let server;
  before(async () => {
    database = await make.sqlite();
    server = await start({ bin: LEVERS, args: [database.url] });
  });
  after(async () => {
    await server?.stop();
    await database?.drop();
  });
  const api = (path_, options) => request(server, 'GET', path_, { timezone: null, ...options });

  test('OpenAPI describes it', async () => {
    const { json, status } = await api('/api/v1/openapi.json');
    assert.equal(status, 200);
    assert.match(json.openapi, /^3\./);
    assert.ok(Object.keys(json.paths).some((p) => p.includes('/collections')));
    assert.ok(Object.keys(json.paths).some((p) => p.includes('/jobs')));
  });

  test('nobody gets anything, as problem+json', async () => {
    const { json: doc } = await api('/api/v1/openapi.json');
    const answers = [];
    for (const [route, methods] of Object.entries(doc.paths)) {
      if (/openapi|health|ready|docs/.test(route)) continue;
      for (const method of Object.keys(methods)) {
        if (!['get', 'post', 'put', 'patch', 'delete'].includes(method)) continue;
        const concrete = route.replace(/\{[^}]+\}/g, '1');
        const full = concrete.startsWith('/api') ? concrete : `/api/v1${concrete}`;
        const { status, headers } = await request(server, method.toUpperCase(), full, {
          token: null,
          timezone: null,
          body: method === 'get' ? undefined : {},
        });
        answers.push([`${method} ${full}`, status, headers.get('content-type')]);
      }
    }
    assert.ok(answers.length > 3);
    for (const [route, status, type] of answers) {
      assert.equal(status, 401, route);
      assert.match(type ?? '', /application\/problem\+json/, route);
    }
  });

  test('collections are listed to a caller', async () => {
    const { status, text } = await api('/api/v1/collections');
    assert.equal(status, 200, text);
    assert.match(text, /PlaylistTrack/);
  });

  test('every execution leaves a job on disk', async () => {
    const schema = JSON.parse(
      (await run(LEVERS, ['schema', database.url, '--format', 'forest'], { cwd: server.dir })).stdout,
    );
    const duplicate = schema.collections.find((c) => c.name === 'Genre').actions.find((a) => a.name === 'Delete');
    const made = await request(server, 'POST', '/forest/Genre', {
      body: { data: { attributes: { GenreId: 900, Name: 'Job' } } },
    });
    assert.equal(made.status, 200, made.text);
    const done = await request(server, 'POST', duplicate.endpoint, {
      body: { data: { attributes: { collection_name: 'Genre', ids: ['900'], values: {} } } },
    });
    assert.equal(done.status, 200, done.text);
    const { status, text } = await api('/api/v1/jobs');
    assert.equal(status, 200, text);
    const [deleted, created] = JSON.parse(text).jobs;
    assert.deepEqual([deleted.action, created.action], ['delete', 'create']);
    for (const job of [deleted, created]) {
      const whole = await api(`/api/v1/jobs/${job.id}`);
      assert.equal(whole.status, 200, whole.text);
      assert.equal(JSON.parse(whole.text).changes[0].id, '900', whole.text);
    }
    assert.ok(readFileSync(path.join(server.dir, 'store.db')).length > 0);
  });
});

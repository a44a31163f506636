// The same work on Levers and on `@forestadmin/agent`, alternating, in one run; writes RESULTS.md.
//   node run.mjs [--levers PATH-OF-bench-app] [--peer-only] [--only row,row] [--seconds 5] [--rounds 3] [--fresh]
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { BIG, MANY, postgresDatabase, SMALL, sqliteFile } from './lib/data.mjs';
import { startForestStub } from './lib/forest-stub.mjs';
import { CALLS, call, declarations, hang, startHangingBackend } from './lib/hang.mjs';
import { AUTH_SECRET, ENV_SECRET, token } from './lib/token.mjs';

const here = import.meta.dirname;
const { values: options } = parseArgs({
  options: {
    levers: { type: 'string', default: path.join(here, '..', 'target', 'release', 'bench-app') },
    'peer-only': { type: 'boolean', default: false },
    only: { type: 'string' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    fresh: { type: 'boolean', default: false },
    'peer-csv-seconds': { type: 'string', default: '90' },
  },
});
const SECONDS = Number(options.seconds);
const ROUNDS = Number(options.rounds);
const only = options.only?.split(',');
const wanted = (row) => !only || only.includes(row);
const CONNECTIONS = 8;
const TOKEN = token();
const TZ = 'timezone=Europe%2FParis';

if (!options['peer-only'] && !existsSync(options.levers)) {
  console.error(
    `bench: ${options.levers} is not there; "make bench" builds it, or name another with --levers, or use --peer-only`,
  );
  process.exit(2);
}
try {
  execFileSync('wrk', ['--version'], { stdio: 'ignore' });
} catch (error) {
  if (error.code === 'ENOENT') {
    console.error('bench: wrk is missing: apt-get install wrk');
    process.exit(2);
  }
}

const say = (text) => process.stderr.write(`${text}\n`);
const sleep = (ms) => new Promise((next) => setTimeout(next, ms));
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const rss = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
const MB = 1024 * 1024;

function freePort() {
  return new Promise((resolve) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

const healthy = (url) =>
  new Promise((resolve) => {
    http
      .get(`${url}/forest/`, { agent: false }, (res) => {
        res.resume();
        let text = '';
        res.on('data', (c) => {
          text += c;
        });
        res.on('end', () => resolve(res.statusCode === 200 && text.includes('Agent is running')));
      })
      .on('error', () => resolve(false));
  });

const stub = await startForestStub();

/** Starts one side on a database; resolves to `{ name, url, pid, started (ms), stop }`. */
async function start(side, database, args = []) {
  const port = await freePort();
  const dir = mkdtempSync(path.join(os.tmpdir(), 'levers-bench-'));
  const command =
    side === 'peer'
      ? [process.execPath, [path.join(here, 'peer.mjs'), database.replace(/^sqlite:/, 'sqlite://'), String(port)]]
      : [options.levers, ['serve', '--listen', `127.0.0.1:${port}`, '--store', path.join(dir, 'store.db'), ...args]];
  const began = process.hrtime.bigint();
  const child = spawn(...command, {
    cwd: dir,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      FOREST_STUB_URL: stub.url,
      BENCH_DATABASE_URL: database,
      LEVERS_AUTH_SECRET: AUTH_SECRET,
      LEVERS_ENV_SECRET: ENV_SECRET,
      LEVERS_LOG: process.env.LEVERS_LOG ?? 'warn',
    },
  });
  const url = `http://127.0.0.1:${port}`;
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  while (!(await healthy(url))) {
    if (ended) throw new Error(`${side} ended before it was healthy`);
    await sleep(1);
  }
  const started = Number(process.hrtime.bigint() - began) / 1e6;
  return {
    side,
    url,
    pid: child.pid,
    started,
    async stop() {
      if (!ended) {
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
        await new Promise((done) => child.once('exit', done));
        clearTimeout(timer);
      }
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const sides = options['peer-only'] ? ['peer'] : ['levers', 'peer'];
const both = async (database) =>
  Object.fromEntries(await Promise.all(sides.map(async (s) => [s, await start(s, database)])));
const stopAll = (servers) => Promise.all(Object.values(servers).map((s) => s.stop()));

/** The endpoint of an action: declaration order is ours to know, so both sides are asked. */
const ACTIONS = ['Mark as Live', 'Dynamic form', 'Mark all'];
const slug = (name) => name.toLowerCase().replace(/[^a-z0-9-]+/g, '-');
async function endpoint(server, collection, name) {
  // The declared actions may come after built-in ones: the first index that answers is the one.
  for (let i = 0; i < 32; i += 1) {
    const candidate = `/forest/_actions/${collection}/${i}/${slug(name)}`;
    const res = await fetch(`${server.url}${candidate}/hooks/load?${TZ}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ data: { attributes: { collection_name: collection, ids: ['1'] } } }),
    });
    await res.arrayBuffer();
    if (res.status === 200) return candidate;
    if (res.status !== 404) throw new Error(`${server.side}: ${candidate}/hooks/load answers ${res.status}`);
  }
  throw new Error(`${server.side} has no action "${name}" on ${collection} (of ${ACTIONS})`);
}

function wrk(url, { method = 'GET', body = '', ids = SMALL }, seconds) {
  return new Promise((resolve, reject) => {
    const child = spawn(
      'wrk',
      ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--timeout', '10s', '-s', path.join(here, 'wrk.lua'), url],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, BENCH_TOKEN: TOKEN, BENCH_METHOD: method, BENCH_BODY: body, BENCH_IDS: String(ids) },
      },
    );
    let out = '';
    child.stdout.on('data', (c) => {
      out += c;
    });
    child.once('close', () => {
      const line = /RESULT (.*)/.exec(out)?.[1];
      if (!line) {
        reject(new Error(`wrk said:\n${out}`));
        return;
      }
      const r = JSON.parse(line);
      if (r.errors > 0) reject(new Error(`${r.errors} of ${r.requests} requests failed on ${url}`));
      resolve({ rps: (r.requests / r.micros) * 1e6, p50: r.p50 / 1000, p99: r.p99 / 1000 });
    });
  });
}

/** One row of requests: alternates the sides `ROUNDS` times; medians. */
async function requests(name, servers, work, reset = async () => {}) {
  const seen = Object.fromEntries(sides.map((s) => [s, []]));
  for (const side of sides) {
    const { path: p, ...rest } = await work(servers[side]);
    // What is measured must be a success, with something in it.
    const probe = await fetch(`${servers[side].url}${p}`, {
      method: rest.method ?? 'GET',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: rest.body?.replaceAll('%d', '1'),
    });
    const text = await probe.text();
    if (probe.status !== 200) throw new Error(`${side}: ${name}: ${probe.status} ${text.slice(0, 500)}`);
    if (rest.check && !rest.check(JSON.parse(text)))
      throw new Error(`${side}: ${name}: unexpected answer ${text.slice(0, 500)}`);
    await wrk(`${servers[side].url}${p}`, rest, 2);
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const side of sides) {
      const { path: p, ...rest } = await work(servers[side]);
      await reset();
      const r = await wrk(`${servers[side].url}${p}`, rest, SECONDS);
      seen[side].push(r);
      say(
        `  ${name}  ${side.padEnd(6)} ${Math.round(r.rps)} /s  p50 ${r.p50.toFixed(2)} ms  p99 ${r.p99.toFixed(2)} ms`,
      );
    }
  }
  return Object.fromEntries(
    sides.map((s) => [
      s,
      {
        rps: median(seen[s].map((r) => r.rps)),
        p50: median(seen[s].map((r) => r.p50)),
        p99: median(seen[s].map((r) => r.p99)),
      },
    ]),
  );
}

const single = async (server) => ({
  path: `${await endpoint(server, 'companies_many', 'Mark as Live')}?${TZ}`,
  method: 'POST',
  ids: MANY,
  body: JSON.stringify({
    data: {
      type: 'custom-action-requests',
      attributes: {
        collection_name: 'companies_many',
        ids: ['%d'],
        values: {},
        parent_collection_name: null,
        parent_collection_id: null,
        parent_association_name: null,
        all_records: false,
        all_records_subset_query: { 'page[number]': 1, 'page[size]': 15, timezone: 'Europe/Paris' },
        all_records_ids_excluded: [],
        signed_approval_request: null,
      },
    },
  }),
  check: (json) => json.success === 'Company is now live!',
});

const list = async () => ({
  path: `/forest/companies?${TZ}&filters=${encodeURIComponent(
    JSON.stringify({
      aggregator: 'and',
      conditions: [
        { field: 'industry', operator: 'equal', value: 'Software' },
        { field: 'employees', operator: 'greater_than', value: 1000 },
      ],
    }),
  )}&sort=-created_at&page%5Bsize%5D=15&page%5Bnumber%5D=1&fields%5Bcompanies%5D=id%2Cname%2Cstatus%2Cindustry%2Cheadquarters%2Cemployees%2Ccreated_at`,
  check: (json) => json.data.length === 15 && json.data[0].attributes.industry === 'Software',
});

const load = async (server) => ({
  path: `${await endpoint(server, 'companies', 'Dynamic form')}/hooks/load?${TZ}`,
  method: 'POST',
  body: JSON.stringify({
    data: {
      type: 'custom-action-hook-requests',
      attributes: { collection_name: 'companies', ids: ['%d'], all_records: false, all_records_ids_excluded: [] },
    },
  }),
  check: (json) =>
    json.fields.map((f) => f.field).join() === 'Kind,Title,Amount,Reason' &&
    json.fields[1].value === 'Company 1' &&
    json.fields[3].widgetEdit.parameters.static.options.length === 3,
});

/** Streams the CSV of `companies_big`; rows per second, and how much the server's memory grew. */
async function csv(server, seconds) {
  const before = rss(server.pid);
  let peak = before;
  const sampler = setInterval(() => {
    peak = Math.max(peak, rss(server.pid));
  }, 25);
  const fields = 'id,name,status,industry,employees,created_at';
  const began = process.hrtime.bigint();
  let rows = -1; // the titles
  let cut = false;
  await new Promise((resolve, reject) => {
    const req = http.get(
      `${server.url}/forest/companies_big.csv?${TZ}&filename=x.csv&header=${encodeURIComponent(fields)}&fields%5Bcompanies_big%5D=${encodeURIComponent(fields)}`,
      { headers: { authorization: `Bearer ${TOKEN}` }, agent: false },
      (res) => {
        if (res.statusCode !== 200) {
          reject(new Error(`${server.side}: CSV answers ${res.statusCode}`));
          return;
        }
        const timer = seconds
          ? setTimeout(() => {
              cut = true;
              req.destroy();
              resolve();
            }, seconds * 1000)
          : undefined;
        res.on('data', (chunk) => {
          let at = chunk.indexOf(10);
          while (at >= 0) {
            rows += 1;
            at = chunk.indexOf(10, at + 1);
          }
        });
        res.on('end', () => {
          clearTimeout(timer);
          resolve();
        });
        res.on('error', (error) => (cut ? resolve() : reject(error)));
      },
    );
    req.on('error', (error) => (cut ? resolve() : reject(error)));
  });
  const took = Number(process.hrtime.bigint() - began) / 1e9;
  clearInterval(sampler);
  if (!cut && rows !== BIG) throw new Error(`${server.side}: ${rows} rows in the CSV instead of ${BIG}`);
  return { rowsPerSecond: rows / took, rows, took, grew: Math.max(0, peak - before), cut };
}

async function bulk(server) {
  const action = await endpoint(server, 'companies_big', 'Mark all');
  const body = JSON.stringify({
    data: {
      type: 'custom-action-requests',
      attributes: {
        collection_name: 'companies_big',
        ids: [],
        values: {},
        all_records: true,
        all_records_ids_excluded: [],
        all_records_subset_query: {
          filters: JSON.stringify({ field: 'employees', operator: 'greater_than_or_equal', value: 0 }),
        },
      },
    },
  });
  const began = process.hrtime.bigint();
  const res = await fetch(`${server.url}${action}?${TZ}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body,
  });
  const text = await res.text();
  if (res.status !== 200) throw new Error(`${server.side}: bulk update answers ${res.status} ${text.slice(0, 300)}`);
  return Number(process.hrtime.bigint() - began) / 1e9;
}

const STATEMENT = "UPDATE companies_big SET status = 'live' WHERE employees >= 0";
async function databaseOwn(database) {
  if (database.startsWith('sqlite:')) {
    const began = process.hrtime.bigint();
    execFileSync('sqlite3', ['-cmd', '.timeout 60000', database.slice('sqlite:'.length), STATEMENT]);
    return Number(process.hrtime.bigint() - began) / 1e9;
  }
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  const began = process.hrtime.bigint();
  await client.query(STATEMENT);
  const took = Number(process.hrtime.bigint() - began) / 1e9;
  await client.end();
  return took;
}

/** Before each measurement of writes: every row is to change, and the database is tidy. */
async function reset(database, table) {
  const statement = `UPDATE ${table} SET status = 'pending'`;
  if (database.startsWith('sqlite:')) {
    const file = database.slice('sqlite:'.length);
    execFileSync('sqlite3', ['-cmd', '.timeout 60000', file, statement, 'PRAGMA wal_checkpoint(TRUNCATE)'], {
      stdio: 'ignore',
    });
    return;
  }
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  await client.query(statement);
  await client.query(`VACUUM (FULL, ANALYZE) ${table}`);
  await client.query('CHECKPOINT');
  await client.end();
}

// ---------------------------------------------------------------------------------------------

const out = [];
const rate = (r) =>
  `${Math.round(r.rps).toLocaleString('en')} /s, p50 ${r.p50.toFixed(2)} ms, p99 ${r.p99.toFixed(2)} ms`;
const row = (work, target, levers, peer, ratio, met) => {
  out.push({ work, target, levers: levers ?? '–', peer: peer ?? '–', ratio: ratio ?? '–', met });
  say(
    `${work}: levers ${levers ?? '–'}; peer ${peer ?? '–'}; ratio ${ratio ?? '–'}; ${met === undefined ? 'not judged' : met ? 'met' : 'NOT met'}`,
  );
};
function requestRow(work, result, least, { tail = false } = {}) {
  const { levers, peer } = result;
  const ratio = levers && levers.rps / peer.rps;
  const tailMet = levers && levers.p99 < peer.p50;
  row(
    work,
    `≥ ${least} ×${tail ? ', p99 below the peer’s p50' : ''}`,
    levers && rate(levers),
    rate(peer),
    ratio && `${ratio.toFixed(1)} ×${tail ? (tailMet ? ', p99 below' : ', p99 not below') : ''}`,
    levers && ratio >= least && (!tail || tailMet),
  );
}

const sqlite = `sqlite:${sqliteFile({ fresh: options.fresh })}`;

if (wanted('single') || wanted('list') || wanted('load')) {
  const servers = await both(sqlite);
  if (wanted('single'))
    requestRow(
      'single foreground action, 8 connections, SQLite',
      await requests('single/sqlite', servers, single, () => reset(sqlite, 'companies_many')),
      15,
      { tail: true },
    );
  if (wanted('list'))
    requestRow('list of 15 records with filter and sort (SQLite)', await requests('list/sqlite', servers, list), 15);
  if (wanted('load'))
    requestRow('form load hook, dynamic form (SQLite)', await requests('load/sqlite', servers, load), 15);
  await stopAll(servers);
}

if (wanted('hang') && !options['peer-only']) {
  const backend = await startHangingBackend();
  const server = await start('levers', sqlite, ['--config', declarations(backend.port)]);
  const { path: p, ...rest } = call('set-live');
  const work = { ...rest, ids: MANY };
  const seen = { alone: [], beside: [] };
  await wrk(`${server.url}${p}`, work, 2);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const how of ['alone', 'beside']) {
      await reset(sqlite, 'companies_many');
      const giveUp = how === 'beside' ? await hang(server.url, TOKEN, backend) : () => {};
      const r = await wrk(`${server.url}${p}`, work, SECONDS);
      giveUp();
      seen[how].push(r.rps);
      say(`  hang  ${how.padEnd(6)} ${Math.round(r.rps)} /s  p50 ${r.p50.toFixed(2)} ms  p99 ${r.p99.toFixed(2)} ms`);
    }
  }
  const [alone, beside] = [median(seen.alone), median(seen.beside)];
  row(
    `single action of a file while ${CALLS} calls of a backend hang (SQLite)`,
    '≥ 90 % of the rate without them',
    `${Math.round(beside).toLocaleString('en')} /s (without: ${Math.round(alone).toLocaleString('en')} /s)`,
    undefined,
    `${((beside / alone) * 100).toFixed(0)} %`,
    beside >= 0.9 * alone,
  );
  await server.stop();
  backend.close();
}

if (wanted('single-pg')) {
  const url = await postgresDatabase({ fresh: options.fresh });
  const servers = await both(url);
  requestRow(
    'single foreground action, 8 connections, PostgreSQL',
    await requests('single/postgres', servers, single, () => reset(url, 'companies_many')),
    6,
  );
  await stopAll(servers);
}

if (wanted('csv')) {
  const servers = await both(sqlite);
  const seen = {};
  // The peer reads page by page with a growing OFFSET, so it is cut after a while: what it did until
  // then is its faster half.
  for (const side of sides) {
    await fetch(`${servers[side].url}/forest/companies?${TZ}`, { headers: { authorization: `Bearer ${TOKEN}` } }).then(
      (r) => r.arrayBuffer(),
    );
    const runs = [];
    for (let i = 0; i < (side === 'peer' ? 1 : ROUNDS); i += 1) {
      runs.push(await csv(servers[side], side === 'peer' ? Number(options['peer-csv-seconds']) : undefined));
      const r = runs.at(-1);
      say(
        `  csv  ${side.padEnd(6)} ${Math.round(r.rowsPerSecond)} rows/s, ${r.rows} rows in ${r.took.toFixed(1)} s, memory + ${(r.grew / MB).toFixed(1)} MB`,
      );
    }
    seen[side] = {
      rowsPerSecond: median(runs.map((r) => r.rowsPerSecond)),
      grew: Math.max(...runs.map((r) => r.grew)),
      cut: runs[0].cut && runs[0],
    };
  }
  const { levers, peer } = seen;
  const text = (r) =>
    r &&
    `${Math.round(r.rowsPerSecond).toLocaleString('en')} rows/s, memory + ${(r.grew / MB).toFixed(1)} MB${r.cut ? ` (cut after ${Math.round(r.cut.took)} s and ${r.cut.rows.toLocaleString('en')} rows)` : ''}`;
  const ratio = levers && levers.rowsPerSecond / peer.rowsPerSecond;
  row(
    'CSV export of 1,000,000 rows (SQLite)',
    '≥ 15 × rows/s, memory + < 32 MB',
    text(levers),
    text(peer),
    ratio && `${ratio.toFixed(1)} ×`,
    levers && ratio >= 15 && levers.grew < 32 * MB,
  );
  await stopAll(servers);
}

for (const [key, name, database] of [
  ['bulk', 'SQLite', async () => sqlite],
  ['bulk-pg', 'PostgreSQL', postgresDatabase],
]) {
  if (!wanted(key)) continue;
  const url = await database();
  const servers = await both(url);
  const seen = { own: [], levers: [], peer: [] };
  const rounds = Math.min(ROUNDS, 3);
  for (let i = 0; i < rounds; i += 1) {
    for (const who of ['own', ...sides]) {
      await reset(url, 'companies_big');
      seen[who].push(who === 'own' ? await databaseOwn(url) : await bulk(servers[who]));
      say(`  bulk/${name}  ${who.padEnd(6)} ${seen[who].at(-1).toFixed(2)} s`);
    }
  }
  const own = median(seen.own);
  const levers = seen.levers.length ? median(seen.levers) : undefined;
  row(
    `bulk update of 1,000,000 selected records (${name})`,
    '≤ 1.3 × the database’s own time',
    levers && `${levers.toFixed(2)} s`,
    `${median(seen.peer).toFixed(2)} s (the database’s own: ${own.toFixed(2)} s)`,
    levers && `${(levers / own).toFixed(2)} × the database`,
    levers && levers <= 1.3 * own,
  );
  await stopAll(servers);
}

if (wanted('start')) {
  const starts = Object.fromEntries(sides.map((s) => [s, []]));
  const idle = Object.fromEntries(sides.map((s) => [s, []]));
  for (let i = 0; i < Math.max(ROUNDS, 3); i += 1) {
    for (const side of sides) {
      const server = await start(side, sqlite);
      starts[side].push(server.started);
      await sleep(1500);
      idle[side].push(rss(server.pid));
      await server.stop();
    }
  }
  const ms = (s) => s && `${Math.round(median(s))} ms`;
  const mb = (s) => s && `${(median(s) / MB).toFixed(1)} MB`;
  const at = starts.levers && median(starts.levers);
  const mem = idle.levers && median(idle.levers);
  row(
    'start to first answer (SQLite)',
    '< 200 ms',
    ms(starts.levers),
    ms(starts.peer),
    at && `${(median(starts.peer) / at).toFixed(1)} ×`,
    at && at < 200,
  );
  row(
    'memory when idle',
    '< 48 MB',
    mb(idle.levers),
    mb(idle.peer),
    mem && `${(median(idle.peer) / mem).toFixed(1)} ×`,
    mem && mem < 48 * MB,
  );
}

stub.close();

// ---------------------------------------------------------------------------------------------

const ask = (command, args) => {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '?';
  }
};
const version = (name) =>
  JSON.parse(readFileSync(path.join(here, 'node_modules', name, 'package.json'), 'utf8')).version;
const cpu = /model name\s*:\s*(.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? os.arch();
const text = `# Results

Written by \`make bench\` on ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC${only ? ` (only: ${only.join(', ')})` : ''}, at commit ${ask('git', ['-C', here, 'rev-parse', '--short', 'HEAD'])}. How it measures, and what was learned: [README.md](README.md).

- Machine: ${cpu}, ${os.availableParallelism()} cores, ${Math.round(os.totalmem() / 1024 ** 3)} GiB, ${os.type()} ${os.release()}; client, servers and databases share it.
- Levers: release build, ${ask('rustc', ['--version'])}; every execution's job and event on disk.
- Peer: @forestadmin/agent ${version('@forestadmin/agent')}, @forestadmin/datasource-sql ${version('@forestadmin/datasource-sql')}, Node ${process.version}; records nothing.
- Databases: SQLite ${ask('sqlite3', ['--version']).split(' ')[0]} (WAL), ${ask('psql', ['--version'])}. ${SMALL.toLocaleString('en')} rows for lists and forms, ${MANY.toLocaleString('en')} for single actions, ${BIG.toLocaleString('en')} for CSV and bulk.
- ${CONNECTIONS} connections, ${ROUNDS} rounds of ${SECONDS} s each side, alternating; medians.

| work | Levers | peer | ratio | wanted | met |
|---|---|---|---|---|---|
${out.map((r) => `| ${r.work} | ${r.levers} | ${r.peer} | ${r.ratio} | ${r.target} | ${r.met === undefined ? '–' : r.met ? 'yes' : '**no**'} |`).join('\n')}
`;
if (options['peer-only'] || only) process.stdout.write(text);
else {
  writeFileSync(path.join(here, 'RESULTS.md'), text);
  say(`wrote ${path.join(here, 'RESULTS.md')}`);
}
process.exit(out.some((r) => r.met === false) ? 1 : 0);

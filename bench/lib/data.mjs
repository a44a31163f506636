// The benchmark's data: the same rows on every run and on every database.
//   companies      1,000 rows     (lists, forms)
//   companies_many 200,000 rows   (single actions: each request changes another row, so that
//                                  none is an update to what is there already, which SQLite skips)
//   companies_big  1,000,000 rows (CSV export, bulk update)
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';

export const SMALL = 1_000;
export const MANY = 200_000;
export const BIG = 1_000_000;

const columns = 'id, name, status, industry, headquarters, description, employees, created_at';

const ddl = {
  sqlite: (table) => `CREATE TABLE ${table} (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL, industry TEXT NOT NULL,
  headquarters TEXT, description TEXT, employees INTEGER NOT NULL, created_at DATETIME NOT NULL);`,
  postgres: (table) => `CREATE TABLE ${table} (
  id integer PRIMARY KEY, name text NOT NULL, status text NOT NULL, industry text NOT NULL,
  headquarters text, description text, employees integer NOT NULL, created_at timestamptz NOT NULL);`,
};

const createdAt = {
  sqlite:
    "strftime('%Y-%m-%d %H:%M:%S.000 +00:00', '2022-01-01', '+' || (i % 1200) || ' days', '+' || (i % 86400) || ' seconds')",
  postgres: "timestamptz '2022-01-01 00:00:00+00' + (i % 1200) * interval '1 day' + (i % 86400) * interval '1 second'",
};

const rows = (table, n, dialect) => `INSERT INTO ${table} (${columns})
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${n})
SELECT i, 'Company ' || i,
  CASE i % 5 WHEN 0 THEN 'signed_up' WHEN 1 THEN 'pending' WHEN 2 THEN 'approved' WHEN 3 THEN 'rejected' ELSE 'live' END,
  CASE i % 4 WHEN 0 THEN 'Software' WHEN 1 THEN 'Logistics' WHEN 2 THEN 'Retail' ELSE 'Health' END,
  CASE WHEN i % 10 = 0 THEN NULL ELSE (i % 200) || ' Main Street, City ' || (i % 97) END,
  'A company that does things, "quoted", number ' || i,
  ((i % 10000) * 7919) % 10000,
  ${createdAt[dialect]}
FROM n;`;

export function sql(dialect, { big = true } = {}) {
  const parts = [ddl[dialect]('companies'), rows('companies', SMALL, dialect)];
  parts.push(ddl[dialect]('companies_many'), rows('companies_many', MANY, dialect));
  for (const c of ['status', 'industry']) parts.push(`CREATE INDEX companies_${c} ON companies (${c});`);
  if (big) parts.push(ddl[dialect]('companies_big'), rows('companies_big', BIG, dialect));
  return parts.join('\n');
}

export const dataDir = path.join(import.meta.dirname, '..', '.data');

/** Makes (or keeps) the SQLite file; returns its path. */
export function sqliteFile({ fresh = false } = {}) {
  mkdirSync(dataDir, { recursive: true });
  const file = path.join(dataDir, 'bench.db');
  if (fresh) for (const f of [file, `${file}-wal`, `${file}-shm`]) rmSync(f, { force: true });
  if (!existsSync(file)) {
    execFileSync('sqlite3', [file], {
      input: `PRAGMA journal_mode=WAL;\nBEGIN;\n${sql('sqlite')}\nCOMMIT;\nPRAGMA wal_checkpoint(TRUNCATE);\n`,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
  }
  return file;
}

export const postgresServer = process.env.LEVERS_TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** Makes (or keeps) the PostgreSQL database `levers_bench`; returns its URL. */
export async function postgresDatabase({ fresh = false } = {}) {
  const { default: pg } = await import('pg');
  const name = 'levers_bench';
  const url = new URL(postgresServer);
  const admin = new pg.Client({ connectionString: url.href });
  try {
    await admin.connect();
  } catch (error) {
    throw new Error(
      `PostgreSQL does not answer at ${url.host} (${error.code ?? error.message}): start it, for instance with "pg_ctlcluster --skip-systemctl-redirect $(ls /etc/postgresql) main start", or name another with LEVERS_TEST_POSTGRES_URL`,
    );
  }
  if (fresh) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  const { rowCount } = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  if (!rowCount) await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  url.pathname = `/${name}`;
  const db = new pg.Client({ connectionString: url.href });
  await db.connect();
  const { rows: tables } = await db.query("SELECT to_regclass('companies_big') AS name");
  if (!tables[0].name) {
    // One transaction: either all of it is there, or the next run sees no table and makes it.
    await db.query(sql('postgres'));
    await db.query('VACUUM ANALYZE');
  }
  await db.end();
  return url.href;
}

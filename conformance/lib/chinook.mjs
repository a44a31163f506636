// Chinook on SQLite, PostgreSQL and MariaDB: fresh databases under names of their own.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import mysql from 'mysql2/promise';
import pg from 'pg';

const repository = path.join(import.meta.dirname, '..', '..');
export const CHINOOK_DIR = process.env.LEVERS_CHINOOK_DIR ?? path.join(repository, '..', 'shared', 'data', 'chinook');
const POSTGRES_URL = process.env.LEVERS_TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const MYSQL_URL = process.env.LEVERS_TEST_MYSQL_URL ?? 'mysql://root@127.0.0.1:3306/mysql';

const unique = () => `levers_chinook_${process.pid}_${Date.now().toString(36)}`;

function script(file) {
  const whole = path.join(CHINOOK_DIR, file);
  if (!existsSync(whole)) {
    throw new Error(`Chinook is not there: ${whole} is missing; say where its folder is with LEVERS_CHINOOK_DIR`);
  }
  return whole;
}

const unreachable = (what, url, error, start, variable) =>
  new Error(
    `${what} does not answer at ${new URL(url).host} (${error.code ?? error.message}): start it, on Debian with "${start}", or name another server with ${variable}`,
  );

/** Each returns `{ url, drop }`: what `levers serve` is given, and how to clean up. */
export const make = {
  async sqlite() {
    const dir = mkdtempSync(path.join(tmpdir(), 'levers-chinook-'));
    const file = path.join(dir, 'chinook.sqlite');
    copyFileSync(script('chinook.sqlite'), file);
    chmodSync(file, 0o644);
    return { url: `sqlite:${file}`, drop: async () => rmSync(dir, { recursive: true, force: true }) };
  },

  async postgres() {
    const sql = readFileSync(script('chinook-postgresql.sql'), 'utf8');
    const name = unique();
    const admin = new pg.Client({ connectionString: POSTGRES_URL, connectionTimeoutMillis: 5000 });
    try {
      await admin.connect();
    } catch (error) {
      throw unreachable(
        'PostgreSQL',
        POSTGRES_URL,
        error,
        'pg_ctlcluster --skip-systemctl-redirect $(ls /etc/postgresql) main start',
        'LEVERS_TEST_POSTGRES_URL',
      );
    }
    await admin.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`);
    const url = new URL(POSTGRES_URL);
    url.pathname = `/${name}`;
    const db = new pg.Client({ connectionString: url.href });
    await db.connect();
    // Past the lines that drop, create and connect to `chinook`, which only psql reads.
    await db.query(sql.slice(sql.indexOf('CREATE TABLE')));
    await db.end();
    return {
      url: url.href,
      async drop() {
        await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
        await admin.end();
      },
    };
  },

  async mariadb() {
    const sql = readFileSync(script('chinook-mysql.sql'), 'utf8');
    const name = unique();
    let admin;
    try {
      admin = await mysql.createConnection({ uri: MYSQL_URL, multipleStatements: true, connectTimeout: 5000 });
    } catch (error) {
      throw unreachable(
        'MariaDB (or MySQL)',
        MYSQL_URL,
        error,
        'start-stop-daemon --start --oknodo --background --exec /usr/sbin/mariadbd',
        'LEVERS_TEST_MYSQL_URL',
      );
    }
    await admin.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
    await admin.query(`USE ${name}`);
    // The script's texts hold plain backslashes, which MySQL would otherwise swallow.
    await admin.query("SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')");
    await admin.query(sql.slice(sql.indexOf('CREATE TABLE')));
    const url = new URL(MYSQL_URL);
    url.pathname = `/${name}`;
    return {
      url: url.href,
      async drop() {
        await admin.query(`DROP DATABASE IF EXISTS ${name}`);
        await admin.end();
      },
    };
  },
};

/**
 * The truth: what SQL itself says about the published SQLite file.
 * @returns {any[][]} the rows, as arrays of values
 */
export function oracle(sql) {
  const out = execFileSync('sqlite3', ['-readonly', '-json', script('chinook.sqlite'), sql], {
    encoding: 'utf8',
    maxBuffer: 1 << 27,
  });
  return out.trim() ? JSON.parse(out).map((row) => Object.values(row)) : [];
}

/** Names in the case style of an engine: PostgreSQL's script has snake_case ones. */
export const namer = (engine) =>
  engine === 'postgres' ? (name) => name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase() : (name) => name;

/** The name that the schema gives to the relation from one collection to another. */
export function relationOf(schema, from, to, kind) {
  const collection = schema.collections.find((c) => c.name === from);
  const found = collection?.fields.filter((f) => f.relationship === kind && f.reference?.split('.')[0] === to) ?? [];
  if (found.length !== 1) {
    throw new Error(
      `expected one ${kind} from ${from} to ${to} in the schema, found ${found.length}: ${found.map((f) => f.field)}`,
    );
  }
  return found[0].field;
}

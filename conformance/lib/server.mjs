// Starts the programs under test and stops them again.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const root = path.join(import.meta.dirname, '..', '..');
const built = path.join(process.env.CARGO_TARGET_DIR ?? path.join(root, 'target'), 'debug');

export const AUTH_SECRET = process.env.LEVERS_AUTH_SECRET ?? 'conformance-auth-secret-of-more-than-32-characters';
export const ENV_SECRET = process.env.LEVERS_ENV_SECRET ?? '0123456789abcdef'.repeat(4);
export const LEVERS = process.env.LEVERS_BIN ?? path.join(built, 'levers');
export const DEMO = process.env.LEVERS_DEMO_BIN ?? path.join(built, 'live-demo');

/** True while the suite checks itself against the agent that Levers stands in for. */
export const REFERENCE = Boolean(process.env.LEVERS_CONFORMANCE_REFERENCE);

const env = {
  ...process.env,
  LEVERS_AUTH_SECRET: AUTH_SECRET,
  LEVERS_ENV_SECRET: ENV_SECRET,
  RUST_LOG: process.env.RUST_LOG ?? 'warn',
  NO_COLOR: '1',
};

const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 15_000;

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function checkBinary(bin) {
  if (!existsSync(bin)) {
    throw new Error(`${bin} is not there: build it with "cargo build --workspace --bins", or run "make conformance"`);
  }
}

/** Runs a program to its end; resolves to `{ code, stdout, stderr }`, never rejects for an exit code. */
export async function run(bin, args, options = {}) {
  checkBinary(bin);
  try {
    const { stdout, stderr } = await promisify(execFile)(bin, args, {
      maxBuffer: 1 << 27,
      timeout: 60_000,
      ...options,
      env: { ...env, ...options.env },
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    if (typeof error.code !== 'number') throw error;
    return { code: error.code, stdout: error.stdout, stderr: error.stderr };
  }
}

/** Polls until `probe` gives something truthy, without a fixed wait; throws what it last threw. */
export async function until(probe, { deadline = START_DEADLINE_MS, what = 'the condition' } = {}) {
  const end = Date.now() + deadline;
  let last;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
      if (error.fatal) throw error;
    }
    if (Date.now() > end) throw new Error(`${what} did not come within ${deadline} ms`, { cause: last });
    await new Promise((next) => setTimeout(next, 20));
  }
}

/**
 * Starts a server and waits until `GET /forest/` is healthy.
 * @param {{ bin: string, args?: string[], env?: object, before?: (dir: string) => void }} options
 *   `args` come after `serve`; the program runs in a temporary folder of its own.
 * @returns {Promise<Server>}
 */
export async function start({ bin, args = [], env: extra = {} }) {
  checkBinary(bin);
  const dir = mkdtempSync(path.join(tmpdir(), 'levers-conformance-'));
  const port = await freePort();
  const child = spawn(bin, ['serve', ...args, '--listen', `127.0.0.1:${port}`, '--store', path.join(dir, 'store.db')], {
    cwd: dir,
    env: { ...env, ...extra },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-20_000);
    });
  }
  const ended = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  let exit;
  ended.then((e) => {
    exit = e;
  });

  const server = {
    url: `http://127.0.0.1:${port}`,
    dir,
    pid: child.pid,
    child,
    output: () => output,
    /** SIGTERM, then waits for the end; resolves to `{ code, signal }`. */
    async stop() {
      if (!exit) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
      const how = await ended;
      clearTimeout(timer);
      rmSync(dir, { recursive: true, force: true });
      return how;
    },
  };

  try {
    await until(
      async () => {
        if (exit) {
          throw Object.assign(
            new Error(`the server ended before it was healthy (${JSON.stringify(exit)}):\n${output}`),
            {
              fatal: true,
            },
          );
        }
        return (await fetch(`${server.url}/forest/`)).ok;
      },
      { what: `an answer of ${path.basename(bin)} at ${server.url}/forest/` },
    );
  } catch (error) {
    await server.stop();
    if (!error.fatal) error.message += `\n${output}`;
    throw error;
  }
  return server;
}

/** The schema document that a program prints, parsed. */
export async function schemaOf(bin, args, options) {
  const { code, stdout, stderr } = await run(bin, ['schema', ...args, '--format', 'forest'], options);
  if (code !== 0) throw new Error(`"schema --format forest" failed with exit code ${code}:\n${stderr}`);
  return JSON.parse(stdout);
}

/**
 * The demo, freshly generated, on a free port: `{ url, schema, stop }`. With LEVERS_CONFORMANCE_URL
 * (and LEVERS_CONFORMANCE_SCHEMA, the path of its schema document, and LEVERS_AUTH_SECRET) it is
 * an already running one, which the suite changes and leaves running.
 */
export async function startDemo() {
  if (process.env.LEVERS_CONFORMANCE_URL) {
    const file = process.env.LEVERS_CONFORMANCE_SCHEMA;
    if (!file) {
      throw new Error(
        'LEVERS_CONFORMANCE_URL needs LEVERS_CONFORMANCE_SCHEMA: the path of that server\'s "schema --format forest"',
      );
    }
    return {
      url: process.env.LEVERS_CONFORMANCE_URL.replace(/\/$/, ''),
      schema: JSON.parse(readFileSync(file, 'utf8')),
      external: true,
      async stop() {},
    };
  }
  const server = await start({ bin: DEMO });
  try {
    server.schema = await schemaOf(DEMO, [], { cwd: server.dir });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

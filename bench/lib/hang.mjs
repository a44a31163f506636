// What a backend that never answers costs everybody else: the rate of a short action of a file,
// alone and while 200 calls of another action hang.
import { mkdtempSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';

export const CALLS = 200;

/** A backend that takes every call and never answers; resolves to `{ port, open(), close() }`. */
export async function startHangingBackend() {
  const sockets = new Set();
  const server = http.createServer(() => {});
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: server.address().port,
    open: () => sockets.size,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** The file that declares the two actions; resolves to its path. */
export function declarations(port) {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'levers-bench-file-')), 'levers.toml');
  writeFileSync(
    file,
    `[http]
endpoint = "http://127.0.0.1:${port}"
allow_private = ["127.0.0.1:${port}"]
timeout_seconds = 300
total_seconds = 300

[[collections.companies_many.actions]]
name = "Set live"
scope = "single"
update = { status = "live" }

[[collections.companies_many.actions]]
name = "Call the backend"
scope = "single"
http = {}
`,
  );
  return file;
}

/** Where an action is run, and what is sent; `%d` stands for the record's id. */
export const call = (id) => ({
  path: `/api/v1/collections/companies_many/actions/${id}`,
  method: 'POST',
  body: JSON.stringify({ selection: { ids: ['%d'] }, values: {} }),
});

/** Starts the calls; resolves once the backend holds all of them to a function that gives them up. */
export async function hang(url, token, backend) {
  const agent = new http.Agent({ maxSockets: CALLS });
  const { path: to, method, body } = call('call-the-backend');
  const requests = Array.from({ length: CALLS }, (_, index) => {
    const request = http.request(`${url}${to}`, {
      method,
      agent,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    // They are given up at the end.
    request.on('error', () => {});
    request.on('response', (response) => {
      throw new Error(`a call that should hang was answered with ${response.statusCode}`);
    });
    request.end(body.replace('%d', String(index + 1)));
    return request;
  });
  const deadline = Date.now() + 20_000;
  while (backend.open() < CALLS) {
    if (Date.now() > deadline) throw new Error(`only ${backend.open()} of ${CALLS} calls reached the backend`);
    await new Promise((next) => setTimeout(next, 20));
  }
  return () => {
    for (const request of requests) request.destroy();
  };
}

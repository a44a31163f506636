// The few routes of the Forest server that an agent calls, enough for a peer to
// run: development environment (everything allowed), no scopes, no IP rules.
import http from 'node:http';

const ROUTES = {
  'GET /liana/v1/ip-whitelist-rules': {
    data: { attributes: { use_ip_whitelist: false, rules: [] } },
  },
  'GET /liana/v4/permissions/environment': true,
  'GET /liana/v4/permissions/users': [
    {
      id: 1,
      firstName: 'Bench',
      lastName: 'User',
      fullName: 'Bench User',
      email: 'bench@example.com',
      permissionLevel: 'admin',
      tags: {},
      roleId: 1,
    },
  ],
  'POST /forest/apimaps/hashcheck': { sendSchema: false },
};

/** Listens on a free loopback port; resolves to `{ url, close }`. */
export async function startForestStub() {
  const open = new Set();
  const server = http.createServer((req, res) => {
    const { pathname } = new URL(req.url, 'http://stub');
    req.resume();
    if (pathname === '/liana/v4/subscribe-to-events') {
      res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
      const beat = () => res.write('event: heartbeat\ndata: \n\n');
      beat();
      const timer = setInterval(beat, 15_000);
      open.add(res);
      res.on('close', () => {
        clearInterval(timer);
        open.delete(res);
      });
      return;
    }
    const base = `http://${req.headers.host}/oidc`;
    let body = ROUTES[`${req.method} ${pathname}`];
    let status = 200;
    if (pathname === '/oidc/.well-known/openid-configuration') {
      body = {
        issuer: base,
        authorization_endpoint: `${base}/auth`,
        token_endpoint: `${base}/token`,
        registration_endpoint: `${base}/reg`,
        jwks_uri: `${base}/jwks`,
      };
    } else if (pathname === '/oidc/reg') {
      status = 201;
      body = {
        client_id: 'bench',
        redirect_uris: [],
        token_endpoint_auth_method: 'none',
      };
    } else if (pathname.startsWith('/liana/v4/permissions/renderings/')) {
      body = { team: { id: 1, name: 'Bench' }, collections: {}, stats: [] };
    }
    if (body === undefined) {
      status = 404;
      body = { errors: [{ detail: `no route ${req.method} ${pathname}` }] };
    }
    res.writeHead(status, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify(body));
  });
  await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      for (const res of open) res.destroy();
      server.close();
    },
  };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const stub = await startForestStub();
  console.log(stub.url);
}

// The company's own backend: a credit agency that one action asks, and the inbox of accounting that
// another one writes to. Node alone, no packages.
//   LEVERS_AUTH_SECRET=… CHINOOK_HOOK_SECRET=whsec_… node backend.mjs
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
const same = (one, other) => one.length === other.length && timingSafeEqual(one, other);

/** Whether Levers signed this token, and it has not expired. */
function isCaller(authorization = '', secret) {
  const [head, claims, signature = ''] = authorization.replace(/^Bearer /, '').split('.');
  return (
    same(Buffer.from(signature, 'base64url'), hmac(secret, `${head}.${claims}`)) &&
    JSON.parse(Buffer.from(claims, 'base64url')).exp * 1000 > Date.now()
  );
}

/** Whether Levers signed this call in the last minutes, as Standard Webhooks say. */
function isSigned(headers, body, secret) {
  if (!(Math.abs(Date.now() / 1000 - headers['webhook-timestamp']) < 300)) return false;
  const signed = hmac(
    Buffer.from(secret.slice('whsec_'.length), 'base64'),
    `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`,
  );
  const given = (headers['webhook-signature'] ?? '').split(' ').map((each) => each.replace(/^v1,/, ''));
  return given.some((each) => same(Buffer.from(each, 'base64'), signed));
}

function checkCredit({ data: { attributes } }) {
  const { amount, means } = attributes.values;
  if (amount > 1000) return [400, { error: `${amount} is too much for customer ${attributes.ids[0]}.` }];
  return [
    200,
    { success: 'Creditworthy.', html: `<p>Customer ${attributes.ids[0]} can pay <b>${amount}</b> by ${means}.</p>` },
  ];
}

/** Starts it; `inbox` is what accounting was told. */
export function start({ port, authSecret, hookSecret }) {
  const inbox = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    let body = '';
    for await (const chunk of request) body += chunk;
    let [status, answer] = [404, { error: 'There is nothing here.' }];
    if (pathname === '/forest/actions/check-credit') {
      [status, answer] = isCaller(request.headers.authorization, authSecret)
        ? checkCredit(JSON.parse(body))
        : [401, {}];
    } else if (pathname === '/accounting') {
      status = isSigned(request.headers, body, hookSecret) ? 204 : 401;
      if (status === 204) inbox.push(JSON.parse(body));
    }
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(status === 204 ? undefined : JSON.stringify(answer));
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve({ server, inbox })));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { LEVERS_AUTH_SECRET: authSecret, CHINOOK_HOOK_SECRET: hookSecret } = process.env;
  if (!authSecret || !hookSecret)
    throw new Error('Set LEVERS_AUTH_SECRET and CHINOOK_HOOK_SECRET, the same as for Levers.');
  await start({ port: 8090, authSecret, hookSecret });
  console.log('The credit agency and accounting listen on http://127.0.0.1:8090');
}

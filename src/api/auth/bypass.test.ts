import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { csrfOf } from './secret.ts';
import { ListeningApi, type TestRequest } from './testing.ts';

/** A route that needs an administrator and does nothing. */
const GUARDED = '/api/v1/tokens';

let listening: ListeningApi;
let admin = '';
let viewer = '';

before(async () => {
  listening = await ListeningApi.open('{rate: 100000}');
  admin = await listening.token('an-admin', 'admin');
  viewer = await listening.token('a-viewer', 'viewer');
});
after(() => listening.close());

/** What must not come in: neither with the answer of the route, nor with a failure of weir's own. */
async function refused(request: TestRequest): Promise<string | undefined> {
  const { status, headers, text } = await listening.ask(request);
  const isIn = status < 400 && !text.startsWith('<');
  const isProblem = headers['content-type']?.startsWith('application/problem+json') ?? false;
  if (
    status >= 400 &&
    request.method !== 'HEAD' &&
    (!isProblem || headers['x-content-type-options'] !== 'nosniff')
  )
    return `${request.method ?? 'GET'} ${request.path}: ${status} is no problem: ${text.slice(0, 80)}`;
  return isIn || status >= 500
    ? `${request.method ?? 'GET'} ${request.path}: ${status} ${text.slice(0, 80)}`
    : undefined;
}

async function allRefused(requests: readonly TestRequest[]): Promise<void> {
  const wrong: string[] = [];
  for (const request of requests) {
    const found = await refused(request);
    if (found !== undefined) wrong.push(found);
  }
  assert.deepEqual(wrong, []);
}

test('the guarded route answers who may use it', async () => {
  const { status, json } = await listening.ask({
    path: GUARDED,
    headers: { authorization: `Bearer ${admin}` },
  });
  assert.equal(status, 200);
  assert.equal((json.items as unknown[]).length, 2);
});

test('no spelling of a path comes by the guard', async () => {
  const paths = [
    '//api/v1/tokens',
    '/api//v1/tokens',
    '/api/v1/tokens/',
    '/api/v1//tokens',
    '/./api/v1/tokens',
    '/api/v1/./tokens',
    '/assets/../api/v1/tokens',
    '/api/reference/../v1/tokens',
    '/api/reference/static/..%2f..%2fv1/tokens',
    '/api/v1/session/../tokens',
    '/api/v1/session/..;/tokens',
    '/api/v1/session;/../tokens',
    '/api/v1/tokens;a=b',
    '/api/v1/tokens%00',
    '/api/v1/tokens%00.js',
    '/api/v1/tokens%2f',
    '/api%2fv1%2ftokens',
    '/%61pi/v1/tokens',
    '/API/V1/TOKENS',
    '/api/v1/Tokens',
    '/api/v1/tokens%20',
    '/api/v1/tokens.json',
    '/api/v1/tokens?access=public',
    '/api/v1/tokens#/api/v1/session',
    '/api\\v1\\tokens',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/assets/..%2f..%2f..%2fpackage.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/..%c0%af..%c0%afetc/passwd',
    '/%',
    '/%ff%fe',
    '/.env',
    `/${'a/'.repeat(3000)}`,
    'http://evil.example/api/v1/tokens',
  ];
  await allRefused(paths.map((path) => ({ path })));
});

test('no method and no header comes by the guard', async () => {
  const methods = ['HEAD', 'OPTIONS', 'PUT', 'PATCH', 'TRACE', 'PROPFIND', 'QUERY', 'SEARCH'];
  const headers: Record<string, string>[] = [
    { 'x-http-method-override': 'GET' },
    { 'x-method-override': 'OPTIONS' },
    { 'x-original-url': '/api/v1/session' },
    { 'x-rewrite-url': '/api/v1/openapi.json' },
    { 'x-forwarded-for': '127.0.0.1' },
    { 'x-forwarded-host': 'localhost' },
    { 'x-forwarded-user': 'root' },
    { 'x-remote-user': 'root' },
    { 'x-real-ip': '127.0.0.1' },
    { forwarded: 'for=127.0.0.1;by=unix' },
    { 'x-weir-socket': '1', 'x-principal': '{"role":"admin","by":"socket"}' },
    { from: 'root', via: '1.1 api.sock' },
  ];
  await allRefused([
    ...methods.map((method) => ({ path: GUARDED, method })),
    ...headers.map((one) => ({ path: GUARDED, headers: one })),
    ...headers.map((one) => ({ path: GUARDED, headers: { ...one, authorization: `Bearer ${viewer}` } })),
  ]);
});

test('no token but the right one is taken', async () => {
  const expired = await listening.token('expired', 'admin', Date.now() * 1000 - 1);
  const revoked = await listening.token('revoked', 'admin');
  await listening.api.gate.tokens.revoke('revoked');
  const [kept] = listening.api.gate.tokens.list();
  const given = [
    expired,
    revoked,
    admin.slice(0, -1),
    `${admin}A`,
    admin.toUpperCase(),
    admin.slice(5),
    kept?.digest ?? '',
    `weir_${kept?.digest}`,
    'weir_',
    '',
    'null',
    '%00',
    `${admin} ${admin}`,
    `${admin},`,
    'A'.repeat(12_000),
    '../../tokens.json',
    '__proto__',
    'weir_constructor',
  ];
  const schemes = ['Basic', 'Token', 'Bearer:', 'Digest', ''];
  await allRefused([
    ...given.map((one) => ({ path: GUARDED, headers: { authorization: `Bearer ${one}` } })),
    ...schemes.map((scheme) => ({ path: GUARDED, headers: { authorization: `${scheme} ${admin}` } })),
    { path: GUARDED, headers: { authorization: [`Bearer ${admin}`, `Bearer ${viewer}`] } },
    { path: GUARDED, headers: { authorization: [`Bearer ${viewer}`, `Bearer ${admin}`] } },
    { path: `${GUARDED}?access_token=${admin}` },
    { path: GUARDED, headers: { 'x-api-key': admin, cookie: `weir_session=${admin}` } },
  ]);
});

test('a token that is right is taken from an address that failed often', async () => {
  let last = 0;
  for (let i = 0; i < 12; i++) {
    last = (await listening.ask({ path: GUARDED, headers: { authorization: 'Bearer weir_wrong' } })).status;
  }
  assert.equal(last, 429);
  const { status } = await listening.ask({ path: GUARDED, headers: { authorization: `Bearer ${admin}` } });
  assert.equal(status, 200);
});

test('no cookie but that of a session is taken', async () => {
  const { cookie } = await listening.login({ token: admin });
  assert.equal((await listening.ask({ path: GUARDED, headers: { cookie } })).status, 200);
  const value = cookie.split('=')[1] ?? '';
  const before = await ListeningApi.open();
  const other = await before.login({ token: await before.token('other', 'admin') });
  await before.close();
  const cookies = [
    other.cookie,
    `${cookie}; ${cookie}x`,
    `weir_session=x; ${cookie}`,
    `__Host-weir_session=${value}`,
    `weir_session="${value}"`,
    `weir_session=${value}%00`,
    `weir_session=${value.slice(0, -1)}`,
    'weir_session=',
    'weir_session',
    `Weir_session=${value}`,
    ';'.repeat(8000),
    `weir_session=${'a'.repeat(9000)}`,
    'weir_session=__proto__',
    'weir_login=x',
  ];
  await allRefused(cookies.map((one) => ({ path: GUARDED, headers: { cookie: one } })));
});

test('a session ends with its token, with its logout, and keeps a new start', async () => {
  const first = await ListeningApi.open();
  const token = await first.token('short', 'viewer');
  const { cookie } = await first.login({ token });
  const gone = await first.login({ token });
  await first.ask({
    method: 'DELETE',
    path: '/api/v1/session',
    headers: { cookie: gone.cookie, 'x-csrf-token': gone.csrf },
  });
  await first.close(true);
  const second = await ListeningApi.open('{}', first.folder);
  try {
    const session = { path: '/api/v1/session', headers: { cookie } };
    assert.equal((await second.ask(session)).status, 200);
    assert.equal((await second.ask({ ...session, headers: { cookie: gone.cookie } })).status, 401);
    await second.api.gate.tokens.revoke('short');
    assert.equal((await second.ask(session)).status, 401);
    // The name again is another token.
    await second.token('short', 'admin');
    assert.equal((await second.ask(session)).status, 401);
  } finally {
    await second.close();
  }
});

test('a code logs in once', async () => {
  const code = listening.api.gate.codes.make({ name: 'root', role: 'operator' });
  const request = { method: 'POST', path: '/api/v1/session', body: { code } };
  const answers = await Promise.all([listening.ask(request), listening.ask(request), listening.ask(request)]);
  assert.deepEqual(answers.filter(({ status }) => status === 200).length, 1);
  assert.ok([401, 429].includes((await listening.ask(request)).status));
});

test('no JSON logs in but that of a login', async () => {
  const bodies: unknown[] = [
    '{"__proto__":{"token":"x"}}',
    '{"constructor":{"prototype":{"role":"admin"}}}',
    { token: viewer, role: 'admin', __proto__: null },
    { token: viewer, code: 'x' },
    { token: [viewer, viewer] },
    { token: { toString: admin } },
    { token: null },
    { token: true },
    {},
    [],
    'null',
    '{"token":',
    `{"token":"${'a'.repeat(2000)}"}`,
    '[{"token":"x"}]',
    '"x"',
    '{"code":"x","code":"y"}',
  ];
  await allRefused(bodies.map((body) => ({ method: 'POST', path: '/api/v1/session', body })));
  await allRefused([
    {
      method: 'POST',
      path: '/api/v1/session',
      body: `token=${admin}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    },
    {
      method: 'POST',
      path: '/api/v1/session',
      body: JSON.stringify({ token: admin }),
      headers: { 'content-type': 'text/plain' },
    },
    { method: 'POST', path: '/api/v1/session', body: 'x'.repeat(2 << 20) },
  ]);
});

test('changes with a cookie that another page made are refused', async () => {
  const { cookie, csrf } = await listening.login({ token: admin });
  const make = (
    headers: Record<string, string>,
    body: unknown = { name: 'forged', role: 'admin' },
  ): TestRequest => ({
    method: 'POST',
    path: GUARDED,
    headers: { cookie, ...headers },
    body,
  });
  const host = `127.0.0.1:${listening.port}`;
  const other = await listening.login({ token: admin });
  await allRefused([
    make({}),
    make({ 'x-csrf-token': '' }),
    make({ 'x-csrf-token': other.csrf }),
    make({ 'x-csrf-token': csrfOf('') }),
    make({ 'x-csrf-token': `${csrf}, ${csrf}` }),
    make({ 'x-csrf-token': csrf, origin: 'https://evil.example' }),
    make({ 'x-csrf-token': csrf, origin: 'null' }),
    make({ 'x-csrf-token': csrf, origin: `http://${host}.evil.example` }),
    make({ 'x-csrf-token': csrf, origin: 'http://127.0.0.1:1' }),
    make({ 'x-csrf-token': csrf, 'sec-fetch-site': 'cross-site' }),
    make({ 'x-csrf-token': csrf, 'sec-fetch-site': 'same-site' }),
    // A login in the name of another.
    {
      method: 'POST',
      path: '/api/v1/session',
      body: { token: viewer },
      headers: { origin: 'https://evil.example' },
    },
  ]);
  const own = { 'x-csrf-token': csrf, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
  assert.equal((await listening.ask(make(own, { name: 'mine', role: 'viewer' }))).status, 201);
});

test('who is not logged in may do what api.anonymous says, and proves changes too', async () => {
  const open = await ListeningApi.open('{anonymous: operator}');
  try {
    const { status, json } = await open.ask({ path: '/api/v1/session' });
    assert.equal(status, 200);
    assert.equal((json.principal as { by: string }).by, 'anonymous');
    assert.equal((await open.ask({ path: GUARDED })).status, 403);
    const change = { method: 'POST', path: '/api/v1/decisions', body: {} };
    assert.equal((await open.ask(change)).status, 403);
    const proven = await open.ask({ ...change, headers: { 'x-csrf-token': String(json.csrf) } });
    assert.notEqual(proven.status, 403);
    const wrong = await open.ask({ path: '/api/v1/status', headers: { authorization: 'Bearer weir_x' } });
    assert.equal(wrong.status, 401);
  } finally {
    await open.close();
  }
});

test('a name that is not weir leads nowhere', async () => {
  const named = await ListeningApi.open("{hosts: ['weir.example.org', '*.lab.example']}");
  try {
    const statusFor = async (host: string | string[]): Promise<number> =>
      (await named.ask({ path: '/api/v1/openapi.json', headers: { host } })).status;
    const wrong: string[] = [];
    for (const host of [
      `127.0.0.1:${named.port}`,
      'localhost',
      'LOCALHOST:1',
      'localhost.',
      '[::1]:8470',
      'weir.example.org',
      'a.lab.example:443',
    ]) {
      if ((await statusFor(host)) !== 200) wrong.push(host);
    }
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      'lab.example',
      'weir.example.org.evil.example',
      '127.0.0.1.evil.example',
      '127.0.0.2',
      '0.0.0.0',
      '[::ffff:127.0.0.1]',
      'localhost:x',
      'user@localhost',
      'localhost evil.example',
    ]) {
      if ((await statusFor(host)) !== 421) wrong.push(`not ${host}`);
    }
    assert.deepEqual(wrong, []);
  } finally {
    await named.close();
  }
});

test('what is no HTTP gets no answer of a route', async () => {
  const host = `Host: 127.0.0.1:${listening.port}`;
  const lines = [
    `GET ${GUARDED} HTTP/1.1\r\n${host}\r\n${host}\r\n\r\n`,
    `GET ${GUARDED} HTTP/1.1\r\n\r\n`,
    `GET ${GUARDED}\0 HTTP/1.1\r\n${host}\r\n\r\n`,
    `GET ${GUARDED} HTTP/1.1\r\n${host}\r\nAuthorization: Bearer \0${admin}\r\n\r\n`,
    `GET ${GUARDED} HTTP/1.1\r\n${host}\r\nCookie: ${'a'.repeat(40_000)}\r\n\r\n`,
    `POST ${GUARDED} HTTP/1.1\r\n${host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET ${GUARDED} HTTP/1.1\r\n${host}\r\n\r\n`,
    `GET ${GUARDED} HTTP/0.9\r\n\r\n`,
    `CONNECT 127.0.0.1:1 HTTP/1.1\r\n${host}\r\n\r\n`,
    `GET ${GUARDED} HTTP/1.1\r\n${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  ];
  for (const line of lines) {
    const said = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(listening.port, '127.0.0.1', () => socket.write(line, 'latin1'));
      socket.setEncoding('utf8').setTimeout(300, () => socket.destroy());
      socket.on('data', (part: string) => {
        text += part;
      });
      socket.once('error', reject);
      socket.once('close', () => resolve(text));
    });
    assert.match(said, /^(?:HTTP\/1\.1 4\d\d |$)/, JSON.stringify(line.slice(0, 60)));
    assert.ok(!said.includes('"items"'));
  }
});

test('the socket is what it is by its file alone', async () => {
  const { json } = await listening.ask({ path: '/api/v1/session', socket: true });
  assert.deepEqual({ ...(json.principal as object), name: '' }, { name: '', role: 'admin', by: 'socket' });
  assert.equal(json.csrf, '');
});

test('an address may ask so often', async () => {
  const slow = await ListeningApi.open('{rate: 10}');
  try {
    const statuses: number[] = [];
    for (let i = 0; i < 14; i++)
      statuses.push((await slow.ask({ path: i % 2 ? '/api/nothing' : GUARDED })).status);
    assert.deepEqual(statuses.slice(10), [429, 429, 429, 429]);
    assert.equal((await slow.ask({ path: GUARDED, socket: true })).status, 200);
  } finally {
    await slow.close();
  }
});

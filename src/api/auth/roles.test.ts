import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mayAct, ROLES } from '../access.ts';
import { ListeningApi } from './testing.ts';

let listening: ListeningApi;
const tokens = new Map<string, string>();

before(async () => {
  listening = await ListeningApi.open('{rate: 100000}');
  for (const role of ROLES) tokens.set(role, await listening.token(`a-${role}`, role));
});
after(() => listening.close());

test('every route says who may use it', () => {
  const silent = listening.api.routeList.filter(({ access }) => access === undefined);
  assert.deepEqual(
    silent.map(({ method, url }) => `${method} ${url}`),
    [],
  );
  assert.ok(listening.api.routeList.length > 10);
});

test('what gives secrets away, or has root act, is for administrators', () => {
  const routes = [
    'POST /api/v1/replays',
    'PUT /api/v1/configuration',
    'POST /api/v1/configuration/versions/:version/rollback',
    'POST /api/v1/mirror',
    'DELETE /api/v1/buffer',
    'GET /api/v1/tokens',
    'POST /api/v1/tokens',
    'POST /api/v1/login-links',
    'GET /api/v1/audit',
  ];
  const found = listening.api.routeList.filter(({ method, url }) => routes.includes(`${method} ${url}`));
  assert.equal(found.length, routes.length);
  for (const { method, url, access } of found) assert.equal(access, 'admin', `${method} ${url}`);
});

test('every route lets in the roles that it names, and nobody else', { timeout: 60_000 }, async () => {
  const wrong: string[] = [];
  for (const { method, url, access = 'admin' } of listening.api.routeList) {
    for (const role of ['nobody', ...ROLES] as const) {
      // A parameter that no route takes for one of its own, and no body: nothing that exists is changed.
      const path = url.replaceAll(/:\w+/g, '203.0.113.77').replace('*', 'nothing-here');
      const token = tokens.get(role);
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const { status } = await listening.ask({ method, path, headers });
      const expected =
        access === 'public' ? 'in' : role === 'nobody' ? 401 : mayAct(role, access) ? 'in' : 403;
      const isIn = status !== 401 && status !== 403 && status !== 421 && status !== 429;
      // Logins fail here by themselves, whoever tries; metrics are as open as a setting says.
      const decides = access === 'public' && /^\/(?:api\/v1\/session|metrics$)/.test(url);
      if (!(decides && [401, 429].includes(status)) && (expected === 'in' ? !isIn : status !== expected)) {
        wrong.push(`${method} ${url} as ${role}: ${status} instead of ${expected}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('changes with a cookie need the token against forged requests, on every route', async () => {
  const { cookie, csrf } = await listening.login({ token: tokens.get('admin') });
  const wrong: string[] = [];
  for (const { method, url, access } of listening.api.routeList) {
    if (access === 'public' || ['GET', 'HEAD', 'OPTIONS'].includes(method)) continue;
    const path = url.replaceAll(/:\w+/g, '203.0.113.77');
    const bare = await listening.ask({ method, path, headers: { cookie } });
    if (bare.status !== 403) wrong.push(`${method} ${url}: ${bare.status} without it`);
    if (url === '/api/v1/session') continue;
    const proven = await listening.ask({ method, path, headers: { cookie, 'x-csrf-token': csrf } });
    if (proven.status === 403) wrong.push(`${method} ${url}: ${proven.status} with it`);
  }
  assert.deepEqual(wrong, []);
});

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { curl, ownFolder, withoutPrograms } from '../../../test/support/web-parts.ts';
import { GatewayError, type GatewayOptions } from './index.ts';
import { application, optionsIn, started } from './testing.ts';

const skip = withoutPrograms('curl');

/** A forward proxy of a gateway. */
async function forwardProxy(t: TestContext, changes: Partial<GatewayOptions['forward']>): Promise<string> {
  const base = optionsIn(ownFolder(t));
  const { url } = await started(t, {
    ...base,
    forward: { ...base.forward, listen: '127.0.0.1:0', ...changes },
  });
  return url;
}

test('local servers are reached where their network is allowed, and no others', { skip }, async (t) => {
  const { url, seen } = await application(t);
  const { port } = new URL(url);
  const shut = await forwardProxy(t, {});
  const open = await forwardProxy(t, { allow: ['127.0.0.1/32'] });
  assert.equal((await curl('-x', shut, url)).status, 403);
  assert.equal((await curl('-x', open, `${url}/a`)).body, 'GET /a 0\n');
  assert.equal((await curl('-x', open, `http://localhost:${port}/b`)).body, 'GET /b 0\n');
  for (const host of ['127.0.0.2', '[::1]', '169.254.169.254', '0.0.0.0']) {
    assert.equal((await curl('-x', open, `http://${host}:${port}/`)).status, 403, host);
  }
  // Its own door stays shut, and so do the ports of tunnels.
  assert.equal((await curl('-x', open, open)).status, 508);
  assert.equal((await curl('-p', '-x', open, url)).code, 56);
  assert.deepEqual(seen, ['GET /a undefined', 'GET /b undefined']);
});

test('tunnels lead to the ports that are named', { skip }, async (t) => {
  const { url } = await application(t);
  const named = await forwardProxy(t, {
    allow: ['127.0.0.0/8'],
    connectPorts: [443, Number(new URL(url).port)],
  });
  assert.equal((await curl('-p', '-x', named, `${url}/a`)).body, 'GET /a 0\n');
  const none = await forwardProxy(t, { allow: ['127.0.0.0/8'], connectPorts: [] });
  assert.equal((await curl('-p', '-x', none, url)).code, 56);
  await assert.rejects(
    forwardProxy(t, { allow: ['here'] }),
    (error) =>
      error instanceof GatewayError && /allowed: here is no address and no prefix/.test(error.message),
  );
});

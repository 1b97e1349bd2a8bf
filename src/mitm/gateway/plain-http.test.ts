import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { curl, ownFolder, withoutPrograms, writeCertificate } from '../../../test/support/web-parts.ts';
import { parseConfiguration, plan } from '../../config/index.ts';
import { recordFaults } from '../../event/schema/index.ts';
import { Gateway, GatewayError, type GatewayOptions } from './index.ts';
import { application, optionsIn, type Started, started } from './testing.ts';

const skip = withoutPrograms('curl', 'openssl');

/** A gateway with HTTPS and plain HTTP, and the address of the latter. */
async function both(
  t: TestContext,
  to: string,
  plainMode: 'redirect' | 'serve',
  changes: Partial<GatewayOptions> = {},
): Promise<Started & { readonly plain: string; readonly trusting: readonly string[] }> {
  const folder = ownFolder(t);
  const base = optionsIn(folder, changes);
  const certificates = [writeCertificate(folder)];
  const reverse = {
    ...base.reverse,
    listen: '127.0.0.1:0',
    to,
    certificates,
    plain: '127.0.0.1:0',
    plainMode,
  };
  const one = await started(t, { ...base, reverse });
  const plain =
    /\bhttp:\/\/\S+/.exec(one.gateway.ways.join('\n'))?.[0] ?? assert.fail(one.gateway.ways.join());
  return { ...one, plain, trusting: ['--cacert', join(folder, 'certificate.pem')] };
}

test('plain HTTP beside HTTPS is led there, with its target and method', {
  skip,
  timeout: 60_000,
}, async (t) => {
  const { url: to, seen } = await application(t);
  const { gateway, url, plain, trusting, records } = await both(t, to, 'redirect');
  const moved = await curl(`${plain}/a%20b?c=d&e`);
  assert.equal(moved.status, 308);
  assert.match(moved.head, new RegExp(`^location: ${url}/a%20b\\?c=d&e$`, 'm'));
  assert.deepEqual(seen, []);
  const followed = await curl(...trusting, '-L', '-d', 'name=Anna', `${plain}/form`);
  assert.equal(followed.body, 'POST /form 9\n');
  // The host that was asked for counts, its port does not.
  const named = await curl('-H', 'Host: shop.example:8080', `${plain}/`);
  assert.match(named.head, new RegExp(`^location: https://shop\\.example:${new URL(url).port}/$`, 'm'));
  // Attacks are judged here as well: they are told of, and get no address to go on with.
  const attack = await curl(`${plain}/?q=evil`);
  assert.equal(attack.status, 403);
  for (const host of ['Host;', 'Host: a@b', 'Host: a b']) {
    assert.equal((await curl('--http1.0', '-H', host, `${plain}/`)).status, 400, host);
  }
  assert.equal((await curl('-X', 'TRACE', `${plain}/`)).status, 405);
  assert.equal((await curl('-p', '-x', plain, 'http://shop.example:443/')).status, 0);
  assert.match(
    (await curl('-X', 'OPTIONS', '--request-target', '*', plain)).head,
    /^location: https:\S+\d\/$/m,
  );
  await gateway.close();
  assert.deepEqual(seen, ['POST /form https']);
  assert.deepEqual(records().flatMap(recordFaults), []);
});

test('plain HTTP beside HTTPS is served where that is wanted', { skip, timeout: 60_000 }, async (t) => {
  const { url: to, seen } = await application(t);
  const { plain, url, trusting } = await both(t, to, 'serve');
  assert.equal((await curl(`${plain}/a`)).body, 'GET /a 0\n');
  assert.equal((await curl(...trusting, `${url}/b`)).body, 'GET /b 0\n');
  assert.equal((await curl(`${plain}/?q=evil`)).status, 403);
  assert.deepEqual(seen, ['GET /a http', 'GET /b https']);
});

test('plain HTTP without HTTPS beside it is a mistake', { skip }, async (t) => {
  const base = optionsIn(ownFolder(t));
  const reverse = { ...base.reverse, listen: '127.0.0.1:0', to: 'http://127.0.0.1:1', plain: ':0' };
  await assert.rejects(
    Gateway.start({ ...base, reverse }, { records: undefined, report: () => undefined }),
    (error) => error instanceof GatewayError && /web\.reverse\.plain .*no certificates/.test(error.message),
  );
});

test('what becomes of plain HTTP is said beforehand', () => {
  const words = (settings: string): string =>
    plan(
      parseConfiguration(
        `web: {enabled: true, reverse: {listen: ":443", to: "http://127.0.0.1:1", plain: ":80", ${settings}}}\n`,
        'w.yaml',
      ),
    ).join('\n');
  assert.match(words('certificates: [/a.pem]'), /^Plain HTTP to :80 is sent to HTTPS\.$/m);
  assert.match(words('certificates: [/a.pem], plainMode: serve'), /^Plain HTTP to :80 is served as well\.$/m);
  assert.match(words('plainMode: serve'), /^It does not start: web\.reverse\.plain /m);
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import Fastify from 'fastify';
import { installConsole } from './console.ts';
import type { Api } from './server.ts';

const PAGE = '<!doctype html><title>weir</title>';
const SCRIPT = 'export const answer = 42;\n'.repeat(100);

let folder = '';
let api: Api;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-console-'));
  api = Fastify() as unknown as Api;
  await installConsole(api, join(folder, 'web'));
  await api.ready();
});
after(async () => {
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a console that is not built says how to build it, and is served when it is', async () => {
  const absent = await api.inject('/flows');
  assert.equal(absent.statusCode, 503);
  assert.match(absent.headers['content-type'] as string, /^text\/html/);
  assert.match(absent.body, /make console/);
  mkdirSync(join(folder, 'web/assets'), { recursive: true });
  writeFileSync(join(folder, 'web/index.html'), PAGE);
  writeFileSync(join(folder, 'web/icon.svg'), '<svg/>');
  writeFileSync(join(folder, 'web/.hidden.js'), 'secret');
  writeFileSync(join(folder, 'secret.js'), 'secret');
  writeFileSync(join(folder, 'web/assets/main-abc.js'), SCRIPT);
  writeFileSync(join(folder, 'web/assets/main-abc.js.gz'), gzipSync(SCRIPT));
  for (const path of ['/', '/login?code=x', '/flows', '/settings/api', '/incidents/abc']) {
    const { statusCode, body, headers } = await api.inject(path);
    assert.equal(statusCode, 200, path);
    assert.equal(body, PAGE);
    assert.equal(headers['cache-control'], 'no-cache');
  }
});

test('files come as they were compressed, and those that never change are kept', async () => {
  const packed = await api.inject({ url: '/assets/main-abc.js', headers: { 'accept-encoding': 'gzip, br' } });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.match(packed.headers['content-type'] as string, /javascript/);
  assert.equal(packed.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal(gunzipSync(packed.rawPayload).toString(), SCRIPT);
  const plain = await api.inject('/assets/main-abc.js');
  assert.equal(plain.body, SCRIPT);
  assert.equal((await api.inject('/icon.svg')).statusCode, 200);
});

test('nothing else is served', async () => {
  for (const path of [
    '/api',
    '/api/nothing',
    '/API/v1/status',
    '/metrics',
    '/healthz/x',
    '/assets/none.js',
    '/assets/',
    '/assets',
    '/.hidden.js',
    '/../secret.js',
    '/..%2fsecret.js',
    '/assets/..%2f..%2fsecret.js',
    '/%2e%2e/secret.js',
    '/flows%00.js',
    '/a%0d%0ab',
    '/none.txt',
  ]) {
    const { statusCode, body } = await api.inject(path);
    assert.ok(statusCode === 404 || statusCode === 403 || statusCode === 400, `${path}: ${statusCode}`);
    assert.ok(!body.includes('secret.js') || !body.includes('= 42'));
    assert.notEqual(body, 'secret');
  }
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ListeningApi } from '../../api/auth/testing.ts';
import { parseConfiguration } from '../../config/index.ts';
import { apiCertificate } from './api-certificate.ts';

const CURL = spawnSync('curl', ['--version']).status === 0 ? false : 'there is no curl';

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-certificate-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function configured(tls: string, more = ''): ReturnType<typeof parseConfiguration> {
  return parseConfiguration(`api: {tls: ${tls}${more}}`, 'test');
}

test('the own certificate is made once, and again for other names', (context) => {
  const folder = folderOf(context);
  const first = apiCertificate(configured('{mode: own}'), folder);
  assert.ok(first !== undefined);
  assert.deepEqual(apiCertificate(configured('{mode: own}'), folder), first);
  assert.equal(statSync(join(folder, 'tls.pem')).mode & 0o777, 0o600);
  const named = apiCertificate(
    configured('{mode: own}', ", hosts: ['weir.example.org', '*.lab.example']"),
    folder,
  );
  assert.notEqual(named?.certificate, first.certificate);
  writeFileSync(join(folder, 'tls.pem'), 'damaged');
  assert.ok(apiCertificate(configured('{mode: own}'), folder)?.key.includes('PRIVATE KEY'));
  assert.equal(apiCertificate(configured('{mode: off}'), folder), undefined);
});

test('links in the folder lead nowhere: root may be the one who makes the certificate', (context) => {
  const folder = folderOf(context);
  const state = join(folder, 'state');
  mkdirSync(state);
  if (process.getuid?.() === 0) chownSync(state, 65_534, 65_534);
  const foreign = join(folder, 'foreign');
  writeFileSync(foreign, 'not yours', { mode: 0o644 });
  const { uid } = statSync(foreign);
  symlinkSync(foreign, join(state, 'tls.pem.new'));
  const made = apiCertificate(configured('{mode: own}'), state);
  assert.equal(readFileSync(foreign, 'utf8'), 'not yours');
  assert.equal(statSync(foreign).uid, uid);
  assert.equal(statSync(join(state, 'tls.pem')).uid, statSync(state).uid);

  // Nor is a pair taken from elsewhere.
  writeFileSync(foreign, `${made?.certificate}${made?.key}`);
  rmSync(join(state, 'tls.pem'));
  symlinkSync(foreign, join(state, 'tls.pem'));
  assert.notEqual(apiCertificate(configured('{mode: own}'), state)?.certificate, made?.certificate);
  assert.ok(lstatSync(join(state, 'tls.pem')).isFile());
});

test('curl trusts the own certificate when it is told to, for each of its names', {
  skip: CURL,
}, async (context) => {
  const folder = folderOf(context);
  const hosts = ", hosts: ['weir.example.org', '*.lab.example']";
  const certificate = apiCertificate(configured('{mode: own}', hosts), folder);
  mkdirSync(join(folder, 'state'));
  const listening = await ListeningApi.open(`{tls: {mode: own}${hosts}}`, join(folder, 'state'), certificate);
  try {
    const { cookie } = await listening.login({ token: await listening.token('one', 'viewer') });
    assert.match(cookie, /^__Host-weir_session=/);
    const { status } = await listening.ask({ path: '/api/v1/session', headers: { cookie } });
    assert.equal(status, 200);
    assert.equal(
      (await listening.ask({ path: '/api/v1/session', headers: { cookie: cookie.slice(7) } })).status,
      401,
    );
    const { spawn } = await import('node:child_process');
    const curl = (name: string, ...more: string[]): Promise<number | null> =>
      new Promise((resolve) => {
        const to = `${name}:${listening.port}:127.0.0.1`;
        const url = `https://${name}:${listening.port}/api/v1/openapi.json`;
        const args = ['-sf', '--max-time', '5', '-o', '/dev/null', '--resolve', to, ...more, url];
        spawn('curl', args, { stdio: 'ignore' }).once('exit', resolve);
      });
    const trusted = ['--cacert', join(folder, 'tls.pem')];
    assert.equal(await curl('localhost', ...trusted), 0);
    assert.equal(await curl('127.0.0.1', ...trusted), 0);
    assert.equal(await curl('weir.example.org', ...trusted), 0);
    assert.equal(await curl('a.lab.example', ...trusted), 0);
    assert.equal(await curl('localhost'), 60, 'nobody trusts it unasked');
    assert.equal(await curl('evil.example', ...trusted), 60);
    assert.equal(await curl('localhost', ...trusted, '--tls-max', '1.1'), 35);
  } finally {
    await listening.close();
  }
});

test('a given certificate that is none is said so, with its file', (context) => {
  const folder = folderOf(context);
  const own = apiCertificate(configured('{mode: own}'), folder);
  const [certificate, key, other] = ['c.pem', 'k.pem', 'o.pem'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(certificate, own?.certificate ?? '');
  writeFileSync(key, own?.key ?? '');
  const given = (one: string, two: string) =>
    configured(`{mode: given, certificate: '${one}', key: '${two}'}`);
  assert.deepEqual(apiCertificate(given(certificate, key), folder), own);
  rmSync(join(folder, 'tls.pem'));
  writeFileSync(other, apiCertificate(configured('{mode: own}'), folder)?.key ?? '');
  assert.throws(
    () => apiCertificate(given(certificate, other), folder),
    /c\.pem and .*o\.pem .*not that of the certificate/,
  );
  assert.throws(
    () => apiCertificate(given(certificate, join(folder, 'none')), folder),
    /api\.tls\.key: .*ENOENT/,
  );
  assert.throws(() => apiCertificate(given(key, key), folder), /cannot be used/);
  assert.throws(() => apiCertificate(given('', ''), folder), /needs api\.tls\.certificate/);
  assert.ok(!readFileSync(certificate, 'utf8').includes('PRIVATE'));
});

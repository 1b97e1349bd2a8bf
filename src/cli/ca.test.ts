import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const root = mkdtempSync(join(tmpdir(), 'weir-ca-cli-'));
after(() => rmSync(root, { recursive: true, force: true }));
const RUN = `
  import { ca } from ${JSON.stringify(join(import.meta.dirname, 'ca.ts'))};
  try { process.exitCode = await ca(process.argv.slice(1)); }
  catch (error) {
    if (error.name !== 'UsageError') throw error;
    process.stderr.write(error.message);
    process.exitCode = 2;
  }`;

function weirCa(...args: string[]): { status: number | null; stdout: Buffer; stderr: string } {
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', RUN, '--', ...args]);
  return { status: run.status, stdout: run.stdout, stderr: String(run.stderr) };
}

test('a CA is made once, shown, exported and explained', () => {
  const folder = ['--folder', join(root, 'ca')];
  const absent = weirCa('show', ...folder);
  assert.deepEqual([absent.status, String(absent.stdout)], [1, '']);
  assert.match(absent.stderr, /there is no CA; 'weir ca create/);
  const made = weirCa('create', ...folder, '--name', 'Lab CA', '--days', '10');
  assert.equal(made.status, 0, made.stderr);
  const again = weirCa('create', ...folder);
  assert.deepEqual([again.status, /is there already/.test(again.stderr)], [1, true]);
  assert.deepEqual(weirCa('show', ...folder).stdout, made.stdout);
  const shown = JSON.parse(String(weirCa('show', '--json', ...folder).stdout));
  const pem = new X509Certificate(weirCa('export', ...folder).stdout);
  const der = new X509Certificate(weirCa('export', '--format', 'der', ...folder).stdout);
  assert.equal(pem.fingerprint256, shown.fingerprint);
  assert.deepEqual(der.raw, pem.raw);
  assert.equal(pem.subject, 'CN=Lab CA');
  const install = String(weirCa('install', ...folder).stdout);
  assert.ok(install.includes(shown.fingerprint));
  for (const name of [
    'Debian',
    'Fedora',
    'macOS',
    'Windows',
    'Firefox',
    'Android',
    'iOS',
    'curl',
    'Node',
    'Python',
  ]) {
    assert.ok(install.includes(name), name);
  }
  for (const { stdout, stderr } of [made, again]) assert.doesNotMatch(`${stdout}${stderr}`, /PRIVATE/);
});

test('wrong usage is told of', () => {
  for (const args of [
    [],
    ['burn'],
    ['show', 'x'],
    ['create', '--days', '0'],
    ['create', '--name', '', '--folder', join(root, 'x')],
  ]) {
    assert.equal(weirCa(...args).status, 2, args.join(' '));
  }
  assert.match(String(weirCa('--help').stdout), /^usage: weir ca /);
});

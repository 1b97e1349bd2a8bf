import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
/** The command by itself, with what the program around it does for errors of usage. */
const RUN = `
import { clients } from './src/cli/clients.ts';
import { UsageError } from './src/cli/usage.ts';
try { process.exitCode = await clients(process.argv.slice(1)); }
catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(error.message);
  process.exitCode = 2;
}`;

function run(...args: string[]) {
  const options = ['--input-type=module', '--eval', RUN, '--', ...args];
  return spawnSync(process.execPath, options, { cwd: ROOT, encoding: 'utf8', timeout: 60_000 });
}

test('the table shows names, addresses and the gateway within its width', () => {
  const { stdout, stderr, status } = run('demo/captures');
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '');
  assert.match(stdout, /^6 clients \(1 router among them\), \d+ flows, /);
  assert.match(stdout, /^alice +█+ +[\d.]+ kB +[\d.]+ kB +\d+ {2}02:24:27 to 02:25:41$/m);
  assert.match(stdout, /^ {2}addresses {2}192\.0\.2\.145, 2001:db8:20::5eff:fe00:5301, fe80::/m);
  assert.match(stdout, /^ {2}device {5}02:00:5e:00:53:fe, randomised address, router$/m);
  assert.match(stdout, /^ {2}with {7}www\.example\.com [\d.]+ kB/m);
  assert.match(stdout, /, in private networks, 192\.0\.2\.0\/24, 2001:db8:20::\/64/);
  for (const line of stdout.split('\n')) assert.ok([...line].length <= 100, line);
});

test('other orders, networks and JSON', () => {
  assert.match(run('demo/captures', '--by', 'destination').stdout, /^www\.example\.com .* 203\.0\.113\.10 /m);
  assert.match(run('demo/captures', '--by', 'protocol', '--top', '3').stdout, /^and \d+ more$/m);
  const { stdout } = run('demo/captures', '--json', '--network', '10.99.0.0/24');
  const view = JSON.parse(stdout) as {
    readonly networks: readonly string[];
    readonly clients: readonly { readonly id: string; readonly firstSeen: string }[];
  };
  assert.deepEqual(view.networks, ['10.99.0.0/24']);
  assert.deepEqual(
    view.clients.map(({ id }) => id),
    ['1e:bb:fe:d6:22:a5', 'ce:85:9d:90:37:33'],
  );
  assert.match(view.clients[0]!.firstSeen, /^2026-11-21T02:24:\d\d\.\d{6}\+0000$/);
});

test('mistakes say what is wrong, and a LAN that is not there is named', () => {
  assert.deepEqual([run('--network', '10.0.0.0/8').status, run('x', '--network', 'home').status], [2, 2]);
  assert.match(run('x', '--network', 'home').stderr, /--network: 'home' is no network/);
  assert.equal(run('demo/captures', '--by', 'colour').status, 2);
  assert.equal(run('no-such-file.pcap').status, 1);
  const none = run('demo/captures', '--network', '172.31.0.0/16');
  assert.match(
    none.stderr,
    /none of \d+ flows has an address in 172\.31\.0\.0\/16; name the LAN with --network/,
  );
});

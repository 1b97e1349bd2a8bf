import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Store } from '../store/index.ts';
import { bring, CAPTURES, folderFor, MAIN, PATIENCE_MS, up, writeConfiguration } from './testing.ts';

/** Of the four captures that the test of the hub brings. */
const PACKETS = 1896;
const ROOT_USER = process.getuid?.() === 0;

/** What tells records apart whatever run made them. */
function identities(text: string): Set<string> {
  // What weir makes of the records is not theirs.
  const lines = text
    .split('\n')
    .filter((line) => line !== '' && !line.includes('"event_type":"correlation"'));
  return new Set(
    lines.map((line) => {
      const { flow_id: _flow, pcap_cnt: _number, ...record } = JSON.parse(line) as Record<string, unknown>;
      return JSON.stringify(record);
    }),
  );
}

function recordsOf(...captures: readonly string[]): Set<string> {
  const args = [MAIN, 'read', ...captures, '--quiet', '--eve', '-'];
  return identities(execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1 << 28 }));
}

test('a capture goes through all processes: every record arrives, in files of the unprivileged user', async (context) => {
  const folder = folderFor(context);
  writeConfiguration(folder, `store: {folder: ${folder}/store}`);
  const capture = join(CAPTURES, 'campus-1.pcap');
  const weir = up(context, folder, ['--capture', capture, '--once']);
  const [code] = await once(weir.child, 'exit');
  assert.equal(code, 0, weir.said);
  const expected = recordsOf(capture);
  assert.deepEqual(identities(readFileSync(join(folder, 'eve.json'), 'utf8')), expected);
  const store = await Store.open(join(folder, 'store'), { readOnly: true });
  const stored = [...(await store.records(undefined, {}, 1000)), ...(await store.records('flow', {}, 1000))];
  await store.close();
  assert.equal(new Set(stored.map((record) => JSON.stringify(record))).size, expected.size);
  assert.match(readFileSync(join(folder, 'zeek/conn.log'), 'utf8'), /#close/);
  assert.ok(!existsSync(join(folder, 'run/weir.sock')));
  if (ROOT_USER) assert.notEqual(statSync(join(folder, 'eve.json')).uid, 0);
});

test('SIGTERM ends flows and hands everything over; exit code 0', async (context) => {
  const folder = folderFor(context);
  const weir = up(context, folder, ['--capture', join(folder, 'captures')]);
  await weir.running();
  bring(folder, 'campus-1.pcap');
  await weir.until('packets', async () => {
    const sensor = (await weir.status()).statistics.sensor as { packets: number } | undefined;
    return (sensor?.packets ?? 0) > 0;
  });
  assert.equal(await weir.end('SIGTERM'), 0, weir.said);
  const got = identities(readFileSync(join(folder, 'eve.json'), 'utf8'));
  assert.deepEqual(got, recordsOf(join(CAPTURES, 'campus-1.pcap')));
});

test('a hub that is killed comes back, later each time up to a bound, and nothing is lost', async (context) => {
  const folder = folderFor(context);
  const weir = up(context, folder, ['--capture', join(folder, 'captures')]);
  let status = await weir.running();
  if (ROOT_USER) for (const { user } of status.processes) assert.notEqual(user, 'root');
  for (const name of ['campus-1.pcap', 'campus-2.pcap.gz', 'campus-3.pcapng', 'campus-5.pcap']) {
    const pid = weir.pid('hub', status);
    bring(folder, name);
    process.kill(pid, 'SIGKILL');
    status = await weir.until('a new hub', async () => {
      const now = await weir.running();
      return weir.pid('hub', now) !== pid && now;
    });
  }
  await weir.until('all files', async () => {
    const sensor = (await weir.status()).statistics.sensor as { packets: number } | undefined;
    return (sensor?.packets ?? 0) >= PACKETS;
  });
  const hub = status.processes.find(({ name }) => name === 'hub');
  assert.equal(hub?.restarts, 4);
  assert.equal(hub.lastEnd, 'SIGKILL');
  const [first = 0, second = 0, third = 0, fourth = 0] = hub.waitsMs;
  assert.ok(first >= 80 && first <= 120 && second >= 160 && second <= 240, `${hub.waitsMs}`);
  assert.ok(third > second && third <= 300 && fourth > second && fourth <= 300, `${hub.waitsMs}`);
  assert.equal(await weir.end('SIGINT'), 0, weir.said);
  const got = identities(readFileSync(join(folder, 'eve.json'), 'utf8'));
  const names = ['campus-1.pcap', 'campus-2.pcap.gz', 'campus-3.pcapng', 'campus-5.pcap'];
  assert.deepEqual(got, recordsOf(...names.map((name) => join(CAPTURES, name))));
  assert.equal(
    status.bus.subscribers.reduce((sum, one) => sum + one.dropped, 0),
    0,
  );
});

test('a sensor that is killed comes back', async (context) => {
  const folder = folderFor(context);
  const weir = up(context, folder, ['--capture', join(folder, 'captures')]);
  const before = await weir.running();
  process.kill(weir.pid('sensor', before), 'SIGKILL');
  const after = await weir.until('a new sensor', async () => {
    const now = await weir.running();
    return weir.pid('sensor', now) !== weir.pid('sensor', before) && now;
  });
  assert.equal(weir.pid('hub', after), weir.pid('hub', before));
  assert.equal(after.processes[0]?.restarts, 1);
  bring(folder, 'campus-1.pcap');
  await weir.until('packets', async () => {
    const sensor = (await weir.status()).statistics.sensor as { packets: number } | undefined;
    return (sensor?.packets ?? 0) > 0;
  });
  assert.equal(await weir.end('SIGTERM'), 0, weir.said);
  assert.ok(identities(readFileSync(join(folder, 'eve.json'), 'utf8')).size > 50);
});

test('SIGHUP takes over a good configuration, names what it cannot, and refuses a bad one', async (context) => {
  const folder = folderFor(context);
  const weir = up(context, folder, ['--capture', join(folder, 'captures')]);
  const before = await weir.running();
  writeFileSync(join(folder, 'weir.yaml'), 'outputs:\n  eve:\n    fil: x\n');
  weir.child.kill('SIGHUP');
  await weir.until('the refusal', () =>
    weir.said.includes("weir.yaml:3:5: unknown key 'fil' in outputs.eve"),
  );
  assert.match(weir.said, /refused, the old one stays/);
  writeConfiguration(folder, 'capture: {flows: 1000}', 'second.json');
  weir.child.kill('SIGHUP');
  await weir.until('the change', () => weir.said.includes('only a new start changes capture.flows'));
  assert.match(weir.said, /configuration read again: outputs.eve.file changed/);
  await weir.until('the new file', () => existsSync(join(folder, 'second.json')));
  bring(folder, 'campus-1.pcap');
  await weir.until('packets', async () => {
    const sensor = (await weir.status()).statistics.sensor as { packets: number } | undefined;
    return (sensor?.packets ?? 0) > 0;
  });
  const after = await weir.status();
  assert.deepEqual(
    after.processes.map(({ pid }) => pid),
    before.processes.map(({ pid }) => pid),
  );
  assert.equal(await weir.end('SIGTERM'), 0, weir.said);
  assert.equal(readFileSync(join(folder, 'eve.json'), 'utf8'), '');
  assert.ok(identities(readFileSync(join(folder, 'second.json'), 'utf8')).size > 50);
});

test('systemd is told: ready, reloading, a sign of life, stopping', async (context) => {
  if (spawnSync('systemd-notify', ['--version']).error)
    return context.skip('systemd-notify is not installed');
  if (spawnSync('python3', ['--version']).error)
    return context.skip('python3 is not there to receive datagrams');
  const folder = folderFor(context);
  const path = join(folder, 'notify');
  const receiver = spawn(
    'python3',
    [
      '-uc',
      'import socket, sys\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\ns.bind(sys.argv[1])\nwhile True: print(s.recv(4096).decode())',
      path,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  context.after(() => receiver.kill('SIGKILL'));
  let got = '';
  receiver.stdout.setEncoding('utf8').on('data', (text: string) => {
    got += text;
  });
  const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: '200000' };
  for (let i = 0; i < 200 && !existsSync(path); i++) await new Promise((resolve) => setTimeout(resolve, 20));
  const weir = up(context, folder, ['--capture', join(folder, 'captures')], env);
  await weir.until('READY', () => got.includes('READY=1') && got.includes('STATUS=running'));
  await weir.until('WATCHDOG', () => got.includes('WATCHDOG=1'));
  weir.child.kill('SIGHUP');
  await weir.until('RELOADING', () => /RELOADING=1.*READY=1/s.test(got) && got.includes('MONOTONIC_USEC='));
  assert.equal(await weir.end('SIGTERM'), 0, weir.said);
  assert.match(got, /STOPPING=1/);
});

test('what stands in the way of a start is said in a sentence; nothing is left', async (context) => {
  const folder = folderFor(context);
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', timeout: PATIENCE_MS });
  const file = join(folder, 'weir.yaml');
  const missing = run('up', '--config', file, '--capture', join(folder, 'none.pcap'));
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /sensor could not start: /);
  assert.ok(!existsSync(join(folder, 'run/weir.sock')));
  const stopped = run('status', '--config', file);
  assert.equal(stopped.status, 1);
  assert.match(stopped.stderr, /^weir: weir is not running/);
  assert.equal(run('up', 'operand').status, 2);
  assert.equal(run('up', '--once').status, 2);
  assert.equal(run('check', file).status, 0);
  writeFileSync(file, 'x: 1\n');
  const bad = run('check', file);
  assert.equal(bad.status, 1);
  assert.match(bad.stderr, /weir\.yaml:1:1: unknown key 'x'/);
  assert.equal(run('check', file, file).status, 2);
});

test('without the right to capture one sentence says what works', (context) => {
  if (!ROOT_USER) return context.skip('only root can give its rights away to try it');
  const folder = folderFor(context);
  const command = [process.execPath, MAIN, 'up', '--config', join(folder, 'weir.yaml')];
  const { status, stderr } = spawnSync(
    'setpriv',
    ['--reuid=65534', '--regid=65534', '--clear-groups', ...command],
    { encoding: 'utf8', timeout: PATIENCE_MS },
  );
  assert.equal(status, 1, stderr);
  assert.match(stderr, /^weir: capturing on an interface needs root .* weir read demo\/captures works\n$/);
});

test('weir status shows it, and only its owner may ask; a second weir is refused', async (context) => {
  const folder = folderFor(context);
  const weir = up(context, folder, ['--capture', join(CAPTURES, 'campus-1.pcap')]);
  await weir.running();
  await weir.until('the end of the capture', () => weir.said.includes('the captures are read'));
  const file = join(folder, 'weir.yaml');
  assert.equal(statSync(join(folder, 'run/weir.sock')).mode & 0o777, 0o600);
  const words = spawnSync(process.execPath, [MAIN, 'status', '--config', file], { encoding: 'utf8' });
  assert.equal(words.status, 0, words.stderr);
  assert.match(words.stdout, /^weir is running/);
  assert.match(words.stdout, /sensor +running, pid \d+/);
  assert.match(words.stdout, /^ {2}records +[1-9]\d* since the start/m);
  assert.doesNotMatch(words.stdout, /!/);
  const second = up(context, folder, ['--capture', join(folder, 'captures')]);
  const [code] = await once(second.child, 'exit');
  assert.equal(code, 1);
  assert.match(second.said, /weir runs already/);
  assert.equal(await weir.end('SIGTERM'), 0, weir.said);
});

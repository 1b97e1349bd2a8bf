import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LogReader } from './log-reader.ts';
import { readSshLog } from './ssh-log.ts';

const NOW = Date.UTC(2026, 10, 21, 14);
const iso = (message: string, program = 'sshd[123]'): string =>
  `2026-11-21T13:47:33.123456+01:00 host ${program}: ${message}`;

function read(line: string): unknown {
  const failure = readSshLog(line, NOW);
  return failure === undefined ? undefined : [failure.address, failure.port, failure.user, failure.times];
}

test('failed logins of OpenSSH and dropbear', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['Failed password for anna from 127.0.0.1 port 55626 ssh2', ['127.0.0.1', 55626, 'anna', 1]],
    [
      'Failed password for invalid user nosuch from 2001:db8::66 port 55636 ssh2',
      ['2001:db8::66', 55636, 'nosuch', 1],
    ],
    [
      'Failed keyboard-interactive/pam for root from 198.51.100.66 port 1 ssh2',
      ['198.51.100.66', 1, 'root', 1],
    ],
    [
      'message repeated 3 times: [ Failed password for root from 198.51.100.66 port 9 ssh2]',
      ['198.51.100.66', 9, 'root', 3],
    ],
    ['Connection closed by invalid user bob 198.51.100.66 port 9 [preauth]', ['198.51.100.66', 9, 'bob', 1]],
    // A name that looks like the end of a line does not put the blame on another.
    [
      'Failed password for invalid user x from 192.0.2.1 port 5 ssh2 from 198.51.100.66 port 9 ssh2',
      ['198.51.100.66', 9, 'x from 192.0.2.1 port 5 ssh2', 1],
    ],
    ['Failed publickey for anna from 127.0.0.1 port 5 ssh2: ED25519 SHA256:x', undefined],
    ['Accepted password for anna from 127.0.0.1 port 5 ssh2', undefined],
    ['Failed password for anna from nowhere port 5 ssh2', undefined],
  ];
  for (const [message, expected] of cases) {
    assert.deepEqual(read(iso(message)), expected, message);
    assert.deepEqual(read(iso(message, 'cron[1]')), undefined, 'another program');
  }
  const dropbear = (message: string): unknown => read(iso(message, 'dropbear[7]'));
  assert.deepEqual(dropbear("Bad password attempt for 'anna' from 127.0.0.1:33114"), [
    '127.0.0.1',
    33114,
    'anna',
    1,
  ]);
  assert.deepEqual(
    dropbear("Exit before auth from <127.0.0.1:33084>: (user 'root', 0 fails): Exited normally"),
    ['127.0.0.1', 33084, 'root', 1],
  );
  assert.equal(dropbear('Exit before auth from <127.0.0.1:33108>: Exited normally'), undefined);
});

test('times with a zone, and times without year and zone', () => {
  const message = 'Failed password for anna from 127.0.0.1 port 5 ssh2';
  assert.equal(readSshLog(iso(message), NOW)?.timeUs, Date.UTC(2026, 10, 21, 12, 47, 33, 123) * 1000);
  const year = (line: string, now: Date): number | undefined => {
    const timeUs = readSshLog(line, now.getTime())?.timeUs;
    return timeUs === undefined ? undefined : new Date(timeUs / 1000).getFullYear();
  };
  assert.equal(year(`Nov  3 13:47:33 host sshd[1]: ${message}`, new Date(2026, 10, 21)), 2026);
  assert.equal(year(`Dec 31 23:59:59 host sshd[1]: ${message}`, new Date(2027, 0, 1)), 2026);
  assert.equal(year(`Foo 31 23:59:59 host sshd[1]: ${message}`, new Date(2027, 0, 1)), undefined);
});

test('of lines without end only the beginning is looked at', () => {
  const end = ' from 198.51.100.66 port 9 ssh2';
  assert.deepEqual(read(iso(`Failed password for ${'x'.repeat(200)}${end}`)), [
    '198.51.100.66',
    9,
    'x'.repeat(200),
    1,
  ]);
  for (const text of ['x', ' from ', ' port 1', '[', "Exit before auth from <x:1>: (user '"]) {
    assert.equal(read(iso(`Failed password for ${text.repeat(50_000)}${end}`)), undefined);
  }
});

test('a log is followed, through rotation and truncation', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'auth.log');
  const failed = (port: number): string =>
    `${iso(`Failed password for anna from 198.51.100.66 port ${port} ssh2`)}\n`;
  const reader = new LogReader({ path, now: () => NOW });
  const ports = (): unknown[] => reader.read().map(({ meta }) => Number(meta.src_port));
  assert.deepEqual(ports(), []);
  assert.match(reader.problem, /ENOENT/);
  writeFileSync(path, failed(1));
  assert.deepEqual(ports(), [], 'what was there before is not told');
  assert.equal(reader.problem, '');
  appendFileSync(path, failed(2) + failed(3).slice(0, 50));
  assert.deepEqual(ports(), [2]);
  appendFileSync(path, failed(3).slice(50));
  assert.deepEqual(ports(), [3]);
  renameSync(path, join(folder, 'auth.log.1'));
  writeFileSync(path, failed(4));
  assert.deepEqual(ports(), [4]);
  truncateSync(path);
  assert.deepEqual(ports(), []);
  appendFileSync(path, failed(5));
  assert.deepEqual(ports(), [5]);
  appendFileSync(path, `${'x'.repeat(100_000)}${failed(6)}${failed(7)}`);
  assert.deepEqual(ports(), [7], 'a line without end is passed over');
});

test('the end of a connection is a failure only where its attempts were not told', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'auth.log');
  writeFileSync(
    path,
    [
      'Failed password for root from 198.51.100.66 port 9 ssh2',
      'Connection closed by authenticating user root 198.51.100.66 port 9 [preauth]',
      'Connection closed by authenticating user root 198.51.100.66 port 10 [preauth]',
    ]
      .map((message) => `${iso(message)}\n`)
      .join(''),
  );
  const made = new LogReader({ path, now: () => NOW, fromStart: true }).read();
  assert.deepEqual(
    made.map(({ kind, address, meta }) => [kind, address, meta.src_port, meta.target_user]),
    [
      ['ssh_failed-auth', '198.51.100.66', '9', 'root'],
      ['ssh_failed-auth', '198.51.100.66', '10', 'root'],
    ],
  );
});

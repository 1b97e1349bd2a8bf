import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { formatPrefix, type Prefix, parsePrefix } from '../../net/index.ts';
import { dnsServers } from './dns-servers.ts';
import { gateways } from './gateways.ts';
import { type GuardOptions, Guards } from './guards.ts';
import { neverBanList } from './never-ban.ts';
import { ownAddresses } from './own-addresses.ts';
import { clientsWithin } from './own-clients.ts';
import { ProtectedSet } from './protected-set.ts';
import type { ProtectionSource } from './source.ts';
import { loginStates } from './ssh-login.ts';
import { sshPeers } from './ssh-peers.ts';
import { sshPorts } from './ssh-ports.ts';
import { readTarget } from './target.ts';

const T0 = 1_800_000_000_000;

function folderWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-guard-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

async function addresses(source: ProtectionSource): Promise<string[]> {
  return (await source.read()).map(({ prefix }) => formatPrefix(prefix));
}

async function guardsWith(options: Partial<GuardOptions>, now = () => T0): Promise<Guards> {
  const guards = new Guards({ sources: [], now, tell: (message) => assert.fail(message), ...options });
  await guards.refresh(true);
  return guards;
}

/** What a wish about this value is refused by; undefined: it is not refused. */
function refusedBy(guards: Guards, value: string, more: { origin?: string; forced?: boolean } = {}) {
  const target = readTarget('range', value);
  if (typeof target === 'string') return assert.fail(target);
  const question = { target, type: 'ban', origin: more.origin ?? 'scenario', simulated: false } as const;
  return guards.refusal(question, more.forced)?.guard;
}

test('values are brought into their short form, so that no guard is passed in other clothes', () => {
  const read = (scope: 'address' | 'range' | 'session', value: string) => {
    const target = readTarget(scope, value);
    return typeof target === 'string' ? target : `${target.scope} ${target.value}`;
  };
  assert.equal(read('address', '2001:0DB8:0::0001'), 'address 2001:db8::1');
  assert.equal(read('address', '::ffff:192.0.2.1'), 'address 192.0.2.1');
  assert.equal(read('range', '::ffff:192.0.2.9/120'), 'range 192.0.2.0/24');
  assert.equal(read('range', '192.0.2.9/24'), 'range 192.0.2.0/24');
  assert.equal(read('range', '192.0.2.9/32'), 'address 192.0.2.9');
  assert.equal(read('session', 'ja4:t13d'), 'session ja4:t13d');
  for (const [scope, value] of [
    ['address', '192.0.2.0/24'],
    ['address', '192.0.2'],
    ['range', `1${'.1'.repeat(99)}`],
    ['session', 'cookie:a\nb'],
    ['session', 'other:a'],
    ['session', `cookie:${'a'.repeat(300)}`],
  ] as const) {
    assert.equal(typeof readTarget(scope, value), 'string', value);
  }
});

test('reserved addresses are refused even by force, also as a part of a network', async () => {
  const guards = await guardsWith({});
  for (const value of [
    '127.0.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'ff02::1',
    '::ffff:127.0.0.1',
    '0.0.0.0/0',
    '::/0',
    '126.0.0.0/7',
    '::ffff:0:0/95',
  ]) {
    assert.equal(refusedBy(guards, value, { origin: 'user', forced: true }), 'reserved', value);
  }
  assert.equal(refusedBy(guards, '10.0.0.1'), undefined);
  assert.equal(refusedBy(guards, '2001:db8::1'), undefined);
});

test('the never-ban list holds in both directions; a user may insist, nobody else', async () => {
  const guards = await guardsWith({
    sources: [neverBanList(['192.0.2.16/28', '198.51.100.7', '2001:db8:1::/48'])],
  });
  for (const value of ['192.0.2.20', '192.0.2.0/24', '198.51.100.0/24', '2001:db8:1::/64', '2001:db8::/32']) {
    assert.equal(refusedBy(guards, value), 'never_ban', value);
    assert.equal(refusedBy(guards, value, { origin: 'user' }), 'never_ban', value);
    assert.equal(refusedBy(guards, value, { forced: true }), 'never_ban', value);
    assert.equal(refusedBy(guards, value, { origin: 'user', forced: true }), undefined, value);
  }
  for (const value of ['192.0.2.32', '192.0.2.0/28', '198.51.100.8', '2001:db8:2::1']) {
    assert.equal(refusedBy(guards, value), undefined, value);
  }
  assert.throws(() => neverBanList(['10.0.0.0/33']), /never_ban: '10.0.0.0\/33' is no address/);
});

test('wide networks are for users', async () => {
  const guards = await guardsWith({});
  for (const value of ['10.0.0.0/15', '2001:d00::/31']) {
    assert.equal(refusedBy(guards, value), 'width');
    assert.equal(refusedBy(guards, value, { origin: 'user' }), undefined);
  }
  assert.equal(refusedBy(guards, '10.0.0.0/16'), undefined);
  assert.equal(refusedBy(guards, '2001:db8::/32'), undefined);
});

test('own addresses, and sessions of our own interfaces', async () => {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const found = await addresses(ownAddresses());
  for (const { address } of own) assert.ok(found.includes(formatPrefix(parsePrefix(address)!)), address);
  const address = { address: '192.0.2.1' } as NetworkInterfaceInfo;
  const here = await guardsWith({ sources: [ownAddresses(() => ({ eth0: [address] }))] });
  for (const value of ['192.0.2.1', '192.0.2.0/24']) {
    assert.equal(refusedBy(here, value, { origin: 'user', forced: true }), 'own_address', value);
  }
  assert.equal(refusedBy(here, '192.0.2.2', { origin: 'user' }), undefined);
  const sessions = ['203.0.113.5', '::ffff:203.0.113.6', 'nonsense'];
  const guards = await guardsWith({ sessions: () => sessions });
  assert.equal(refusedBy(guards, '203.0.113.5'), 'session');
  assert.equal(refusedBy(guards, '203.0.113.6'), 'session');
  assert.equal(refusedBy(guards, '203.0.113.0/24'), 'session');
  sessions.length = 0;
  assert.equal(refusedBy(guards, '203.0.113.5'), undefined);
});

test('gateways of the default routes', async (t) => {
  const zeros = '0'.repeat(32);
  const folder = folderWith(t, {
    route: [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
      'tun0\t00000000\t0104A8C0\t0003\t0\t0\t0\t00000080\t0\t0\t0',
      'ppp0\t00000000\t00000000\t0001\t0\t0\t9\t00000000\t0\t0\t0',
      'eth0\t0001A8C0\t090200C0\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0',
      'torn',
    ].join('\n'),
    ipv6_route: [
      `${zeros} 00 ${zeros} 00 fd000000000000000000000000000001 00000400 00000003 00000000 00000003 eth0`,
      `20000000000000000000000000000000 03 ${zeros} 00 fe800000000000000000000000000001 00000400 00000003 00000000 00000003 eth1`,
      `${zeros} 00 ${zeros} 00 ${zeros} ffffffff 00000001 00000000 00200200 lo`,
      `fd000000000000000000000000000000 40 ${zeros} 00 fd000000000000000000000000000009 00000100 00000003 00000000 00000003 eth0`,
    ].join('\n'),
  });
  const files = { ipv4: join(folder, 'route'), ipv6: join(folder, 'ipv6_route') };
  assert.deepEqual(await addresses(gateways(files)), [
    '192.0.2.1/32',
    '192.168.4.1/32',
    'fd00::1/128',
    'fe80::1/128',
  ]);
  assert.deepEqual(await addresses(gateways({ ipv4: join(folder, 'no'), ipv6: join(folder, 'no') })), []);
});

test('DNS servers of resolv.conf and of dnsmasq', async (t) => {
  const folder = folderWith(t, {
    'resolv.conf':
      '# nameserver 192.0.2.9\nsearch lan\nnameserver 192.0.2.53\n nameserver fe80::53%eth0\nnameserver x\n',
    'dnsmasq.conf': 'port=53\nserver=/lan/192.0.2.54#5353\nserver=2001:db8::54@eth0\n#server=192.0.2.9\n',
    'd/dnsmasq.conf.cfg': 'server=192.0.2.55\n',
    'd/other': 'server=192.0.2.9\n',
  });
  const source = dnsServers({
    resolv: [join(folder, 'resolv.conf'), join(folder, 'no')],
    dnsmasq: [join(folder, 'dnsmasq.conf')],
    folders: [{ path: join(folder, 'd'), begin: 'dnsmasq.conf' }],
  });
  assert.deepEqual((await addresses(source)).sort(), [
    '192.0.2.53/32',
    '192.0.2.54/32',
    '192.0.2.55/32',
    '2001:db8::54/128',
    'fe80::53/128',
  ]);
});

test('ports of sshd and dropbear', async (t) => {
  const folder = folderWith(t, {
    sshd_config:
      'Port 2222\n#Port 1\nListenAddress 192.0.2.1:2223\nlistenaddress [2001:db8::1]:2224\nAllowUsers port 5\n',
    'd/a.conf': 'port=2225\n',
    'd/b.txt': 'Port 3\n',
    dropbear: "config dropbear\n\toption Port '2226'\n\toption PasswordAuth 'on'\n",
  });
  const files = {
    sshd: join(folder, 'sshd_config'),
    sshdFolder: join(folder, 'd'),
    dropbear: join(folder, 'dropbear'),
  };
  assert.deepEqual([...(await sshPorts(files))].sort(), [22, 2222, 2223, 2224, 2225, 2226]);
});

/** A table of established connections to port 22: peers (as the kernel writes them) with their inodes. */
function tableOf(peers: readonly (readonly [string, number])[]): string {
  const line = ([peer, inode]: readonly [string, number]) =>
    `   1: 0100000A:0016 ${peer}:C350 01 00000000:00000000 02:000A0000 00000000     0        0 ${inode} 2 0 20 4 30 10 -1`;
  return [
    '  sl  local_address rem_address   st',
    ...peers.map(line),
    '   2: 00000000:0016 00000000:0000 0A 0 0 0 0 0 1',
  ].join('\n');
}

test('who is logged in over SSH is protected; who still guesses passwords is not', async (t) => {
  const folder = folderWith(t, {
    tcp: tableOf([
      ['057100CB', 500],
      ['067100CB', 501],
      ['077100CB', 502],
    ]),
    'proc/10/comm': 'sshd\n',
    'proc/10/cmdline': 'sshd: anna@pts/0\0',
    'proc/11/comm': 'sshd-session\n',
    'proc/11/cmdline': 'sshd-session: root [priv]\0',
    'proc/12/comm': 'bash\n',
    'proc/12/cmdline': 'sshd: eve@pts/0\0',
    'proc/self': '',
  });
  for (const [pid, inode] of [
    ['10', 500],
    ['11', 501],
    ['12', 502],
  ]) {
    mkdirSync(join(folder, 'proc', `${pid}`, 'fd'));
    symlinkSync(`socket:[${inode}]`, join(folder, 'proc', `${pid}`, 'fd', '4'));
  }
  let now = T0;
  const tables = [join(folder, 'tcp'), join(folder, 'tcp6')];
  writeFileSync(tables[0]!, tableOf([]));
  const source = sshPeers({ tables, proc: join(folder, 'proc'), ports: [22], now: () => now });
  assert.deepEqual(await addresses(source), []);
  writeFileSync(
    tables[0]!,
    tableOf([
      ['057100CB', 500],
      ['067100CB', 501],
      ['077100CB', 502],
    ]),
  );
  assert.deepEqual(await addresses(source), ['203.0.113.5/32']);
  // Of the third nobody can tell; it stays longer than anybody who is not let in.
  now += 130_000;
  assert.deepEqual(await addresses(source), ['203.0.113.5/32', '203.0.113.7/32']);
  // At the first look, what cannot be told is protected at once.
  const later = sshPeers({ tables, proc: join(folder, 'proc'), ports: [22], now: () => now });
  assert.deepEqual(await addresses(later), ['203.0.113.5/32', '203.0.113.7/32']);
  writeFileSync(tables[0]!, tableOf([]));
  writeFileSync(tables[1]!, tableOf([['0000000000000000FFFF0000057100CB', 500]]));
  assert.deepEqual(await addresses(source), ['::ffff:cb00:7105/128']);
});

test('the process that holds a socket says who is logged in', async (t) => {
  const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const folder = folderWith(t, {});
  // A process by the name of sshd, as the kernel has it: a program of that name, with a title of its own.
  copyFileSync('/bin/bash', join(folder, 'sshd'));
  const script = `exec 3<>/dev/tcp/127.0.0.1/${address.port}; readlink /proc/$$/fd/3; read -r line`;
  for (const [title, state] of [
    ['sshd: anna@pts/0', 'logged_in'],
    ['sshd: anna [priv]', 'not_yet'],
  ] as const) {
    const child = spawn(join(folder, 'sshd'), ['-c', script], {
      argv0: title,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    try {
      const [link] = (await once(child.stdout, 'data')) as [Buffer];
      const inode = /\d+/.exec(link.toString())?.[0] ?? assert.fail(link.toString());
      assert.equal((await loginStates(new Set([inode]))).get(inode), state, title);
    } finally {
      child.kill('SIGKILL');
      await exit;
    }
  }
});

test('a real connection is found in the table of the kernel, and the process that holds it', async (t) => {
  const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const client = connect(address.port, '127.0.0.1');
  await once(client, 'connect');
  t.after(() => {
    client.destroy();
    server.close();
  });
  // Nobody of sshd holds it: at the first look it counts.
  assert.deepEqual(await addresses(sshPeers({ ports: [address.port] })), ['127.0.0.1/32']);
  assert.deepEqual(await addresses(sshPeers({ ports: [1] })), []);
});

test('a source that cannot be read yet lets nothing be banned; later it keeps what it knew', async () => {
  const told: string[] = [];
  let fails = true;
  let now = T0;
  const source: ProtectionSource = {
    name: 'gateway',
    everyMs: 1000,
    read: async () => {
      if (fails) throw new Error('EACCES');
      return [{ prefix: parsePrefix('192.0.2.1')!, what: 'the gateway' }];
    },
  };
  const guards = await guardsWith({ sources: [source], tell: (message) => told.push(message) }, () => now);
  assert.equal(refusedBy(guards, '203.0.113.1'), 'gateway');
  assert.deepEqual(guards.failing(), ['gateway']);
  fails = false;
  now += 5000;
  assert.deepEqual((await guards.refresh()).map(formatPrefix), ['192.0.2.1/32']);
  assert.equal(refusedBy(guards, '203.0.113.1'), undefined);
  fails = true;
  now += 5000;
  assert.deepEqual(await guards.refresh(), []);
  assert.equal(refusedBy(guards, '192.0.2.1'), 'gateway');
  assert.equal(told.length, 2);
});

test('attackers from outside take nothing from the share of the clients', async () => {
  const within = clientsWithin(['192.0.2.0/24', '2001:db8:20::/64'], () => 7);
  const count = (text: string): number => within(parsePrefix(text) ?? assert.fail(text));
  assert.deepEqual(
    ['198.51.100.66', '192.0.2.65', '192.0.2.64/30', '192.0.0.0/16', '2001:db8:20::/48'].map(count),
    [0, 1, 4, 7, 7],
  );
  assert.throws(() => clientsWithin(['192.0.2.0/33'], () => 7), /'192.0.2.0\/33' is no network/);
  const guards = await guardsWith({
    ceilings: { perMinute: 1000, activeClients: () => 7, activeClientsIn: within },
  });
  const refusals = (network: string): number => {
    let refused = 0;
    for (let host = 1; host <= 30; host++) {
      const target = readTarget('address', `${network}.${host}`);
      if (typeof target === 'string') return assert.fail(target);
      const question = { target, type: 'ban', origin: 'scenario', simulated: false } as const;
      if (guards.ceiling(question) === undefined) guards.taken(`${network}.${host}`, question);
      else refused++;
    }
    return refused;
  };
  assert.equal(refusals('198.51.100'), 0);
  // Ten may always be decided against, however few are active.
  assert.equal(refusals('192.0.2'), 20);
});

test('ceilings: bans in a minute, and the share of active clients', async () => {
  let now = T0;
  let active = 100;
  const guards = await guardsWith(
    { ceilings: { perMinute: 30, activeClients: () => active, activeClientsIn: () => 5 } },
    () => now,
  );
  let next = 0;
  const ask = (value: string, origin = 'scenario') => {
    const target = readTarget('range', value);
    if (typeof target === 'string') return assert.fail(target);
    const question = { target, type: 'ban', origin, simulated: false } as const;
    const refusal = guards.ceiling(question);
    if (refusal === undefined) guards.taken(`id${next++}`, question);
    return refusal?.guard;
  };
  // A fifth of 100 clients: three networks of five each, and five addresses.
  for (let i = 0; i < 3; i++) assert.equal(ask(`198.51.${i}.0/24`), undefined);
  assert.equal(ask('198.51.3.1'), undefined);
  guards.lifted('id3');
  active = 95;
  assert.equal(ask('198.51.3.2'), 'ceiling_share');
  active = 1000;
  for (let i = 4; i < 30; i++) assert.equal(ask(`192.0.2.${i}`), i < 30 ? undefined : 'never');
  assert.equal(ask('192.0.2.99'), 'ceiling_per_minute');
  assert.equal(ask('192.0.2.99', 'user'), undefined);
  now += 60_000;
  assert.equal(ask('192.0.2.99'), undefined);
  active = 0;
  now += 600_000;
  for (let i = 0; i < 2; i++)
    assert.equal(ask(`198.51.${i}.0/24`), undefined, 'ten clients may always be banned');
  assert.equal(ask('198.51.9.1'), 'ceiling_share');
});

const prefix = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 16, maxLength: 16 }),
    fc.nat(128),
  )
  .map(([six, bytes, length]): Prefix => {
    // Few values in the upper bytes, so that networks meet.
    const few = bytes.map((byte, at) => (at < 3 ? byte & 1 : byte));
    if (!six) return parsePrefix(`${few.slice(0, 4).join('.')}/${length % 33}`)!;
    const groups = Array.from({ length: 8 }, (_, i) => ((few[2 * i]! << 8) | few[2 * i + 1]!).toString(16));
    return parsePrefix(`${groups.join(':')}/${length}`)!;
  });

/** First and last address of a prefix as numbers. */
function bounds({ version, words, length }: Prefix): readonly [bigint, bigint] {
  const bits = version === 4 ? 32 : 128;
  const count = version === 4 ? 1 : 4;
  let first = 0n;
  for (let i = 0; i < count; i++) first = (first << 32n) | BigInt(words[i]! >>> 0);
  return [first, first + (1n << BigInt(bits - length)) - 1n];
}

test('a set finds each overlap, in both directions, and no other', () => {
  fc.assert(
    fc.property(fc.array(prefix, { maxLength: 8 }), prefix, (list, asked) => {
      const set = new ProtectedSet(list.map((one) => ({ prefix: one, what: formatPrefix(one) })));
      const [first, last] = bounds(asked);
      const expected = list.find((one) => {
        const [from, to] = bounds(one);
        return one.version === asked.version && from <= last && first <= to;
      });
      assert.equal(set.overlap(asked)?.prefix, expected);
    }),
    { numRuns: 2000 },
  );
});

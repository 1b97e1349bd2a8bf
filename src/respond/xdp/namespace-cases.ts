/**
 * Cases for the XDP enforcer that need a network namespace of their own; xdp.test.ts runs this file in one, which ends
 * with it and all that was made in it.
 */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { kernelAddon, type XdpInterface } from '../../native/index.ts';
import { formatAddress } from '../../net/index.ts';
import { decisionFor, testEnforcer } from '../enforcer-compliance.ts';
import { Assembler } from './assembler.ts';
import { XdpEnforcer, type XdpOptions } from './index.ts';
import { dropProgram, TABLES } from './program.ts';
import { COUNTERS, monotonicNs, placeOf, tableShape } from './tables.ts';
import { frame, ip, Wire } from './wire.ts';

const addon = kernelAddon()!;
const add = (...decisions: readonly ReturnType<typeof decisionFor>[]) => ({ add: decisions, remove: [] });

/** Wires that no test uses; taking one away and making it costs the kernel most of the time of a case. */
const free: Wire[] = [];
let wires = 0;

function takeWire(): Wire {
  return free.pop() ?? new Wire(`w${wires++}`);
}

/** A wire and an enforcer on its near end, for one test. */
function setUp(
  t: TestContext,
  options: Partial<XdpOptions> = {},
): { wire: Wire; enforcer: XdpEnforcer; next: (more?: Partial<XdpOptions>) => XdpEnforcer } {
  const wire = takeWire();
  const enforcers: XdpEnforcer[] = [];
  const next = (more: Partial<XdpOptions> = {}) => {
    enforcers.push(new XdpEnforcer({ interfaces: [wire.near], ...options, ...more }));
    return enforcers.at(-1)!;
  };
  t.after(async () => {
    for (const enforcer of enforcers) await enforcer.close(false);
    addon.xdpAttach(link(wire.near).index, -1, 0, -1);
    free.push(wire);
  });
  return { wire, enforcer: next(), next };
}

function link(name: string): XdpInterface {
  return addon.xdpInterfaces().find((candidate) => candidate.name === name) ?? assert.fail(name);
}

/** Numbers of the maps of the program on an interface. */
function mapsOn(name: string): readonly number[] {
  const { program } = link(name);
  if (program === 0) return [];
  const descriptor = addon.bpfOpenProgram(program)!;
  try {
    return addon.bpfDescribeProgram(descriptor).maps;
  } finally {
    closeSync(descriptor);
  }
}

/** Values in force on an interface, from the kernel itself. */
function inForce(name: string, type: string): string[] {
  const values: string[] = [];
  for (const id of mapsOn(name)) {
    const map = addon.bpfOpenMap(id)!;
    try {
      const shape = addon.bpfDescribeMap(map);
      const kind = /^weir_(host|range|allow)[46]$/.exec(shape.name)?.[1];
      if (kind === undefined || (kind === 'allow') !== (type === 'allow')) continue;
      const keys = new Uint8Array(shape.entries * shape.keyBytes);
      const content = new Uint8Array(shape.entries * shape.valueBytes);
      const count = addon.bpfEntries(map, keys, content);
      const keyView = new DataView(keys.buffer);
      const view = new DataView(content.buffer);
      for (let i = 0; i < count; i++) {
        if (Number(view.getBigUint64(i * shape.valueBytes, true)) <= monotonicNs()) continue;
        const at = i * shape.keyBytes + (kind === 'host' ? 0 : 4);
        const address = shape.name.endsWith('6')
          ? formatAddress(
              6,
              ...([0, 4, 8, 12].map((offset) => keyView.getInt32(at + offset)) as [
                number,
                number,
                number,
                number,
              ]),
            )
          : formatAddress(4, keyView.getInt32(at), 0, 0, 0);
        const length = kind === 'host' ? 0 : keyView.getUint32(at - 4, true);
        const whole = shape.name.endsWith('6') ? 128 : 32;
        values.push(kind === 'host' || length === whole ? address : `${address}/${length}`);
      }
    } finally {
      closeSync(map);
    }
  }
  return values;
}

testEnforcer({
  name: 'XDP',
  types: ['allow'],
  start: async () => {
    const wire = takeWire();
    const bounds = { hosts: 4000, ranges: 100, allowed: 100 };
    const make = async () => new XdpEnforcer({ interfaces: [wire.near], bounds });
    return {
      enforcer: await make(),
      again: make,
      inForce: async (type) => inForce(wire.near, type),
      passes: async (address) => (await wire.through(frame(address))) === 1,
      intrude: async () => {
        for (const id of mapsOn(wire.near)) {
          const map = addon.bpfOpenMap(id)!;
          const { name } = addon.bpfDescribeMap(map);
          const value = new Uint8Array(8).fill(0x3f);
          if (name === 'weir_host4') addon.bpfUpdate(map, Uint8Array.of(203, 0, 113, 10), value);
          closeSync(map);
        }
      },
      broken: async () => new XdpEnforcer({ interfaces: ['nowhere0'] }),
      end: async () => void free.push(wire),
    };
  },
});

const BAD = ['192.0.2.7', '2001:db8::7'] as const;
const GOOD = ['192.0.2.8', '2001:db8::8'] as const;

test('finds the source behind tags and options; what it cannot read passes', async (t) => {
  const { wire, enforcer } = setUp(t);
  await enforcer.reconcile(BAD.map((value) => decisionFor(value)));
  const shapes = [
    {},
    { tags: [0x8100] },
    { tags: [0x88a8] },
    { tags: [0x88a8, 0x8100] },
    { tags: [0x9100, 0x8100] },
    { tags: [0x8100, 0x8100] },
    { options: 40 },
    { content: 1400 },
    { cut: 14 + 40 },
  ];
  let packets = 0;
  let bytes = 0;
  for (const shape of shapes) {
    for (const [i, address] of BAD.entries()) {
      const bad = frame(address, shape);
      assert.equal(await wire.through(bad), 0, `${address} ${JSON.stringify(shape)}`);
      assert.equal(await wire.through(frame(GOOD[i]!, shape)), 1, `${GOOD[i]} ${JSON.stringify(shape)}`);
      packets++;
      bytes += bad.length;
    }
  }
  const { droppedPackets, droppedBytes } = enforcer.statistics();
  assert.deepEqual([droppedPackets, droppedBytes], [packets, bytes]);
  for (const shape of [{ tags: [0x8100, 0x8100, 0x8100] }, { type: 0x0806 }, { type: 0x88b5 }]) {
    for (const address of BAD)
      assert.equal(await wire.through(frame(address, shape)), 1, JSON.stringify(shape));
  }
  assert.equal(await wire.through(frame(BAD[0], { cut: 14 + 19 })), 1);
  assert.equal(await wire.through(frame(BAD[1], { cut: 14 + 39 })), 1);
  assert.equal(await wire.through(frame(BAD[1], { tags: [0x8100], cut: 14 + 4 + 39 })), 1);
  assert.equal(enforcer.statistics().droppedPackets, packets);
});

test('a range that is over does not hide the wider one; what is allowed passes', async (t) => {
  const { wire, enforcer } = setUp(t);
  const soon = { durationMs: 600 };
  await enforcer.reconcile([
    decisionFor('10.0.0.0/8'),
    decisionFor('10.1.0.0/16', soon),
    decisionFor('10.1.2.0/24', soon),
    decisionFor('10.1.2.3', soon),
    decisionFor('172.16.0.0/12', soon),
    decisionFor('2001:db8::/32'),
    decisionFor('2001:db8:1::/48', soon),
    decisionFor('2001:db8:1::/64', soon),
    decisionFor('10.9.0.0/16', { type: 'allow' }),
    decisionFor('10.9.9.9', { type: 'allow', ...soon }),
    decisionFor('10.8.8.8', { type: 'allow', ...soon }),
    decisionFor('10.9.1.1'),
    decisionFor('2001:db8:9::9', { type: 'allow' }),
  ]);
  const passing = async () => {
    const found: string[] = [];
    for (const address of ['10.1.2.3', '10.1.2.4', '10.1.9.9', '10.200.0.1', '11.0.0.1', '172.31.255.1'])
      if ((await wire.through(frame(address))) === 1) found.push(address);
    for (const address of [
      '10.9.1.1',
      '10.9.9.9',
      '10.8.8.8',
      '2001:db8:1::1',
      '2001:db8:2::1',
      '2001:db8:9::9',
    ])
      if ((await wire.through(frame(address))) === 1) found.push(address);
    return found;
  };
  assert.deepEqual(await passing(), ['11.0.0.1', '10.9.1.1', '10.9.9.9', '10.8.8.8', '2001:db8:9::9']);
  await new Promise((done) => setTimeout(done, 700));
  assert.deepEqual(await passing(), ['11.0.0.1', '172.31.255.1', '10.9.1.1', '10.9.9.9', '2001:db8:9::9']);
});

test('every length of a prefix, the whole of the addresses too', async (t) => {
  const { wire, enforcer } = setUp(t);
  for (const [address, outside, bits] of [
    ['128.0.0.0', '127.255.255.255', 32],
    ['8000::', '7fff::1', 128],
  ] as const) {
    for (let length = 0; length <= bits; length += 8) {
      await enforcer.reconcile([decisionFor(`${address}/${length}`)]);
      assert.equal(await wire.through(frame(address)), 0, `${address}/${length}`);
      assert.equal(await wire.through(frame(outside)), length === 0 ? 0 : 1, `${outside} and /${length}`);
    }
    // As many nested ranges as there can be, all over but the widest.
    const nested = Array.from({ length: bits + 1 }, (_, length) =>
      decisionFor(`${address}/${length}`, { durationMs: length === 0 ? 60_000 : 300 }),
    );
    await enforcer.reconcile(nested);
    await new Promise((done) => setTimeout(done, 320));
    assert.equal(await wire.through(frame(address)), 0, 'the widest range is still banned');
  }
});

test('after kill -9 bans hold and end in the kernel; the next run goes on with the same maps', async (t) => {
  const { wire, enforcer } = setUp(t);
  const child = spawn(
    process.execPath,
    [
      '--input-type=module-typescript',
      '-e',
      `import { XdpEnforcer } from ${JSON.stringify(import.meta.resolve('./index.ts'))};
      import { decisionFor } from ${JSON.stringify(import.meta.resolve('../enforcer-compliance.ts'))};
      await new XdpEnforcer({ interfaces: [${JSON.stringify(wire.near)}] }).reconcile([
        decisionFor('${BAD[0]}'), decisionFor('${GOOD[0]}', { durationMs: 1200 })]);
      console.log('ready');
      setInterval(() => undefined, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => child.kill('SIGKILL'));
  const ended = new Promise((done) => child.once('exit', done));
  await new Promise((done, fail) => {
    child.stdout.once('data', done);
    child.once('exit', () => fail(new Error('the other run ended')));
  });
  child.kill('SIGKILL');
  await ended;
  assert.equal(await wire.through(frame(BAD[0])), 0);
  assert.equal(await wire.through(frame(GOOD[0])), 0);
  const end = performance.now() + 8000;
  while ((await wire.through(frame(GOOD[0]))) === 0 && performance.now() < end) {
    await new Promise((done) => setTimeout(done, 20));
  }
  assert.equal(await wire.through(frame(GOOD[0])), 1);
  assert.equal(await wire.through(frame(BAD[0])), 0);

  const maps = mapsOn(wire.near);
  const { program } = link(wire.near);
  assert.deepEqual(await enforcer.reconcile([decisionFor(BAD[0])]), { added: 0, removed: 0 });
  assert.deepEqual([...mapsOn(wire.near)].sort(), [...maps].sort());
  assert.notEqual(link(wire.near).program, program, 'the program of this run is there');
  assert.equal(await wire.through(frame(BAD[0])), 0);
  assert.ok(enforcer.statistics().droppedPackets! > 3, 'the counters go on');
});

test('kernels without frames in several buffers have a program too', async (t) => {
  const { wire } = setUp(t);
  const bounds = { hosts: 8, ranges: 8, allowed: 8 };
  const maps: Record<string, number> = {};
  t.after(() => {
    for (const map of Object.values(maps)) closeSync(map);
  });
  for (const name of ['counters', ...TABLES] as const) {
    const { kind, keyBytes, valueBytes, entries, flags } =
      name === 'counters' ? COUNTERS : tableShape(name, bounds);
    maps[name] = addon.bpfCreateMap(kind, keyBytes, valueBytes, entries, flags, `try_${name}`);
  }
  const program = addon.bpfLoad(6, dropProgram(maps, false), 'try_xdp', 'Apache-2.0', 0);
  addon.xdpAttach(link(wire.near).index, program, 0, -1);
  closeSync(program);
  const key = placeOf(decisionFor(BAD[0]))!.key;
  addon.bpfUpdate(maps.host4!, Buffer.from(key, 'latin1'), new Uint8Array(8).fill(0x3f));
  const bad = frame(BAD[0], { tags: [0x8100] });
  assert.equal(await wire.through(bad, frame(GOOD[0])), 1);
  const counters = new BigUint64Array(addon.bpfLookup(maps.counters!, new Uint8Array(4))!.buffer);
  assert.equal(counters.filter((count) => count === BigInt(bad.length)).length, 1);
});

test('the program of somebody else is left alone', async (t) => {
  const { wire, enforcer } = setUp(t);
  const assembler = new Assembler();
  assembler.move('r0', 2);
  assembler.exit();
  const other = addon.bpfLoad(6, assembler.assemble({}), 'their_balancer', 'Apache-2.0', 0);
  addon.xdpAttach(link(wire.near).index, other, 0, -1);
  closeSync(other);
  const { program } = link(wire.near);
  await assert.rejects(enforcer.reconcile([decisionFor(BAD[0])]), {
    name: 'EnforcerError',
    message: new RegExp(`${wire.near} has the XDP program their_balancer \\(number ${program}\\)`),
  });
  await assert.rejects(enforcer.apply(add(decisionFor(BAD[0]))), /their_balancer/);
  await enforcer.close(false);
  assert.equal(link(wire.near).program, program);
});

test('nothing stays behind', async (t) => {
  const { wire, enforcer, next } = setUp(t);
  await enforcer.reconcile([decisionFor(BAD[0]), decisionFor('10.0.0.0/8')]);
  const maps = mapsOn(wire.near);
  assert.equal(maps.length, 7);
  await enforcer.close(true);
  assert.notEqual(link(wire.near).program, 0);
  await next().close(false);
  assert.deepEqual([link(wire.near).program, link(wire.near).mode], [0, 0]);
  const left = () =>
    maps.filter((id) => {
      const map = addon.bpfOpenMap(id);
      if (map !== undefined) closeSync(map);
      return map !== undefined;
    });
  const end = performance.now() + 5000;
  // The kernel frees maps a little later.
  while (left().length > 0 && performance.now() < end) await new Promise((done) => setTimeout(done, 10));
  assert.deepEqual(left(), []);
});

test('only the named interfaces; one that is missing does not keep the others from being watched', async (t) => {
  const { wire, enforcer, next } = setUp(t);
  const { wire: second, next: another } = setUp(t);
  await enforcer.reconcile([decisionFor(BAD[0])]);
  assert.equal(await wire.through(frame(BAD[0])), 0);
  assert.equal(await second.through(frame(BAD[0])), 1);
  await enforcer.close(true);
  const both = next({ interfaces: [wire.near, 'nowhere0', second.near] });
  await assert.rejects(both.reconcile([decisionFor(BAD[0])]), /there is no interface nowhere0/);
  assert.equal(await wire.through(frame(BAD[0])), 0);
  assert.equal(await second.through(frame(BAD[0])), 0);
  assert.deepEqual([...mapsOn(second.near)].sort(), [...mapsOn(wire.near)].sort());
  assert.equal(both.statistics().interfaces, 2);
  await both.apply(add(decisionFor(BAD[1])));
  await both.close(true);
  await another().reconcile([decisionFor(BAD[0])]);
  assert.equal(link(wire.near).program, 0, 'it is no longer named');
  assert.equal(await second.through(frame(BAD[0])), 0);
});

test('an interface that was made anew is watched from the next reconcile on', async (t) => {
  const { wire, enforcer } = setUp(t);
  const decision = decisionFor(BAD[0]);
  await enforcer.reconcile([decision]);
  addon.xdpAttach(link(wire.near).index, -1, 0, -1);
  assert.equal(await wire.through(frame(BAD[0])), 1);
  assert.deepEqual(await enforcer.reconcile([decision]), { added: 0, removed: 0 });
  assert.equal(await wire.through(frame(BAD[0])), 0);
});

test('a first run needs no CAP_SYS_ADMIN; a later one says what it lacks', async (t) => {
  const { wire } = setUp(t);
  const run = (keep: boolean) =>
    spawnSync(
      'setpriv',
      [
        ...['--inh-caps', '-all,+net_admin,+bpf', '--bounding-set', '-all,+net_admin,+bpf,+dac_read_search'],
        ...[process.execPath, '--input-type=module-typescript', '-e'],
        `import { XdpEnforcer } from ${JSON.stringify(import.meta.resolve('./index.ts'))};
        import { decisionFor } from ${JSON.stringify(import.meta.resolve('../enforcer-compliance.ts'))};
        const enforcer = new XdpEnforcer({ interfaces: [${JSON.stringify(wire.near)}] });
        const counts = await enforcer.reconcile([decisionFor('${BAD[0]}')]);
        await enforcer.reconcile([decisionFor('${BAD[0]}')]);
        await enforcer.close(${keep});
        console.log(JSON.stringify(counts));`,
      ],
      { encoding: 'utf8', timeout: 20_000 },
    );
  const first = run(false);
  assert.equal(first.stdout, '{"added":1,"removed":0}\n', first.stderr);
  assert.equal(link(wire.near).program, 0);
  assert.equal(run(true).status, 0);
  assert.equal(await wire.through(frame(BAD[0])), 0);
  const later = run(true);
  assert.equal(later.status, 1);
  assert.match(later.stderr, /CAP_SYS_ADMIN/);
  assert.equal(await wire.through(frame(BAD[0])), 0, 'bans hold all the same');
});

test('generic where the driver has no XDP, and it says so', async (t) => {
  ip('link', 'set', 'lo', 'up');
  const { enforcer } = setUp(t, { interfaces: ['lo'] });
  await enforcer.reconcile([decisionFor(BAD[0])]);
  const [place] = enforcer.attachments();
  assert.equal(place?.mode, 'generic');
  assert.match(place.reason, /support/);
  await enforcer.reconcile([decisionFor(BAD[0])]);
  assert.deepEqual(enforcer.attachments(), [place], 'also later');
  const { interfacesNative, interfacesGeneric } = enforcer.statistics();
  assert.deepEqual([interfacesNative, interfacesGeneric], [0, 1]);
  const sender = addon.openSender('lo');
  const bytes = frame(BAD[0]);
  addon.sendFrames(sender, bytes, Uint32Array.of(0), Uint32Array.of(bytes.length), 0, 1);
  closeSync(sender);
  const end = performance.now() + 5000;
  while (enforcer.statistics().droppedPackets === 0 && performance.now() < end) {
    await new Promise((done) => setTimeout(done, 5));
  }
  assert.equal(enforcer.statistics().droppedPackets, 1);
});

test('what there is no room for is refused whole; more room is made by a new run', async (t) => {
  const bounds = { hosts: 2, ranges: 2, allowed: 1 };
  const { wire, enforcer, next } = setUp(t, { bounds });
  const [one, two, three] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((value) => decisionFor(value)) as [
    ReturnType<typeof decisionFor>,
    ReturnType<typeof decisionFor>,
    ReturnType<typeof decisionFor>,
  ];
  await enforcer.reconcile([one]);
  const full = { name: 'EnforcerError', message: /3 banned hosts of IPv4 .* 2 / };
  await assert.rejects(enforcer.apply(add(two, three)), full);
  assert.deepEqual(inForce(wire.near, 'ban'), ['10.0.0.1']);
  await assert.rejects(enforcer.reconcile([one, two, three]), full);
  await enforcer.apply({ add: [two, three], remove: [one] });
  assert.deepEqual(inForce(wire.near, 'ban').sort(), ['10.0.0.2', '10.0.0.3']);
  const ranges = ['10.1.0.0/16', '10.2.0.0/16', '10.3.0.0/16'].map((value) => decisionFor(value));
  await assert.rejects(enforcer.apply(add(...ranges)), /3 banned ranges of IPv4/);
  await enforcer.close(true);
  const wider = next({ bounds: { hosts: 3 } });
  assert.deepEqual(await wider.reconcile([one, two, three]), { added: 3, removed: 0 });
  assert.deepEqual(inForce(wire.near, 'ban').sort(), ['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  assert.equal(await wire.through(frame('10.0.0.1'), frame('10.0.0.4')), 1);
});

test('the addon keeps within what it is given', () => {
  const map = addon.bpfCreateMap(1, 4, 8, 8, 1, 'weir_try');
  try {
    assert.throws(() => addon.bpfUpdate(map, new Uint8Array(4), new Uint8Array(7)), /do not fit/);
    assert.throws(() => addon.bpfUpdate(map, new Uint8Array(5), new Uint8Array(8)), /do not fit/);
    assert.throws(() => addon.bpfUpdate(map, new Uint8Array(8), new Uint8Array(8)), /do not fit/);
    assert.throws(() => addon.bpfDelete(map, new Uint8Array(3)), /do not fit/);
    assert.throws(() => addon.bpfLookup(map, new Uint8Array(3)), /does not fit/);
    assert.throws(() => addon.bpfUpdate(1 << 20, new Uint8Array(4), new Uint8Array(8)), { errno: 77 });
    assert.throws(() => addon.bpfCreateMap(1, 65, 8, 8, 1, 'weir_try'), /out of range/);
    assert.throws(() => addon.bpfCreateMap(1, 4, 8, 8, 1, 'sixteen_letters_'), /name/);
    assert.throws(() => addon.bpfLoad(6, new Uint8Array(7), 'weir_try', 'Apache-2.0', 0), /instructions/);
    // Exit without a result: the words of the verifier are handed on.
    const endless = Uint8Array.of(0x95, 0, 0, 0, 0, 0, 0, 0);
    assert.throws(() => addon.bpfLoad(6, endless, 'weir_try', 'Apache-2.0', 0), /R0 !read_ok/);

    const keys = Uint8Array.from({ length: 20 }, (_, i) => (i % 4 === 0 ? i : 0));
    addon.bpfUpdate(map, keys, new Uint8Array(40).fill(7));
    assert.deepEqual(addon.bpfLookup(map, keys.subarray(4, 8)), new Uint8Array(8).fill(7));
    assert.equal(addon.bpfLookup(map, Uint8Array.of(9, 9, 9, 9)), undefined);
    assert.equal(addon.bpfEntries(map, new Uint8Array(8), new Uint8Array(80)), 2);
    assert.equal(addon.bpfEntries(map, new Uint8Array(80), new Uint8Array(80)), 5);
    const some = Uint8Array.of(9, 9, 9, 9, ...keys.subarray(0, 8), 8, 8, 8, 8, ...keys.subarray(8, 12));
    assert.equal(addon.bpfDelete(map, some), 3);
    assert.equal(addon.bpfEntries(map, new Uint8Array(80), new Uint8Array(80)), 2);
    const full = Uint8Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? 100 + i : 0));
    assert.throws(() => addon.bpfUpdate(map, full, new Uint8Array(80)), { errno: 7 });
  } finally {
    closeSync(map);
  }
});

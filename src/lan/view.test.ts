import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { LanView } from './index.ts';
import { type FlowShape, flowRecord, START_MS, stamp } from './testing.ts';
import { addTraffic, noTraffic, type Traffic } from './traffic.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const GATEWAY = '00:00:5e:00:53:fe';
const LAPTOP = '00:00:5e:00:53:01';
const PHONE = '02:00:5e:00:53:02';

const home = (shapes: readonly FlowShape[], options = {}): LanView => {
  const view = new LanView({ vendorOf: () => undefined, ...options });
  for (const shape of shapes) view.take(flowRecord(shape));
  return view;
};
const sum = (rows: Iterable<Readonly<Traffic>>): Traffic => {
  const total = noTraffic();
  for (const row of rows) addTraffic(total, row);
  return total;
};

test('a client is told by its MAC, with all its addresses and both directions', () => {
  const view = home([
    { from: '192.168.1.5', to: '198.51.100.7', fromMac: LAPTOP, toMac: GATEWAY, bytes: [10, 20] },
    { from: 'fe80::5', to: 'fe80::1', fromMac: LAPTOP, toMac: GATEWAY, bytes: [1, 2] },
    { from: '198.51.100.9', to: '192.168.1.5', fromMac: GATEWAY, toMac: LAPTOP, bytes: [300, 4] },
  ]);
  const laptop = view.clients().find((client) => client.id === LAPTOP)!;
  assert.deepEqual(
    laptop.addresses.map(({ address }) => address),
    ['192.168.1.5', 'fe80::5'],
  );
  assert.equal(laptop.bytesUp, 10 + 1 + 4);
  assert.equal(laptop.bytesDown, 20 + 2 + 300);
  assert.equal(laptop.flows, 3);
  assert.equal(laptop.randomised, false);
});

test('what was sent to an address that never answered makes no client of it', () => {
  const view = home(
    Array.from({ length: 200 }, (_, i) => ({
      from: '192.168.1.5',
      to: `192.168.2.${i}`,
      fromMac: LAPTOP,
      toMac: GATEWAY,
      packets: [1, 0] as const,
      bytes: [60, 0] as const,
    })),
  );
  assert.deepEqual(
    view.clients().map(({ id }) => id),
    [LAPTOP],
  );
});

test('what a client was sent and never answered is its own, whichever came first', () => {
  const oneWay = {
    from: '198.51.100.9',
    to: '192.168.1.5',
    fromMac: GATEWAY,
    toMac: LAPTOP,
    packets: [4, 0] as const,
    bytes: [400, 0] as const,
    protocol: 'SYSLOG',
  };
  const local = { ...oneWay, from: '192.168.1.6', fromMac: PHONE, bytes: [30, 0] as const };
  const stranger = { ...oneWay, to: '192.168.1.77', toMac: GATEWAY };
  const own = { from: '192.168.1.5', to: '198.51.100.7', fromMac: LAPTOP, toMac: GATEWAY };
  const shapes = [own, oneWay, local, stranger];
  for (const order of [shapes, shapes.toReversed()]) {
    const view = home(order);
    const clients = view.clients();
    assert.deepEqual(clients.map(({ id }) => id).toSorted(), [LAPTOP, PHONE].toSorted());
    const laptop = clients.find(({ id }) => id === LAPTOP)!;
    assert.deepEqual([laptop.flows, laptop.bytesDown], [3, 200 + 400 + 30]);
    const { all, local: inside } = view.totals();
    assert.deepEqual([all.flows, all.bytesUp, all.bytesDown], [3, 130, 600]);
    assert.deepEqual([inside.flows, inside.bytesUp], [1, 30]);
    assert.equal(view.statistics().outside, 1);
    assert.deepEqual(sum(view.protocols()), all);
    assert.deepEqual(sum(view.intervals().map(({ total }) => total)), all);
    const byClient = sum(view.intervals().flatMap(({ clients: tally }) => [...tally.entries.values()]));
    assert.deepEqual(byClient, sum(clients));
  }
});

test('clients behind a router are told by address; the router keeps those of the shared subnet', () => {
  const view = home([
    ...[1, 2, 3, 4, 5, 6].map((i) => ({
      from: `10.7.${i}.2`,
      to: '192.168.1.5',
      fromMac: GATEWAY,
      toMac: LAPTOP,
    })),
    { from: '192.168.1.5', to: '192.168.1.1', fromMac: LAPTOP, toMac: GATEWAY },
  ]);
  const clients = view.clients();
  assert.deepEqual(
    clients.map(({ id }) => id).toSorted(),
    [GATEWAY, LAPTOP, ...[1, 2, 3, 4, 5, 6].map((i) => `10.7.${i}.2`)].toSorted(),
  );
  const gateway = clients.find(({ id }) => id === GATEWAY)!;
  assert.equal(gateway.router, true);
  assert.deepEqual(
    gateway.addresses.map(({ address }) => address),
    ['192.168.1.1'],
  );
  assert.equal(clients.find(({ id }) => id === '10.7.1.2')?.behind, GATEWAY);
});

test('a host with many IPv6 addresses of one network is no router', () => {
  const view = home(
    Array.from({ length: 12 }, (_, i) => ({
      from: `fd00:1::${i + 1}`,
      to: '2001:db8::1',
      fromMac: PHONE,
      toMac: GATEWAY,
    })),
  );
  const [phone, ...others] = view.clients();
  assert.deepEqual(others, []);
  assert.equal(phone?.addresses.length, 12);
  assert.equal(phone?.router, false);
  assert.equal(phone?.randomised, true);
});

test('an address that moves to another device leaves its past with the first', () => {
  const later = START_MS + 60_000;
  const view = home([
    { from: '192.168.1.9', to: '198.51.100.7', fromMac: LAPTOP, toMac: GATEWAY, bytes: [10, 20] },
    {
      from: '192.168.1.9',
      to: '198.51.100.7',
      fromMac: PHONE,
      toMac: GATEWAY,
      bytes: [5, 6],
      startMs: later,
    },
  ]);
  const answer = {
    timestamp: stamp(later),
    event_type: 'dns',
    src_ip: '192.168.1.1',
    dest_ip: '192.168.1.5',
    dns: {
      type: 'response',
      queries: [{ rrname: 'phone.lan', rrtype: 'A' }],
      answers: [{ rrname: 'phone.lan', rrtype: 'A', rdata: '192.168.1.9' }],
    },
  };
  view.take(answer);
  const of = (id: string) => view.clients().find((client) => client.id === id)!;
  assert.deepEqual([of(LAPTOP).bytesUp, of(PHONE).bytesUp], [10, 5]);
  assert.deepEqual([of(LAPTOP).addresses[0]?.current, of(PHONE).addresses[0]?.current], [false, true]);
  assert.deepEqual([of(LAPTOP).names.length, of(PHONE).names[0]?.name], [0, 'phone.lan']);
});

test('IPv6 networks show themselves by addresses made from the MAC of their sender', () => {
  const flow = {
    from: '2001:db8:20::200:5eff:fe00:5301',
    to: '2001:db8:113::10',
    fromMac: LAPTOP,
    toMac: GATEWAY,
  };
  assert.equal(home([flow]).clients()[0]?.id, LAPTOP);
  // The same frame from a router, whose MAC the address does not have.
  assert.deepEqual(home([{ ...flow, fromMac: GATEWAY }]).clients(), []);
  assert.deepEqual(home([flow], { networks: ['10.0.0.0/8'] }).clients(), []);
});

test('a network that a forged DHCP message announces is not taken when it is too large', () => {
  const view = home([]);
  const ack = (address: string, mask: string) => ({
    timestamp: stamp(START_MS),
    event_type: 'dhcp',
    dhcp: { dhcp_type: 'ack', client_mac: LAPTOP, assigned_ip: address, subnet_mask: mask },
  });
  view.take(ack('203.0.113.7', '0.0.0.0'));
  view.take(ack('203.0.113.7', '255.0.255.0'));
  assert.deepEqual(view.clients(), []);
  assert.equal(view.statistics().networksRefused, 1);
  view.take(ack('203.0.113.7', '255.255.255.0'));
  assert.ok(view.networks.list().includes('203.0.113.0/24'));
  assert.equal(view.clients()[0]?.addresses[0]?.address, '203.0.113.7');
});

test('names have their sources, and destinations the name that led there', () => {
  const view = home([{ from: '192.168.1.5', to: '198.51.100.7', fromMac: LAPTOP, toMac: GATEWAY }]);
  const at = { timestamp: stamp(START_MS) };
  view.take({ ...at, event_type: 'dhcp', dhcp: { client_mac: LAPTOP, hostname: 'laptop' } });
  view.take({
    ...at,
    event_type: 'mdns',
    src_ip: '192.168.1.5',
    mdns: { type: 'response', answers: [{ rrname: 'printer.local', a: '192.168.1.5' }] },
  });
  view.take({
    ...at,
    event_type: 'dns',
    dest_ip: '192.168.1.5',
    dns: {
      type: 'response',
      queries: [{ rrname: 'shop.example', rrtype: 'A' }],
      answers: [
        { rrname: 'shop.example', rrtype: 'CNAME', rdata: 'edge.cdn.example' },
        { rrname: 'edge.cdn.example', rrtype: 'A', rdata: '198.51.100.7' },
        { rrname: '5.1.168.192.in-addr.arpa', rrtype: 'PTR', rdata: 'pc5.lan' },
      ],
    },
  });
  view.take({
    ...at,
    event_type: 'smb',
    src_ip: '192.168.1.5',
    smb: { ntlmssp: { host: 'LAPTOP5' } },
  });
  const laptop = view.clients().find(({ id }) => id === LAPTOP)!;
  assert.deepEqual(
    laptop.names.map(({ name, source }) => `${name} ${source}`),
    ['laptop dhcp', 'LAPTOP5 netbios', 'printer.local mdns', 'pc5.lan ptr'],
  );
  assert.deepEqual(laptop.destinations[0]?.names, ['shop.example']);
  assert.deepEqual(view.destinations()[0]?.names, ['shop.example']);
});

test('first-seen events are told once, and again only after the retention', () => {
  const flow = { from: '192.168.1.5', to: '198.51.100.7', fromMac: LAPTOP, toMac: GATEWAY };
  const view = home([flow, flow]);
  assert.deepEqual(
    view.events().map(({ kind, value }) => `${kind} ${value}`),
    ['device 192.168.1.5', 'protocol TLS', 'destination 198.51.100.7'],
  );
  view.take(flowRecord({ ...flow, startMs: START_MS + 4000_000 }));
  assert.equal(view.events(3).length, 3);
});

test('what is silent for the retention goes, in the time of the records', () => {
  const view = home([{ from: '192.168.1.5', to: '198.51.100.7', fromMac: LAPTOP, toMac: GATEWAY }]);
  const tick = (ms: number) => view.take({ timestamp: stamp(ms), event_type: 'stats' });
  tick(START_MS + 3590_000);
  assert.equal(view.clients().length, 1);
  tick(START_MS + 3610_000);
  assert.deepEqual([view.clients().length, view.destinations().length, view.protocols().length], [0, 0, 0]);
  assert.equal(view.statistics().expired, 1);
  assert.equal(view.totals().forgotten.bytesUp, view.totals().all.bytesUp);
});

test('intervals share a flow out over its life without losing a byte', () => {
  const view = home([
    {
      from: '192.168.1.5',
      to: '198.51.100.7',
      fromMac: LAPTOP,
      startMs: START_MS + 2_000,
      endMs: START_MS + 19_000,
      bytes: [1001, 7],
      packets: [10, 1],
    },
  ]);
  const intervals = view.intervals();
  assert.equal(intervals.length, 4);
  const total = sum(intervals.map((interval) => interval.total));
  assert.deepEqual(total, { flows: 1, packetsUp: 10, packetsDown: 1, bytesUp: 1001, bytesDown: 7 });
  // 3, 5, 5 and 4 of 17 seconds.
  assert.deepEqual(
    intervals.map((interval) => interval.total.bytesUp),
    [177, 294, 294, 236],
  );
});

test('records of other interfaces are left out, and bad ones are counted', () => {
  const view = home([], { interfaces: ['br-lan'] });
  const good = flowRecord({ from: '192.168.1.5', to: '198.51.100.7', fromMac: LAPTOP });
  view.take({ ...good, in_iface: 'eth0' });
  assert.equal(view.clients().length, 0);
  view.take({ ...good, in_iface: 'br-lan' });
  assert.equal(view.clients().length, 1);
  view.take({ ...good, timestamp: 'yesterday' });
  view.take({ ...good, flow: { ...(good.flow as object), bytes_toserver: -1 } });
  view.take({ ...good, flow: [] });
  view.take({ ...good, src_ip: { toString: 1 } });
  assert.equal(view.statistics().malformed, 4);
  assert.equal(view.statistics().otherInterfaces, 1);
  assert.throws(() => new LanView({ networks: ['10.0.0.0/33'] }), /'10.0.0.0\/33' is no network/);
});

/** Flows among a few clients, a router and the outside, with times of some minutes. */
const SHAPES = fc.array(
  fc.record({
    from: fc.constantFrom('192.168.1.5', '192.168.1.6', '10.7.1.2', 'fd00:1::5', '198.51.100.7'),
    to: fc.constantFrom(
      '192.168.1.5',
      '192.168.1.1',
      '10.7.2.2',
      '203.0.113.9',
      '2001:db8::1',
      '224.0.0.251',
    ),
    fromMac: fc.constantFrom(LAPTOP, PHONE, GATEWAY),
    toMac: fc.constantFrom(LAPTOP, GATEWAY),
    startMs: fc.nat(300_000).map((ms) => START_MS + ms),
    packets: fc.tuple(fc.nat(50), fc.nat(50)),
    bytes: fc.tuple(fc.nat(1_000_000), fc.nat(1_000_000)),
    protocol: fc.constantFrom('TLS', 'DNS', 'HTTP', 'SSH'),
  }),
  { maxLength: 60 },
);

test('sums by client, destination and protocol agree, whatever the order of records', () => {
  fc.assert(
    fc.property(
      SHAPES.chain((shapes) =>
        fc.tuple(fc.constant(shapes), fc.shuffledSubarray(shapes, { minLength: shapes.length })),
      ),
      ([shapes, shuffled]) => {
        const view = home(shapes, { networks: ['192.168.0.0/16', '10.0.0.0/8', 'fd00::/8'] });
        const other = home(shuffled, { networks: ['192.168.0.0/16', '10.0.0.0/8', 'fd00::/8'] });
        const clients = view.clients();
        assert.deepEqual(other.clients(), clients);
        assert.deepEqual(other.protocols(), view.protocols());
        assert.deepEqual(
          other.destinations().map(({ ports: _, ...rest }) => rest),
          view.destinations().map(({ ports: _, ...rest }) => rest),
        );
        const { all, local } = view.totals();
        assert.deepEqual(sum(view.protocols()), all);
        assert.deepEqual(sum(view.applications()), all);
        assert.deepEqual(sum(view.intervals().map(({ total }) => total)), all);
        const seen = sum(clients);
        assert.equal(seen.flows, all.flows + local.flows);
        assert.equal(
          seen.bytesUp + seen.bytesDown,
          all.bytesUp + all.bytesDown + local.bytesUp + local.bytesDown,
        );
        for (const client of clients) {
          const { flows, packetsUp, packetsDown, bytesUp, bytesDown } = client;
          const own = { flows, packetsUp, packetsDown, bytesUp, bytesDown };
          assert.deepEqual(sum(client.protocols), own);
          assert.deepEqual(sum([...client.destinations, client.otherDestinations]), own);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('a flood of random addresses stays within bounds, is counted, and does not push out who is there', () => {
  const view = home([], { maxEntries: 20_000 });
  let random = 1;
  const next = (): number => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    return random >>> 8;
  };
  const busy = {
    from: '192.168.1.5',
    to: '198.51.100.7',
    fromMac: LAPTOP,
    toMac: GATEWAY,
    bytes: [9000, 9000] as const,
  };
  const flood = (count: number): void => {
    for (let i = 0; i < count; i++) {
      if (i % 500 === 0) view.take(flowRecord(busy));
      const n = next();
      const mac = `02:${[n >> 16, n >> 8, n, next(), next()].map((byte) => (byte & 255).toString(16).padStart(2, '0')).join(':')}`;
      view.take(
        flowRecord({
          from: `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`,
          to: `${1 + (next() % 9)}.${next() & 255}.${next() & 255}.1`,
          fromMac: mac,
          toMac: GATEWAY,
          protocol: `P${next() % 5000}`,
          name: `host${n}.example`,
        }),
      );
    }
  };
  flood(50_000);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  flood(50_000);
  collectGarbage();
  const grown = process.memoryUsage().heapUsed - before;
  const clients = view.clients();
  assert.ok(clients.length <= 4096, `${clients.length} clients`);
  assert.ok(view.destinations().length <= 8192);
  assert.ok(view.protocols().length <= 256);
  assert.ok(view.events().length <= 4096);
  const laptop = clients.find(({ id }) => id === LAPTOP);
  assert.equal(laptop?.flows, 200);
  const statistics = view.statistics();
  assert.ok(statistics.addressesTurnedAway > 90_000);
  assert.ok(statistics.entriesTurnedAway > 0);
  assert.ok(statistics.eventsTurnedAway > 0);
  assert.ok(grown < 24 << 20, `the second half of the flood took ${(grown / 1e6).toFixed(1)} MB`);
  const { all, local, forgotten } = view.totals();
  const kept = sum(clients);
  assert.equal(kept.bytesUp + forgotten.bytesUp, all.bytesUp + local.bytesDown);
});

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { programsIn, startTicks } from '../../lab/namespaces.ts';
import { errands } from '../../lab/standing/errands.ts';
import { ADDRESS } from '../../lab/topology.ts';
import { openCaptures } from '../../src/tap/capture/index.ts';
import { type EveRecord, eveRecords, type Json } from '../support/eve-records.ts';
import type { Running } from '../support/running.ts';
import { type InterfaceBytes, LiveLab, withoutLab } from './live-lab.ts';
import { pidOf, RunningWeir, type Status } from './running-weir.ts';
import { SPOKEN, spokenBy, spokenIn } from './spoken.ts';

const CLIENTS = {
  alice: '02:00:5e:00:53:01',
  bob: '02:00:5e:00:53:02',
  dmz: '02:00:5e:00:53:03',
} as const;
const CLIENT_NAMES = Object.keys(CLIENTS) as (keyof typeof CLIENTS)[];
/**
 * What the bytes of a client may differ by from its interface's, once what is no flow of its own is taken off: what
 * passed between the moments at which two programs begin or end (a router advertisement, a question of ARP).
 */
const EDGE_BYTES = 500;
/** Errands in 4 seconds at this rate: each is done at least once, most twice. */
const TRAFFIC = ['--seconds', '4', '--rate', '10', '--json'];

const ENDLESS_URL = `http://${ADDRESS.www}:8099/endless`;
/** A server whose answers do not end: a part of 50 kB ten times a second. */
const ENDLESS_SERVER = `
  require('node:http').createServer((request, response) => {
    const timer = setInterval(() => response.write(Buffer.alloc(50_000)), 100);
    response.on('close', () => clearInterval(timer));
  }).listen(8099, '${ADDRESS.www}', () => console.log('listening'));
`;

/** What `weir lab traffic --json` tells, as far as it is looked at. */
interface TrafficReport {
  readonly errands: readonly { readonly what: string; readonly family: 4 | 6; readonly done: number }[];
}

/** All that was gathered of a run with traffic, a reload in the middle of it, and attacks. */
interface Evidence {
  readonly weir: RunningWeir;
  readonly status: Status;
  readonly pids: readonly (readonly [pid: number, started: string | undefined])[];
  readonly code: number | null;
  readonly done: TrafficReport['errands'];
  readonly before: ReadonlyMap<string, InterfaceBytes>;
  readonly after: ReadonlyMap<string, InterfaceBytes>;
  readonly live: readonly EveRecord[];
  readonly afterReload: readonly EveRecord[];
}

suite('weir up on the gateway of the lab', { skip: withoutLab(), timeout: 58_000 }, () => {
  let lab: LiveLab;
  let seen: Evidence;
  before(async () => {
    lab = new LiveLab();
    await lab.lab('up', '--bare');
    seen = await run(lab);
  });
  after(() => lab?.remove());

  test('ends cleanly, and nothing of it goes on', () => {
    assert.equal(seen.code, 0, seen.weir.said);
    assert.deepEqual(
      seen.pids.filter(([pid, started]) => started !== undefined && startTicks(pid) === started),
      [],
    );
    const commands = programsIn([lab.namespace('gateway')]).map(({ command }) => command);
    assert.deepEqual(
      commands.filter((command) => /supervisor|main\.ts/.test(command)),
      [],
    );
  });

  test('no packet and no record was dropped', () => {
    const { sensor, hub } = seen.status.statistics;
    assert.ok((sensor?.capture.packets ?? 0) > 1000, `${sensor?.capture.packets} packets`);
    assert.equal(sensor?.capture.dropped, 0);
    assert.equal(sensor?.recordsDropped, 0);
    assert.equal(hub?.malformed, 0);
    assert.ok(seen.status.bus.subscribers.every(({ dropped }) => dropped === 0));
  });

  test('every protocol that is spoken is named, over IPv4 and IPv6', () => {
    for (const { what } of errands('/nowhere')) assert.ok(Object.hasOwn(SPOKEN, what), `errand ${what}`);
    assert.deepEqual(
      seen.done.filter(({ done }) => done === 0),
      [],
    );
    const expected = new Set(seen.done.flatMap(({ what, family }) => spokenBy(what, family)));
    assert.ok(expected.size >= 16, [...expected].join());
    const flows = seen.live.filter(({ event_type }) => event_type === 'flow');
    const named = new Set(flows.map(spokenIn));
    assert.deepEqual(
      [...expected].filter((spoken) => !named.has(spoken)),
      [],
      `named: ${[...named].join(', ')}`,
    );
    // What clients ordinarily do has a name without exception; what a scanner sends need not have one.
    const nameless = flows.filter((record) => !isOfAttacker(record) && / (Unknown)?$/.test(spokenIn(record)));
    assert.deepEqual(nameless, []);
  });

  test('the reload in the middle of the traffic lost nothing: each flow is as in a recording beside it', async () => {
    assert.match(seen.weir.said, /configuration read again: outputs\.eve\.file changed/);
    assert.ok(seen.afterReload.some(({ event_type }) => event_type === 'flow'));
    const recorded = await eveRecords([seen.weir.path('lan0.pcap')]);
    const expected = flowTotals(recorded);
    assert.ok(expected.size > 300, `${expected.size} flows`);
    assert.deepEqual(difference(flowTotals(seen.live), expected), []);
    assert.deepEqual(transactionCounts(seen.live), transactionCounts(recorded));
  });

  test('the history has what the files have', async () => {
    const history = await seen.weir.history();
    assert.deepEqual(beyond(history, seen.live), []);
    assert.deepEqual(beyond(seen.live, history), []);
  });

  for (const host of CLIENT_NAMES) {
    test(`${host} is in the view of the LAN, with the bytes of its interface`, async (context) => {
      const mac = CLIENTS[host];
      const client = seen.weir.clients().find((one) => one.mac === mac);
      assert.equal(client?.ip, ADDRESS[host]);
      const other = await bytesOfOthers(seen.weir.path(`${host}.pcap`), mac);
      const { received, sent } = growth(seen, host);
      const words = `${received} received (${other.received} ARP or to all), ${sent} sent (${other.sent} ARP)`;
      context.diagnostic(`${host}: interface ${words}; view ${client.bytes_in} and ${client.bytes_out}`);
      assert.ok(client.bytes_in + client.bytes_out > 20_000, words);
      assert.ok(Math.abs(received - other.received - client.bytes_in) <= EDGE_BYTES, words);
      assert.ok(Math.abs(sent - other.sent - client.bytes_out) <= EDGE_BYTES, words);
    });
  }

  test('the attacks are in the records', () => {
    const attacker = seen.live.filter(isOfAttacker);
    for (const version of [4, 6]) {
      const ports = new Set(
        attacker
          .filter(({ event_type, ip_v }) => event_type === 'flow' && ip_v === version)
          .map(({ dest_port }) => dest_port),
      );
      assert.ok(ports.size >= 90, `${ports.size} ports over IPv${version}`);
    }
    const requests = attacker.filter(({ event_type }) => event_type === 'http');
    assert.ok(requests.some((record) => /union|select|%27|or\+1/i.test(JSON.stringify(record.http))));
  });

  test('a download that stays open is seen while it is, and its end adds only what was not told', async (context) => {
    const weir = new RunningWeir(lab, 'open', { progress: '1s' });
    await weir.running();
    const server = lab.on('net', process.execPath, '-e', ENDLESS_SERVER);
    await server.says('listening');
    const before = lab.counters('alice');
    const download = lab.on('alice', 'curl', '-sS', '-o', '/dev/null', '-w', '%{size_download}', ENDLESS_URL);
    type Client = {
      readonly mac: string;
      readonly bytesDown: number;
      readonly bytesUp: number;
      readonly flows: number;
    };
    const alice = async (): Promise<Client | undefined> => {
      const { clients } = JSON.parse(await weir.ask('clients', '--json')) as { readonly clients: Client[] };
      return clients.find(({ mac }) => mac === CLIENTS.alice);
    };
    const grown = async (bytes: number): Promise<number> =>
      weir.until(`${bytes} bytes`, async () => {
        const { bytesDown = 0 } = (await alice()) ?? {};
        return bytesDown > bytes ? bytesDown : undefined;
      });
    const first = await grown(300_000);
    await grown(first + 300_000);
    assert.equal(download.child.exitCode, null);
    const { flows: open } = JSON.parse(
      await weir.ask('flows', '--open', '--json', '--address', ADDRESS.alice),
    ) as {
      readonly flows: readonly Readonly<Record<string, unknown>>[];
    };
    assert.equal(open.length, 1);
    const { destination, destinationPort, protocol, bytesToClient, bitsPerSecond } = open[0]!;
    assert.deepEqual([destination, destinationPort, protocol], [ADDRESS.www, 8099, 'HTTP']);
    assert.ok(Number(bytesToClient) > 600_000 && Number(bitsPerSecond) > 1_000_000, JSON.stringify(open));
    assert.match(
      await weir.ask('flows', '--open'),
      /PER SECOND +STATE\n.*203\.0\.113\.10:8099 +HTTP .* established/,
    );
    assert.match(await weir.ask('flows', '--address', ADDRESS.alice), /^no flows\n\n {2}1 flow is open/);
    const most = await weir.ask('top', 'destinations', '--address', ADDRESS.alice);
    assert.match(most, /OPEN.*\n +203\.0\.113\.10 .* 1 +1 +1 +.*\n\n {2}1 flow is open, with .* so far/);
    assert.match(await weir.ask('status'), /^ {2}under way {2}\d+ open flows?, [\d.]+ [kM]?B\/s$/m);
    await weir.until('the status file', () =>
      (weir.statusFile('dpi-flows').protocols as Record<string, number>).HTTP === 1 ? true : undefined,
    );
    const { code, stdout } = await download.end('SIGINT');
    assert.notEqual(code, 0, stdout);
    await server.end('SIGTERM');
    // The connection is over, its flow is not: it waits for what may trail behind.
    await wait(2500);
    const after = lab.counters('alice');
    const told = await alice();
    const received = after.received - before.received;
    const words = `${received} received, ${after.sent - before.sent} sent; view ${told?.bytesDown} and ${told?.bytesUp}`;
    context.diagnostic(words);
    assert.ok(Math.abs(received - told!.bytesDown) <= EDGE_BYTES, words);
    assert.ok(Math.abs(after.sent - before.sent - told!.bytesUp) <= EDGE_BYTES, words);
    assert.equal((await weir.end()).code, 0, weir.said);
    const end = weir.clients().find(({ mac }) => mac === CLIENTS.alice);
    assert.ok(
      Math.abs(end!.bytes_in - told!.bytesDown) <= EDGE_BYTES,
      `${words}; ${end?.bytes_in} at the end`,
    );
    // What is told while it is open is neither in the file nor in the history.
    for (const records of [weir.records('eve.json'), await weir.history()]) {
      assert.ok(records.every(({ event_type }) => event_type !== 'flow_progress'));
      const flows = records.filter(
        ({ event_type, dest_port }) => event_type === 'flow' && dest_port === 8099,
      );
      assert.equal(flows.length, 1);
    }
  });

  test('sensor and hub that are killed while traffic runs come back, and record what passes then', async () => {
    const weir = new RunningWeir(lab, 'crash');
    const first = await weir.running();
    const traffic = lab.lab('traffic', '--seconds', '5', '--rate', '6', '--json');
    await weir.until('records', () => weir.records('eve.json').length > 0 || undefined);
    process.kill(pidOf('sensor', first), 'SIGKILL');
    const second = await another(weir, 'sensor', first);
    assert.equal(pidOf('hub', second), pidOf('hub', first));
    process.kill(pidOf('hub', second), 'SIGKILL');
    const third = await another(weir, 'hub', second);
    assert.equal(pidOf('sensor', third), pidOf('sensor', second));
    assert.deepEqual(
      third.processes.map(({ restarts, lastEnd }) => [restarts, lastEnd]),
      [
        [1, 'SIGKILL'],
        [1, 'SIGKILL'],
        [0, ''],
        [0, ''],
      ],
    );
    const marks = ['after-both-4.example.com', 'after-both-6.example.com'];
    for (const [index, server] of [ADDRESS.gateway, ADDRESS.gateway6].entries()) {
      await lab.on('alice', 'dig', '+tries=1', '+time=3', `@${server}`, marks[index]!, 'A').ended;
    }
    await weir.until('records of what passed after it', () => {
      const text = JSON.stringify(weir.records('eve.json'));
      return marks.every((mark) => text.includes(mark)) || undefined;
    });
    await traffic;
    assert.equal((await weir.end()).code, 0, weir.said);
    const records = weir.records('eve.json');
    const history = await weir.history();
    // What the killed hub had written and not acknowledged stands in the file twice.
    assert.deepEqual(beyond(once(records), history), []);
    for (const mark of marks) assert.ok(JSON.stringify(history).includes(mark), mark);
    assert.ok(records.some(({ event_type, ip_v }) => event_type === 'flow' && ip_v === 6));
  });
});

/** Traffic with a reload in the middle, attacks, then the end. */
async function run(lab: LiveLab): Promise<Evidence> {
  const weir = new RunningWeir(lab, 'traffic');
  const started = await weir.running();
  const pids = [weir.pid, pidOf('sensor', started), pidOf('hub', started)].map(
    (pid) => [pid, startTicks(pid)] as const,
  );
  const recordings = [
    record(lab, weir, 'gateway', 'lan0', ''),
    ...CLIENT_NAMES.map((host) => record(lab, weir, host, 'eth0', notItsOwn(CLIENTS[host]))),
  ];
  for (const recording of recordings) {
    await weir.until('recording', () => recording.stderr.includes('listening on') || undefined);
  }
  const before = new Map(CLIENT_NAMES.map((host) => [host, lab.counters(host)]));
  const traffic = lab.lab('traffic', ...TRAFFIC);
  const attacks = Promise.all(['scan', 'sql-injection'].map((name) => lab.lab('attack', name)));
  // Failures of either are seen below, once both have ended.
  const both = Promise.allSettled([traffic, attacks]);
  await wait(1500);
  await weir.reload('second.json');
  await both;
  await attacks;
  const { errands: done } = JSON.parse(await traffic) as TrafficReport;
  // Closing connections is over, and what was captured is handed on.
  await wait(300);
  const after = new Map(CLIENT_NAMES.map((host) => [host, lab.counters(host)]));
  for (const recording of recordings) {
    const { stderr } = await recording.end('SIGINT');
    assert.match(stderr, /^0 packets dropped by kernel/m, stderr);
  }
  const status = await weir.running();
  const { code } = await weir.end();
  const afterReload = weir.records('second.json');
  const live = [...weir.records('eve.json'), ...afterReload];
  return { weir, status, pids, code, done, before, after, live, afterReload };
}

/** tcpdump on a host, into a file of weir's folder. */
function record(lab: LiveLab, weir: RunningWeir, host: string, link: string, filter: string): Running {
  const file = weir.path(`${link === 'lan0' ? link : host}.pcap`);
  // Without immediate mode what waits in its buffer is lost at the end.
  const options = [
    '-i',
    link,
    '-n',
    '-U',
    '--immediate-mode',
    '-B',
    '8192',
    '-s',
    '0',
    '-Z',
    'root',
    '-w',
    file,
  ];
  return lab.on(host, 'tcpdump', ...options, ...(filter === '' ? [] : [filter]));
}

/** Frames on a client's interface that belong to no flow of its own: ARP, and what others send to all or to many. */
function notItsOwn(mac: string): string {
  return `arp or (not ether src ${mac} and not ether dst ${mac})`;
}

/** Waits for another process in place of one that was killed. */
function another(weir: RunningWeir, name: string, before: Status): Promise<Status> {
  return weir.until(`new ${name}`, async () => {
    const now = await weir.running();
    return pidOf(name, now) === pidOf(name, before) ? undefined : now;
  });
}

function growth({ before, after }: Evidence, host: string): InterfaceBytes {
  const [from, to] = [before.get(host), after.get(host)];
  if (from === undefined || to === undefined) throw new Error(`no counters of ${host}`);
  return { received: to.received - from.received, sent: to.sent - from.sent };
}

/** Bytes of the frames of a capture, by whether the host of an address sent them. */
async function bytesOfOthers(path: string, mac: string): Promise<InterfaceBytes> {
  const captures = await openCaptures([path]);
  let received = 0;
  let sent = 0;
  try {
    for await (const { bytes, offset, original, first, end } of captures.batches()) {
      for (let i = first; i < end; i++) {
        const source = Buffer.from(bytes.subarray(offset[i]! + 6, offset[i]! + 12)).toString('hex');
        if (source === mac.replaceAll(':', '')) sent += original[i]!;
        else received += original[i]!;
      }
    }
  } finally {
    captures.close();
  }
  return { received, sent };
}

function isOfAttacker({ src_ip, dest_ip }: EveRecord): boolean {
  const attackers: readonly unknown[] = [ADDRESS.attacker, '2001:0db8:0066:0000:0000:0000:0000:0066'];
  return attackers.includes(src_ip) || attackers.includes(dest_ip);
}

/** Packets and bytes of TCP and UDP by community id. */
function flowTotals(records: readonly EveRecord[]): Map<string, string> {
  const totals = new Map<string, number[]>();
  for (const { event_type, proto, community_id, flow } of records) {
    if (event_type !== 'flow' || (proto !== 'TCP' && proto !== 'UDP')) continue;
    const counters = flow as Readonly<Record<string, number>>;
    const names = ['pkts_toserver', 'pkts_toclient', 'bytes_toserver', 'bytes_toclient'];
    const sums = totals.get(String(community_id)) ?? [0, 0, 0, 0];
    totals.set(
      String(community_id),
      names.map((name, index) => sums[index]! + counters[name]!),
    );
  }
  return new Map([...totals].map(([id, sums]) => [id, sums.join()]));
}

/** The entries in which two maps differ, in words. */
function difference(actual: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): string[] {
  return [...new Set([...actual.keys(), ...expected.keys()])]
    .filter((key) => actual.get(key) !== expected.get(key))
    .map((key) => `${key}: ${actual.get(key) ?? 'none'} instead of ${expected.get(key) ?? 'none'}`);
}

/** How many records there are of each type that is no flow. */
function transactionCounts(records: readonly EveRecord[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { event_type } of records) {
    // What weir makes of the records is not in a recording.
    if (event_type === 'correlation' || event_type === 'decision') continue;
    if (event_type !== 'flow') counts[String(event_type)] = (counts[String(event_type)] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).sort());
}

/** The first few records that are in one list and not, or not as often, in the other. */
function beyond(records: readonly EveRecord[], others: readonly EveRecord[]): string[] {
  const left = new Map<string, number>();
  for (const identity of others.map(identityOf)) left.set(identity, (left.get(identity) ?? 0) + 1);
  const found = records.map(identityOf).filter((identity) => {
    const count = left.get(identity) ?? 0;
    left.set(identity, count - 1);
    return count <= 0;
  });
  return found.slice(0, 5);
}

/** Records without those that are there already. */
function once(records: readonly EveRecord[]): EveRecord[] {
  return [...new Map(records.map((record) => [identityOf(record), record])).values()];
}

/** What tells a record from others: its members, in whatever order. */
function identityOf(record: EveRecord): string {
  return JSON.stringify(ordered(record));
}

function ordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, member]) => [name, ordered(member as Json)]));
}

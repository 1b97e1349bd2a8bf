import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FlowRecord, PackedFlows } from '../../event/index.ts';
import * as P from '../../event/packed-flow.ts';
import { parseAddress } from '../../net/index.ts';
import { EveWriter } from './eve.ts';
import { netflowLines } from './netflow.ts';

function record(name: string, risks: readonly string[], version: 4 | 6, protocol: number): FlowRecord {
  return {
    id: 42,
    uid: 'C1',
    version,
    protocol,
    clientAddress: version === 4 ? '192.0.2.1' : '2001:db8::1',
    serverAddress: version === 4 ? '192.0.2.2' : 'fe80::20c:29ff:fef3:cf38',
    clientPort: 40000,
    serverPort: 443,
    communityId: '1:abc=',
    startUs: 1_700_000_000_000_001,
    lastUs: 1_700_000_002_500_000,
    durationUs: 2_499_999,
    packets: [3, 2],
    bytes: [300, 2000],
    ipBytes: [258, 1972],
    payload: [100, 1800],
    state: 'established',
    reason: 'shutdown',
    tcp:
      protocol === 6
        ? {
            flags: 0x1b,
            flagsToServer: 0x1a,
            flagsToClient: 0x13,
            state: 'established',
            rttServerUs: 1000,
            rttClientUs: undefined,
            retransmissions: [1, 0],
            outOfOrder: [0, 0],
            zeroWindows: [0, 0],
            gaps: [0, 1],
            missed: [0, 12],
          }
        : undefined,
    connState: 'S1',
    history: 'ShADd',
    missedBytes: 12,
    services: ['ssl'],
    appProto: 'tls',
    appProtoToServer: undefined,
    appProtoToClient: undefined,
    appProtoOriginal: undefined,
    app: { protocol: 'TLS', application: '', category: 'Web', confidence: 'parser', risks, name },
    vlan: [7],
    tunnels: [],
    macs: undefined,
    ttl: [64, 64, 57, 58],
    icmp: undefined,
    midstream: false,
    transactions: 1,
    truncated: false,
    firstPacket: 1,
    partial: false,
    pack,
    packHead,
  } as FlowRecord;
}

function packHead(this: FlowRecord, { words, doubles }: PackedFlows, at: number): void {
  doubles[at >> 1] = this.id;
  words.set(parseAddress(this.clientAddress)!.words, at + P.PACKED_CLIENT);
  words.set(parseAddress(this.serverAddress)!.words, at + P.PACKED_SERVER);
  words[at + P.PACKED_PORTS] = (this.clientPort << 16) | this.serverPort;
  words[at + P.PACKED_KIND] = (this.version << 8) | this.protocol;
  words[at + P.PACKED_VLAN] = this.vlan[0]! | (1 << 24);
  words[at + P.PACKED_COMMUNITY] = 0;
}

function pack(this: FlowRecord, to: PackedFlows, at: number): void {
  const { words, doubles } = to;
  words.fill(0, at, at + P.PACKED_WORDS);
  this.packHead(to, at);
  doubles[(at >> 1) + P.PACKED_START_US] = this.startUs;
  doubles[(at >> 1) + P.PACKED_LAST_US] = this.lastUs;
  doubles.set(this.bytes, (at >> 1) + P.PACKED_BYTES);
  words.set(this.packets, at + P.PACKED_PACKETS);
  words[at + P.PACKED_STATE] = P.FLOW_STATES.indexOf(this.state);
  words[at + P.PACKED_REASON] = P.FLOW_REASONS.indexOf(this.reason);
  const { tcp } = this;
  if (tcp === undefined) return;
  words[at + P.PACKED_TCP_FLAGS] = tcp.flagsToServer | (tcp.flagsToClient << 8);
  words[at + P.PACKED_TCP_STATE] = P.TCP_STATES.indexOf('established');
  words.set([tcp.rttClientUs ?? -1, tcp.rttServerUs ?? -1], at + P.PACKED_RTT);
  words.set(tcp.retransmissions, at + P.PACKED_RETRANSMISSIONS);
  words.set(tcp.missed, at + P.PACKED_MISSED);
  words[at + P.PACKED_GAPS] = 2;
}

function flowLine(flow: FlowRecord): string {
  const lines: string[] = [];
  const writer = new EveWriter({ write: (line) => lines.push(line), close: () => {} });
  writer.flow(flow);
  writer.close();
  assert.equal(lines.length, 1);
  return lines[0]!;
}

test('whatever the traffic names itself, a flow is one line of JSON that says so', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  fc.assert(
    fc.property(
      text,
      fc.array(text, { maxLength: 3 }),
      fc.constantFrom(4, 6),
      fc.constantFrom(6, 17, 50),
      (name, risks, version, protocol) => {
        const line = flowLine(record(name, risks, version as 4 | 6, protocol));
        assert.equal(line.indexOf('\n'), line.length - 1);
        const parsed = JSON.parse(line) as Record<string, unknown>;
        const app = parsed.app as Record<string, unknown>;
        assert.equal(app.name ?? '', name.toWellFormed());
        assert.deepEqual(
          app.risks,
          risks.map((risk) => risk.toWellFormed()),
        );
        assert.equal('src_port' in parsed, protocol !== 50);
      },
    ),
  );
});

test('the members of a TCP flow', () => {
  const parsed = JSON.parse(flowLine(record('a.example', [], 6, 6))) as Record<string, unknown>;
  assert.equal(parsed.dest_ip, 'fe80:0000:0000:0000:020c:29ff:fef3:cf38');
  assert.deepEqual(parsed.vlan, [7]);
  const flow = parsed.flow as Record<string, unknown>;
  assert.deepEqual(
    { start: flow.start, end: flow.end, age: flow.age, state: flow.state, packets: flow.pkts_toserver },
    {
      start: '2023-11-14T22:13:20.000001+0000',
      end: '2023-11-14T22:13:22.500000+0000',
      age: 2,
      state: 'established',
      packets: 3,
    },
  );
  const tcp = parsed.tcp as Record<string, unknown>;
  assert.equal(tcp.tcp_flags, '1b');
  assert.equal(tcp.tcp_flags_tc, '13');
  assert.equal(tcp.psh, true);
  assert.equal(tcp.tc_gap, true);
  assert.equal('rst' in tcp, false);
});

test('netflow is the same flow, one record a side', () => {
  const lines = netflowLines(record('', [], 4, 6)).map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(lines.length, 2);
  assert.deepEqual(
    lines.map((line) => [line.src_ip, (line.netflow as Record<string, unknown>).bytes]),
    [
      ['192.0.2.1', 300],
      ['192.0.2.2', 2000],
    ],
  );
});

import type { FlowRecord, PackedFlows } from '../../event/index.ts';
import * as P from '../../event/packed-flow.ts';
import { ICMP, ICMPV6, type Packet, TCP } from '../packet/packet.ts';
import { hasCounterpart } from './icmp.ts';
import * as R from './record.ts';
import { closedByPeer, ESTABLISHED } from './states.ts';
import type { FlowTables } from './tables.ts';

const STATE_NEW = P.FLOW_STATES.indexOf('new');
const STATE_ESTABLISHED = P.FLOW_STATES.indexOf('established');
const STATE_CLOSED = P.FLOW_STATES.indexOf('closed');
const REASONS: Readonly<Record<FlowRecord['reason'], number>> = {
  timeout: P.FLOW_REASONS.indexOf('timeout'),
  shutdown: P.FLOW_REASONS.indexOf('shutdown'),
  forced: P.FLOW_REASONS.indexOf('forced'),
  tcp_reuse: P.FLOW_REASONS.indexOf('tcp_reuse'),
};
/** Microseconds of a start that go into an identity: 22 bits, below the serial number. */
const ID_MICROSECONDS = 4194304;

/** Identity of a flow within a run: its serial number, and something that differs from run to run of other captures. */
export function flowId(serial: number, startUs: number): number {
  return (serial >>> 0) * ID_MICROSECONDS + (startUs % ID_MICROSECONDS);
}

/** Packs what the records of a flow's packets say of it (see event/packed-flow.ts). */
export function packHead(tables: FlowTables, w: number, to: PackedFlows, at: number): void {
  const { words, doubles } = tables.flows;
  const target = to.words;
  const kind = words[w + R.KIND]!;
  const ports = words[w + R.PORTS]!;
  const protocol = kind & 0xff;
  to.doubles[at >> 1] = flowId(words[w + R.SERIAL]!, doubles[(w >> 1) + R.START_US]!);
  for (let i = 0; i < 8; i++) target[at + P.PACKED_CLIENT + i] = words[w + R.CLIENT + i]!;
  target[at + P.PACKED_PORTS] = ports;
  target[at + P.PACKED_KIND] = kind;
  target[at + P.PACKED_VLAN] = words[w + R.VLAN]!;
  target[at + P.PACKED_VLAN3] = (words[w + R.TUNNEL]! >>> 16) & 0xfff;
  const oneWay = (protocol === ICMP || protocol === ICMPV6) && !hasCounterpart(protocol, ports >>> 16);
  target[at + P.PACKED_COMMUNITY] = tables.communitySeed | (oneWay ? P.COMMUNITY_ONE_WAY : 0);
}

/** Packs the addresses of a packet that belongs to no flow. */
export function packPacket(p: Packet, to: PackedFlows, at: number): void {
  const target = to.words;
  target[at + P.PACKED_CLIENT] = p.src0;
  target[at + P.PACKED_CLIENT + 1] = p.src1;
  target[at + P.PACKED_CLIENT + 2] = p.src2;
  target[at + P.PACKED_CLIENT + 3] = p.src3;
  target[at + P.PACKED_SERVER] = p.dst0;
  target[at + P.PACKED_SERVER + 1] = p.dst1;
  target[at + P.PACKED_SERVER + 2] = p.dst2;
  target[at + P.PACKED_SERVER + 3] = p.dst3;
  target[at + P.PACKED_PORTS] = (p.srcPort << 16) | p.dstPort;
  target[at + P.PACKED_KIND] = (p.ipVersion << 8) | (p.protocol & 0xff);
}

/** Packs a flow. */
export function pack(
  tables: FlowTables,
  w: number,
  reason: FlowRecord['reason'],
  to: PackedFlows,
  at: number,
): void {
  packHead(tables, w, to, at);
  const { words, doubles } = tables.flows;
  const target = to.words;
  const d = w >> 1;
  const e = at >> 1;
  const tcp = (words[w + R.KIND]! & 0xff) === TCP;
  const flags = words[w + R.FLAGS]!;
  to.doubles[e + P.PACKED_START_US] = doubles[d + R.START_US]!;
  to.doubles[e + P.PACKED_LAST_US] = doubles[d + R.LAST_US]!;
  to.doubles[e + P.PACKED_BYTES] = doubles[d + R.BYTES]!;
  to.doubles[e + P.PACKED_BYTES + 1] = doubles[d + R.BYTES + 1]!;
  target[at + P.PACKED_PACKETS] = words[w + R.PACKETS]!;
  target[at + P.PACKED_PACKETS + 1] = words[w + R.PACKETS + 1]!;
  target[at + P.PACKED_STATE] = stateOf(tcp, words[w + R.STATES]! & 15, flags);
  target[at + P.PACKED_REASON] = REASONS[reason];
  target[at + P.PACKED_TRANSACTIONS] = words[w + R.TRANSACTIONS]!;
  target[at + P.PACKED_ICMP] = words[w + R.ICMP]!;
  target[at + P.PACKED_ICMP_ANSWERED] = words[w + R.PACKETS + 1] === 0 ? 0 : 1;
  target[at + P.PACKED_TRUNCATED] = (flags & R.FLAG_TRUNCATED) === 0 ? 0 : 1;
  target[at + P.PACKED_SAMPLED_OUT] = (flags & R.FLAG_SAMPLED_OUT) === 0 ? 0 : 1;
  if (!tcp) return;
  target[at + P.PACKED_TCP_FLAGS] = words[w + R.TCP_FLAGS]!;
  target[at + P.PACKED_TCP_STATE] = words[w + R.STATES]! & 15;
  copyPair(words, w + R.RTT, target, at + P.PACKED_RTT);
  copyPair(words, w + R.RETRANSMISSIONS, target, at + P.PACKED_RETRANSMISSIONS);
  copyPair(words, w + R.OUT_OF_ORDER, target, at + P.PACKED_OUT_OF_ORDER);
  copyPair(words, w + R.ZERO_WINDOW, target, at + P.PACKED_ZERO_WINDOWS);
  copyPair(words, w + R.MISSED, target, at + P.PACKED_MISSED);
  const clientGap = words[w + R.GAPS] !== 0 || (flags & R.FLAG_HOLE_CLIENT) !== 0;
  const serverGap = words[w + R.GAPS + 1] !== 0 || (flags & R.FLAG_HOLE_SERVER) !== 0;
  target[at + P.PACKED_GAPS] = (clientGap ? 1 : 0) | (serverGap ? 2 : 0);
}

function stateOf(tcp: boolean, state: number, flags: number): number {
  if (!tcp) return (flags & R.FLAG_ANSWERED) === 0 ? STATE_NEW : STATE_ESTABLISHED;
  if (closedByPeer(state)) return STATE_CLOSED;
  return state >= ESTABLISHED ? STATE_ESTABLISHED : STATE_NEW;
}

function copyPair(from: Int32Array, at: number, to: Int32Array, target: number): void {
  to[target] = from[at]!;
  to[target + 1] = from[at + 1]!;
}

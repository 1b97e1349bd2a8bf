import * as P from '../../event/packed-flow.ts';
import type { ByteOutput } from '../byte-output.ts';
import * as E from './entries.ts';
import { putCommunity, putEndpoints, putFlowId, putVlans } from './head.ts';
import { piece, put, putHexByte, putInteger, putTime } from './json-bytes.ts';

/** EVE's names of the TCP flags, from the lowest bit on. */
export const FLAG_NAMES = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ecn', 'cwr'] as const;

/** Bytes of a flow record at most, besides those of its names. */
export const FLOW_BYTES = 2048;

const TIMESTAMP = piece('{"timestamp":"');
const NEXT = piece('",');
const EVENT_TYPE = piece(',"event_type":"flow"');
const ICMP_TYPE = piece(',"icmp_type":');
const ICMP_CODE = piece(',"icmp_code":');
const RESPONSE_TYPE = piece(',"response_icmp_type":');
const RESPONSE_CODE = piece(',"response_icmp_code":');
const APP_PROTO = piece(',"app_proto":"');
const APP_PROTO_TS = piece('","app_proto_ts":"');
const APP_PROTO_TC = piece('","app_proto_tc":"');
const APP_PROTO_ORIG = piece('","app_proto_orig":"');
const QUOTE = piece('"');
const APP = piece(',"app":{"protocol":"');
const APPLICATION = piece('","application":"');
const CATEGORY = piece('","category":"');
const CONFIDENCE = piece('","confidence":"');
const RISKS = piece('","risks":');
const NO_RISKS = piece('[]');
const NAME = piece(',"name":');
const PACKETS_UP = piece('},"flow":{"pkts_toserver":');
const PACKETS_DOWN = piece(',"pkts_toclient":');
const BYTES_UP = piece(',"bytes_toserver":');
const BYTES_DOWN = piece(',"bytes_toclient":');
const START = piece(',"start":"');
const END = piece('","end":"');
const AGE = piece('","age":');
const STATES = P.FLOW_STATES.map((state) => piece(`,"state":"${state}`));
const REASONS = P.FLOW_REASONS.map((reason) => piece(`","reason":"${reason}","alerted":false`));
const TRUNCATED = piece(',"truncated":true');
const SAMPLED_OUT = piece(',"sampled_out":true');
const TRANSACTIONS = piece(',"tx_cnt":');
const CLOSE = piece('}');
const TCP = piece(',"tcp":{"tcp_flags":"');
const FLAGS_UP = piece('","tcp_flags_ts":"');
const FLAGS_DOWN = piece('","tcp_flags_tc":"');
const TCP_STATES = P.TCP_STATES.map((state) => piece(`,"state":"${state}"`));
const GAP_UP = piece(',"ts_gap":true');
const GAP_DOWN = piece(',"tc_gap":true');
const RTT_SERVER = piece(',"rtt_server_us":');
const RTT_CLIENT = piece(',"rtt_client_us":');
const COUNTERS = [
  [P.PACKED_RETRANSMISSIONS, piece(',"retransmissions_ts":'), piece(',"retransmissions_tc":')],
  [P.PACKED_OUT_OF_ORDER, piece(',"out_of_order_ts":'), piece(',"out_of_order_tc":')],
  [P.PACKED_ZERO_WINDOWS, piece(',"zero_windows_ts":'), piece(',"zero_windows_tc":')],
  [P.PACKED_MISSED, piece(',"missed_bytes_ts":'), piece(',"missed_bytes_tc":')],
] as const;
const ETHER = piece(',"ether":');
const TUNNEL = piece(',"tunnel":');
const LINE_END = piece('}\n');
const PROTOCOL_TCP = 6;
const PROTOCOL_ICMP = 1;
const PROTOCOL_ICMPV6 = 58;

/** `"syn":true,"ack":true` for each combination of TCP flags, behind the two digits of the server's. */
const FLAG_MEMBERS = Array.from({ length: 256 }, (_, flags) =>
  piece(
    `"${FLAG_NAMES.filter((_name, bit) => (flags & (1 << bit)) !== 0)
      .map((name) => `,"${name}":true`)
      .join('')}`,
  ),
);

/**
 * Puts the `flow` record of the entry at word `e`. There is one for every flow, a million in a small capture: it is
 * written byte by byte, from numbers and from names that were made ready for JSON once.
 */
export function putFlow(
  out: ByteOutput,
  words: Int32Array,
  doubles: Float64Array,
  bytes: Uint8Array,
  e: number,
  names: readonly Uint8Array[],
): void {
  const w = e + E.FLOW_PACKED;
  const d = w >> 1;
  const kind = words[w + P.PACKED_KIND]!;
  const protocol = kind & 0xff;
  const start = doubles[d + P.PACKED_START_US]!;
  const last = doubles[d + P.PACKED_LAST_US]!;
  put(out, TIMESTAMP);
  const endAt = out.used;
  putTime(out, last);
  const endLength = out.used - endAt;
  put(out, NEXT);
  putFlowId(out, doubles, d);
  put(out, EVENT_TYPE);
  putVlans(out, words, w);
  putEndpoints(out, words, w, 0);
  if (protocol === PROTOCOL_ICMP || protocol === PROTOCOL_ICMPV6) putIcmp(out, words, w);
  putCommunity(out, words, doubles, w, false);
  putApplication(out, words, bytes, e, names);
  put(out, PACKETS_UP);
  putInteger(out, words[w + P.PACKED_PACKETS]! >>> 0);
  put(out, PACKETS_DOWN);
  putInteger(out, words[w + P.PACKED_PACKETS + 1]! >>> 0);
  put(out, BYTES_UP);
  putInteger(out, doubles[d + P.PACKED_BYTES]!);
  put(out, BYTES_DOWN);
  putInteger(out, doubles[d + P.PACKED_BYTES + 1]!);
  put(out, START);
  putTime(out, start);
  put(out, END);
  out.bytes.copyWithin(out.used, endAt, endAt + endLength);
  out.used += endLength;
  put(out, AGE);
  putInteger(out, Math.floor(last / 1e6) - Math.floor(start / 1e6));
  put(out, STATES[words[w + P.PACKED_STATE]!]!);
  put(out, REASONS[words[w + P.PACKED_REASON]!]!);
  if (words[w + P.PACKED_TRUNCATED] !== 0) put(out, TRUNCATED);
  if (words[w + P.PACKED_SAMPLED_OUT] !== 0) put(out, SAMPLED_OUT);
  put(out, TRANSACTIONS);
  putInteger(out, words[w + P.PACKED_TRANSACTIONS]! >>> 0);
  put(out, CLOSE);
  if (protocol === PROTOCOL_TCP) putTcp(out, words, w);
  putObject(out, ETHER, names[words[e + E.FLOW_ETHER]!]!);
  putObject(out, TUNNEL, names[words[e + E.FLOW_TUNNEL]!]!);
  put(out, LINE_END);
}

function putObject(out: ByteOutput, member: Uint8Array, object: Uint8Array): void {
  if (object.length === 0) return;
  put(out, member);
  put(out, object);
}

function putIcmp(out: ByteOutput, words: Int32Array, w: number): void {
  const packed = words[w + P.PACKED_ICMP]!;
  put(out, ICMP_TYPE);
  putInteger(out, packed & 255);
  put(out, ICMP_CODE);
  putInteger(out, (packed >> 8) & 255);
  if (words[w + P.PACKED_ICMP_ANSWERED] === 0) return;
  put(out, RESPONSE_TYPE);
  putInteger(out, (packed >> 16) & 255);
  put(out, RESPONSE_CODE);
  putInteger(out, packed >>> 24);
}

function putApplication(
  out: ByteOutput,
  words: Int32Array,
  bytes: Uint8Array,
  e: number,
  names: readonly Uint8Array[],
): void {
  if (words[e + E.FLOW_APP_PROTO] !== 0) {
    put(out, APP_PROTO);
    put(out, names[words[e + E.FLOW_APP_PROTO]!]!);
    putName(out, APP_PROTO_TS, names[words[e + E.FLOW_APP_PROTO_TS]!]!);
    putName(out, APP_PROTO_TC, names[words[e + E.FLOW_APP_PROTO_TC]!]!);
    putName(out, APP_PROTO_ORIG, names[words[e + E.FLOW_APP_PROTO_ORIG]!]!);
    put(out, QUOTE);
  }
  put(out, APP);
  put(out, names[words[e + E.FLOW_PROTOCOL]!]!);
  put(out, APPLICATION);
  put(out, names[words[e + E.FLOW_APPLICATION]!]!);
  put(out, CATEGORY);
  put(out, names[words[e + E.FLOW_CATEGORY]!]!);
  put(out, CONFIDENCE);
  put(out, names[words[e + E.FLOW_CONFIDENCE]!]!);
  put(out, RISKS);
  const risks = words[e + E.FLOW_RISKS]!;
  put(out, risks === 0 ? NO_RISKS : names[risks]!);
  const length = words[e + E.FLOW_NAME_BYTES]!;
  if (length === 0) return;
  put(out, NAME);
  const from = (e + E.FLOW_START) * 4;
  for (let i = 0; i < length; i++) out.bytes[out.used++] = bytes[from + i]!;
}

function putName(out: ByteOutput, member: Uint8Array, name: Uint8Array): void {
  if (name.length === 0) return;
  put(out, member);
  put(out, name);
}

function putTcp(out: ByteOutput, words: Int32Array, w: number): void {
  const up = words[w + P.PACKED_TCP_FLAGS]! & 255;
  const down = (words[w + P.PACKED_TCP_FLAGS]! >> 8) & 255;
  put(out, TCP);
  putHexByte(out, up | down);
  put(out, FLAGS_UP);
  putHexByte(out, up);
  put(out, FLAGS_DOWN);
  putHexByte(out, down);
  put(out, FLAG_MEMBERS[up | down]!);
  put(out, TCP_STATES[words[w + P.PACKED_TCP_STATE]!]!);
  const gaps = words[w + P.PACKED_GAPS]!;
  if ((gaps & 1) !== 0) put(out, GAP_UP);
  if ((gaps & 2) !== 0) put(out, GAP_DOWN);
  const toServer = words[w + P.PACKED_RTT + 1]!;
  const toClient = words[w + P.PACKED_RTT]!;
  if (toServer >= 0) {
    put(out, RTT_SERVER);
    putInteger(out, toServer);
  }
  if (toClient >= 0) {
    put(out, RTT_CLIENT);
    putInteger(out, toClient);
  }
  for (const [at, nameUp, nameDown] of COUNTERS) {
    const counted = words[w + at]!;
    const other = words[w + at + 1]!;
    if ((counted | other) === 0) continue;
    put(out, nameUp);
    putInteger(out, counted >>> 0);
    put(out, nameDown);
    putInteger(out, other >>> 0);
  }
  put(out, CLOSE);
}

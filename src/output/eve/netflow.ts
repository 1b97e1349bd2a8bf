import type { FlowRecord } from '../../event/index.ts';
import { formatTime } from '../../event/index.ts';
import { hasPorts, protocolName } from '../protocol-names.ts';
import { eveAddress } from './address.ts';
import { FLAG_NAMES } from './flow.ts';

/** The flow as two one-way records, as Suricata's `netflow` logger writes them; a silent side has none. */
export function netflowLines(flow: FlowRecord): string[] {
  const lines: string[] = [];
  for (const direction of [0, 1] as const) {
    if (flow.packets[direction] === 0) continue;
    lines.push(`${JSON.stringify(record(flow, direction))}\n`);
  }
  return lines;
}

function record(flow: FlowRecord, direction: 0 | 1): Record<string, unknown> {
  const up = direction === 0;
  const ports = hasPorts(flow.protocol);
  const [min0, max0, min1, max1] = flow.ttl;
  const age = Math.floor(flow.lastUs / 1e6) - Math.floor(flow.startUs / 1e6);
  const flags = up ? flow.tcp?.flagsToServer : flow.tcp?.flagsToClient;
  return {
    timestamp: formatTime(flow.lastUs),
    flow_id: flow.id,
    event_type: 'netflow',
    src_ip: eveAddress(flow.version, up ? flow.clientAddress : flow.serverAddress),
    ...(ports ? { src_port: up ? flow.clientPort : flow.serverPort } : {}),
    dest_ip: eveAddress(flow.version, up ? flow.serverAddress : flow.clientAddress),
    ...(ports ? { dest_port: up ? flow.serverPort : flow.clientPort } : {}),
    proto: protocolName(flow.protocol),
    ...(flow.icmp === undefined ? {} : icmp(flow.icmp, up)),
    community_id: flow.communityId,
    app_proto: flow.appProto,
    netflow: {
      pkts: flow.packets[direction],
      bytes: flow.bytes[direction],
      start: formatTime(flow.startUs),
      end: formatTime(flow.lastUs),
      age,
      min_ttl: up ? min0 : min1,
      max_ttl: up ? max0 : max1,
      tx_cnt: flow.transactions,
    },
    ...(flags === undefined ? {} : { tcp: tcpFlags(flags) }),
    ...(flow.macs === undefined ? {} : { ether: ether(flow.macs, up) }),
  };
}

function icmp(record: NonNullable<FlowRecord['icmp']>, up: boolean): Record<string, unknown> {
  return up
    ? { icmp_type: record.type, icmp_code: record.code }
    : { icmp_type: record.responseType, icmp_code: record.responseCode };
}

function ether(macs: NonNullable<FlowRecord['macs']>, up: boolean): Record<string, unknown> {
  const destinations = [macs.destination, ...(macs.further?.destination ?? [])];
  const sources = [macs.source, ...(macs.further?.source ?? [])];
  return { dest_macs: up ? destinations : sources, src_macs: up ? sources : destinations };
}

function tcpFlags(flags: number): Record<string, unknown> {
  const set = FLAG_NAMES.filter((_, bit) => (flags & (1 << bit)) !== 0).map((name) => [name, true] as const);
  return { tcp_flags: flags.toString(16).padStart(2, '0'), ...Object.fromEntries(set) };
}

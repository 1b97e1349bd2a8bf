import type { FlowRecord, TcpRecord } from '../../event/index.ts';
import { hasPorts, protocolName } from '../protocol-names.ts';
import { formatTime } from '../time.ts';
import { eveAddress } from './address.ts';

/**
 * The `flow` record as one line. There is one for every flow, a million in a small capture: it is put together from
 * parts that cannot need escaping (numbers, addresses, names from our own tables); names from the traffic go
 * through JSON.stringify. A test holds it against JSON.parse.
 */
export function flowLine(flow: FlowRecord): string {
  const [packetsUp, packetsDown] = flow.packets;
  const [bytesUp, bytesDown] = flow.bytes;
  const ports = hasPorts(flow.protocol);
  const age = Math.floor(flow.lastUs / 1e6) - Math.floor(flow.startUs / 1e6);
  const end = formatTime(flow.lastUs);
  let line = `{"timestamp":"${end}","flow_id":${flow.id},"event_type":"flow"`;
  if (flow.vlan.length > 0) line += `,"vlan":${JSON.stringify(flow.vlan)}`;
  line += `,"src_ip":"${eveAddress(flow.version, flow.clientAddress)}"`;
  if (ports) line += `,"src_port":${flow.clientPort}`;
  line += `,"dest_ip":"${eveAddress(flow.version, flow.serverAddress)}"`;
  if (ports) line += `,"dest_port":${flow.serverPort}`;
  line += `,"proto":"${protocolName(flow.protocol)}","ip_v":${flow.version}`;
  if (flow.icmp !== undefined) line += icmpMembers(flow.icmp);
  line += `,"community_id":"${flow.communityId}"`;
  line += applicationMembers(flow);
  line += `,"flow":{"pkts_toserver":${packetsUp},"pkts_toclient":${packetsDown},"bytes_toserver":${bytesUp},"bytes_toclient":${bytesDown},"start":"${formatTime(flow.startUs)}","end":"${end}","age":${age},"state":"${flow.state}","reason":"${flow.reason}","alerted":false,"tx_cnt":${flow.transactions}}`;
  const tcp = flow.tcp;
  if (tcp !== undefined) line += tcpMember(tcp);
  const macs = flow.macs;
  if (macs !== undefined) {
    line += etherMember(macs);
  }
  if (flow.tunnels.length > 0) line += tunnelMember(flow);
  return `${line}}\n`;
}

let lastMacs: FlowRecord['macs'];
let lastEther = '';

/** The `ether` member; flows of the same two ends give the same object, and so the same text. */
function etherMember(macs: NonNullable<FlowRecord['macs']>): string {
  if (macs === lastMacs) return lastEther;
  const destinations = quotedList(macs.destination, macs.further?.destination);
  lastEther = `,"ether":{"dest_macs":${destinations},"src_macs":${quotedList(macs.source, macs.further?.source)}}`;
  lastMacs = macs;
  return lastEther;
}

function quotedList(first: string, others: readonly string[] | undefined): string {
  return others === undefined ? `["${first}"]` : JSON.stringify([first, ...others]);
}

function icmpMembers(icmp: NonNullable<FlowRecord['icmp']>): string {
  const asked = `,"icmp_type":${icmp.type},"icmp_code":${icmp.code}`;
  if (icmp.responseType === undefined) return asked;
  return `${asked},"response_icmp_type":${icmp.responseType},"response_icmp_code":${icmp.responseCode ?? 0}`;
}

function applicationMembers(flow: FlowRecord): string {
  let members = '';
  const name = flow.appProto;
  if (name !== undefined) members += `,"app_proto":"${name}"`;
  if (flow.appProtoToServer !== undefined) members += `,"app_proto_ts":"${flow.appProtoToServer}"`;
  if (flow.appProtoToClient !== undefined) members += `,"app_proto_tc":"${flow.appProtoToClient}"`;
  if (flow.appProtoOriginal !== undefined) members += `,"app_proto_orig":"${flow.appProtoOriginal}"`;
  const app = flow.app;
  members += `,"app":{"protocol":"${app.protocol}","application":"${app.application}","category":"${app.category}","confidence":"${app.confidence}","risks":${app.risks.length === 0 ? '[]' : JSON.stringify(app.risks)}`;
  if (app.name !== '') members += `,"name":${JSON.stringify(app.name)}`;
  return `${members}}`;
}

function tcpMember(tcp: TcpRecord): string {
  let member = `,"tcp":{"tcp_flags":"${hexFlags(tcp.flags)}","tcp_flags_ts":"${hexFlags(tcp.flagsToServer)}","tcp_flags_tc":"${hexFlags(tcp.flagsToClient)}"`;
  for (let i = 0; i < FLAG_NAMES.length; i++) {
    if ((tcp.flags & (1 << i)) !== 0) member += `,"${FLAG_NAMES[i]}":true`;
  }
  member += `,"state":"${tcp.state}"`;
  if (tcp.gaps[0] > 0) member += ',"ts_gap":true';
  if (tcp.gaps[1] > 0) member += ',"tc_gap":true';
  if (tcp.rttServerUs !== undefined) member += `,"rtt_server_us":${tcp.rttServerUs}`;
  if (tcp.rttClientUs !== undefined) member += `,"rtt_client_us":${tcp.rttClientUs}`;
  member += counter('retransmissions', tcp.retransmissions);
  member += counter('out_of_order', tcp.outOfOrder);
  member += counter('zero_windows', tcp.zeroWindows);
  member += counter('missed_bytes', tcp.missed);
  return `${member}}`;
}

/** EVE's names of the TCP flags, from the lowest bit on. */
export const FLAG_NAMES = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ecn', 'cwr'] as const;

/** TCP flags as two hexadecimal digits. */
export function hexFlags(flags: number): string {
  return flags < 16 ? `0${flags.toString(16)}` : flags.toString(16);
}

function counter(name: string, [up, down]: readonly [number, number]): string {
  return up === 0 && down === 0 ? '' : `,"${name}_ts":${up},"${name}_tc":${down}`;
}

function tunnelMember(flow: FlowRecord): string {
  const chain = flow.tunnels.map((tunnel) => ({
    kind: tunnel.kind,
    id: tunnel.id,
    src_ip: tunnel.source,
    src_port: tunnel.sourcePort,
    dest_ip: tunnel.destination,
    dest_port: tunnel.destinationPort,
    proto: protocolName(tunnel.protocol),
  }));
  return `,"tunnel":${JSON.stringify({ ...chain.at(-1), depth: chain.length, chain })}`;
}

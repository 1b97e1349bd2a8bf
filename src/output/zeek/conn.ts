import type { FlowRecord, ZeekLog, ZeekRow } from '../../event/index.ts';
import { visibleServices } from './partial.ts';

/** Zeek's conn.log (scripts/base/protocols/conn/main.zeek). */
export const connLog: ZeekLog = {
  path: 'conn',
  connection: true,
  columns: [
    ['proto', 'enum'],
    ['service', 'string'],
    ['duration', 'interval'],
    ['orig_bytes', 'count'],
    ['resp_bytes', 'count'],
    ['conn_state', 'string'],
    ['local_orig', 'bool'],
    ['local_resp', 'bool'],
    ['missed_bytes', 'count'],
    ['history', 'string'],
    ['orig_pkts', 'count'],
    ['orig_ip_bytes', 'count'],
    ['resp_pkts', 'count'],
    ['resp_ip_bytes', 'count'],
    ['tunnel_parents', 'set[string]'],
    ['ip_proto', 'count'],
  ],
};

/** The row of a flow. Durations and byte counts are unset where all happened in one packet. */
export function connRow(flow: FlowRecord): ZeekRow {
  const lasting = flow.durationUs > 0;
  const [up, down] = hasPayload(flow.protocol) ? flow.payload : [0, 0];
  const services = visibleServices(flow).join(',') || undefined;
  return {
    log: connLog,
    timeUs: flow.startUs,
    values: [
      transport(flow.protocol),
      services,
      lasting ? flow.durationUs : undefined,
      lasting ? up : undefined,
      lasting ? down : undefined,
      flow.connState,
      isLocal(flow.version, flow.clientAddress),
      isLocal(flow.version, flow.serverAddress),
      flow.missedBytes,
      flow.history === '' ? undefined : flow.history,
      flow.packets[0],
      flow.ipBytes[0],
      flow.packets[1],
      flow.ipBytes[1],
      flow.tunnels.length > 0 ? [tunnelUid(flow)] : undefined,
      flow.protocol,
    ],
  };
}

/** Zeek looks into TCP, UDP and ICMP only: of other protocols it knows neither ports nor what is payload. */
export function hasPayload(protocol: number): boolean {
  return protocol === 6 || protocol === 17 || protocol === 1 || protocol === 58;
}

/** What Zeek counts as connection: not the tunnels IP in IP, 6in4 and GRE, and not IPv6 without content. */
export function isConnection(protocol: number): boolean {
  return protocol !== 4 && protocol !== 41 && protocol !== 47 && protocol !== 59;
}

function transport(protocol: number): string {
  if (protocol === 6) return 'tcp';
  if (protocol === 17) return 'udp';
  return protocol === 1 || protocol === 58 ? 'icmp' : 'unknown_transport';
}

/** A name of the tunnel that is the same for all flows inside of it. */
function tunnelUid(flow: FlowRecord): string {
  const tunnel = flow.tunnels.at(-1);
  return tunnel === undefined ? '-' : `T${tunnel.kind}-${tunnel.id}-${tunnel.source}-${tunnel.destination}`;
}

/** Private address space (RFC 1918, RFC 4193, RFC 6598, link-local and loopback), Zeek's default of local networks. */
export function isLocal(version: number, address: string): boolean {
  if (version === 6) return /^f[cd]|^fe[89ab]|^::1?$/.test(address);
  const [a = 0, b = 0] = address.split('.', 2).map(Number);
  return (
    a === 10 ||
    a === 127 ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 169 && b === 254) ||
    (a === 100 && b >= 64 && b < 128)
  );
}

import type { FlowProgress, FlowRecord } from '../../event/index.ts';
import { formatTime } from '../../event/index.ts';
import { hasPorts, protocolName } from '../protocol-names.ts';
import { eveAddress } from './address.ts';

/** The `flow_progress` record of an open flow, as a line. */
export function progressLine(flow: FlowRecord, progress: FlowProgress): string {
  const { packets, bytes, macs, app, vlan, version } = flow;
  const ports = hasPorts(flow.protocol);
  const end = formatTime(flow.lastUs);
  const record = {
    timestamp: end,
    flow_id: flow.id,
    event_type: 'flow_progress',
    ...(vlan.length === 0 ? {} : { vlan }),
    src_ip: eveAddress(version, flow.clientAddress),
    ...(ports ? { src_port: flow.clientPort } : {}),
    dest_ip: eveAddress(version, flow.serverAddress),
    ...(ports ? { dest_port: flow.serverPort } : {}),
    proto: protocolName(flow.protocol),
    ip_v: version,
    community_id: flow.communityId,
    app_proto: flow.appProto,
    app: {
      protocol: app.protocol,
      application: app.application,
      category: app.category,
      confidence: app.confidence,
      ...(app.name === '' ? {} : { name: app.name }),
      // A server that nobody vouches for is to be known before its connection times out.
      ...(app.risks.length === 0 ? {} : { risks: app.risks }),
    },
    flow_progress: {
      pkts_toserver: progress.packets[0],
      pkts_toclient: progress.packets[1],
      bytes_toserver: progress.bytes[0],
      bytes_toclient: progress.bytes[1],
      since: formatTime(progress.sinceUs),
      total: {
        pkts_toserver: packets[0],
        pkts_toclient: packets[1],
        bytes_toserver: bytes[0],
        bytes_toclient: bytes[1],
      },
      start: formatTime(flow.startUs),
      end,
      age: Math.floor(flow.lastUs / 1e6) - Math.floor(flow.startUs / 1e6),
      state: flow.state,
      // Not to be waited for until the connection times out either.
      ...(flow.tcp?.rttServerUs === undefined ? {} : { rtt_server_us: flow.tcp.rttServerUs }),
      ...(flow.tcp?.rttClientUs === undefined ? {} : { rtt_client_us: flow.tcp.rttClientUs }),
    },
    ...(macs === undefined
      ? {}
      : {
          ether: {
            dest_macs: [macs.destination, ...(macs.further?.destination ?? [])],
            src_macs: [macs.source, ...(macs.further?.source ?? [])],
          },
        }),
  };
  return `${JSON.stringify(record)}\n`;
}

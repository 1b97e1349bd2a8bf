import type {
  Anomaly,
  FlowRecord,
  LoosePacket,
  Occasion,
  RecordSink,
  Transaction,
} from '../../event/index.ts';
import { type LineOutput, LineWriter } from '../line-writer.ts';
import { hasPorts, protocolName } from '../protocol-names.ts';
import { formatTime } from '../time.ts';
import { eveAddress } from './address.ts';
import { flowLine } from './flow.ts';
import { netflowLines } from './netflow.ts';

/** Which records are written. */
export interface EveOptions {
  /** `event_type`s to write; undefined: all but `netflow`. */
  readonly types?: Pick<ReadonlySet<string>, 'has'> | undefined;
}

/** Writes EVE JSON, one object a line, with Suricata's field names. */
export class EveWriter implements RecordSink {
  private readonly writer: LineOutput;
  private readonly types: EveOptions['types'];
  private prefixOf = -1;
  private prefix = '';

  /** `output` is a path (`-`: standard output) or what takes the lines. */
  constructor(output: string | LineOutput, options: EveOptions = {}) {
    this.writer = typeof output === 'string' ? new LineWriter(output) : output;
    this.types = options.types;
  }

  transaction(flow: FlowRecord, transaction: Transaction, at: Occasion): void {
    if (transaction.zeekOnly || (this.types !== undefined && !this.types.has(transaction.type))) return;
    const body = transaction.eve();
    const head = this.head(transaction.type, at, flow);
    const txId = at.transaction >= 0 && body.tx_id === undefined ? `,"tx_id":${at.transaction}` : '';
    const appProto = flow.appProto;
    const app = appProto === undefined || body.app_proto !== undefined ? '' : `,"app_proto":"${appProto}"`;
    // The body is an object of its own; its members follow the envelope's.
    this.writer.write(`${head}${txId}${app},${JSON.stringify(body).slice(1)}\n`);
  }

  flow(flow: FlowRecord): void {
    if (this.types === undefined || this.types.has('flow')) this.writer.write(flowLine(flow));
    if (this.types?.has('netflow')) for (const line of netflowLines(flow)) this.writer.write(line);
  }

  anomaly(
    anomaly: Anomaly,
    at: Occasion,
    flow: FlowRecord | undefined,
    packet: LoosePacket | undefined,
  ): void {
    if (this.types !== undefined && !this.types.has('anomaly')) return;
    const head = flow === undefined ? looseHead('anomaly', at, packet) : this.head('anomaly', at, flow);
    const body = {
      ...(packet === undefined || packet.version !== 0 ? {} : { ether: { ether_type: packet.etherType } }),
      anomaly: {
        ...(anomaly.appProto === undefined ? {} : { app_proto: anomaly.appProto }),
        type: anomaly.type,
        event: anomaly.event,
        layer: anomaly.layer,
      },
    };
    const txId = anomaly.type === 'applayer' && at.transaction >= 0 ? `,"tx_id":${at.transaction}` : '';
    this.writer.write(`${head}${txId},${JSON.stringify(body).slice(1)}\n`);
  }

  close(): void {
    this.writer.close();
  }

  /** The members that every record of a flow begins with. The part that only the flow decides is kept. */
  private head(type: string, at: Occasion, flow: FlowRecord): string {
    const key = flow.id * 2 + at.direction;
    if (this.prefixOf !== key) {
      this.prefixOf = key;
      this.prefix = flowPrefix(flow, at.direction);
    }
    const where =
      at.packet > 0 ? `"pcap_cnt":${at.packet},"pkt_src":"wire/pcap",` : '"pkt_src":"stream (flow timeout)",';
    return `{"timestamp":"${formatTime(at.timeUs)}",${where}"event_type":"${type}",${this.prefix}`;
  }
}

/** Addresses of a flow as seen by a packet of a direction, and what joins its records. */
function flowPrefix(flow: FlowRecord, direction: 0 | 1): string {
  const client = endpoint(
    flow,
    eveAddress(flow.version, flow.clientAddress),
    flow.clientPort,
    direction === 0,
  );
  const server = endpoint(
    flow,
    eveAddress(flow.version, flow.serverAddress),
    flow.serverPort,
    direction === 1,
  );
  const vlan = flow.vlan.length > 0 ? `,"vlan":${JSON.stringify(flow.vlan)}` : '';
  return `"flow_id":${flow.id}${vlan},${direction === 0 ? `${client},${server}` : `${server},${client}`},"proto":"${protocolName(flow.protocol)}","ip_v":${flow.version},"community_id":"${flow.communityId}"`;
}

function endpoint(flow: FlowRecord, address: string, port: number, source: boolean): string {
  const name = source ? 'src' : 'dest';
  const hasPort = hasPorts(flow.protocol);
  return `"${name}_ip":"${address}"${hasPort ? `,"${name}_port":${port}` : ''}`;
}

function looseHead(type: string, at: Occasion, packet: LoosePacket | undefined): string {
  const record: Record<string, unknown> = {
    timestamp: formatTime(at.timeUs),
    pcap_cnt: at.packet,
    pkt_src: 'wire/pcap',
    event_type: type,
  };
  if (packet !== undefined && packet.version !== 0) {
    const ports = hasPorts(packet.protocol);
    record.src_ip = eveAddress(packet.version, packet.source);
    if (ports) record.src_port = packet.sourcePort;
    record.dest_ip = eveAddress(packet.version, packet.destination);
    if (ports) record.dest_port = packet.destinationPort;
    record.proto = protocolName(packet.protocol);
    record.ip_v = packet.version;
  }
  return JSON.stringify(record).slice(0, -1);
}

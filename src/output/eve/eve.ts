import type {
  Anomaly,
  FlowRecord,
  LoosePacket,
  Occasion,
  RecordSink,
  Transaction,
} from '../../event/index.ts';
import { closeOutput, type OpenFile, openOutput } from '../byte-output.ts';
import type { LineOutput } from '../line-writer.ts';
import { hasPorts, protocolName } from '../protocol-names.ts';
import { formatTime } from '../time.ts';
import { eveAddress } from './address.ts';
import { EntryWriter } from './entry-writer.ts';
import { netflowLines } from './netflow.ts';

/** Which records are written. */
export interface EveOptions {
  /** `event_type`s to write; undefined: all but `netflow`. */
  readonly types?: Pick<ReadonlySet<string>, 'has'> | undefined;
}

/** Writes EVE JSON, one object a line, with Suricata's field names. */
export class EveWriter implements RecordSink {
  private readonly entries: EntryWriter;
  private readonly file: OpenFile | undefined;
  private readonly types: EveOptions['types'];

  /** `output` is a path (`-`: standard output) or what takes the lines. */
  constructor(output: string | LineOutput, options: EveOptions = {}) {
    this.file = typeof output === 'string' ? openOutput(output) : undefined;
    this.entries = new EntryWriter(this.file ?? (output as LineOutput));
    this.types = options.types;
  }

  transaction(flow: FlowRecord, transaction: Transaction, at: Occasion): void {
    if (transaction.zeekOnly || (this.types !== undefined && !this.types.has(transaction.type))) return;
    const raw = transaction.raw?.();
    if (raw !== undefined) {
      this.entries.raw(transaction.type, flow, at, at.transaction, flow.appProto, raw);
      return;
    }
    const body = transaction.eve();
    const index = body.tx_id === undefined ? at.transaction : -1;
    const appProto = body.app_proto === undefined ? flow.appProto : undefined;
    // The body is an object of its own; its members follow the envelope's.
    this.entries.record(transaction.type, flow, at, index, appProto, `${JSON.stringify(body).slice(1)}\n`);
  }

  flow(flow: FlowRecord): void {
    if (this.types === undefined || this.types.has('flow')) this.entries.flow(flow);
    if (this.types?.has('netflow')) for (const line of netflowLines(flow)) this.entries.line(line);
  }

  anomaly(
    anomaly: Anomaly,
    at: Occasion,
    flow: FlowRecord | undefined,
    packet: LoosePacket | undefined,
  ): void {
    if (this.types !== undefined && !this.types.has('anomaly')) return;
    const index = anomaly.type === 'applayer' ? at.transaction : -1;
    const body = {
      ...(packet === undefined || packet.version !== 0 ? {} : { ether: { ether_type: packet.etherType } }),
      anomaly: {
        ...(anomaly.appProto === undefined ? {} : { app_proto: anomaly.appProto }),
        type: anomaly.type,
        event: anomaly.event,
        layer: anomaly.layer,
      },
    };
    const rest = `${JSON.stringify(body).slice(1)}\n`;
    if (flow === undefined) this.entries.line(`${looseHead('anomaly', at, packet)},${rest}`);
    else this.entries.record('anomaly', flow, at, index, undefined, rest);
  }

  /** Writes out what is still held back. Errors of this and of all other calls are `OutputError`s. */
  close(): void {
    this.entries.close();
    if (this.file !== undefined) closeOutput(this.file);
  }
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

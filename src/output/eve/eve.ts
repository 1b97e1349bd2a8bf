import type {
  Anomaly,
  FlowProgress,
  FlowRecord,
  LoosePacket,
  Occasion,
  RecordSink,
  Transaction,
} from '../../event/index.ts';
import { closeOutput, type OpenFile, openOutput } from '../byte-output.ts';
import type { LineOutput } from '../line-writer.ts';
import { dnsVersion2 } from './dns-version-2.ts';
import { EntryWriter } from './entry-writer.ts';
import { netflowLines } from './netflow.ts';
import { progressLine } from './progress.ts';

/** Texts of anomalies that are kept, at most. */
const MOST_ANOMALIES = 1024;

/** Which records are written. */
export interface EveOptions {
  /** `event_type`s to write; undefined: all but `netflow`. */
  readonly types?: Pick<ReadonlySet<string>, 'has'> | undefined;
  /** Version of the `dns` records: 3 (the default) as Suricata 8, 2 as Suricata 5 to 7 have them. */
  readonly dnsVersion?: DnsVersion | undefined;
}

/** Versions of the `dns` records that can be written. */
export type DnsVersion = 2 | 3;

/** Writes EVE JSON, one object a line, with Suricata's field names. */
export class EveWriter implements RecordSink {
  private readonly entries: EntryWriter;
  private readonly file: OpenFile | undefined;
  private readonly types: EveOptions['types'];
  private readonly oldDns: boolean;
  private readonly anomalies = new Map<string, string>();
  /** Records so far. */
  records = 0;

  /** `output` is a path (`-`: standard output) or what takes the lines. */
  constructor(output: string | LineOutput, options: EveOptions = {}) {
    this.file = typeof output === 'string' ? openOutput(output) : undefined;
    this.entries = new EntryWriter(this.file ?? (output as LineOutput));
    this.types = options.types;
    this.oldDns = options.dnsVersion === 2;
  }

  transaction(flow: FlowRecord, transaction: Transaction, at: Occasion): void {
    if (transaction.zeekOnly || (this.types !== undefined && !this.types.has(transaction.type))) return;
    if (this.oldDns && transaction.type === 'dns') {
      const { dns, ...rest } = transaction.eve();
      // The flow's client is the source of queries and answers.
      const asked = { ...at, direction: 0 } as const;
      for (const object of dnsVersion2(dns as Readonly<Record<string, unknown>>)) {
        this.write(transaction.type, flow, asked, { dns: object, ...rest });
      }
      return;
    }
    const raw = transaction.raw?.();
    if (raw !== undefined) {
      this.records++;
      this.entries.raw(transaction.type, flow, at, at.transaction, flow.appProto, raw);
      return;
    }
    this.write(transaction.type, flow, at, transaction.eve());
  }

  private write(type: string, flow: FlowRecord, at: Occasion, body: Readonly<Record<string, unknown>>): void {
    this.records++;
    const index = body.tx_id === undefined ? at.transaction : -1;
    const appProto = body.app_proto === undefined ? flow.appProto : undefined;
    // The body is an object of its own; its members follow the envelope's.
    this.entries.record(type, flow, at, index, appProto, `${JSON.stringify(body).slice(1)}\n`);
  }

  flow(flow: FlowRecord): void {
    if (this.types === undefined || this.types.has('flow')) {
      this.records++;
      this.entries.flow(flow);
    }
    if (!this.types?.has('netflow')) return;
    for (const line of netflowLines(flow)) {
      this.records++;
      this.entries.line(line);
    }
  }

  progress(flow: FlowRecord, progress: FlowProgress): void {
    if (this.types !== undefined && !this.types.has('flow_progress')) return;
    this.records++;
    this.entries.line(progressLine(flow, progress));
  }

  anomaly(
    anomaly: Anomaly,
    at: Occasion,
    flow: FlowRecord | undefined,
    packet: LoosePacket | undefined,
  ): void {
    if (this.types !== undefined && !this.types.has('anomaly')) return;
    this.records++;
    if (flow === undefined) {
      this.entries.loose(packet, at, this.anomalyRest(anomaly, packet));
    } else {
      const index = anomaly.type === 'applayer' ? at.transaction : -1;
      this.entries.record('anomaly', flow, at, index, undefined, this.anomalyRest(anomaly, packet));
    }
  }

  /** A record of statistics (stats-events.ts), a line without its end. */
  stats(line: string): void {
    if (this.types !== undefined && !this.types.has('stats')) return;
    this.records++;
    this.entries.line(`${line}\n`);
  }

  /** What follows the envelope's members in a record of an anomaly. There are few kinds, and many of each. */
  private anomalyRest(anomaly: Anomaly, packet: LoosePacket | undefined): string {
    const { type, event, layer, appProto } = anomaly;
    // What is not IP is told by its EtherType.
    const etherType = packet?.version === 0 ? packet.etherType : -1;
    const key = `${event} ${type} ${layer} ${appProto} ${etherType}`;
    let rest = this.anomalies.get(key);
    if (rest === undefined) {
      const body = {
        ...(etherType === -1 ? {} : { ether: { ether_type: etherType } }),
        anomaly: { ...(appProto === undefined ? {} : { app_proto: appProto }), type, event, layer },
      };
      rest = `${JSON.stringify(body).slice(1)}\n`;
      if (this.anomalies.size < MOST_ANOMALIES) this.anomalies.set(key, rest);
    }
    return rest;
  }

  /** Writes out what was gathered: a live reader calls it about once a second. */
  flush(): void {
    this.entries.flush();
  }

  /** Writes out what is still held back. Errors of this and of all other calls are `OutputError`s. */
  close(): void {
    this.entries.close();
    if (this.file !== undefined) closeOutput(this.file);
  }
}

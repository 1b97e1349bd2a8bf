import type {
  Anomaly,
  FlowRecord,
  LoosePacket,
  Occasion,
  RecordSink,
  Transaction,
} from '../../event/index.ts';
import { type Sums, Top } from './top.ts';

/** Names of anomalies that are counted apart, at most. */
const MAX_NAMES = 1024;

/** What a run came to. */
export interface Summary {
  readonly flows: number;
  readonly bytes: number;
  readonly firstUs: number | undefined;
  readonly lastUs: number | undefined;
  readonly transports: readonly Sums[];
  readonly protocols: readonly Sums[];
  readonly applications: readonly Sums[];
  readonly talkers: readonly Sums[];
  readonly destinations: readonly Sums[];
  readonly records: readonly { readonly type: string; readonly count: number }[];
  readonly anomalies: readonly { readonly event: string; readonly count: number }[];
  readonly risks: readonly { readonly risk: string; readonly count: number }[];
}

/** Gathers the figures of a summary from the records as they pass. */
export class SummaryCollector implements RecordSink {
  private flows = 0;
  private bytes = 0;
  private firstUs = Number.POSITIVE_INFINITY;
  private lastUs = Number.NEGATIVE_INFINITY;
  private readonly transports = new Top();
  private readonly protocols = new Top();
  private readonly applications = new Top();
  private readonly talkers = new Top();
  private readonly destinations = new Top();
  private readonly records = new Map<string, number>();
  private readonly anomalies = new Map<string, number>();
  private readonly risks = new Map<string, number>();

  transaction(_flow: FlowRecord, transaction: Transaction, _at: Occasion): void {
    if (!transaction.zeekOnly) count(this.records, transaction.type);
  }

  flow(flow: FlowRecord): void {
    const [up, down] = flow.bytes;
    const bytes = up + down;
    const packets = flow.packets[0] + flow.packets[1];
    this.flows++;
    this.bytes += bytes;
    if (flow.startUs < this.firstUs) this.firstUs = flow.startUs;
    if (flow.lastUs > this.lastUs) this.lastUs = flow.lastUs;
    const app = flow.app;
    const transport = transportName(flow.protocol);
    this.transports.add(transport, bytes, packets);
    this.protocols.add(
      app.protocol === 'Unknown' ? `${transport}, not recognised` : app.protocol,
      bytes,
      packets,
    );
    if (app.application !== '') this.applications.add(app.application, bytes, packets);
    this.talkers.add(flow.clientAddress, bytes, packets);
    this.destinations.add(app.name === '' ? flow.serverAddress : app.name, bytes, packets);
    for (const risk of app.risks) count(this.risks, risk);
  }

  anomaly(
    anomaly: Anomaly,
    _at: Occasion,
    _flow: FlowRecord | undefined,
    _packet: LoosePacket | undefined,
  ): void {
    count(this.anomalies, anomaly.event);
  }

  /** The figures so far; each list holds the `limit` heaviest. */
  summary(limit: number): Summary {
    const any = this.flows > 0;
    return {
      flows: this.flows,
      bytes: this.bytes,
      firstUs: any ? this.firstUs : undefined,
      lastUs: any ? this.lastUs : undefined,
      transports: this.transports.heaviest(limit),
      protocols: this.protocols.heaviest(limit),
      applications: this.applications.heaviest(limit),
      talkers: this.talkers.heaviest(limit),
      destinations: this.destinations.heaviest(limit),
      records: counts(this.records, limit).map(([type, n]) => ({ type, count: n })),
      anomalies: counts(this.anomalies, limit).map(([event, n]) => ({ event, count: n })),
      risks: counts(this.risks, limit).map(([risk, n]) => ({ risk, count: n })),
    };
  }
}

function count(table: Map<string, number>, key: string): void {
  const known = table.get(key);
  if (known === undefined && table.size >= MAX_NAMES) return;
  table.set(key, (known ?? 0) + 1);
}

function counts(table: Map<string, number>, limit: number): [string, number][] {
  return [...table].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, limit);
}

function transportName(protocol: number): string {
  switch (protocol) {
    case 6:
      return 'TCP';
    case 17:
      return 'UDP';
    case 1:
      return 'ICMP';
    case 58:
      return 'ICMPv6';
    case 132:
      return 'SCTP';
    default:
      return `IP protocol ${protocol}`;
  }
}

import type {
  Anomaly,
  FlowRecord,
  LoosePacket,
  Occasion,
  RecordSink,
  Transaction,
} from '../../event/index.ts';
import { Files, type FoundFile } from './files.ts';
import { bySlowness, ClientSums, type Scan, ServerSums, type Slowness } from './parties.ts';
import { type RiskCount, Risks } from './risks.ts';
import { Sums, Top } from './top.ts';

/** Names of anomalies that are counted apart, at most. */
const MAX_NAMES = 1024;
/** Under this name go TCP connections that never carried data. */
const WITHOUT_DATA = 'TCP, no data';
/** Number of TCP among the IP protocols. */
const TCP = 6;

/** What a run came to. Lists begin with the heaviest. */
export interface Summary {
  readonly flows: number;
  readonly bytes: number;
  /** Bytes of TCP payload that the captures lack. */
  readonly missedBytes: number;
  readonly firstUs: number | undefined;
  readonly lastUs: number | undefined;
  readonly transports: readonly Total[];
  readonly protocols: readonly Total[];
  readonly applications: readonly Total[];
  readonly talkers: readonly Total[];
  readonly destinations: readonly Total[];
  readonly scans: readonly Scan[];
  readonly slowest: readonly Slowness[];
  /** All files by number and bytes, and the most interesting of them. */
  readonly fileCount: number;
  readonly fileBytes: number;
  readonly files: readonly FoundFile[];
  readonly records: readonly { readonly type: string; readonly count: number }[];
  readonly anomalies: readonly { readonly event: string; readonly count: number }[];
  readonly risks: readonly RiskCount[];
}

/** Bytes, packets and flows under a name. */
export interface Total {
  readonly key: string;
  readonly bytes: number;
  readonly packets: number;
  readonly flows: number;
}

/** Gathers the figures of a summary from the records as they pass. A flow costs a few look-ups in tables. */
export class SummaryCollector implements RecordSink {
  private flows = 0;
  private bytes = 0;
  private missedBytes = 0;
  private firstUs = Number.POSITIVE_INFINITY;
  private lastUs = Number.NEGATIVE_INFINITY;
  /** By IP protocol number. */
  private readonly transports: (TransportSums | undefined)[] = [];
  private readonly protocols = new Top(createSums);
  private readonly applications = new Top(createSums);
  private readonly talkers = new Top((key) => new ClientSums(key));
  private readonly destinations = new Top((key) => new ServerSums(key));
  private readonly files = new Files();
  private readonly risks = new Risks();
  private readonly records = new Map<string, number>();
  private readonly anomalies = new Map<string, number>();

  transaction(flow: FlowRecord, transaction: Transaction, at: Occasion): void {
    if (!transaction.zeekOnly) count(this.records, transaction.type);
    const highlight = transaction.highlight?.();
    if (highlight === undefined) return;
    const server = flow.app.name || flow.serverAddress;
    if (highlight.kind === 'answer') this.destinations.of(server).answered(highlight);
    else if (at.direction === 1) this.files.add(highlight, server, flow.clientAddress, flow.id);
    else this.files.add(highlight, flow.clientAddress, server, flow.id);
  }

  flow(flow: FlowRecord): void {
    const [up, down] = flow.bytes;
    const bytes = up + down;
    const [asked, answered] = flow.packets;
    const packets = asked + answered;
    this.flows++;
    // What is inside of a tunnel was counted with the tunnel.
    if (flow.tunnels.length === 0) this.bytes += bytes;
    if (flow.startUs < this.firstUs) this.firstUs = flow.startUs;
    if (flow.lastUs > this.lastUs) this.lastUs = flow.lastUs;
    const { app, protocol, serverAddress } = flow;
    const transport = this.transport(protocol);
    transport.bytes += bytes;
    transport.packets += packets;
    transport.flows++;
    if (app.application !== '') this.applications.add(app.application, bytes, packets);
    const client = this.talkers.add(flow.clientAddress, bytes, packets);
    const name = app.name === '' ? serverAddress : app.name;
    const server = this.destinations.add(name, bytes, packets);
    let protocolName = app.protocol === 'Unknown' ? transport.unrecognised : app.protocol;
    if (protocol === TCP) {
      const tcp = flow.tcp;
      if (tcp !== undefined) server.timed(tcp);
      const [sent, received] = flow.payload;
      if (sent === 0 && received === 0) {
        client.failed(serverAddress);
        // A port is no protocol.
        protocolName = WITHOUT_DATA;
      }
      this.missedBytes += flow.missedBytes;
    }
    this.protocols.add(protocolName, bytes, packets);
    if (app.risks.length > 0) this.risks.add(app.risks, name);
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
    const scans = [...this.talkers.values()]
      .map((client) => client.scan())
      .filter((scan) => scan !== undefined);
    const slowest = [...this.destinations.values()]
      .map((server) => server.slowness())
      .filter((slowness) => slowness !== undefined);
    const transports = this.transports.filter((sums) => sums !== undefined);
    return {
      flows: this.flows,
      bytes: this.bytes,
      missedBytes: this.missedBytes,
      firstUs: any ? this.firstUs : undefined,
      lastUs: any ? this.lastUs : undefined,
      transports: transports
        .map(total)
        .sort((a, b) => b.bytes - a.bytes)
        .slice(0, limit),
      protocols: this.protocols.heaviest(limit).map(total),
      applications: this.applications.heaviest(limit).map(total),
      talkers: this.talkers.heaviest(limit).map(total),
      destinations: this.destinations.heaviest(limit).map(total),
      scans: scans.sort((a, b) => b.connections - a.connections).slice(0, limit),
      slowest: slowest.sort(bySlowness).slice(0, limit),
      fileCount: this.files.count,
      fileBytes: this.files.bytes,
      files: this.files.list(limit),
      records: counts(this.records, limit).map(([type, n]) => ({ type, count: n })),
      anomalies: counts(this.anomalies, limit).map(([event, n]) => ({ event, count: n })),
      risks: this.risks.list(limit),
    };
  }

  private transport(protocol: number): TransportSums {
    const known = this.transports[protocol];
    if (known !== undefined) return known;
    const sums = new TransportSums(transportName(protocol));
    this.transports[protocol] = sums;
    return sums;
  }
}

class TransportSums extends Sums {
  /** Under this name go its flows that no parser knew. */
  readonly unrecognised: string;

  constructor(key: string) {
    super(key);
    // ICMP needs no parser to be known.
    this.unrecognised = key === 'TCP' || key === 'UDP' || key === 'SCTP' ? `${key}, not recognised` : key;
  }
}

function createSums(key: string): Sums {
  return new Sums(key);
}

function total({ key, bytes, packets, flows }: Sums): Total {
  return { key, bytes, packets, flows };
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
    case TCP:
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

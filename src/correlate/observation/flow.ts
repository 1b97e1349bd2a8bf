import { addressOf, countOf, type EveRecord, listOf, nameOf, objectOf, timeOf } from '../../event/index.ts';

/** A flow as a `flow` or `flow_progress` record tells it. */
export interface Flow {
  /** Equal in all records of the flow. */
  readonly key: string;
  readonly record: EveRecord;
  /** It has ended: nothing more will be told of it. */
  readonly final: boolean;
  /** Microseconds since 1970, of its first packet and of the last one until now. */
  readonly startUs: number;
  readonly endUs: number;
  /** Who began it, and with whom; short forms. */
  readonly client: string;
  readonly server: string;
  /** IP protocol by name (`TCP`). */
  readonly proto: string;
  /** Port of the server; undefined where the protocol has none. */
  readonly port: number | undefined;
  /** Suricata's name of the application protocol; empty where none was recognised. */
  readonly service: string;
  /** Since it began: frames with all their headers. */
  readonly packetsOut: number;
  readonly packetsIn: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  /** `new`, `established`, `closed`. */
  readonly state: string;
  /** TCP flags that were seen of the client and of the server; undefined while the flow is open, and for others. */
  readonly flagsOut: number | undefined;
  readonly flagsIn: number | undefined;
  readonly icmpType: number | undefined;
  /** What is questionable about it, in nDPI's names. */
  readonly risks: readonly string[];
  /** The server's name; empty where it is not known. */
  readonly name: string;
}

/** Risks of one flow that are looked at. */
const MOST_RISKS = 16;

/** A flow out of its record; undefined for what is none, or lacks what every flow has. */
export function flowOf(record: EveRecord): Flow | undefined {
  const progress = objectOf(record.flow_progress);
  const flow = progress ?? objectOf(record.flow);
  const totals = progress === undefined ? flow : objectOf(progress.total);
  const client = addressOf(record.src_ip);
  const server = addressOf(record.dest_ip);
  const proto = nameOf(record.proto);
  if (flow === undefined || totals === undefined) return undefined;
  if (client === undefined || server === undefined || proto === undefined) return undefined;
  const startUs = timeOf(flow.start);
  const endUs = timeOf(record.timestamp);
  if (startUs === undefined || endUs === undefined) return undefined;
  const app = objectOf(record.app);
  const tcp = objectOf(record.tcp);
  return {
    key: `${nameOf(record.community_id) ?? ''} ${startUs}`,
    record,
    final: progress === undefined,
    startUs,
    endUs,
    client,
    server,
    proto,
    port: countOf(record.dest_port),
    service: serviceOf(record),
    packetsOut: countOf(totals.pkts_toserver) ?? 0,
    packetsIn: countOf(totals.pkts_toclient) ?? 0,
    bytesOut: countOf(totals.bytes_toserver) ?? 0,
    bytesIn: countOf(totals.bytes_toclient) ?? 0,
    state: nameOf(flow.state) ?? '',
    flagsOut: flagsOf(tcp?.tcp_flags_ts),
    flagsIn: flagsOf(tcp?.tcp_flags_tc),
    icmpType: countOf(record.icmp_type),
    risks: listOf(app?.risks)
      .slice(0, MOST_RISKS)
      .flatMap((risk) => nameOf(risk) ?? []),
    name: nameOf(app?.name) ?? '',
  };
}

function serviceOf(record: EveRecord): string {
  const service = nameOf(record.app_proto);
  return service === undefined || service === 'failed' ? '' : service;
}

/** Flags as a record has them: two hexadecimal digits. */
function flagsOf(text: unknown): number | undefined {
  return typeof text === 'string' && /^[0-9a-f]{1,3}$/.test(text) ? Number.parseInt(text, 16) : undefined;
}

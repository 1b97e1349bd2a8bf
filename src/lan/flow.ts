import { addressOf, countOf, type EveRecord, listOf, nameOf, objectOf, timeOf } from '../event/index.ts';
import { macOf } from './mac.ts';
import type { Traffic } from './traffic.ts';

/** Name of the protocol where nothing recognised it. */
export const UNKNOWN = 'Unknown';

/** What the view takes of a record of a flow. Times in microseconds since 1970. */
export interface Flow {
  /** Number of the flow within the run of its sensor; undefined where the record has none. */
  readonly id: number | undefined;
  /** Of a flow that is open: what passed since its last record; undefined at its end. */
  readonly progress: { readonly sinceUs: number; readonly traffic: Readonly<Traffic> } | undefined;
  readonly startUs: number;
  readonly endUs: number;
  readonly source: string;
  readonly destination: string;
  /** 0 where the protocol has no ports. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Hardware addresses that the packets of each side came from or went to, groups' left out. */
  readonly sourceMacs: readonly string[];
  readonly destinationMacs: readonly string[];
  /** Protocol by name, `Unknown` where nothing recognised it. */
  readonly protocol: string;
  /** Application by name; empty where none is known. */
  readonly application: string;
  /** Server's name as the client gave it or as DNS answered it; none where that is an address. */
  readonly name: string | undefined;
  /** `443/tcp`; empty where the protocol has no ports. */
  readonly port: string;
  /** Counters of the flow since its start, as the source sees them. */
  readonly traffic: Readonly<Traffic>;
}

/** Reads a record of a flow at its end or while it is open; undefined where addresses, times or counters are none. */
export function readFlow(record: EveRecord): Flow | undefined {
  const isOpen = record.event_type === 'flow_progress';
  const counters = objectOf(isOpen ? record.flow_progress : record.flow);
  const id = countOf(record.flow_id);
  const source = addressOf(record.src_ip);
  const destination = addressOf(record.dest_ip);
  const endUs = timeOf(counters?.end) ?? timeOf(record.timestamp);
  if (counters === undefined || source === undefined || destination === undefined || endUs === undefined) {
    return undefined;
  }
  const traffic = trafficOf(isOpen ? objectOf(counters.total) : counters);
  const progress = isOpen ? progressOf(counters, endUs) : undefined;
  // Without its number an open flow could not be told from what is counted of it at its end.
  if (traffic === undefined || (isOpen && (progress === undefined || id === undefined))) return undefined;
  const app = objectOf(record.app);
  const ether = objectOf(record.ether);
  const name = nameOf(app?.name);
  return {
    id,
    progress,
    startUs: Math.min(timeOf(counters.start) ?? endUs, endUs),
    endUs,
    source,
    destination,
    sourcePort: countOf(record.src_port) ?? 0,
    destinationPort: countOf(record.dest_port) ?? 0,
    sourceMacs: macsOf(ether?.src_macs),
    destinationMacs: macsOf(ether?.dest_macs),
    protocol: protocolOf(app?.protocol, record.app_proto),
    application: nameOf(app?.application) ?? '',
    name: name === undefined || addressOf(name.replace(/^\[|\]$/g, '')) !== undefined ? undefined : name,
    port: portOf(record.dest_port, record.proto),
    traffic: { ...traffic, flows: 1 },
  };
}

type Fields = { readonly [name: string]: unknown };

function trafficOf(counters: Fields | undefined): Traffic | undefined {
  const packetsUp = countOf(counters?.pkts_toserver);
  const packetsDown = countOf(counters?.pkts_toclient);
  const bytesUp = countOf(counters?.bytes_toserver);
  const bytesDown = countOf(counters?.bytes_toclient);
  return packetsUp === undefined ||
    packetsDown === undefined ||
    bytesUp === undefined ||
    bytesDown === undefined
    ? undefined
    : { flows: 0, packetsUp, packetsDown, bytesUp, bytesDown };
}

function progressOf(counters: Fields, endUs: number): Flow['progress'] {
  const traffic = trafficOf(counters);
  const sinceUs = timeOf(counters.since);
  if (traffic === undefined || sinceUs === undefined) return undefined;
  return { sinceUs: Math.min(sinceUs, endUs), traffic };
}

/** nDPI's name, or Suricata's where the record is of a sensor that has no other. */
function protocolOf(own: unknown, suricata: unknown): string {
  const name = nameOf(own) ?? nameOf(suricata);
  return name === undefined || name === 'failed' ? UNKNOWN : name;
}

function portOf(port: unknown, proto: unknown): string {
  const number = countOf(port);
  return number === undefined || typeof proto !== 'string'
    ? ''
    : `${number}/${proto.toLowerCase().slice(0, 16)}`;
}

/** The most addresses of one side that are looked at. */
const MOST_MACS = 8;

function macsOf(value: unknown): string[] {
  return listOf(value)
    .slice(0, MOST_MACS)
    .map(macOf)
    .filter((mac) => mac !== undefined);
}

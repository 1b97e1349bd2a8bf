import { macOf } from './mac.ts';
import { addressOf, countOf, type EveRecord, listOf, nameOf, objectOf, timeOf } from './record.ts';
import type { Traffic } from './traffic.ts';

/** What the view takes of a flow record. Times in microseconds since 1970. */
export interface Flow {
  readonly startUs: number;
  readonly endUs: number;
  readonly source: string;
  readonly destination: string;
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
  /** Counters as the source sees them. */
  readonly traffic: Readonly<Traffic>;
}

/** Reads a flow record; undefined where addresses, times or counters are missing or are none. */
export function readFlow(record: EveRecord): Flow | undefined {
  const counters = objectOf(record.flow);
  const source = addressOf(record.src_ip);
  const destination = addressOf(record.dest_ip);
  const endUs = timeOf(counters?.end) ?? timeOf(record.timestamp);
  if (counters === undefined || source === undefined || destination === undefined || endUs === undefined) {
    return undefined;
  }
  const packetsUp = countOf(counters.pkts_toserver);
  const packetsDown = countOf(counters.pkts_toclient);
  const bytesUp = countOf(counters.bytes_toserver);
  const bytesDown = countOf(counters.bytes_toclient);
  if (
    packetsUp === undefined ||
    packetsDown === undefined ||
    bytesUp === undefined ||
    bytesDown === undefined
  ) {
    return undefined;
  }
  const app = objectOf(record.app);
  const ether = objectOf(record.ether);
  const name = nameOf(app?.name);
  return {
    startUs: Math.min(timeOf(counters.start) ?? endUs, endUs),
    endUs,
    source,
    destination,
    sourceMacs: macsOf(ether?.src_macs),
    destinationMacs: macsOf(ether?.dest_macs),
    protocol: protocolOf(app?.protocol, record.app_proto),
    application: nameOf(app?.application) ?? '',
    name: name === undefined || addressOf(name.replace(/^\[|\]$/g, '')) !== undefined ? undefined : name,
    port: portOf(record.dest_port, record.proto),
    traffic: { flows: 1, packetsUp, packetsDown, bytesUp, bytesDown },
  };
}

/** nDPI's name, or Suricata's where the record is of a sensor that has no other. */
function protocolOf(own: unknown, suricata: unknown): string {
  const name = nameOf(own) ?? nameOf(suricata);
  return name === undefined || name === 'failed' ? 'Unknown' : name;
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

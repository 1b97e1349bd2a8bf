import { join } from 'node:path';
import type { FlowRecord, RecordSink, Transaction } from '../../src/event/index.ts';
import { formatAddress, parseAddress } from '../../src/net/index.ts';
import { protocolName } from '../../src/output/protocol-names.ts';
import { openCaptures } from '../../src/tap/capture/index.ts';
import { createEngine, DEFAULT_SETTINGS } from '../../src/tap/create.ts';
import { Sensor } from '../../src/tap/sensor.ts';
import { CORPUS, corpusCases } from './corpus.ts';
import {
  type Departure,
  departuresTo,
  FlowFingerprints,
  fingerprintsOf,
  followsDefinition,
} from './ndpi-fingerprints.ts';

/** Labels of a suite's flows against ours. */
export interface NdpiScore {
  readonly flows: number;
  readonly right: number;
  /** Captures whose flows are all right, of how many. */
  readonly captures: number;
  readonly whole: number;
  /** Flows per capture whose label is not ours: `DNS.Google got DNS`. */
  readonly missing: ReadonlyMap<string, readonly string[]>;
  readonly fingerprints: FingerprintScore;
}

/** Fingerprints of a suite's flows against ours. */
export interface FingerprintScore {
  readonly ja3: Tally;
  readonly ja3s: Tally;
  readonly ja4: Tally;
  /** JA4s that differ, by the departures of nDPI that explain them (`name alpn`); the same is under ''. */
  readonly departures: ReadonlyMap<string, number>;
  /** Per capture the values that are not ours, and that nothing explains. */
  readonly missing: ReadonlyMap<string, readonly string[]>;
}

/** Values that nDPI has, and how many of them are ours. */
export interface Tally {
  wanted: number;
  right: number;
}

interface Case {
  readonly pcap: string;
  readonly flows: readonly string[];
}

/** One line of ndpiReader's list of flows: protocol, endpoints, `[proto: 91.126/TLS.Google]`. */
const LINE = /^\d+\s+(\S+)\s+(\S+)\s+(?:<->|->)\s+(\S+)\s+.*?\[proto: ([^\]]+)\]/;

/** Names that stand for the same protocol. */
const SAME: Readonly<Record<string, string>> = { ssl: 'tls', httpproxy: 'http', httpconnect: 'http' };

/** Reads every capture of the suite in this process, without nDPI, and compares protocol and application per flow. */
export async function scoreNdpi(): Promise<NdpiScore> {
  const missing = new Map<string, string[]>();
  let flows = 0;
  let right = 0;
  let captures = 0;
  let whole = 0;
  const fingerprints = new Fingerprints();
  for (const [name, { pcap, flows: lines }] of corpusCases<Case>('ndpi')) {
    const ours = await flowsOf(join(CORPUS, pcap));
    const wrong: string[] = [];
    for (const line of lines) {
      const found = LINE.exec(line.trim());
      if (found === null) continue;
      const [, protocol = '', one = '', other = '', label = ''] = found;
      flows++;
      const wanted = labelOf(label);
      const key = keyOf(protocol, endpointOf(one), endpointOf(other));
      const have = ours.labels.get(key) ?? [];
      fingerprints.compare(name.replace(/\.json$/, ''), line, ours.prints.get(key));
      if (have.some((names) => agree(wanted, names))) right++;
      else wrong.push(`${wanted} got ${have[0]?.filter((part) => part !== '').join('.') ?? 'no flow'}`);
    }
    captures++;
    if (wrong.length === 0) whole++;
    else missing.set(name.replace(/\.json$/, ''), wrong);
  }
  return { flows, right, captures, whole, missing, fingerprints };
}

class Fingerprints implements FingerprintScore {
  readonly ja3: Tally = { wanted: 0, right: 0 };
  readonly ja3s: Tally = { wanted: 0, right: 0 };
  readonly ja4: Tally = { wanted: 0, right: 0 };
  readonly departures = new Map<string, number>();
  readonly missing = new Map<string, string[]>();

  /** Compares the fingerprints in a line of ndpiReader with those of our flow of the same endpoints. */
  compare(capture: string, line: string, ours = new FlowFingerprints()): void {
    const wanted = fingerprintsOf(line);
    for (const name of ['ja3', 'ja3s'] as const) {
      const value = wanted[name];
      if (value === undefined) continue;
      this[name].wanted++;
      if (ours[name].has(value)) this[name].right++;
      else this.miss(capture, `${name} ${value} got ${[...ours[name]].join(' ') || 'none'}`);
    }
    if (wanted.ja4 === undefined) return;
    this.ja4.wanted++;
    for (const client of ours.clients.filter((one) => !followsDefinition(one))) {
      this.miss(capture, `ja4 ${client.ja4} is not as it is defined: ${client.named} ${client.alpns}`);
    }
    const departures = fewest(ours.clients.map((client) => departuresTo(wanted.ja4 ?? '', client)));
    if (departures === undefined) {
      const have = ours.clients.map(({ ja4 }) => ja4).join(' ');
      this.miss(capture, `ja4 ${wanted.ja4} got ${have || 'none'}`);
      return;
    }
    if (departures.length === 0) this.ja4.right++;
    const reason = departures.join(' ');
    this.departures.set(reason, (this.departures.get(reason) ?? 0) + 1);
  }

  private miss(capture: string, what: string): void {
    const held = this.missing.get(capture);
    if (held === undefined) this.missing.set(capture, [what]);
    else held.push(what);
  }
}

function fewest(found: readonly (readonly Departure[] | undefined)[]): readonly Departure[] | undefined {
  return found
    .filter((departures) => departures !== undefined)
    .sort((one, other) => one.length - other.length)[0];
}

interface Flows {
  /** Protocol and application of each flow, by its endpoints. */
  readonly labels: ReadonlyMap<string, readonly string[][]>;
  readonly prints: ReadonlyMap<string, FlowFingerprints>;
}

async function flowsOf(capture: string): Promise<Flows> {
  const labels = new Map<string, string[][]>();
  const prints = new Map<string, FlowFingerprints>();
  const sink: RecordSink = {
    flow(flow: FlowRecord) {
      const key = flowKey(flow);
      const names = [flow.app.protocol, flow.app.application];
      const known = labels.get(key);
      if (known === undefined) labels.set(key, [names]);
      else known.push(names);
    },
    transaction(flow: FlowRecord, transaction: Transaction) {
      const { type, zeekOnly } = transaction;
      if (zeekOnly || (type !== 'tls' && type !== 'quic')) return;
      const object = transaction.eve()[type] as Readonly<Record<string, unknown>>;
      const key = flowKey(flow);
      const known = prints.get(key) ?? new FlowFingerprints();
      prints.set(key, known);
      known.add(object);
    },
    anomaly() {},
  };
  const sequence = await openCaptures([capture], { onFinding() {} });
  const engine = await createEngine({ ...DEFAULT_SETTINGS, sink, ndpi: false, hashes: [], maxFlows: 65_536 });
  const sensor = new Sensor(engine, { decoder: { checksums: 'none', tunnels: 4 } });
  for await (const batch of sequence.batches()) sensor.batch(batch);
  sensor.end();
  sequence.close();
  return { labels, prints };
}

function flowKey(flow: FlowRecord): string {
  const ports = flow.protocol === 6 || flow.protocol === 17 || flow.protocol === 132;
  return keyOf(
    protocolName(flow.protocol),
    `${flow.clientAddress} ${ports ? flow.clientPort : 0}`,
    `${flow.serverAddress} ${ports ? flow.serverPort : 0}`,
  );
}

/** `TLS.Google` of `91.126/TLS.Google`; the innermost of several tunnels. */
function labelOf(label: string): string {
  const inner = label.startsWith('GTP:') ? (label.split(':').at(-1) ?? label) : label;
  return inner.slice(inner.indexOf('/') + 1);
}

function agree(wanted: string, have: readonly string[]): boolean {
  const parts = wanted.split('.').map(plain);
  const names = new Set(have.map(plain));
  return parts.every((part) => names.has(part)) || (parts.length === 1 && plain(have[1] ?? '') === parts[0]);
}

function plain(name: string): string {
  const letters = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  return SAME[letters] ?? letters;
}

function keyOf(protocol: string, one: string, other: string): string {
  const name = protocol.toUpperCase();
  return [name === 'IPV6-ICMP' ? 'ICMPV6' : name, ...[one, other].sort()].join(' ');
}

/** `192.0.2.1:80` or `[2001:db8::1]:80` as address in our form and port; without a port 0. */
function endpointOf(text: string): string {
  const colon = text.lastIndexOf(':');
  const port = text.slice(colon + 1);
  const ported = colon > 0 && /^\d+$/.test(port) && (text.startsWith('[') || text.indexOf(':') === colon);
  const host = (ported ? text.slice(0, colon) : text).replace(/[[\]]/g, '');
  const address = parseAddress(host);
  const words = address?.words;
  const plainHost =
    address === undefined || words === undefined
      ? host
      : formatAddress(address.version, words[0], words[1], words[2], words[3]);
  return `${plainHost} ${ported ? port : 0}`;
}

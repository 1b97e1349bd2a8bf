import type { Flow } from './flow.ts';
import { Recent } from './recent.ts';

/** What regular connections look like: one host calls another. */
export interface Beacon {
  /** Connections that were looked at. */
  readonly connections: number;
  /** Seconds from one to the next, on average, and how much that varies: standard deviation over mean. */
  readonly intervalSeconds: number;
  readonly variation: number;
  /** Bytes that each sends, on average. */
  readonly bytes: number;
}

export interface BeaconOptions {
  /** Pairs of client and server (with its port) that are followed at the same time. */
  readonly pairs: number;
  /**
   * Connections that are needed where the server is doubtful (its certificate is self-signed, or it has no name), and
   * where it is not. The last so many are looked at.
   */
  readonly connections: number;
  readonly trustedConnections: number;
  /** Most variation of the intervals (standard deviation over mean). */
  readonly variation: number;
}

export const BEACON_DEFAULTS: BeaconOptions = {
  pairs: 16_384,
  connections: 8,
  trustedConnections: 48,
  variation: 0.15,
};

/** Faster ones are the parts of one page; slower ones are followed for too long. */
const LEAST_INTERVAL_US = 0.8e6;
const MOST_INTERVAL_US = 3600e6;
/** What calls home says about the same each time. */
const MOST_SIZE_VARIATION = 0.15;
/** To a server that is not doubtful a beacon is regular for so long: pages that reload themselves are left sooner. */
const TRUSTED_SPAN_US = 1800e6;
/** Who gets more than this each time fetches content, rather than orders. */
const MOST_BYTES_IN = 16_384;
/** After it was told, a pair is told again when this has passed. */
const AGAIN_US = 3600e6;

interface Pair {
  readonly starts: number[];
  readonly sizes: number[];
  toldUs: number;
}

/**
 * Finds who calls the same server again and again at the same interval with about as much to say, as malware does that
 * asks for orders. The table is bounded: pairs that were not heard of for longest go.
 */
export class BeaconDetector {
  private readonly pairs: Recent<Pair>;
  private readonly options: BeaconOptions;

  constructor(options: BeaconOptions) {
    this.options = options;
    this.pairs = new Recent(options.pairs);
  }

  get turnedAway(): number {
    return this.pairs.turnedAway;
  }

  /** Takes a connection that is complete; what it is part of when that is a beacon, told once an hour. */
  add(flow: Flow): Beacon | undefined {
    const key = `${flow.client} ${flow.server} ${flow.proto} ${flow.port}`;
    let pair = this.pairs.use(key);
    if (pair === undefined) {
      pair = { starts: [], sizes: [], toldUs: Number.NEGATIVE_INFINITY };
      this.pairs.set(key, pair);
    }
    insert(pair, flow.startUs, flow.bytesOut);
    const { trustedConnections, variation } = this.options;
    const doubtful = isDoubtful(flow);
    const connections = doubtful ? this.options.connections : trustedConnections;
    while (pair.starts.length > connections) {
      pair.starts.shift();
      pair.sizes.shift();
    }
    if (pair.starts.length < connections) return undefined;
    if (flow.endUs - pair.toldUs < AGAIN_US) return undefined;
    if (flow.bytesIn > MOST_BYTES_IN) return undefined;
    if (!doubtful && (pair.starts.at(-1) ?? 0) - (pair.starts[0] ?? 0) < TRUSTED_SPAN_US) return undefined;
    const intervals = pair.starts.slice(1).map((start, i) => start - (pair.starts[i] as number));
    const mean = meanOf(intervals);
    if (mean < LEAST_INTERVAL_US || mean > MOST_INTERVAL_US) return undefined;
    const varies = deviationOf(intervals, mean) / mean;
    const bytes = meanOf(pair.sizes);
    if (varies > variation || deviationOf(pair.sizes, bytes) / bytes > MOST_SIZE_VARIATION) return undefined;
    pair.toldUs = flow.endUs;
    return { connections, intervalSeconds: mean / 1e6, variation: varies, bytes };
  }
}

/** Protocols in which a client names the server that it wants; the empty one is not known. */
const NAMING: ReadonlySet<string> = new Set(['', 'http', 'quic', 'tls']);

/** Nobody vouches for the server, or it has no name where one is given as a rule (SSH, for one, never gives any). */
function isDoubtful({ name, service, risks }: Flow): boolean {
  return risks.includes('Self-signed Cert') || (name === '' && NAMING.has(service));
}

/** Flows are told at their ends: one that began before others may come behind them. */
function insert({ starts, sizes }: Pair, start: number, size: number): void {
  let at = starts.length;
  while (at > 0 && (starts[at - 1] as number) > start) at--;
  starts.splice(at, 0, start);
  sizes.splice(at, 0, size);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviationOf(values: readonly number[], mean: number): number {
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

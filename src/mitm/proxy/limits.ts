import { formatAddress, parseAddress } from '../../net/index.ts';

/** Bounds of the proxy. Sizes in bytes, times in milliseconds; times are kept to half a second. */
export interface ProxyLimits {
  /** Open client connections; more are closed at once. */
  readonly connections: number;
  /** Open connections of one client address (IPv6: of one /64). */
  readonly connectionsPerAddress: number;
  readonly headBytes: number;
  readonly targetBytes: number;
  readonly fields: number;
  /** Of a request's body in all; longer ones are answered with 413. */
  readonly requestBodyBytes: number;
  /** Time from a connection's beginning, or a request's first byte, to the end of its head. */
  readonly headMs: number;
  /** Time that a connection may wait for its next request. */
  readonly idleMs: number;
  /** Time without a byte of a request's body. */
  readonly bodyIdleMs: number;
  /** Least rate of a request's body in bytes a second, after the first ten seconds. */
  readonly bodyRate: number;
  /** Time in which a client must take what is held for it, and a server what is held for it. */
  readonly sendMs: number;
  /** Time from the request's end to the answer's head, and between two pieces of its body. */
  readonly answerMs: number;
  /** Time without a byte on an upgraded connection or a tunnel. */
  readonly tunnelIdleMs: number;
  readonly connectMs: number;
  /** Time that a request may wait for a connection to its server. */
  readonly queueMs: number;
  /** Requests that may wait for one server. */
  readonly queueLength: number;
  /** Connections to one server, and to all. */
  readonly upstreamPerOrigin: number;
  readonly upstream: number;
  /** Connections to one server that are kept open without a request, and for how long. */
  readonly upstreamIdle: number;
  readonly upstreamIdleMs: number;
  /** Requests on one client connection. */
  readonly requestsPerConnection: number;
  /** Bytes of further requests that are read while one is being answered. */
  readonly pipelinedBytes: number;
  /** Time for which an answer is held back to be judged; then it is judged in part. */
  readonly holdMs: number;
  /** Time for which a closed connection is still read, so that the client gets its answer. */
  readonly lingerMs: number;
}

export const DEFAULT_LIMITS: ProxyLimits = {
  connections: 10_240,
  connectionsPerAddress: 1_024,
  headBytes: 32 * 1024,
  targetBytes: 16 * 1024,
  fields: 128,
  requestBodyBytes: 1024 * 1024 * 1024,
  headMs: 10_000,
  idleMs: 60_000,
  bodyIdleMs: 30_000,
  bodyRate: 240,
  sendMs: 60_000,
  answerMs: 60_000,
  tunnelIdleMs: 3_600_000,
  connectMs: 5_000,
  queueMs: 5_000,
  queueLength: 4_096,
  upstreamPerOrigin: 512,
  upstream: 4_096,
  upstreamIdle: 64,
  upstreamIdleMs: 30_000,
  requestsPerConnection: 100_000,
  pipelinedBytes: 16 * 1024,
  holdMs: 5_000,
  lingerMs: 2_000,
};

/** The limits with what is given in place of the defaults; RangeError for what is no positive whole number. */
export function proxyLimits(given: Partial<ProxyLimits> = {}): ProxyLimits {
  for (const [name, value] of Object.entries(given)) {
    if (!(name in DEFAULT_LIMITS)) throw new RangeError(`proxy limit ${name}: there is no such limit`);
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      throw new RangeError(`proxy limit ${name}: ${value} is no positive whole number`);
    }
  }
  const defined = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(defined) };
}

/** Counts open connections, in all and by client address. */
export class Admission {
  private readonly limits: ProxyLimits;
  private readonly byAddress = new Map<string, number>();
  private open = 0;

  constructor(limits: ProxyLimits) {
    this.limits = limits;
  }

  /** Open connections. */
  get size(): number {
    return this.open;
  }

  /** The key to give back with {@link leave}; else which bound was met. */
  enter(address: string): { readonly key: string } | { readonly refused: 'connections' | 'address' } {
    if (this.open >= this.limits.connections) return { refused: 'connections' };
    const key = addressKey(address);
    const count = this.byAddress.get(key) ?? 0;
    if (count >= this.limits.connectionsPerAddress) return { refused: 'address' };
    this.byAddress.set(key, count + 1);
    this.open++;
    return { key };
  }

  leave(key: string): void {
    const count = this.byAddress.get(key);
    if (count === undefined) throw new Error('a connection left that never entered');
    if (count === 1) this.byAddress.delete(key);
    else this.byAddress.set(key, count - 1);
    this.open--;
  }
}

/** One customer has a whole /64 (RFC 6177): its addresses count as one. */
function addressKey(text: string): string {
  if (!text.includes(':')) return text;
  const address = parseAddress(text);
  if (address === undefined || address.version === 4) return text;
  const [w0, w1, w2, w3] = address.words;
  // An IPv4 address as a socket of both families shows it: ::ffff:a.b.c.d.
  if (w0 === 0 && w1 === 0 && w2 === 0xffff) return formatAddress(4, w3, 0, 0, 0);
  return formatAddress(6, w0, w1, 0, 0);
}

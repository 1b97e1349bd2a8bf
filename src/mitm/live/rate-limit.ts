import { parseAddress } from '../../net/index.ts';
import { type Judgement, PASSED } from '../judge.ts';
import type { IncomingRequest } from '../transaction.ts';
import type { ClientGate } from './client-gate.ts';

/** How many requests a client may send. */
export interface RateLimitOptions {
  /** Requests within `perMs`, on the long run. */
  readonly requests: number;
  readonly perMs: number;
  /** Requests that may come at once after a pause. */
  readonly burst: number;
  /** Clients that are remembered; the one that was silent longest is forgotten first. */
  readonly clients?: number;
}

interface Bucket {
  tokens: number;
  filledMs: number;
}

const MOST_CLIENTS = 65_536;

/** A token bucket for each client address; of IPv6 for each /64, which one client has as a whole. */
export class RateLimit implements ClientGate {
  private readonly options: RateLimitOptions;
  private readonly now: () => number;
  /** In the order of the last request. */
  private readonly buckets = new Map<string, Bucket>();
  private limited = 0;

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(options: RateLimitOptions, now: () => number = () => performance.now()) {
    this.options = options;
    this.now = now;
  }

  check({ connection: { client } }: Pick<IncomingRequest, 'connection'>): Judgement | undefined {
    const { requests, perMs, burst, clients = MOST_CLIENTS } = this.options;
    const key = networkOf(client.address);
    const nowMs = this.now();
    const bucket = this.buckets.get(key) ?? { tokens: burst, filledMs: nowMs };
    this.buckets.delete(key);
    this.buckets.set(key, bucket);
    if (this.buckets.size > clients) {
      const [oldest] = this.buckets.keys();
      if (oldest !== undefined) this.buckets.delete(oldest);
    }
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.filledMs) / perMs) * requests);
    bucket.filledMs = nowMs;
    if (bucket.tokens >= 1) {
      bucket.tokens--;
      return undefined;
    }
    this.limited++;
    const waitMs = ((1 - bucket.tokens) / requests) * perMs;
    return {
      ...PASSED,
      action: 'limit',
      status: 429,
      reason: `more than ${requests} requests in ${perMs / 1000} s`,
      retryAfter: Math.max(1, Math.ceil(waitMs / 1000)),
    };
  }

  statistics(): Readonly<Record<string, number>> {
    return { limited: this.limited, clients: this.buckets.size };
  }
}

/** What one client has as a whole: an IPv4 address, of IPv6 a /64. */
export function networkOf(address: string): string {
  const parsed = parseAddress(address);
  return parsed?.version === 6 ? `${parsed.words[0]}:${parsed.words[1]}` : address;
}

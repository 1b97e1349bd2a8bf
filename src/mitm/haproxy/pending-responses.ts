import type { Judged } from '../judge.ts';
import { PassingMap } from '../passing-map.ts';

interface Pending {
  readonly judged: Judged;
  readonly sinceMs: number;
}

/** Bounds of the table of requests whose answers are waited for. */
export interface PendingLimits {
  readonly most: number;
  readonly expiryMs: number;
}

/** Requests that were let through and whose answers will be told of, by unique id. Each is abandoned or taken, once. */
export class PendingResponses {
  private readonly limits: PendingLimits;
  /** In the order in which they came: the first is the oldest. */
  private readonly byId = new PassingMap<string, Pending>();
  /** Answers that never came. */
  expired = 0;
  /** Given up for want of room. */
  evicted = 0;
  /** Given up because another request came with the same id. */
  repeated = 0;

  constructor(limits: PendingLimits) {
    this.limits = limits;
  }

  get size(): number {
    return this.byId.size;
  }

  /** Waits for the answer to this request. */
  put(id: string, judged: Judged, nowMs: number): void {
    const before = this.byId.take(id);
    if (before !== undefined) {
      this.repeated++;
      before.judged.abandon();
    } else if (this.byId.size >= this.limits.most) {
      this.evicted++;
      this.abandonOldest();
    }
    this.byId.add(id, { judged, sinceMs: nowMs });
  }

  /** The request with this id, which is then the caller's; undefined where there is none. */
  take(id: string): Judged | undefined {
    return this.byId.take(id)?.judged;
  }

  /** Gives up those that have waited too long. */
  expire(nowMs: number): void {
    for (const [, { sinceMs }] of this.byId) {
      if (nowMs - sinceMs < this.limits.expiryMs) return;
      this.expired++;
      this.abandonOldest();
    }
  }

  /** Gives up all. */
  clear(): void {
    while (this.byId.size > 0) this.abandonOldest();
  }

  private abandonOldest(): void {
    for (const [id, { judged }] of this.byId) {
      this.byId.take(id);
      judged.abandon();
      return;
    }
  }
}

import type { Judged } from '../judge.ts';
import { type PassingMap, PassingSet } from '../passing-map.ts';

/** Bounds of what is open. */
export interface OpenLimits {
  /** Requests that are being judged or whose answers have not come. */
  readonly most: number;
  /** Bytes of their bodies. */
  readonly bytes: number;
  /** Milliseconds that an answer may take. */
  readonly waitMs: number;
}

/** A request from its REQUEST to the last VERDICT. */
export interface OpenRequest {
  readonly id: number;
  readonly bytes: number;
  /** The open requests of its connection, this one among them. */
  readonly siblings: PassingMap<number, OpenRequest>;
  /** `gone`: nobody waits for what is still being decided. */
  state: 'judging' | 'waiting' | 'answering' | 'gone';
  judged: Judged | undefined;
  sinceMs: number;
  /** Among those that wait; 0 before it does. */
  place: number;
}

/** All open requests of all connections, bounded: the oldest that wait for an answer make room for new ones. */
export class OpenRequests {
  private readonly limits: OpenLimits;
  private readonly nowMs: () => number;
  /** In the order in which they began to wait. */
  private readonly waiting = new PassingSet<OpenRequest>();
  private count = 0;
  private bytes = 0;
  /** Requests whose answers came too late or not at all, and those that made room. */
  readonly counts = { expired: 0, evicted: 0 };

  constructor(limits: OpenLimits, nowMs: () => number) {
    this.limits = limits;
    this.nowMs = nowMs;
  }

  get size(): number {
    return this.count;
  }

  get heldBytes(): number {
    return this.bytes;
  }

  /** A new request that is being judged; undefined where there is no room. */
  admit(siblings: PassingMap<number, OpenRequest>, id: number, bytes: number): OpenRequest | undefined {
    while (this.count >= this.limits.most || this.bytes + bytes > this.limits.bytes) {
      const [oldest] = this.waiting;
      if (oldest === undefined) return undefined;
      this.counts.evicted++;
      this.abandon(oldest);
    }
    const open: OpenRequest = {
      id,
      bytes,
      siblings,
      state: 'judging',
      judged: undefined,
      sinceMs: 0,
      place: 0,
    };
    this.count++;
    this.bytes += bytes;
    siblings.add(id, open);
    return open;
  }

  /** It was let through: its answer is waited for. */
  wait(open: OpenRequest, judged: Judged): void {
    open.judged = judged;
    open.state = 'waiting';
    open.sinceMs = this.nowMs();
    open.place = this.waiting.enter(open);
  }

  /** Its answer has come: it is being judged. */
  answer(open: OpenRequest): void {
    open.state = 'answering';
    this.waiting.leave(open.place);
  }

  /** All is said of it. */
  close(open: OpenRequest): void {
    this.count--;
    this.bytes -= open.bytes;
    this.waiting.leave(open.place);
    if (open.siblings.get(open.id) === open) open.siblings.take(open.id);
  }

  /** Nobody wants to know of it any more. What is under way ends by itself. */
  abandon(open: OpenRequest): void {
    if (open.state === 'waiting') {
      open.judged?.abandon();
      this.close(open);
    } else {
      open.siblings.take(open.id);
    }
    open.state = 'gone';
  }

  /** Gives up those that have waited too long. */
  expire(): void {
    const before = this.nowMs() - this.limits.waitMs;
    for (const open of this.waiting) {
      if (open.sinceMs > before) return;
      this.counts.expired++;
      this.abandon(open);
    }
  }
}

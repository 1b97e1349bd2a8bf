import type { Prefix } from '../../net/index.ts';

/** How many decisions may be taken. */
export interface CeilingOptions {
  /** Decisions in any 60 seconds. Default: 100. */
  readonly perMinute?: number;
  /** Share of the active clients that may be decided against within the window. Default: 0.2. */
  readonly share?: number;
  /** As many clients may always be decided against, however few are active. Default: 10. */
  readonly minimumClients?: number;
  /** For how long a decision counts against the share, in ms. Default: 10 minutes. */
  readonly shareWindowMs?: number;
  /** Number of active clients; without it there is no ceiling on the share. */
  readonly activeClients?: () => number;
  /** Number of active clients in a network, 0 where it is not theirs; without it a network counts as one. */
  readonly activeClientsIn?: (prefix: Prefix) => number;
}

/** Why a ceiling holds a decision back. */
export interface CeilingRefusal {
  readonly guard: 'ceiling_per_minute' | 'ceiling_share';
  readonly reason: string;
}

const MINUTE_MS = 60_000;

/** What was taken: when, and how many clients it is about. */
interface Taken {
  readonly atMs: number;
  readonly clients: number;
}

/** Counts decisions that traffic led to, so that nobody turns them against the clients by forging traffic. */
export class Ceilings {
  private readonly options: CeilingOptions;
  private readonly perMinute: number;
  private readonly windowMs: number;
  /** Times of the latest decisions, a ring. */
  private readonly times: Float64Array;
  private at = 0;
  private readonly taken = new Map<string, Taken>();
  private clients = 0;

  constructor(options: CeilingOptions = {}) {
    this.options = options;
    this.perMinute = options.perMinute ?? 100;
    this.windowMs = options.shareWindowMs ?? 600_000;
    this.times = new Float64Array(Math.max(1, this.perMinute)).fill(Number.NEGATIVE_INFINITY);
  }

  /** Whether one more is too many. */
  refusal(prefix: Prefix | undefined, nowMs: number): CeilingRefusal | undefined {
    const oldest = this.times[this.at] ?? Number.NEGATIVE_INFINITY;
    if (this.perMinute <= 0 || oldest > nowMs - MINUTE_MS) {
      const reason = `${this.perMinute} decisions were taken within a minute`;
      return { guard: 'ceiling_per_minute', reason };
    }
    const { activeClients, share = 0.2, minimumClients = 10 } = this.options;
    if (activeClients === undefined || prefix === undefined) return undefined;
    // Who is none of the clients takes nothing from their share, however many attack.
    const concerned = this.clientsOf(prefix);
    if (concerned === 0) return undefined;
    this.forget(nowMs);
    const active = activeClients();
    const most = Math.max(minimumClients, Math.floor(share * active));
    const after = this.clients + concerned;
    if (after <= most) return undefined;
    const minutes = Math.round(this.windowMs / MINUTE_MS);
    const reason = `${after} clients would be decided against within ${minutes} min, of ${active} that are active; at most ${most} may be`;
    return { guard: 'ceiling_share', reason };
  }

  /** A decision was taken. */
  count(id: string, prefix: Prefix | undefined, nowMs: number): void {
    this.times[this.at] = nowMs;
    this.at = (this.at + 1) % this.times.length;
    if (prefix === undefined || this.options.activeClients === undefined) return;
    this.forget(nowMs);
    const clients = this.clientsOf(prefix);
    this.taken.set(id, { atMs: nowMs, clients });
    this.clients += clients;
  }

  /** A decision was lifted: its clients are clients again. */
  lifted(id: string): void {
    const taken = this.taken.get(id);
    if (taken === undefined) return;
    this.clients -= taken.clients;
    this.taken.delete(id);
  }

  private clientsOf(prefix: Prefix): number {
    return this.options.activeClientsIn?.(prefix) ?? 1;
  }

  private forget(nowMs: number): void {
    for (const [id, { atMs }] of this.taken) {
      if (atMs > nowMs - this.windowMs) return;
      this.lifted(id);
    }
  }
}

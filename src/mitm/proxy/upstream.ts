import type { Counters } from './counters.ts';
import type { DestinationGuard } from './destination.ts';
import type { ProxyLimits } from './limits.ts';
import type { UpstreamTlsOptions } from './options.ts';
import type { Origin } from './origin.ts';
import { OriginPool, type PoolOwner } from './origin-pool.ts';
import type { Ticked, Ticker } from './ticker.ts';
import type { UpstreamUser } from './upstream-connection.ts';
import { UpstreamFailure } from './upstream-failure.ts';

/** Age in ms up to which an idle connection is taken for a request that cannot be repeated. */
const FRESH_MS = 1_000;

/** Keeps connections to servers, bounded for each and in all. */
export class UpstreamPool implements Ticked, PoolOwner {
  readonly limits: ProxyLimits;
  readonly counters: Counters;
  readonly ticker: Ticker;
  readonly guard: DestinationGuard;
  readonly tls: UpstreamTlsOptions;
  closing = false;
  /** Connections to all servers. */
  total = 0;
  private readonly pools = new Map<string, OriginPool>();

  constructor(
    limits: ProxyLimits,
    counters: Counters,
    ticker: Ticker,
    guard: DestinationGuard,
    tls: UpstreamTlsOptions = {},
  ) {
    this.limits = limits;
    this.counters = counters;
    this.ticker = ticker;
    this.guard = guard;
    this.tls = tls;
    ticker.add(this);
  }

  /**
   * A connection for a user: idle ones first. Calls `connected` or `failed`, perhaps at once. `repeatable` says that
   * the request may be sent again should an idle connection turn out stale; `fresh` that a new one is wanted.
   * Connections of guarded origins (a client chose the server) are never shared with the others.
   */
  acquire(origin: Origin, guarded: boolean, repeatable: boolean, fresh: boolean, user: UpstreamUser): void {
    const pool = this.poolOf(origin, guarded);
    if (!fresh) {
      const connection = pool.take(this.ticker.now, repeatable ? Number.POSITIVE_INFINITY : FRESH_MS);
      if (connection !== undefined) {
        connection.user = user;
        user.connected(connection);
        return;
      }
    }
    if (pool.open.size < this.limits.upstreamPerOrigin || pool.dropIdle()) {
      if (this.total < this.limits.upstream || this.dropAnyIdle()) {
        pool.dialFor(user);
        return;
      }
    } else if (pool.waiting.length < this.limits.queueLength) {
      pool.waiting.push({ user, since: this.ticker.now });
      return;
    }
    if (pool.open.size === 0) this.forget(pool);
    user.failed(new UpstreamFailure(503, 'queue', 'too many requests wait for the server'));
  }

  /** A connection of its own, for a tunnel. */
  open(origin: Origin, guarded: boolean, user: UpstreamUser): void {
    this.acquire(origin, guarded, false, true, user);
  }

  /** Whoever waits does so no longer; nothing is called. */
  leave(origin: Origin, guarded: boolean, user: UpstreamUser): void {
    const pool = this.pools.get(keyOf(origin, guarded));
    if (pool === undefined) return;
    const index = pool.waiting.findIndex((waiter) => waiter.user === user);
    if (index >= 0) pool.waiting.splice(index, 1);
    for (const connection of pool.open) {
      // It goes on connecting: whoever comes next may have it.
      if (connection.user === user && connection.connecting) connection.user = undefined;
    }
  }

  statistics(): { open: number; idle: number; waiting: number } {
    let idle = 0;
    let waiting = 0;
    for (const pool of this.pools.values()) {
      idle += pool.idle.length;
      waiting += pool.waiting.length;
    }
    return { open: this.total, idle, waiting };
  }

  tick(now: number): void {
    const { upstreamIdleMs, connectMs, queueMs } = this.limits;
    for (const pool of this.pools.values()) {
      while (now - (pool.idle[0]?.since ?? now) > upstreamIdleMs) pool.idle.shift()?.destroy();
      for (const connection of pool.open) {
        if (!connection.connecting || now - connection.since <= connectMs) continue;
        connection.fail(new UpstreamFailure(504, 'timeout', 'the server cannot be reached in time'));
      }
      while (now - (pool.waiting[0]?.since ?? now) > queueMs) {
        const failure = new UpstreamFailure(504, 'queue', 'no connection to the server became free in time');
        pool.waiting.shift()?.user.failed(failure);
      }
    }
  }

  /** Ends idle connections, and others as soon as they are released. */
  close(): void {
    this.closing = true;
    for (const pool of this.pools.values()) {
      for (const connection of pool.idle.splice(0)) connection.destroy();
    }
  }

  /** Ends all of them. */
  destroy(): void {
    this.close();
    for (const pool of this.pools.values()) for (const connection of pool.open) connection.destroy();
  }

  forget(pool: OriginPool): void {
    this.pools.delete(pool.key);
  }

  private dropAnyIdle(): boolean {
    for (const pool of this.pools.values()) if (pool.dropIdle()) return true;
    return false;
  }

  private poolOf(origin: Origin, guarded: boolean): OriginPool {
    const key = keyOf(origin, guarded);
    let pool = this.pools.get(key);
    if (pool === undefined) {
      pool = new OriginPool(this, origin, guarded, key);
      this.pools.set(key, pool);
    }
    return pool;
  }
}

function keyOf(origin: Origin, guarded: boolean): string {
  const { text, serverName } = origin;
  const key = serverName === undefined ? text : `${text} ${serverName}`;
  return guarded ? `guarded ${key}` : key;
}

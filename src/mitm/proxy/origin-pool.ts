import { PassingSet } from '../passing-map.ts';
import type { Counters } from './counters.ts';
import type { DestinationGuard } from './destination.ts';
import { dialler } from './dial.ts';
import type { ProxyLimits } from './limits.ts';
import type { UpstreamTlsOptions } from './options.ts';
import type { Origin } from './origin.ts';
import type { Ticker } from './ticker.ts';
import {
  type ConnectionOwner,
  type Dial,
  UpstreamConnection,
  type UpstreamUser,
} from './upstream-connection.ts';

/** What the pools of all servers share. */
export interface PoolOwner {
  readonly limits: ProxyLimits;
  readonly counters: Counters;
  readonly ticker: Ticker;
  readonly guard: DestinationGuard;
  readonly tls: UpstreamTlsOptions;
  /** No connection is kept any more. */
  readonly closing: boolean;
  /** Connections to all servers. */
  total: number;
  /** A pool has no connections left. */
  forget(pool: OriginPool): void;
}

interface Waiter {
  readonly user: UpstreamUser;
  readonly since: number;
}

/** The connections to one server. */
export class OriginPool implements ConnectionOwner {
  readonly origin: Origin;
  readonly counters: Counters;
  /** The one that was used last is at the end and is taken first: it is the least likely to be stale. */
  readonly idle: UpstreamConnection[] = [];
  readonly open = new PassingSet<UpstreamConnection>();
  readonly waiting: Waiter[] = [];
  private readonly owner: PoolOwner;
  private readonly dial: Dial;

  readonly key: string;

  constructor(owner: PoolOwner, origin: Origin, guarded: boolean, key: string) {
    this.owner = owner;
    this.key = key;
    this.counters = owner.counters;
    this.origin = origin;
    this.dial = dialler(origin, guarded ? owner.guard : undefined, owner.tls);
  }

  /** The freshest idle connection; not one that has waited longer than `mostMs`. */
  take(now: number, mostMs: number): UpstreamConnection | undefined {
    const connection = this.idle.at(-1);
    if (connection === undefined || now - connection.since > mostMs) return undefined;
    this.idle.pop();
    return connection;
  }

  dialFor(user: UpstreamUser): void {
    this.owner.total++;
    const connection = new UpstreamConnection(this, this.dial, user, this.owner.ticker.now);
    connection.place = this.open.enter(connection);
  }

  idleAgain(connection: UpstreamConnection): void {
    const waiter = this.waiting.shift();
    if (waiter !== undefined) {
      connection.user = waiter.user;
      waiter.user.connected(connection);
      return;
    }
    if (this.idle.length >= this.owner.limits.upstreamIdle || this.owner.closing) {
      connection.destroy();
      return;
    }
    connection.since = this.owner.ticker.now;
    this.idle.push(connection);
  }

  gone(connection: UpstreamConnection): void {
    if (!this.open.leave(connection.place)) return;
    this.owner.total--;
    const index = this.idle.indexOf(connection);
    if (index >= 0) this.idle.splice(index, 1);
    const waiter = this.waiting.shift();
    if (waiter !== undefined) this.dialFor(waiter.user);
    else if (this.open.size === 0) this.owner.forget(this);
  }

  /** Ends the idle connection that has waited longest. */
  dropIdle(): boolean {
    const connection = this.idle.shift();
    if (connection === undefined) return false;
    connection.destroy();
    this.gone(connection);
    return true;
  }
}

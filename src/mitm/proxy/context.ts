import type { HeadLimits } from '../http/index.ts';
import type { Judge } from '../judge.ts';
import type { PassingSet } from '../passing-map.ts';
import type { Counters } from './counters.ts';
import type { DestinationGuard } from './destination.ts';
import type { Forwarding } from './forwarding.ts';
import type { ProxyAnswers, ProxyFailure } from './hooks.ts';
import type { ProxyLimits } from './limits.ts';
import type { Rewriter } from './rewriting.ts';
import type { Routes } from './routes.ts';
import type { Ticked, Ticker } from './ticker.ts';
import type { UpstreamPool } from './upstream.ts';

/** Something that is open: it is asked for its time-outs, and has to be closed before the proxy is. */
export interface Open extends Ticked {
  /** Ends it when what it is doing is done. */
  close(): void;
  destroy(): void;
}

/** What all connections of a proxy share. */
export interface ProxyContext {
  readonly limits: ProxyLimits;
  readonly headLimits: HeadLimits;
  readonly counters: Counters;
  readonly ticker: Ticker;
  readonly pool: UpstreamPool;
  readonly routes: Routes;
  readonly guard: DestinationGuard;
  /** How servers behind routes are told of clients, and all others. */
  readonly reverseForwarding: Forwarding;
  readonly forwardForwarding: Forwarding;
  readonly upgrades: ReadonlySet<string>;
  readonly judge: Judge | undefined;
  readonly rewriter: Rewriter | undefined;
  readonly answers: ProxyAnswers;
  readonly onFailure: ((failure: ProxyFailure) => void) | undefined;
  readonly open: PassingSet<Open>;
}

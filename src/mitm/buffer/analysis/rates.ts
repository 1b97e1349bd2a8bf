import type { Finding } from '../analysis.ts';
import type { Reading } from './reading.ts';
import { RecentTable } from './recent-table.ts';
import { SlidingCounter } from './sliding-counter.ts';
import { shownCount } from './words.ts';

/** How much is too much, and how many clients are known at a time. */
export interface RateLimits {
  /** Clients, and sessions, that are counted; beyond that the longest silent are forgotten. */
  readonly clients: number;
  /** Requests of a client within 10 seconds, each step with what it counts; the last that is exceeded holds. */
  readonly in10s: readonly RateStep[];
  /** The same within 60 seconds. */
  readonly in60s: readonly RateStep[];
  /** Requests of a session within 10 seconds, from however many addresses. */
  readonly session10s: readonly RateStep[];
  /** Answers 401 and 403 within 60 seconds. */
  readonly refused60s: readonly RateStep[];
  /** Answers 404 within 60 seconds. */
  readonly missing60s: readonly RateStep[];
  /** Requests that the live path blocked, within 60 seconds. */
  readonly blocked60s: readonly RateStep[];
}

/** More than so many: so many points. */
export interface RateStep {
  readonly over: number;
  readonly score: number;
}

/** More than 20 in 10 seconds counts 20, as SecuBox has it: a browser with many pictures gets there, so no more. */
export const DEFAULT_RATES: RateLimits = {
  clients: 10_000,
  in10s: [
    { over: 20, score: 20 },
    { over: 150, score: 40 },
    { over: 500, score: 60 },
  ],
  in60s: [
    { over: 300, score: 25 },
    { over: 1000, score: 50 },
  ],
  session10s: [
    { over: 80, score: 20 },
    { over: 300, score: 45 },
  ],
  refused60s: [
    { over: 9, score: 35 },
    { over: 29, score: 60 },
  ],
  missing60s: [
    { over: 15, score: 25 },
    { over: 59, score: 50 },
  ],
  blocked60s: [
    { over: 4, score: 40 },
    { over: 19, score: 70 },
  ],
};

/** What is counted of a client. Counters that few need are made when they are needed. */
class ClientCounters {
  readonly in10s = new SlidingCounter(10_000);
  readonly in60s = new SlidingCounter(60_000);
  refused: SlidingCounter | undefined;
  missing: SlidingCounter | undefined;
  blocked: SlidingCounter | undefined;
}

/** Requests, errors and blocked requests of each client, and requests of each session, in sliding windows. */
export class Rates {
  private readonly limits: RateLimits;
  private readonly clients: RecentTable<ClientCounters>;
  private readonly sessions: RecentTable<SlidingCounter>;

  constructor(limits: RateLimits) {
    this.limits = limits;
    this.clients = new RecentTable(limits.clients);
    this.sessions = new RecentTable(limits.clients);
  }

  /** Counts a request, and says which limits its client exceeds: of each category the heaviest. */
  judge(reading: Reading): Finding[] {
    const { limits } = this;
    const { client, timeMs, session, status } = reading;
    const counters = this.clients.take(client, () => new ClientCounters());
    const findings: Finding[] = [];
    const rate = heaviest([
      over(limits.in10s, counters.in10s.add(timeMs), 'rate', 'requests of the client in 10 s'),
      over(limits.in60s, counters.in60s.add(timeMs), 'rate', 'requests of the client in 60 s'),
      session === 0 ? undefined : this.session(session, timeMs),
    ]);
    if (rate !== undefined) findings.push(rate);
    if (status === 401 || status === 403) {
      counters.refused ??= new SlidingCounter(60_000);
      const count = counters.refused.add(timeMs);
      add(findings, over(limits.refused60s, count, 'brute_force', 'answers 401 or 403 in 60 s'));
    }
    if (status === 404) {
      counters.missing ??= new SlidingCounter(60_000);
      const count = counters.missing.add(timeMs);
      add(findings, over(limits.missing60s, count, 'enumeration', 'answers 404 in 60 s'));
    }
    if (reading.blocked) counters.blocked ??= new SlidingCounter(60_000);
    if (counters.blocked !== undefined) {
      const count = reading.blocked ? counters.blocked.add(timeMs) : counters.blocked.count(timeMs);
      add(findings, over(limits.blocked60s, count, 'scanner', 'blocked requests of the client in 60 s'));
    }
    return findings;
  }

  statistics(): Readonly<Record<string, number>> {
    return {
      clients: this.clients.size,
      sessions: this.sessions.size,
      forgotten: this.clients.evicted + this.sessions.evicted,
    };
  }

  private session(session: number, timeMs: number): Finding | undefined {
    const counter = this.sessions.take(String(session), () => new SlidingCounter(10_000));
    return over(this.limits.session10s, counter.add(timeMs), 'rate', 'requests of the session in 10 s');
  }
}

function over(
  steps: readonly RateStep[],
  count: number,
  category: string,
  what: string,
): Finding | undefined {
  const step = steps.findLast((one) => count > one.over);
  if (step === undefined) return undefined;
  const reason = `${shownCount(count)} ${what}, more than ${shownCount(step.over)}`;
  return { kind: 'rate', category, score: step.score, reason, ruleIds: [] };
}

function heaviest(findings: readonly (Finding | undefined)[]): Finding | undefined {
  let found: Finding | undefined;
  for (const finding of findings) {
    if (finding !== undefined && finding.score > (found?.score ?? 0)) found = finding;
  }
  return found;
}

function add(findings: Finding[], finding: Finding | undefined): void {
  if (finding !== undefined) findings.push(finding);
}

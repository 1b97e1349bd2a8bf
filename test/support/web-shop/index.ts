/**
 * Benign traffic of a shop: pages, search, items, cart, login, forms, uploads, a JSON interface with its telemetry, an
 * app, crawlers, a partner's program. Several hundred clients with sessions; popular items are asked for most.
 */
import type { WebTransaction } from '../../../src/mitm/transaction.ts';
import { BrowserVisit } from './browser-visit.ts';
import { type Exchange, transactionOf } from './exchange.ts';
import { AppVisit, CrawlerVisit, PartnerVisit } from './program-visits.ts';
import { Random } from './random.ts';
import type { Visit } from './visit.ts';
import { type Visitor, visitor } from './visitor.ts';

export { bytes, type Exchange, form, HOST, transactionOf } from './exchange.ts';
export { Random } from './random.ts';

/** How much traffic. */
export interface ShopTraffic {
  readonly seed: number;
  readonly requests: number;
  readonly clients?: number;
}

/** 2026-03-02 08:00 UTC. */
export const START_MS = 1_772_438_400_000;
/** So much of a visit's traffic an hour has. */
const REQUESTS_AN_HOUR = 8000;

/** Requests in the order of their time. The same seed gives the same. */
export function shopTraffic({ seed, requests, clients = 400 }: ShopTraffic): WebTransaction[] {
  const random = new Random(seed);
  const visitors = Array.from({ length: clients }, (_, i) => visitor(random, i));
  const exchanges: Exchange[] = [];
  const free = new Map<number, number>();
  const lengthMs = (requests / REQUESTS_AN_HOUR) * 3_600_000;
  while (exchanges.length < requests) {
    const index = random.whole(0, clients - 1);
    const who = visitors[index];
    if (who === undefined) continue;
    // One visit of a visitor follows the other.
    const startMs = Math.max(
      free.get(index) ?? 0,
      START_MS + (exchanges.length / requests) * lengthMs + random.whole(0, 600_000),
    );
    // Telephones change between two networks from one visit to the next.
    if (who.kind === 'phone' && random.chance(0.3)) who.addresses.reverse();
    const visit = visitOf(random, who, startMs);
    visit.go();
    who.visits++;
    free.set(index, (visit.exchanges.at(-1)?.timeMs ?? startMs) + 60_000);
    exchanges.push(...visit.exchanges);
  }
  return exchanges
    .slice(0, requests)
    .sort((a, b) => a.timeMs - b.timeMs)
    .map(transactionOf);
}

function visitOf(random: Random, who: Visitor, startMs: number): Visit {
  switch (who.kind) {
    case 'desktop':
    case 'phone':
      return new BrowserVisit(random, who, startMs);
    case 'app':
      return new AppVisit(random, who, startMs);
    case 'crawler':
      return new CrawlerVisit(random, who, startMs);
    case 'partner':
      return new PartnerVisit(random, who, startMs);
    default:
      return who.kind satisfies never;
  }
}

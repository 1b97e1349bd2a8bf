import { addressOf, nameOf, objectOf, timeOf } from '../event/index.ts';
import type { LiveFeed, LiveRecord } from './live/feed.ts';

/** What a rule matched. Time in microseconds since 1970; secrets were taken out when the record was made. */
export interface RuleHit {
  readonly timeUs: number;
  readonly reference: string;
  readonly address: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly action: string;
  readonly variable: string;
  readonly value: string;
}

/** A rule that matched something. */
export interface RuleFigures {
  readonly id: number;
  readonly message: string;
  readonly category: string;
  readonly severity: string;
  readonly count: number;
  readonly lastUs: number;
}

interface Known {
  readonly figures: { -readonly [K in keyof RuleFigures]: RuleFigures[K] };
  /** The latest last. */
  readonly hits: RuleHit[];
}

const MOST_RULES = 4096;
const MOST_HITS = 20;
const MOST_NAMES = 1024;
const MOST_TEXT = 256;

/** Counts which rules of the WAF match, out of the records as they come. */
export class RuleHits {
  readonly sinceUs = 1000 * Date.now();
  private readonly rules = new Map<number, Known>();
  private readonly byCategory = new Map<string, number>();
  private readonly byHost = new Map<string, number>();
  private matches = 0;
  private blocked = 0;

  constructor(feed: LiveFeed) {
    this.take(feed.after(0).records);
    feed.subscribe((records) => this.take(records));
  }

  /** What rule matched lately, the newest first, and how often it did. */
  rule(id: number): { readonly count: number; readonly hits: readonly RuleHit[] } {
    const known = this.rules.get(id);
    return { count: known?.figures.count ?? 0, hits: (known?.hits ?? []).toReversed() };
  }

  /** The most frequent, `most` of each. */
  top(most: number) {
    const { matches, blocked } = this;
    return {
      matches,
      blocked,
      categories: mostOf(this.byCategory, most),
      hosts: mostOf(this.byHost, most),
      rules: [...this.rules.values()]
        .map(({ figures }) => figures)
        .sort((a, b) => b.count - a.count || a.id - b.id)
        .slice(0, most),
    };
  }

  private take(records: readonly LiveRecord[]): void {
    for (const { type, record } of records) if (type === 'waf') this.match(record);
  }

  private match(record: Readonly<Record<string, unknown>>): void {
    const waf = objectOf(record.waf);
    const http = objectOf(record.http);
    const id = waf?.rule_id;
    if (waf === undefined || typeof id !== 'number') return;
    const timeUs = timeOf(record.timestamp) ?? 0;
    const category = textOf(waf.category);
    const host = textOf(http?.hostname);
    this.matches++;
    if (waf.action !== 'pass') this.blocked++;
    count(this.byCategory, category);
    count(this.byHost, host);
    let known = this.rules.get(id);
    if (known === undefined) {
      if (this.rules.size >= MOST_RULES) return;
      const [message, severity] = [textOf(waf.message), textOf(waf.severity)];
      known = { figures: { id, message, category, severity, count: 0, lastUs: 0 }, hits: [] };
      this.rules.set(id, known);
    }
    known.figures.count++;
    known.figures.lastUs = Math.max(known.figures.lastUs, timeUs);
    known.hits.push({
      timeUs,
      reference: textOf(waf.reference),
      address: addressOf(textOf(record.src_ip)) ?? '',
      method: textOf(http?.http_method),
      host,
      path: textOf(http?.url).split('?', 1)[0] ?? '',
      action: textOf(waf.action),
      variable: textOf(waf.variable),
      value: textOf(waf.value),
    });
    if (known.hits.length > MOST_HITS) known.hits.shift();
  }
}

function count(counts: Map<string, number>, name: string): void {
  const before = counts.get(name);
  // Names come from outside: there may be any number of them.
  if (name === '' || (before === undefined && counts.size >= MOST_NAMES)) return;
  counts.set(name, (before ?? 0) + 1);
}

function mostOf(counts: ReadonlyMap<string, number>, most: number) {
  return [...counts]
    .map(([name, number]) => ({ name, count: number }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
    .slice(0, most);
}

function textOf(value: unknown): string {
  return (nameOf(value) ?? '').slice(0, MOST_TEXT);
}

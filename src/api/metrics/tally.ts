import type { LiveRecord } from '../live/feed.ts';
import { Histogram } from './histogram.ts';
import { OTHER, Recent } from './recent.ts';

/** Types of records that are counted by name. */
const MOST_TYPES = 64;
const MOST_NAME_CHARACTERS = 64;
/** Open flows of which it is known how many bytes were told. */
const MOST_FLOWS = 20_000;
/** Requests of the last minute of which latencies are kept. */
const MOST_LATENCIES = 2048;
const MINUTE_MS = 60_000;

/** Quantiles in milliseconds; undefined without any request. */
export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Counts what the records tell that pass by; all of it bounded. */
export class Tally {
  readonly types = new Map<string, number>();
  /** Records of requests by the way on which they came. */
  readonly ways = new Map<string, number>();
  /** WAF matches by category. */
  readonly categories = new Map<string, number>();
  /** How long judging a request took, and a request until the head of its answer. */
  readonly judgement = new Histogram();
  readonly answer = new Histogram();
  /** From the record that led to a decision until all enforcers had it. */
  readonly decision = new Histogram();
  readonly protocols: Recent;
  readonly applications: Recent;
  readonly wafCategories: Recent;
  private readonly seen: Recent;
  private readonly clock: () => number;
  private readonly told = new Map<number, number>();
  private readonly latencies = new Float64Array(2 * MOST_LATENCIES);
  private requests = 0;

  /** `clock`: milliseconds that never go back. */
  constructor(clock: () => number = () => performance.now()) {
    this.clock = clock;
    this.protocols = new Recent(clock);
    this.applications = new Recent(clock);
    this.wafCategories = new Recent(clock);
    this.seen = new Recent(clock);
  }

  /** Counts records. */
  take(records: readonly LiveRecord[]): void {
    this.seen.add('', records.length);
    for (const { type, record } of records) {
      bump(this.types, type, MOST_TYPES);
      switch (type) {
        case 'flow':
          this.flow(record, record.flow, true);
          break;
        case 'flow_progress':
          this.flow(record, record.flow_progress, false);
          break;
        case 'http':
          this.request(record.web);
          break;
        case 'waf':
          this.match(record.waf);
          break;
        case 'decision':
          this.decided(record.decision);
          break;
        default:
      }
    }
  }

  /** Records of all kinds, as the mean of the last seconds. */
  recordsPerSecond(seconds: number): number {
    return (this.seen.top(1, seconds)[0]?.count ?? 0) / seconds;
  }

  /** How long it took to judge the requests of the last minute. */
  latency(): Latency | undefined {
    const since = this.clock() - MINUTE_MS;
    const recent: number[] = [];
    for (let i = 0; i < Math.min(this.requests, MOST_LATENCIES); i++) {
      if ((this.latencies[2 * i] as number) >= since) recent.push(this.latencies[2 * i + 1] as number);
    }
    if (recent.length === 0) return undefined;
    recent.sort((a, b) => a - b);
    const at = (share: number): number => recent[Math.ceil(share * recent.length) - 1] ?? 0;
    return { p50Ms: at(0.5), p99Ms: at(0.99) };
  }

  /** A flow is counted when it is first told of, its bytes as they are told. */
  private flow(record: LiveRecord['record'], figures: unknown, isEnd: boolean): void {
    const bytes = numberIn(figures, 'bytes_toserver') + numberIn(figures, 'bytes_toclient');
    const { flow_id: id } = record;
    const before = typeof id === 'number' ? this.told.get(id) : undefined;
    // The end has the whole flow, the progress what came since the record before.
    const more = isEnd ? Math.max(0, bytes - (before ?? 0)) : bytes;
    const flows = before === undefined ? 1 : 0;
    const protocol = textIn(record.app, 'protocol') || textOf(record.app_proto) || textOf(record.proto);
    if (protocol !== '') this.protocols.add(protocol, flows, more);
    const application = textIn(record.app, 'application');
    if (application !== '') this.applications.add(application, flows, more);
    if (typeof id !== 'number') return;
    this.told.delete(id);
    if (isEnd) return;
    this.told.set(id, (before ?? 0) + bytes);
    const oldest = this.told.size > MOST_FLOWS ? this.told.keys().next().value : undefined;
    if (oldest !== undefined) this.told.delete(oldest);
  }

  /** Records of the passive stream say nothing of judgements. */
  private request(web: unknown): void {
    if (typeof web !== 'object' || web === null) return;
    bump(this.ways, textIn(web, 'way') || OTHER, MOST_TYPES);
    const judged = numberIn(web, 'judged_ms');
    this.judgement.add(judged);
    if ('latency_ms' in web) this.answer.add(numberIn(web, 'latency_ms'));
    const place = 2 * (this.requests++ % MOST_LATENCIES);
    this.latencies[place] = this.clock();
    this.latencies[place + 1] = judged;
  }

  private match(waf: unknown): void {
    const category = textIn(waf, 'category') || OTHER;
    // The sum of what the other rules found is no finding.
    if (category === 'evaluation') return;
    bump(this.categories, category, MOST_TYPES);
    this.wafCategories.add(category, 1);
  }

  private decided(decision: unknown): void {
    if (typeof decision !== 'object' || decision === null || !('latency_ms' in decision)) return;
    this.decision.add(numberIn(decision, 'latency_ms'));
  }
}

function bump(counts: Map<string, number>, name: string, most: number): void {
  const short = name.slice(0, MOST_NAME_CHARACTERS);
  const key = counts.has(short) || counts.size < most ? short : OTHER;
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textIn(object: unknown, name: string): string {
  return typeof object === 'object' && object !== null
    ? textOf((object as Readonly<Record<string, unknown>>)[name])
    : '';
}

function numberIn(object: unknown, name: string): number {
  const value =
    typeof object === 'object' && object !== null ? (object as Readonly<Record<string, unknown>>)[name] : 0;
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

import { type EveRecord, timeOf } from '../event/index.ts';
import type { Position } from '../store/index.ts';
import type { Backend } from './backend.ts';

/** Records of the past for work that goes through many of them. */
export interface PastRecords {
  /** Lines of JSON in the order of time, some at a time. */
  readonly pages: AsyncIterable<readonly string[]>;
  /** Whether there were more than were given; known when the pages are through. */
  readonly isCutOff: () => boolean;
}

/** How many records, and how long they are read, in milliseconds. */
export interface PastBounds {
  readonly records: number;
  readonly budgetMs: number;
}

interface TimeRange {
  readonly sinceUs?: number;
  readonly untilUs?: number;
}

const PAGE = 2000;

/** The stored records of a time, of flows and all others, the oldest first. */
export function pastRecords(weir: Backend['weir'], range: TimeRange, bounds: PastBounds): PastRecords {
  let isCutOff = false;
  async function* pages(): AsyncGenerator<readonly string[]> {
    const endMs = performance.now() + bounds.budgetMs;
    const flows = new Side(weir, ['flow'], range);
    const others = new Side(weir, undefined, range);
    let left = bounds.records;
    for (;;) {
      await flows.fill();
      await others.fill();
      // What lies behind the end of a page that is not the last may be followed by what is not read yet.
      const page = merged(flows, others).slice(0, left);
      if (page.length === 0) return;
      left -= page.length;
      yield page;
      if (left > 0 && performance.now() < endMs) continue;
      await flows.fill();
      await others.fill();
      isCutOff = !flows.isEmpty || !others.isEmpty;
      return;
    }
  }
  return { pages: pages(), isCutOff: () => isCutOff };
}

/** Takes what is surely next from both. */
function merged(a: Side, b: Side): string[] {
  const lines: string[] = [];
  while (lines.length < PAGE) {
    // With nothing in hand it has either ended, or what comes next from it is not known.
    if ((a.isEmpty && !a.isOver) || (b.isEmpty && !b.isOver)) break;
    const next = a.nextUs <= b.nextUs ? a.take() : b.take();
    if (next === undefined) break;
    lines.push(JSON.stringify(next));
  }
  return lines;
}

/** One kind of records, page by page. */
class Side {
  private readonly weir: Backend['weir'];
  private readonly types: readonly string[] | undefined;
  private readonly range: TimeRange;
  private rows: readonly EveRecord[] = [];
  private at = 0;
  private place: Position | undefined;
  isOver = false;

  constructor(weir: Backend['weir'], types: readonly string[] | undefined, range: TimeRange) {
    this.weir = weir;
    this.types = types;
    this.range = range;
  }

  get isEmpty(): boolean {
    return this.at >= this.rows.length;
  }

  /** Time of what comes next in microseconds; infinite where there is nothing. */
  get nextUs(): number {
    const next = this.rows[this.at];
    return next === undefined ? Number.POSITIVE_INFINITY : (timeOf(next.timestamp) ?? 0);
  }

  take(): EveRecord | undefined {
    return this.rows[this.at++];
  }

  /** Reads on until there is something, or nothing more: a page may be empty and not the last. */
  async fill(): Promise<void> {
    while (this.isEmpty && !this.isOver) {
      const after = this.place === undefined ? {} : { after: this.place };
      const page = await this.weir.recordPage(this.types, this.range, {
        limit: PAGE,
        order: 'oldest',
        ...after,
      });
      this.rows = page.rows;
      this.at = 0;
      this.place = page.next;
      this.isOver = page.next === undefined;
    }
  }
}

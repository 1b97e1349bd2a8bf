import { timeMs } from '../../data/format.ts';
import type { LiveRecord } from '../../data/types.ts';

/** Matches by category in equal parts of a time. */
export interface MatchesOverTime {
  /** The most frequent first; what is beyond the fourth is `other`. */
  readonly categories: readonly {
    readonly name: string;
    readonly counts: readonly number[];
    readonly total: number;
  }[];
  /** Matches of the fullest part. */
  readonly highest: number;
}

/** Categories that are told apart. */
const MOST_CATEGORIES = 4;
/** This category only sums up the others of the same request. */
export const NO_ATTACK = 'evaluation';

/** Counts the records of the WAF by category, in `parts` equal parts between two times in milliseconds. */
export function matchesOverTime(
  records: readonly LiveRecord[],
  fromMs: number,
  untilMs: number,
  parts: number,
): MatchesOverTime {
  const byCategory = new Map<string, number[]>();
  for (const record of records) {
    const part = Math.floor(((timeMs(record.timestamp) - fromMs) / (untilMs - fromMs)) * parts);
    const category = categoryOf(record);
    if (!(part >= 0) || part >= parts || category === NO_ATTACK) continue;
    const counts = byCategory.get(category) ?? new Array<number>(parts).fill(0);
    counts[part]! += 1;
    byCategory.set(category, counts);
  }
  const all = [...byCategory]
    .map(([name, counts]) => ({ name, counts, total: sum(counts) }))
    .sort((one, other) => other.total - one.total || one.name.localeCompare(other.name));
  const rest = all.slice(MOST_CATEGORIES);
  const categories = [
    ...all.slice(0, MOST_CATEGORIES),
    ...(rest.length === 0
      ? []
      : [
          {
            name: 'other',
            counts: Array.from({ length: parts }, (_, part) => sum(rest.map(({ counts }) => counts[part]!))),
            total: sum(rest.map(({ total }) => total)),
          },
        ]),
  ];
  const highest = Math.max(
    0,
    ...Array.from({ length: parts }, (_, part) => sum(categories.map(({ counts }) => counts[part]!))),
  );
  return { categories, highest };
}

function categoryOf(record: LiveRecord): string {
  const { waf } = record;
  return typeof waf === 'object' && waf !== null && 'category' in waf && typeof waf.category === 'string'
    ? waf.category
    : 'other';
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

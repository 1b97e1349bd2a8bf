import { diff } from 'node:util';

/** Lines of a difference that are shown, and how much of each. */
const MOST_LINES = 60;
const LINE_WIDTH = 1000;

/**
 * What differs between two texts, as lines with `-` (expected) and `+` (found), with one line around each place;
 * empty where nothing does.
 */
export function lineDifference(expected: readonly string[], found: readonly string[]): string {
  const operations = diff(found, expected);
  const near = (at: number): boolean => [at - 1, at, at + 1].some((i) => (operations[i]?.[0] ?? 0) !== 0);
  const shown: string[] = [];
  operations.forEach(([operation, line], at) => {
    if (!near(at)) return;
    // Which sign stands for what: found lines that are not expected have 1.
    const sign = operation === 0 ? ' ' : operation > 0 ? '+' : '-';
    shown.push(`${sign} ${line.length > LINE_WIDTH ? `${line.slice(0, LINE_WIDTH)}…` : line}`);
  });
  if (shown.length <= MOST_LINES) return shown.join('\n');
  return [...shown.slice(0, MOST_LINES), `... and ${shown.length - MOST_LINES} more lines`].join('\n');
}

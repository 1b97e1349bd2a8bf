import { fitMiddle, formatBytes, formatCount, formatShort, printable } from './format.ts';
import type { Paint } from './paint.ts';
import type { Total } from './summary.ts';

/** Width of one of two columns that stand beside each other on 80 characters. */
const COLUMN = 39;
const GAP = 2;
const NAME = 18;
const BAR = 5;

/** A titled list of one column's width; `length` of a line is what a terminal shows of it. */
export interface Block {
  readonly title: Line;
  readonly lines: readonly Line[];
}

interface Line {
  readonly text: string;
  readonly width: number;
}

/** Bytes and flows under each name, with bars for the share of `bytes`. */
export function totalsBlock(title: string, totals: readonly Total[], bytes: number, paint: Paint): Block {
  const head = `${''.padEnd(COLUMN - title.length - 5)}flows`;
  return {
    title: { text: paint.bold(title) + paint.dim(head), width: COLUMN },
    lines: totals.map((row) => {
      const share = bytes > 0 ? row.bytes / bytes : 0;
      const blocks = '█'.repeat(Math.max(share > 0.004 ? 1 : 0, Math.min(BAR, Math.round(share * BAR))));
      const name = fitMiddle(printable(row.key), NAME);
      const flows = paint.dim(formatShort(row.flows).padStart(4));
      const text = `  ${name} ${paint.bar(blocks.padEnd(BAR))} ${formatBytes(row.bytes).padStart(7)} ${flows}`;
      return { text, width: COLUMN };
    }),
  };
}

/** Names and how often they came. */
export function countsBlock(
  title: string,
  rows: readonly (readonly [string, number])[],
  paint: Paint,
): Block {
  return {
    title: { text: paint.bold(title), width: title.length },
    lines: rows.map(([name, count]) => {
      const number = formatCount(count);
      const room = COLUMN - 3 - number.length;
      return { text: `  ${fitMiddle(printable(name), room)} ${number}`, width: COLUMN };
    }),
  };
}

/** Puts blocks two by two beside each other; an empty one gives its place to the next. */
export function sideBySide(blocks: readonly Block[]): string[] {
  const filled = blocks.filter((block) => block.lines.length > 0);
  const lines: string[] = [];
  for (let i = 0; i < filled.length; i += 2) {
    const left = [filled[i]!.title, ...filled[i]!.lines];
    const other = filled[i + 1];
    const right = other === undefined ? [] : [other.title, ...other.lines];
    lines.push('');
    for (let row = 0; row < Math.max(left.length, right.length); row++) {
      const { text, width } = left[row] ?? { text: '', width: 0 };
      const beside = right[row];
      lines.push(beside === undefined ? text : `${text}${' '.repeat(COLUMN + GAP - width)}${beside.text}`);
    }
  }
  return lines;
}

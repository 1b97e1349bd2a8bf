import { fit, fitMiddle, printable } from '../output/summary/format.ts';
import { type Paint, paint } from '../output/summary/paint.ts';

/** A column of a table on a terminal. */
export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** The most characters; longer text loses its middle. */
  readonly most?: number;
  /** How its cells are painted. */
  readonly style?: 'dim' | 'bar' | 'bold';
}

/** Aligned columns under their titles; cells may come from the traffic: what commands a terminal is taken out. */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  colors: Paint,
): string {
  const clean = rows.map((row) => row.map(printable));
  const widths = columns.map(({ title, most = 60 }, i) =>
    Math.max(title.length, Math.min(most, Math.max(0, ...clean.map((row) => row[i]?.length ?? 0)))),
  );
  const line = (cells: readonly string[], style: (text: string, column: TableColumn) => string): string => {
    const shown = columns.map((column, i) => {
      const width = widths[i] ?? 0;
      const cell = cells[i] ?? '';
      const text = column.align === 'right' ? cell.padStart(width) : fitMiddle(cell, width);
      return style(i === columns.length - 1 ? text.trimEnd() : text, column);
    });
    return `  ${shown.join('  ')}\n`;
  };
  const head = line(
    columns.map(({ title }) => title),
    (text) => colors.dim(text),
  );
  const body = clean.map((row) =>
    line(row, (text, { style }) => (style === undefined ? text : colors[style](text))),
  );
  return head + body.join('');
}

/** A bar of whole characters for a share of 1. */
export function shareBar(share: number, width: number): string {
  const length = Math.min(width, Math.round(share * width));
  return fit('█'.repeat(Math.max(share > 0.004 ? 1 : 0, length)), width);
}

/** Colours where standard output is a terminal that wants them. */
export function terminalPaint(): Paint {
  return paint(process.stdout.isTTY === true && !process.env.NO_COLOR);
}

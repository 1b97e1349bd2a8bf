/** What is wrong with a filter expression, and where. `message` holds a line with a caret below the place. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
  readonly reason: string;
  readonly expression: string;
  /** Column of the mistake, from 1. */
  readonly column: number;

  constructor(reason: string, expression: string, column: number) {
    super(`filter: ${reason} (column ${column})\n${excerpt(expression, column)}`);
    this.reason = reason;
    this.expression = expression;
    this.column = column;
  }
}

/** Characters of a long expression that are shown on each side of the mistake. */
const CONTEXT = 60;

function excerpt(expression: string, column: number): string {
  const line = expression.replace(/\s/g, ' ');
  const start = Math.max(0, column - 1 - CONTEXT);
  const end = Math.min(line.length, column - 1 + CONTEXT);
  const head = start > 0 ? '...' : '';
  const tail = end < line.length ? '...' : '';
  const caret = `${' '.repeat(head.length + column - 1 - start)}^`;
  return `  ${head}${line.slice(start, end)}${tail}\n  ${caret}`;
}

/** A column of a table: its title, and what of a row is in it. */
export interface CsvColumn<T> {
  readonly title: string;
  readonly value: (row: T) => string | number | boolean | undefined;
}

/** The first line of a table, with its end. */
export function csvTitles(columns: readonly CsvColumn<never>[]): string {
  return `${columns.map(({ title }) => cell(title)).join(',')}\r\n`;
}

/** A row as a line with its end (RFC 4180). */
export function csvLine<T>(columns: readonly CsvColumn<T>[], row: T): string {
  return `${columns.map(({ value }) => cell(value(row))).join(',')}\r\n`;
}

/** Programs for tables take a text that begins so for a formula, and run it. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: string | number | boolean | undefined): string {
  if (typeof value !== 'string') return value === undefined ? '' : String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

import { expandIpv6, formatAddress, type Prefix } from '../net/index.ts';
import type { Condition, Interval } from './condition.ts';
import type { QueryField } from './fields.ts';
import { SEARCHED_PATHS } from './match.ts';
import type { Pattern } from './pattern.ts';
import { prefixBounds } from './prefix-bounds.ts';

/** A table of records, as a condition is told to it. */
export interface SqlTable {
  /**
   * The expression of what lies at a path; undefined: it is in `json`; `none`: records of this table never have it.
   */
  readonly column: (path: string) => string | 'none' | undefined;
  /** The column of the rest, a record as JSON. */
  readonly json: string;
}

/** A condition with the values of its `$q0`, `$q1` ...: nothing of the question is text in it. */
export interface SqlCondition {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, string | number | bigint>>;
}

/** A condition in DuckDB's SQL. It is true of a row where `matches` is of its record, else false. */
export function sqlOf(condition: Condition, table: SqlTable): SqlCondition {
  const writer = new Writer(table);
  const sql = writer.write(condition);
  // What no column of the table is compared with is in no statement, and DuckDB wants to know of all it is given.
  const used = new Set(sql.match(/\$q\d+/g));
  const parameters = Object.entries(writer.parameters).filter(([name]) => used.has(`$${name}`));
  return { sql, parameters: Object.fromEntries(parameters) };
}

/** An expression for the list of the values of a field in a row, as texts. */
export function sqlValues({ paths }: QueryField, table: SqlTable): string {
  const { single, lists } = sourcesOf(paths, table);
  const columns = single.map((value) => `CAST(${value} AS VARCHAR)`);
  const all = [...(columns.length === 0 ? [] : [`[${columns.join(', ')}]`]), ...lists];
  return all.length === 0
    ? 'CAST([] AS VARCHAR[])'
    : all.length === 1
      ? (all[0] ?? '')
      : `list_concat(${all.join(', ')})`;
}

/** Paths that are addresses, and the columns that hold IPv4 as numbers. */
const NUMBERS: Readonly<Record<string, string>> = { src_ip: 'src_v4', dest_ip: 'dest_v4' };

class Writer {
  readonly parameters: Record<string, string | number | bigint> = {};
  private readonly table: SqlTable;
  private count = 0;

  constructor(table: SqlTable) {
    this.table = table;
  }

  write(condition: Condition): string {
    switch (condition.kind) {
      case 'all':
        return joined(
          condition.of.map((one) => this.write(one)),
          'AND',
          'true',
        );
      case 'any':
        return joined(
          condition.of.map((one) => this.write(one)),
          'OR',
          'false',
        );
      case 'not':
        return `(NOT ${this.write(condition.of)})`;
      case 'exists':
        return this.some(condition.field.paths, (value) => `${value} <> ''`);
      case 'text':
        return this.some(condition.field.paths, this.pattern(condition.pattern));
      case 'word':
        return this.some(SEARCHED_PATHS, this.pattern(condition.pattern));
      case 'address':
        return joined(
          condition.field.paths.map((path) => this.address(path, condition.prefix)),
          'OR',
          'false',
        );
      case 'number':
        return this.number(condition.field, condition.interval);
      default:
        return condition satisfies never;
    }
  }

  private value(value: string | number | bigint): string {
    const name = `q${this.count++}`;
    this.parameters[name] = value;
    return `$${name}`;
  }

  /** One of what lies at the paths is as `is` says of an expression. */
  private some(paths: readonly string[], is: (value: string) => string): string {
    const { single, lists } = sourcesOf(paths, this.table);
    const conditions = single.map((value) => is(`CAST(${value} AS VARCHAR)`));
    if (lists.length > 0) {
      const all = lists.length === 1 ? lists[0] : `list_concat(${lists.join(', ')})`;
      conditions.push(`len(list_filter(${all}, lambda one: ${is('one')})) > 0`);
    }
    return `coalesce(${joined(conditions, 'OR', 'false')}, false)`;
  }

  private pattern({ parts, atBeginning, atEnd }: Pattern): (value: string) => string {
    const [first = ''] = parts;
    if (parts.length > 1) {
      // RE2 takes linear time, which LIKE with several of its signs does not.
      const expression = this.value(
        `(?s)${atBeginning ? '^' : ''}${parts.map(quoted).join('.*')}${atEnd ? '$' : ''}`,
      );
      return (value) => `regexp_matches(lower(${value}), ${expression})`;
    }
    const text = this.value(first);
    if (atBeginning && atEnd) return (value) => `lower(${value}) = ${text}`;
    if (atBeginning) return (value) => `starts_with(lower(${value}), ${text})`;
    if (atEnd) return (value) => `ends_with(lower(${value}), ${text})`;
    return (value) => `contains(lower(${value}), ${text})`;
  }

  private address(path: string, prefix: Prefix): string {
    const [low, high] = prefixBounds(prefix);
    const number = NUMBERS[path] ?? '';
    if (prefix.version === 4) {
      const from = this.value(BigInt(low[0] >>> 0));
      const to = this.value(BigInt(high[0] >>> 0));
      return `coalesce(${number} BETWEEN ${from} AND ${to}, false)`;
    }
    const from = this.value(expandIpv6(formatAddress(6, ...low)));
    const to = this.value(expandIpv6(formatAddress(6, ...high)));
    return `coalesce(${number} IS NULL AND ${path} BETWEEN ${from} AND ${to}, false)`;
  }

  private number(field: QueryField, interval: Interval): string {
    const within = this.within(interval);
    const number = (value: string): string => {
      const plain = `TRY_CAST(${value} AS DOUBLE)`;
      const words = Object.entries(field.words).map(([word, is]) => `WHEN '${word}' THEN ${is}`);
      const any =
        words.length === 0 ? plain : `coalesce(${plain}, CASE lower(${value}) ${words.join(' ')} END)`;
      return field.unitUs === 1 ? any : `${any} * ${field.unitUs}`;
    };
    if (field.isSum) return this.sum(field.paths, within);
    const { single, lists } = sourcesOf(field.paths, this.table);
    const conditions = single.map((value) => within(value));
    for (const list of lists) {
      conditions.push(`len(list_filter(${list}, lambda one: ${within(number('one'))})) > 0`);
    }
    return `coalesce(${joined(conditions, 'OR', 'false')}, false)`;
  }

  /** There is one of them, and their sum is within. */
  private sum(paths: readonly string[], within: (value: string) => string): string {
    const { single, lists } = sourcesOf(paths, this.table);
    const sums = single.map((value) => `coalesce(${value}, 0)`);
    const there = single.map((value) => `${value} IS NOT NULL`);
    for (const list of lists) {
      const numbers = `list_transform(${list}, lambda one: TRY_CAST(one AS DOUBLE))`;
      sums.push(`coalesce(list_sum(${numbers}), 0)`);
      there.push(`list_sum(${numbers}) IS NOT NULL`);
    }
    if (sums.length === 0) return 'false';
    return `coalesce((${there.join(' OR ')}) AND ${within(`(${sums.join(' + ')})`)}, false)`;
  }

  private within({ low, high, isAbove, isBelow }: Interval): (value: string) => string {
    const from = Number.isFinite(low) ? this.value(low) : undefined;
    const to = Number.isFinite(high) ? this.value(high) : undefined;
    return (value) =>
      joined(
        [
          ...(from === undefined ? [] : [`${value} ${isAbove ? '>' : '>='} ${from}`]),
          ...(to === undefined ? [] : [`${value} ${isBelow ? '<' : '<='} ${to}`]),
        ],
        'AND',
        'true',
      );
  }
}

/** Columns, and lists of texts out of the JSON, which is read once for all plain paths. */
function sourcesOf(
  paths: readonly string[],
  { column: columnOf, json }: SqlTable,
): { readonly single: string[]; readonly lists: string[] } {
  const single: string[] = [];
  const lists: string[] = [];
  const plain: string[] = [];
  for (const path of paths) {
    const column = columnOf(path);
    if (column === 'none') continue;
    if (column !== undefined) single.push(column);
    else if (path.includes('[]')) lists.push(`json_extract_string(${json}, '${jsonPath(path)}')`);
    else plain.push(`'${jsonPath(path)}'`);
  }
  if (plain.length > 0) lists.push(`json_extract_string(${json}, [${plain.join(', ')}])`);
  return { single, lists };
}

function joined(conditions: readonly string[], by: 'AND' | 'OR', none: string): string {
  return conditions.length === 0 ? none : `(${conditions.join(` ${by} `)})`;
}

/** Paths are this program's own: names, dots and `[]`. */
function jsonPath(path: string): string {
  return `$.${path.replaceAll('[]', '[*]')}`;
}

function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

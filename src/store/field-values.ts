import { fieldNamed, sqlValues } from '../query/index.ts';
import type { Parameters } from './database.ts';
import { EVENT_TABLE, FLOW_TABLE } from './query-table.ts';
import { limitOf, type Selection, source } from './questions.ts';
import type { Storage } from './storage.ts';
import { StoreError } from './store-error.ts';

/** A value that a field has. */
export interface FieldValue {
  readonly value: string;
  /** Records that have it, of those that were looked at. */
  readonly count: number;
}

const MOST_VALUES = 100;
const MOST_PREFIX = 256;
/** Records of a table that are looked at. */
const MOST_LOOKED_AT = 200_000;
const MOST_CHARACTERS = 256;

/** Values of a field that begin so, the most frequent first. */
export async function askValues(
  storage: Storage,
  name: string,
  prefix: string,
  selection: Selection,
  limit: number,
): Promise<FieldValue[]> {
  const field = fieldNamed(name);
  if (field === undefined) throw new StoreError('question', `there is no field '${name.slice(0, 40)}'`);
  if (prefix.length > MOST_PREFIX) {
    throw new StoreError('question', `the beginning of a value has at most ${MOST_PREFIX} characters`);
  }
  const others = field.records.filter((type) => !type.startsWith('flow'));
  const sources: string[] = [];
  const parameters: Record<string, Parameters[string]> = {};
  if (field.records.length === 0 || field.records.includes('flow')) {
    sources.push(take(['flow'], sqlValues(field, FLOW_TABLE), 'f_'));
  }
  if (field.records.length === 0 || others.length > 0) {
    sources.push(take(field.records.length === 0 ? undefined : others, sqlValues(field, EVENT_TABLE), 'e_'));
  }
  const rows = await storage.ask(
    `SELECT value, count(*) AS count FROM (${sources.join(' UNION ALL ')})
     WHERE value <> '' AND length(value) <= ${MOST_CHARACTERS} AND starts_with(lower(value), lower($prefix))
     GROUP BY value ORDER BY count DESC, value LIMIT $limit`,
    { ...parameters, prefix, limit: limitOf(limit, MOST_VALUES) },
  );
  return rows.map(({ value, count }) => ({ value: String(value), count: Number(count) }));

  /** Both tables are asked in one statement: their parameters get names of their own. */
  function take(types: readonly string[] | undefined, values: string, mark: string): string {
    const { sql, parameters: own } = source(storage, types, selection);
    for (const [key, value] of Object.entries(own)) parameters[`${mark}${key}`] = value;
    const renamed = sql.replace(/\$(?=[a-z])/g, `$$${mark}`);
    return `SELECT unnest(${values}) AS value FROM (SELECT * FROM ${renamed} LIMIT ${MOST_LOOKED_AT})`;
  }
}

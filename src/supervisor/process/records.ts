import type { EveRecord } from '../../lan/index.ts';

/** The records of a batch of lines, and how many lines were none. */
export function parseRecords(lines: readonly string[]): {
  readonly records: readonly EveRecord[];
  readonly malformed: number;
} {
  const records: EveRecord[] = [];
  for (const line of lines) {
    const record = parse(line);
    if (record !== undefined) records.push(record);
  }
  return { records, malformed: lines.length - records.length };
}

function parse(line: string): EveRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { timestamp, event_type: type } = value as { readonly [name: string]: unknown };
  return typeof timestamp === 'string' && typeof type === 'string' ? (value as EveRecord) : undefined;
}

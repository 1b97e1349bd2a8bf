import { jsonOf } from '../../control/index.ts';
import type { EveRecord } from '../../lan/index.ts';

/** The records of a batch. */
export interface ParsedRecords {
  readonly records: readonly EveRecord[];
  /** Those that are kept: all but the progress of open flows, which their end tells again. */
  readonly kept: readonly EveRecord[];
  /** Lines of the kept records, and those that are no records. */
  readonly keptLines: readonly string[];
  /** How many lines were no records. */
  readonly malformed: number;
}

/** Reads the records of a batch of lines. */
export function parseRecords(lines: readonly string[]): ParsedRecords {
  const records: EveRecord[] = [];
  const kept: EveRecord[] = [];
  const keptLines: string[] = [];
  for (const line of lines) {
    const record = parse(line);
    if (record !== undefined) records.push(record);
    if (record?.event_type === 'flow_progress') continue;
    if (record !== undefined) kept.push(record);
    keptLines.push(line);
  }
  return { records, kept, keptLines, malformed: lines.length - records.length };
}

function parse(line: string): EveRecord | undefined {
  const value = jsonOf(line);
  if (typeof value !== 'object' || value === null) return undefined;
  const { timestamp, event_type: type } = value as { readonly [name: string]: unknown };
  return typeof timestamp === 'string' && typeof type === 'string' ? (value as EveRecord) : undefined;
}

import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import type { EveRecord } from '../event/index.ts';

/** Where a line was that is no record. */
export interface WrongLine {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

const CHUNK = 1 << 18;
/** Characters of a line; what is longer is no record. */
const LONGEST_LINE = 4 << 20;
/** Records that are given together. */
const BATCH = 500;

/**
 * Reads EVE JSON, a record a line, a few hundred at a time. `path`: a file, `-` for standard input. What is no record is
 * told to `wrong` and passed over. Throws the system's error where it cannot be read.
 */
export async function* recordBatches(
  path: string,
  wrong: (line: WrongLine) => void,
): AsyncGenerator<EveRecord[]> {
  const file = path === '-' ? 'standard input' : path;
  let batch: EveRecord[] = [];
  let number = 0;
  for await (const text of linesOf(path)) {
    number++;
    if (text === undefined) {
      wrong({ file, line: number, reason: `it has more than ${LONGEST_LINE} characters` });
      continue;
    }
    if (text.trim() === '') continue;
    const record = recordOf(text);
    if (typeof record === 'string') {
      wrong({ file, line: number, reason: record });
      continue;
    }
    batch.push(record);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Whether a file is one of records, by its name or by how it begins. */
export function holdsRecords(path: string): boolean {
  if (path === '-' || /\.(?:json|jsonl|ndjson)$/.test(path)) return true;
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    // Whoever reads it says why that cannot be.
    return false;
  }
  try {
    // What is no file, as a pipe, cannot be read twice.
    if (!fstatSync(descriptor).isFile()) return false;
    const start = Buffer.alloc(64);
    const length = readSync(descriptor, start, 0, start.length, 0);
    return start.toString('latin1', 0, length).trimStart().startsWith('{"');
  } finally {
    closeSync(descriptor);
  }
}

/** The lines of a file; undefined for one that is too long. */
async function* linesOf(path: string): AsyncGenerator<string | undefined> {
  const input = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: CHUNK });
  input.setEncoding('utf8');
  let rest = '';
  let isTooLong = false;
  for await (const text of input as AsyncIterable<string>) {
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      const line = rest + text.slice(from, end);
      yield isTooLong || line.length > LONGEST_LINE ? undefined : line;
      rest = '';
      isTooLong = false;
      from = end + 1;
    }
    rest += text.slice(from);
    if (rest.length <= LONGEST_LINE) continue;
    rest = '';
    isTooLong = true;
  }
  if (isTooLong) yield undefined;
  else if (rest !== '') yield rest;
}

/** A record, or in words why it is none. */
function recordOf(text: string): EveRecord | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'it is no JSON';
  }
  if (typeof value !== 'object' || value === null) return 'it is no record: a record is an object';
  const { timestamp, event_type: type } = value as { readonly [name: string]: unknown };
  if (typeof timestamp === 'string' && typeof type === 'string') return value as EveRecord;
  return 'it is no record: timestamp or event_type is missing';
}

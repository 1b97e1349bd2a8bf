import { createHash } from 'node:crypto';
import { DamagedFileError, readLines, replaceFile, setAside } from './state-file.ts';

/** Fields of a line that was read; nothing is known of their types. */
export type Fields = { readonly [name: string]: unknown };

/** What a snapshot is: its first line tells. */
export interface SnapshotKind {
  /** As `weir-reputation`. */
  readonly file: string;
  readonly version: number;
  /** Bounds of what is read. */
  readonly length: number;
  readonly lines: number;
}

/** Told of a line that is not what it should be: the error to throw. */
export type Wrong = (message: string) => DamagedFileError;

/** A snapshot that was read, or in words what was wrong with it; both undefined where there is no file. */
export interface LoadedSnapshot<T> {
  readonly value: T | undefined;
  /** What was wrong with the file and where it is now. */
  readonly problem: string | undefined;
}

/**
 * Writes a snapshot, atomically: JSON lines, a header, the items, and an end with the digest of all lines before. Items
 * are asked for as they are written. Throws StateFileError.
 */
export async function saveSnapshot(
  path: string,
  { file, version }: SnapshotKind,
  header: object,
  items: Iterable<object>,
): Promise<void> {
  await replaceFile(path, sealedLines({ file, version, ...header }, items));
}

function* sealedLines(header: object, items: Iterable<object>): Generator<string> {
  const digest = createHash('sha256');
  const line = (value: object): string => {
    const text = JSON.stringify(value);
    digest.update(text).update('\n');
    return text;
  };
  yield line(header);
  let count = 0;
  for (const item of items) {
    count++;
    yield line(item);
  }
  yield JSON.stringify({ end: count, sha256: digest.digest('hex') });
}

/**
 * Reads a snapshot. `begin` makes what is read from the header, `take` adds an item to it. A damaged file, or one of
 * another version, is renamed to `….damaged`, and nothing of it is taken; `loss` says what that means, as `reputations
 * begin anew`. Throws StateFileError where it cannot be read or renamed, and what `begin` and `take` throw.
 */
export async function loadSnapshot<T>(
  path: string,
  kind: SnapshotKind,
  loss: string,
  begin: (header: Fields, wrong: Wrong) => T,
  take: (value: T, item: Fields, wrong: Wrong) => void,
): Promise<LoadedSnapshot<T>> {
  const lines = await readLines(path, { length: kind.length, lines: kind.lines });
  if (lines === undefined) return { value: undefined, problem: undefined };
  try {
    return { value: await read(lines, kind, begin, take), problem: undefined };
  } catch (error) {
    if (!(error instanceof DamagedFileError)) throw error;
    const aside = await setAside(path);
    return {
      value: undefined,
      problem: `${path}: ${error.message}; ${loss}, the file is kept as ${aside}`,
    };
  }
}

async function read<T>(
  lines: AsyncGenerator<string>,
  { file, version }: SnapshotKind,
  begin: (header: Fields, wrong: Wrong) => T,
  take: (value: T, item: Fields, wrong: Wrong) => void,
): Promise<T> {
  const digest = createHash('sha256');
  let begun: { readonly value: T } | undefined;
  let number = 0;
  let count = 0;
  let isEnded = false;
  for await (const text of lines) {
    number++;
    const wrong: Wrong = (message) => new DamagedFileError(number, message);
    if (isEnded) throw wrong('comes after the end');
    const fields = fieldsOf(text);
    if (fields === undefined) throw wrong('is no JSON object');
    if (begun === undefined) {
      if (fields.file !== file) throw wrong(`is not the header of a ${file} file`);
      if (fields.version !== version) throw wrong(`has a version that is not ${version}`);
      begun = { value: begin(fields, wrong) };
    } else if (fields.end !== undefined) {
      if (fields.end !== count) throw wrong(`tells of ${String(fields.end)} entries, but there are ${count}`);
      if (fields.sha256 !== digest.digest('hex'))
        throw wrong('has a digest that the lines before do not have');
      isEnded = true;
      continue;
    } else {
      take(begun.value, fields, wrong);
      count++;
    }
    digest.update(text).update('\n');
  }
  if (begun === undefined || !isEnded) throw new DamagedFileError(number + 1, 'is missing: the file was cut');
  return begun.value;
}

function fieldsOf(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Fields)
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether a value is a whole number from 0 on. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

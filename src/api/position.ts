import { createHash } from 'node:crypto';
import type { Position } from '../store/index.ts';
import { cursorOf, readCursor } from './cursor.ts';
import { Problem } from './problem.ts';

/** What is asked, without the part of it that is wanted: a cursor of one list is none of another. */
export type Asked = Readonly<Record<string, unknown>>;

/** The cursor of the page behind a place. */
export function positionCursor({ timeUs, tie, skip }: Position, asked: Asked): string {
  return cursorOf([timeUs, tie, skip, digestOf(asked)]);
}

/** Reads a cursor; undefined without one. Throws a {@link Problem} for what is none, and for one of another list. */
export function readPosition(cursor: string | undefined, asked: Asked): Position | undefined {
  const parts = readCursor(cursor, ['number', 'string', 'number', 'string']);
  if (parts === undefined) return undefined;
  const [timeUs, tie, skip, digest] = parts;
  if (digest === digestOf(asked)) return { timeUs: Number(timeUs), tie: String(tie), skip: Number(skip) };
  throw new Problem(
    400,
    'The request is not understood',
    'cursor is of another list: begin without one where the question changes',
  );
}

function digestOf(asked: Asked): string {
  const given = Object.entries(asked)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(given)).digest('base64url').slice(0, 12);
}

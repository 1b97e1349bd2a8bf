import { Problem } from './problem.ts';

/** A cursor: what of the last item of a page the next one goes on from. */
export function cursorOf(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/**
 * Reads a cursor that has these kinds of parts (`'number'` and `'string'`); undefined without one. Throws a
 * {@link Problem}.
 */
export function readCursor(
  text: string | undefined,
  kinds: readonly ('number' | 'string')[],
): readonly (string | number)[] | undefined {
  if (text === undefined) return undefined;
  const parts = partsOf(text);
  if (
    parts?.length === kinds.length &&
    parts.every(
      (part, at) => typeof part === kinds[at] && (typeof part === 'string' || Number.isFinite(part)),
    )
  ) {
    return parts as (string | number)[];
  }
  throw new Problem(400, 'The request is not understood', 'cursor is the `next` of a page before');
}

function partsOf(text: string): readonly unknown[] | undefined {
  if (!/^[A-Za-z0-9_-]{1,256}$/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

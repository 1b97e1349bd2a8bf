import { latin1 } from '../../net/index.ts';
import { SpopError, STATUS } from './spop/protocol.ts';

/** A header field, name and value. */
type Field = readonly [name: string, value: string];

/**
 * The list that `req.hdrs_bin` and `res.hdrs_bin` give (configuration.txt, 7.3.6): names and values, each behind its
 * length, with an empty pair at the end. Names come in lower case from HAProxy. Throws a {@link SpopError} for what is
 * no such list.
 */
export function readHeaders(bytes: Uint8Array, start: number, end: number): readonly Field[] {
  const text = latin1(bytes, start, end);
  const fields: Field[] = [];
  let at = start;
  while (at < end) {
    const nameLength = bytes[at] as number;
    let length = nameLength;
    let from = at + 1;
    if (length >= 240) {
      ({ length, from } = longLength(bytes, at, end));
    }
    const name = text.slice(from - start, from - start + length);
    at = from + length;
    if (at >= end) throw broken();
    length = bytes[at] as number;
    from = at + 1;
    if (length >= 240) {
      ({ length, from } = longLength(bytes, at, end));
    }
    at = from + length;
    if (at > end) throw broken();
    if (length === 0 && name === '') break;
    fields.push([name, text.slice(from - start, at - start)]);
  }
  return fields;
}

/** A length of several bytes; four are as many as a frame can be long. */
function longLength(bytes: Uint8Array, at: number, end: number): { length: number; from: number } {
  let length = bytes[at] as number;
  let factor = 16;
  for (let from = at + 1; from < end && from < at + 6; factor *= 128) {
    const next = bytes[from++] as number;
    length += next * factor;
    if (next < 128) return { length, from };
  }
  throw broken();
}

function broken(): SpopError {
  return new SpopError(STATUS.invalid, 'the list of header fields ends within a field');
}

import type { IncomingRequest } from '../transaction.ts';
import { readHeaders } from './headers.ts';
import { SpopError, STATUS } from './spop/protocol.ts';
import type { SpopReader } from './spop/reader.ts';

/** Longest unique id: what is longer is cut. */
const ID_BYTES = 256;

/** The unique id that joins an answer to its request; empty where there is none. */
export function idOf(reader: SpopReader): string {
  return reader.textUpTo(ID_BYTES) ?? '';
}

/** A typed list of header fields; empty for what is of another type. */
export function headersOf(reader: SpopReader): IncomingRequest['headers'] {
  const start = reader.blob();
  return start === -1 ? [] : readHeaders(reader.bytes, start, reader.position);
}

/** A typed port; 0 for what is of another type. Throws a {@link SpopError} for a number that is none. */
export function portOf(reader: SpopReader): number {
  const value = reader.integer();
  if (value > 65535) throw new SpopError(STATUS.invalid, `port ${value} is none`);
  return Math.max(0, value);
}

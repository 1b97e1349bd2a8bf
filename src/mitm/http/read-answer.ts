import { BodyReader } from './body.ts';
import { checkPartialHead, DEFAULT_LIMITS, findHeadEnd, parseResponseHead } from './head.ts';
import { type HeadLimits, HttpError, type ResponseHead } from './message.ts';

/** What a server's bytes came to, up to the end of its connection. */
export interface ReadAnswer {
  /** Those with status 1xx, then the answer itself where it was whole. */
  readonly heads: readonly ResponseHead[];
  /** latin1, without its transfer coding. */
  readonly body: string;
  readonly error: HttpError | undefined;
  /** Bytes behind the answer. */
  readonly behind: number;
}

const MOST_BODY = 1 << 20;

/**
 * Reads the answer to a request out of what a server sends until it closes the connection, which comes in `pieces`: the
 * codec without a socket, for tests and fuzzing. All is kept in memory. What is thrown is a defect.
 */
export function readAnswer(
  pieces: Iterable<Buffer>,
  requestMethod: string,
  limits: HeadLimits = DEFAULT_LIMITS,
): ReadAnswer {
  const heads: ResponseHead[] = [];
  const body: string[] = [];
  let pending: Buffer = Buffer.alloc(0);
  let searched = 0;
  let behind = 0;
  let reader: BodyReader | undefined;
  const take = (bytes: Buffer, from: number, to: number): void => {
    body.push(bytes.toString('latin1', from, to));
  };
  const result = (error?: HttpError): ReadAnswer => ({
    heads,
    body: body.join(''),
    error,
    behind: error === undefined ? behind + pending.length : 0,
  });
  try {
    for (const piece of pieces) {
      if (reader?.done) {
        behind += piece.length;
        continue;
      }
      pending = Buffer.concat([pending, piece]);
      while (reader === undefined) {
        const end = findHeadEnd(pending, 0, pending.length, searched);
        if (end < 0) {
          checkPartialHead(pending, 0, pending.length, limits, 502);
          searched = pending.length;
          break;
        }
        const head = parseResponseHead(pending, 0, end, requestMethod, limits);
        if (head.bytes !== end) throw new Error('a head has two ends');
        heads.push(head);
        pending = pending.subarray(end);
        searched = 0;
        // RFC 9110, 15.2: those with 1xx are not the answer yet, but for the one that leaves HTTP.
        if (head.status >= 200 || head.status === 101) reader = new BodyReader(head.framing, MOST_BODY, 502);
      }
      if (reader !== undefined) pending = pending.subarray(reader.read(pending, 0, pending.length, take));
    }
    if (reader === undefined) throw new HttpError(502, 'a connection that ended within a head');
    reader.end();
    return result();
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return result(error);
  }
}

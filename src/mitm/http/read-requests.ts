import { BodyReader } from './body.ts';
import { checkPartialHead, DEFAULT_LIMITS, findHeadEnd, parseRequestHead } from './head.ts';
import { type Field, type HeadLimits, HttpError, type RequestHead } from './message.ts';

/** A request with its body, wholly read. */
export interface ReadRequest {
  readonly head: RequestHead;
  /** latin1, without its transfer coding. */
  readonly body: string;
  readonly trailers: readonly Field[];
}

/** What a connection's bytes came to. */
export interface ReadConnection {
  readonly requests: readonly ReadRequest[];
  /** What ended it: undefined where all was well. */
  readonly error: HttpError | undefined;
  /** A request had begun and more of it is to come. */
  readonly waits: boolean;
  /** Bytes that are no request: behind CONNECT, an upgrade, or one that ends the connection. */
  readonly behind: number;
}

const MOST_BODY = 1 << 20;

/**
 * Reads the requests in what a client sends on one connection, which comes in `pieces`: the codec without a socket, for
 * tests and fuzzing. All is kept in memory. What is thrown is a defect, HttpErrors are in the result.
 */
export function readRequests(pieces: Iterable<Buffer>, limits: HeadLimits = DEFAULT_LIMITS): ReadConnection {
  const requests: ReadRequest[] = [];
  let pending: Buffer = Buffer.alloc(0);
  let searched = 0;
  let head: RequestHead | undefined;
  let reader: BodyReader | undefined;
  let body: string[] = [];
  let over = false;
  let behind = 0;
  const take = (bytes: Buffer, from: number, to: number): void => {
    body.push(bytes.toString('latin1', from, to));
  };
  try {
    for (const piece of pieces) {
      if (over) {
        behind += piece.length;
        continue;
      }
      pending = Buffer.concat([pending, piece]);
      let at = 0;
      while (!over) {
        if (head === undefined || reader === undefined) {
          if (at === pending.length) break;
          const end = findHeadEnd(pending, at, pending.length, Math.max(at, searched));
          if (end < 0) {
            checkPartialHead(pending, at, pending.length, limits);
            searched = pending.length - at;
            break;
          }
          head = parseRequestHead(pending, at, end, limits);
          if (head.bytes !== end - at) throw new Error('a head has two ends');
          reader = new BodyReader(head.framing, MOST_BODY);
          body = [];
          at = end;
          searched = 0;
        }
        at = reader.read(pending, at, pending.length, take);
        if (!reader.done) break;
        requests.push({ head, body: body.join(''), trailers: reader.trailers });
        over = !head.keepAlive || head.method === 'CONNECT' || head.upgrade !== '';
        head = undefined;
        reader = undefined;
      }
      pending = pending.subarray(at);
    }
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return { requests, error, waits: false, behind: 0 };
  }
  const waits = !over && (head !== undefined || pending.length > 0);
  return { requests, error: undefined, waits, behind: over ? behind + pending.length : 0 };
}

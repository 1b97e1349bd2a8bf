import { isDeepStrictEqual } from 'node:util';
import { ANSWER_CASES } from './answer-cases.ts';
import { originForm } from './authority.ts';
import { DEFAULT_LIMITS } from './head.ts';
import { withoutHopByHop } from './hop-by-hop.ts';
import { checkHttp2Request } from './http2-fields.ts';
import { type Field, type Framing, HttpError, type RequestHead } from './message.ts';
import { type ReadAnswer, readAnswer } from './read-answer.ts';
import { type ReadConnection, type ReadRequest, readRequests } from './read-requests.ts';
import { SMUGGLING_CASES } from './smuggling-cases.ts';
import { chunkHead, lastChunk, writeRequestHead } from './write.ts';

/** Bytes to begin with: all cases of requests and answers. */
export const HTTP_SEEDS: readonly Buffer[] = [...SMUGGLING_CASES, ...ANSWER_CASES].map(({ bytes }) =>
  Buffer.from(bytes, 'latin1'),
);

const METHODS = ['GET', 'HEAD', 'CONNECT'] as const;

/**
 * Runs any bytes through the codec, in time linear in their number: as requests and as answers, whole and in pieces, and
 * as fields of HTTP/2. Throws an Error that says what is wrong where something other than an HttpError comes out, where
 * pieces give another result than the whole, or where what was accepted, written again, is read as another request.
 */
export function exerciseHttp(bytes: Buffer): void {
  const whole = readRequests([bytes]);
  // Odd sizes: their borders lie anywhere. Small ones only for what is short: each piece is a search for an end.
  const long = bytes.length > 4096;
  const sizes = !long ? [1, 3] : [4099];
  for (const size of sizes) {
    if (!sameRequests(whole, readRequests(piecesOf(bytes, size)), long)) {
      throw new Error(`requests in pieces of ${size} bytes are others than the whole`);
    }
  }
  for (const request of whole.requests) checkSentOn(request);
  for (const method of METHODS) {
    const answer = readAnswer([bytes], method);
    for (const size of sizes) {
      if (!sameAnswer(answer, readAnswer(piecesOf(bytes, size), method))) {
        throw new Error(`an answer to ${method} in pieces of ${size} bytes is another than the whole`);
      }
    }
  }
  // Lines by turns as names and values.
  exerciseHttp2(bytes.toString('latin1').split('\n', 400));
}

/** A request as the next server gets it: in origin form, with one framing, without what belongs to the connection. */
export function sentOn({ head, body, trailers }: ReadRequest): string {
  const fields: Field[] = withoutHopByHop(head.fields, false).filter(
    ([name]) => !/^(?:host|content-length|expect)$/i.test(name),
  );
  if (head.host !== '') fields.unshift(['Host', head.host]);
  const target = originForm(head.method, head.target);
  switch (head.framing.kind) {
    case 'chunked': {
      const chunk = body === '' ? '' : `${chunkHead(body.length)}${body}\r\n`;
      fields.push(['Transfer-Encoding', 'chunked']);
      return `${writeRequestHead({ method: head.method, target, fields })}${chunk}${lastChunk(trailers)}`;
    }
    case 'length':
      fields.push(['Content-Length', String(head.framing.bytes)]);
      return `${writeRequestHead({ method: head.method, target, fields })}${body}`;
    default:
      return writeRequestHead({ method: head.method, target, fields });
  }
}

function checkSentOn(request: ReadRequest): void {
  // Only HTTP/1.0 has none, and what is sent on is HTTP/1.1.
  if (request.head.host === '') return;
  const { requests, error, waits, behind } = readRequests([Buffer.from(sentOn(request), 'latin1')]);
  const [again] = requests;
  if (error !== undefined || waits || behind > 0 || requests.length !== 1 || again === undefined) {
    throw new Error(`a request that was accepted is refused when it is written: ${error?.message}`);
  }
  const { head, body, trailers } = request;
  const same =
    again.head.method === head.method &&
    again.head.target === originForm(head.method, head.target) &&
    again.head.host === head.host &&
    again.head.framing.kind === framingKind(head) &&
    again.body === body &&
    isDeepStrictEqual(again.trailers, trailers);
  if (!same) throw new Error('a request that was accepted is another one when it is written');
}

/** A stream of HTTP/2 may be open though it has no content; in HTTP/1 a length of 0 is no body. */
function framingKind({ framing }: RequestHead): Framing['kind'] {
  return framing.kind === 'length' && framing.bytes === 0 ? 'none' : framing.kind;
}

/**
 * Checks names and values by turns as the head of a request over HTTP/2; whether they are one. Throws an Error where
 * something other than an HttpError comes out, or what was accepted is another request in HTTP/1.
 */
export function exerciseHttp2(fields: readonly string[]): boolean {
  let isTaken = false;
  for (const endStream of [true, false]) {
    try {
      const head = checkHttp2Request(fields, endStream, DEFAULT_LIMITS);
      isTaken = true;
      const body = head.framing.kind === 'length' ? 'x'.repeat(Math.min(head.framing.bytes, 1 << 16)) : '';
      if (head.framing.kind !== 'length' || body.length === head.framing.bytes) {
        checkSentOn({ head, body, trailers: [] });
      }
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
    }
  }
  return isTaken;
}

function* piecesOf(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/**
 * Reasons may differ, and with what is longer than its limit the status too: a part of it is refused for its length, the
 * whole may be for something else.
 */
function sameError(one: HttpError | undefined, other: HttpError | undefined, long: boolean): boolean {
  return one?.status === other?.status || (long && one !== undefined && other !== undefined);
}

function sameRequests(one: ReadConnection, other: ReadConnection, long: boolean): boolean {
  return (
    sameError(one.error, other.error, long) &&
    one.waits === other.waits &&
    one.behind === other.behind &&
    isDeepStrictEqual(one.requests, other.requests)
  );
}

function sameAnswer(one: ReadAnswer, other: ReadAnswer): boolean {
  return (
    one.error?.status === other.error?.status &&
    one.behind === other.behind &&
    (one.error !== undefined || one.body === other.body) &&
    isDeepStrictEqual(one.heads, other.heads)
  );
}

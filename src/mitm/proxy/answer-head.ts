import {
  type Field,
  type RequestHead,
  type ResponseHead,
  withoutHopByHop,
  writeResponseHead,
} from '../http/index.ts';
import { hasBody } from './answer.ts';
import type { ResponseRewrite } from './rewriting.ts';

/** How an answer is to be sent on. */
export interface AnswerChange {
  readonly rewrite: ResponseRewrite | undefined;
  /** Of a body that replaces the server's. */
  readonly length: number | undefined;
  /** Whether the client's connection may go on, as far as the request is concerned. */
  readonly keepAlive: boolean;
  /** The name to put into Via; empty for none. */
  readonly via: string;
}

/** The head of an answer as the client gets it. */
export interface ClientHead {
  /** To be written as latin1. */
  readonly text: string;
  readonly status: number;
  /** The body goes as chunks. */
  readonly chunked: boolean;
  readonly keepAlive: boolean;
}

/**
 * The head of an answer for the client: its end-to-end fields with the framing that the client understands (RFC 9112,
 * 6.3). Throws RangeError and TypeError for a rewrite that makes no answer.
 */
export function clientHead(request: RequestHead, head: ResponseHead, change: AnswerChange): ClientHead {
  const { rewrite, length } = change;
  const { kind } = head.framing;
  const status = rewrite?.status ?? head.status;
  const bodyLost = hasBody(request.method, head.status) && !hasBody(request.method, status);
  if (status < 200 || (bodyLost && kind !== 'none')) {
    throw new RangeError(`an answer with a body cannot become ${status}`);
  }
  const known = kind === 'none' || kind === 'length' || length !== undefined;
  const chunked = !known && request.version === 11;
  const keepAlive = change.keepAlive && (known || chunked);
  const ownLength =
    length !== undefined ||
    rewrite?.fields !== undefined ||
    (rewrite?.status !== undefined && kind === 'none');
  const given = withoutHopByHop(rewrite?.fields ?? head.fields, false);
  const fields: Field[] = [];
  for (let i = 0; i < given.length; i++) {
    const field = given[i]!;
    if (ownLength && field[0].length === 14 && field[0].toLowerCase() === 'content-length') continue;
    // Trailers are passed on with chunks alone.
    if (!chunked && field[0].length === 7 && field[0].toLowerCase() === 'trailer') continue;
    fields.push(field);
  }
  if (length !== undefined) fields.push(['Content-Length', String(length)]);
  else if (ownLength && head.framing.kind === 'length') {
    fields.push(['Content-Length', String(head.framing.bytes)]);
  } else if (ownLength && kind === 'none') {
    // A status that has a body, on an answer that has none: the client would wait for it.
    if (hasBody(request.method, status)) fields.push(['Content-Length', '0']);
    else keepLength(head, fields);
  }
  if (chunked) fields.push(['Transfer-Encoding', 'chunked']);
  if (change.via !== '') fields.push(['Via', `${head.version === 11 ? '1.1' : '1.0'} ${change.via}`]);
  const connection = connectionValue(request, keepAlive);
  if (connection !== '') fields.push(['Connection', connection]);
  const text = writeResponseHead({ status, reason: rewrite?.reason ?? head.reason, fields });
  return { text, status, chunked, keepAlive };
}

/** The value of Connection in an answer; empty where the version's own default says it (RFC 9112, 9.3). */
export function connectionValue(head: RequestHead, keepAlive: boolean): string {
  return keepAlive ? (head.version === 10 ? 'keep-alive' : '') : 'close';
}

/** The length that an answer without a body announces of the one it would have (HEAD, 304). */
function keepLength(head: ResponseHead, fields: Field[]): void {
  const length = head.fields.find(([name]) => name.toLowerCase() === 'content-length');
  if (length !== undefined) fields.push(length);
}

import type { ClientConnection } from '../connection.ts';
import type { RequestHead, ResponseHead } from '../http/index.ts';
import type { Judge, Judged } from '../judge.ts';
import type { IncomingRequest, IncomingResponse, UpstreamEnds } from '../transaction.ts';

/** Bytes of a body that were kept to be judged and sent on. */
export class KeptBody {
  private readonly pieces: Buffer[] = [];
  /** Bytes in the last piece that are used. */
  private used = 0;
  size = 0;

  /** For `BodyReader.read`: copies, as what it gets is lent, and many small pieces would hold large buffers. */
  readonly keep = (bytes: Buffer, from: number, to: number): void => {
    let at = from;
    while (at < to) {
      let piece = this.pieces.at(-1);
      if (piece === undefined || this.used === piece.length) {
        // As large as all before it: few pieces, and no more room than twice the body.
        piece = Buffer.allocUnsafeSlow(Math.max(1024, to - at, Math.min(this.size, 1024 * 1024)));
        this.pieces.push(piece);
        this.used = 0;
      }
      const copied = bytes.copy(piece, this.used, at, to);
      this.used += copied;
      this.size += copied;
      at += copied;
    }
  };

  bytes(): Buffer {
    return this.size === 0 ? Buffer.alloc(0) : Buffer.concat(this.pieces, this.size);
  }
}

/** The request as a judge wants it. `bodyBytes` is -1 where nobody knows. */
export function incomingRequest(
  head: RequestHead,
  connection: ClientConnection,
  timeUs: number,
  body: Buffer,
  bodyBytes: number,
  most: number,
): IncomingRequest {
  return {
    method: head.method,
    target: head.target,
    // Requests of HTTP/2 come here as those of HTTP/1 do.
    protocol: connection.tls?.alpn === 'h2' ? 'HTTP/2.0' : protocolOf(head.version),
    headers: head.fields,
    body: body.toString('latin1', 0, Math.min(body.length, most)),
    client: connection.client,
    server: connection.server,
    connection,
    timeUs,
    bodyBytes,
  };
}

/** The answer as a judge wants it. */
export function incomingResponse(
  head: ResponseHead,
  body: Buffer,
  bodyBytes: number,
  most: number,
  upstream: UpstreamEnds | undefined,
): IncomingResponse {
  return {
    status: head.status,
    protocol: protocolOf(head.version),
    headers: head.fields,
    body: body.toString('latin1', 0, Math.min(body.length, most)),
    bodyBytes,
    upstream,
  };
}

function protocolOf(version: 10 | 11): string {
  return version === 11 ? 'HTTP/1.1' : 'HTTP/1.0';
}

/** A judged request that is told exactly once how it went on. */
export class Settlement {
  readonly judged: Judged;
  private settled = false;

  constructor(judged: Judged) {
    this.judged = judged;
  }

  /** Judges the answer. */
  response(response: IncomingResponse): ReturnType<Judged['response']> {
    this.settled = true;
    return this.judged.response(response);
  }

  abandon(response?: IncomingResponse): void {
    if (this.settled) return;
    this.settled = true;
    this.judged.abandon(response);
  }
}

/** True where answers are to be held back until they were judged. */
export function judgesAnswers(judge: Judge | undefined): judge is Judge {
  return judge !== undefined && judge.responseBodyLimit > 0;
}

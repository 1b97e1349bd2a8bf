import { BodyReader, type Framing } from '../http/index.ts';
import { framed, reframe } from './framing.ts';
import { KeptBody } from './judging.ts';
import type { ProxyLimits } from './limits.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** Time in ms after which the least rate of a body is asked for. */
const RATE_AFTER_MS = 10_000;
const NOTHING = Buffer.alloc(0);

/** Read to know where it ends; what is in it is sent on as it came. */
const noData = (): void => {};

/** The body of a request on its way: kept where somebody decides about the request first, then sent as it comes. */
export class RequestBody {
  /** Whether bytes of it are taken now. */
  wanted = false;
  /** It was read to its end. */
  done = false;
  private readonly framing: Framing;
  private readonly reader: BodyReader;
  private kept: KeptBody | undefined;
  /** The server's head, until the first bytes of the body go with it. */
  private head = '';
  private chunked = false;
  private wantedMs = 0;

  /** `most`: bytes that it may have. Throws HttpError where it says that it has more. */
  constructor(framing: Framing, most: number) {
    this.framing = framing;
    this.reader = new BodyReader(framing, most);
  }

  /** Bytes that were kept. */
  get keptBytes(): number {
    return this.kept?.size ?? 0;
  }

  /** What was kept, as one. */
  keptBody(): Buffer {
    return this.kept?.bytes() ?? NOTHING;
  }

  /** Bytes of the whole; -1 where that is not known yet. */
  get bytes(): number {
    if (this.framing.kind === 'length') return this.framing.bytes;
    return this.done ? this.keptBytes : -1;
  }

  /** From now on it is kept. */
  keep(): void {
    this.kept = new KeptBody();
    this.wanted = true;
  }

  /** Keeps what came; returns the offset behind it. Throws HttpError. */
  collect(bytes: Buffer, start: number, end: number): number {
    const kept = this.kept as KeptBody;
    const at = this.reader.read(bytes, start, end, kept.keep);
    if (this.reader.done) {
      this.done = true;
      this.wanted = false;
    }
    return at;
  }

  /** How long the server is told that it is: -1 in chunks, undefined as the client's head says. */
  lengthForServer(isRewritten: boolean): number | undefined {
    const { framing, kept } = this;
    let length: number | undefined;
    if (kept !== undefined && this.done) length = kept.size;
    else if (framing.kind === 'chunked') length = -1;
    else if (isRewritten && framing.kind === 'length') length = framing.bytes;
    this.chunked = length === -1;
    return length;
  }

  /** Begins to send: the head, and what was kept. `hasMore`: bytes of the client wait to go with them. */
  begin(server: UpstreamConnection, head: string, hasMore: boolean): void {
    if (this.kept !== undefined) {
      const ok = server.write(framed(head, this.kept.bytes(), this.chunked, this.done));
      if (!this.done) this.wanted = ok;
    } else if (this.done) server.write(head);
    else {
      this.wanted = true;
      if (hasMore) this.head = head;
      else server.write(head);
    }
  }

  /** Sends what came; returns the offset behind it. Throws HttpError. */
  send(server: UpstreamConnection, bytes: Buffer, start: number, end: number): number {
    const { reader } = this;
    let at: number;
    let ok = true;
    if (this.chunked || this.head !== '') {
      const piece = reframe(reader, bytes, start, end, this.head, this.chunked, false);
      this.head = '';
      at = piece.at;
      if (piece.bytes !== undefined) ok = server.write(piece.bytes);
    } else {
      at = reader.read(bytes, start, end, noData);
      if (at > start) ok = server.write(bytes.subarray(start, at));
    }
    if (reader.done) this.done = true;
    this.wanted = ok && !reader.done;
    return at;
  }

  /** Whether it comes too slowly, `passed` ms after this was asked the last time; `idleMs`: since it came last. */
  isSlow(passed: number, idleMs: number, { bodyRate, bodyIdleMs }: ProxyLimits): boolean {
    this.wantedMs += passed;
    const slow =
      this.wantedMs > RATE_AFTER_MS && this.reader.payloadBytes < (bodyRate * this.wantedMs) / 1000;
    return slow || idleMs > bodyIdleMs;
  }
}

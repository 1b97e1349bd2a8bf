import { type BodyReader, LAST_CHUNK, lastChunk } from '../http/index.ts';

/** Room for the size line of a chunk of less than 2^32 bytes. */
const SIZE_LINE = 10;

/** Where the payload of the read that is going on is copied to. Reads are not nested. */
let sink: Buffer = Buffer.alloc(0);
let sinkEnd = 0;

function keep(bytes: Buffer, from: number, to: number): void {
  sinkEnd += bytes.copy(sink, sinkEnd, from, to);
}

/** What {@link reframe} made. */
export interface Reframed {
  /** Undefined where there is nothing to send yet. */
  readonly bytes: Buffer | undefined;
  /** The offset behind what belonged to the body. */
  readonly at: number;
}

/**
 * Reads a piece of a body and writes it in another framing: behind a head, as one chunk or as it is, with the last
 * chunk where the body is done. The result is a buffer of its own. Throws HttpError.
 */
export function reframe(
  reader: BodyReader,
  bytes: Buffer,
  start: number,
  end: number,
  head: string,
  chunked: boolean,
  withTrailers: boolean,
): Reframed {
  const dataStart = head.length + SIZE_LINE;
  sink = Buffer.allocUnsafe(dataStart + end - start + 2 + LAST_CHUNK.length);
  sinkEnd = dataStart;
  const at = reader.read(bytes, start, end, keep);
  const out = sink;
  let from = dataStart;
  let to = sinkEnd;
  if (chunked) {
    if (to > from) {
      const line = `${(to - from).toString(16)}\r\n`;
      from -= line.length;
      out.write(line, from, 'latin1');
      out[to++] = 0x0d;
      out[to++] = 0x0a;
    }
    if (reader.done) {
      const trailers = withTrailers ? reader.trailers : [];
      if (trailers.length > 0) {
        const last = Buffer.from(head + out.toString('latin1', from, to) + lastChunk(trailers), 'latin1');
        return { bytes: last, at };
      }
      to += out.write(LAST_CHUNK, to, 'latin1');
    }
  }
  if (head.length > 0) {
    from -= head.length;
    out.write(head, from, 'latin1');
  }
  return { bytes: to > from ? out.subarray(from, to) : undefined, at };
}

/** A whole piece of payload as {@link reframe} would write it; `done` where it is the last. */
export function framed(head: string, payload: Buffer, chunked: boolean, done: boolean): Buffer {
  const parts: Buffer[] = [Buffer.from(head, 'latin1')];
  if (payload.length > 0) {
    if (chunked) parts.push(Buffer.from(`${payload.length.toString(16)}\r\n`, 'latin1'));
    parts.push(payload);
    if (chunked) parts.push(Buffer.from('\r\n', 'latin1'));
  }
  if (chunked && done) parts.push(Buffer.from(LAST_CHUNK, 'latin1'));
  return Buffer.concat(parts);
}

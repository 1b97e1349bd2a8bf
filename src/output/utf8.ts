/** UTF-8 takes at most this many bytes for one unit of a string. */
export const MOST_BYTES_PER_UNIT = 3;

/** Node's own encoder into a given buffer, without the checks that `write` makes first. */
const utf8Write = (
  Buffer.prototype as unknown as {
    utf8Write(this: Buffer, text: string, offset: number, length: number): number;
  }
).utf8Write;

/** Writes text as UTF-8 at `at`; the caller has made room. Returns the number of bytes. */
export function writeUtf8(buffer: Buffer, text: string, at: number): number {
  return utf8Write.call(buffer, text, at, buffer.length - at);
}

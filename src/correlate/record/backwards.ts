import { fstatSync, read } from 'node:fs';
import { promisify } from 'node:util';

const readAt = promisify(read);
const CHUNK = 65_536;
const NEWLINE = 0x0a;
/** A line that is longer is passed over. */
const MOST_LINE = 1 << 20;

/** The lines of an open file, the last one first, read in pieces; the end of a file without a newline is no line. */
export async function* linesBackwards(descriptor: number): AsyncGenerator<Buffer> {
  const stat = fstatSync(descriptor);
  let end = stat.isFile() ? stat.size : 0;
  /** The beginning of what was read and has no beginning of a line yet. */
  let rest: Buffer = Buffer.alloc(0);
  let isTooLong = false;
  let isLast = true;
  while (end > 0) {
    const begin = Math.max(0, end - CHUNK);
    const chunk = Buffer.alloc(end - begin);
    const { bytesRead } = await readAt(descriptor, chunk, 0, chunk.length, begin);
    // The file was cut meanwhile.
    if (bytesRead < chunk.length) return;
    end = begin;
    let until = chunk.length;
    for (
      let at = chunk.lastIndexOf(NEWLINE);
      at >= 0;
      at = at === 0 ? -1 : chunk.lastIndexOf(NEWLINE, at - 1)
    ) {
      const line = Buffer.concat([chunk.subarray(at + 1, until), rest]);
      if (!isLast && !isTooLong && line.length > 0) yield line;
      isLast = false;
      isTooLong = false;
      rest = Buffer.alloc(0);
      until = at;
    }
    if (rest.length + until > MOST_LINE) {
      isTooLong = true;
      rest = Buffer.alloc(0);
    } else if (!isTooLong) rest = Buffer.concat([chunk.subarray(0, until), rest]);
  }
  if (rest.length > 0 && !isLast && !isTooLong) yield rest;
}

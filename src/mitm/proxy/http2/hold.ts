import type { Readable } from 'node:stream';

/** The beginning of a body. */
export interface Held {
  /** What was read: it may be a little more than was asked for. */
  readonly bytes: Buffer;
  /** Whether that is all. Where it is not, the source is paused, and gives all of it again, and what follows. */
  readonly whole: boolean;
}

/**
 * Reads a body until its end, or until there is more than `limit` bytes of it. Rejects where the source breaks off.
 */
export function hold(source: Readable, limit: number): Promise<Held> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const done = (): void => {
      source.off('data', take);
      source.off('end', end);
      source.off('error', broke);
      source.off('close', closed);
    };
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      length += chunk.length;
      if (length <= limit) return;
      source.pause();
      done();
      const bytes = Buffer.concat(chunks, length);
      // At once: a source that has given its last byte is over in the next tick, and takes nothing back then.
      source.unshift(bytes);
      resolve({ bytes, whole: false });
    };
    const end = (): void => {
      done();
      resolve({ bytes: Buffer.concat(chunks, length), whole: true });
    };
    const broke = (error: Error): void => {
      done();
      reject(error);
    };
    const closed = (): void => broke(new Error('the body broke off'));
    source.on('end', end);
    source.on('error', broke);
    source.on('close', closed);
    source.on('data', take);
    if (source.destroyed) closed();
  });
}

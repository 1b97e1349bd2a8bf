/**
 * Reads bytes of a capture once more, by file and offset: how a conversation is rebuilt from its payload map.
 * Cheap for plain files. A compressed file has to be decompressed from its beginning up to the offset, so ask
 * for ascending offsets; going back starts again.
 */

import { closeSync, openSync, readSync } from 'node:fs';
import type { SequenceFile } from './capture-file.ts';
import { openSource, STANDARD_INPUT } from './open.ts';
import type { ByteSource } from './source.ts';

const OPEN_FILES = 16;
const OPEN_DECOMPRESSORS = 4;
/** Decompressed bytes that are kept, so that small steps back cost nothing. */
const WINDOW = 512 * 1024;
/** The largest piece that can be asked for. */
export const LARGEST_PIECE = 256 * 1024 * 1024;

/** A forward-only reader that remembers the last bytes it read: `[base, base + length)`. */
interface Forward {
  readonly source: ByteSource;
  readonly window: Uint8Array;
  base: number;
  length: number;
}

/** Random access to the files of a sequence. */
export class RandomAccess {
  readonly #descriptors = new Map<number, number>();
  readonly #forward = new Map<number, Forward>();
  /** Calls wait for each other: a decompressor can serve one at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * The bytes `[offset, offset + length)` of the (decompressed) file; fewer where the file ends before.
   * Rejects with an Error for standard input, and where the file has gone.
   */
  read(file: SequenceFile, offset: number, length: number): Promise<Uint8Array> {
    if (!(offset >= 0 && length >= 0 && length <= LARGEST_PIECE)) {
      return Promise.reject(new RangeError(`cannot read ${length} bytes at ${offset} of ${file.path}`));
    }
    if (file.path === STANDARD_INPUT || file.size === undefined) {
      return Promise.reject(
        new Error(`${file.path} is a stream and cannot be read twice: save the capture to a file first`),
      );
    }
    if (file.compression === '') {
      try {
        return Promise.resolve(this.#plain(file, offset, length));
      } catch (error) {
        return Promise.reject(error);
      }
    }
    const result = this.#turn.then(() => this.#compressed(file, offset, length));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #plain(file: SequenceFile, offset: number, length: number): Uint8Array {
    let descriptor = this.#descriptors.get(file.number);
    if (descriptor === undefined) {
      descriptor = openSync(file.path, 'r');
      if (this.#descriptors.size >= OPEN_FILES) {
        const [oldest] = this.#descriptors;
        if (oldest !== undefined) {
          closeSync(oldest[1]);
          this.#descriptors.delete(oldest[0]);
        }
      }
    } else {
      this.#descriptors.delete(file.number);
    }
    this.#descriptors.set(file.number, descriptor);
    const bytes = new Uint8Array(length);
    let got = 0;
    while (got < length) {
      const count = readSync(descriptor, bytes, got, length - got, offset + got);
      if (count === 0) return bytes.subarray(0, got);
      got += count;
    }
    return bytes;
  }

  async #compressed(file: SequenceFile, offset: number, length: number): Promise<Uint8Array> {
    let forward = this.#forward.get(file.number);
    if (forward !== undefined && offset < forward.base) {
      this.#drop(file.number);
      forward = undefined;
    }
    if (forward === undefined) {
      if (this.#forward.size >= OPEN_DECOMPRESSORS) {
        const [oldest] = this.#forward.keys();
        if (oldest !== undefined) this.#drop(oldest);
      }
      const { source } = await openSource(file.path);
      forward = { source, window: new Uint8Array(WINDOW), base: 0, length: 0 };
      this.#forward.set(file.number, forward);
    }
    const bytes = new Uint8Array(length);
    let got = 0;
    while (got < length) {
      const from = offset + got - forward.base;
      if (from < forward.length) {
        const count = Math.min(forward.length - from, length - got);
        bytes.set(forward.window.subarray(from, from + count), got);
        got += count;
        continue;
      }
      if (forward.length > WINDOW / 2) {
        const kept = WINDOW / 4;
        forward.window.copyWithin(0, forward.length - kept, forward.length);
        forward.base += forward.length - kept;
        forward.length = kept;
      }
      const count = await forward.source.read(forward.window, forward.length);
      if (count === 0) return bytes.subarray(0, got);
      forward.length += count;
    }
    return bytes;
  }

  #drop(file: number): void {
    this.#forward.get(file)?.source.close();
    this.#forward.delete(file);
  }

  /** Closes what is open. */
  close(): void {
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor);
    this.#descriptors.clear();
    for (const { source } of this.#forward.values()) source.close();
    this.#forward.clear();
  }
}

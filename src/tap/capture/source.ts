/**
 * Where the bytes of a capture come from. A source is read from front to back; `read` answers at once where it
 * can (files) and with a promise where it cannot (pipes, decompression).
 */

import { closeSync, fstatSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';

/** Bytes from front to back. */
export interface ByteSource {
  /**
   * Reads at least one byte, at most what fits, to `into` from `offset`. Resolves to how many; 0 is the end.
   * Throws (or rejects with) an Error whose message says why reading is not possible.
   */
  read(into: Uint8Array, offset: number): number | Promise<number>;
  /** Passes over bytes without reading them; absent where that is not possible. */
  skip?(length: number): void;
  /** Bytes taken from the file or pipe so far: before decompression. */
  readonly consumed: number;
  /** Bytes that {@link read} will give in all, where that is known. */
  readonly size: number | undefined;
  /** Gives up the source. A read that waits ends with 0. */
  close(): void;
}

/** A file that is open for reading: the plain and fast way. */
export class FileSource implements ByteSource {
  #descriptor: number;
  #position = 0;

  /** Takes over the descriptor. */
  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  get consumed(): number {
    return this.#position;
  }

  get size(): number | undefined {
    return this.#descriptor < 0 ? undefined : fstatSync(this.#descriptor).size;
  }

  read(into: Uint8Array, offset: number): number {
    if (this.#descriptor < 0) return 0;
    const length = readSync(this.#descriptor, into, offset, into.length - offset, this.#position);
    this.#position += length;
    return length;
  }

  skip(length: number): void {
    this.#position += length;
  }

  close(): void {
    if (this.#descriptor < 0) return;
    closeSync(this.#descriptor);
    this.#descriptor = -1;
  }
}

/** A stream: standard input, a named pipe. Nothing is read ahead but what the stream itself holds. */
export class StreamSource implements ByteSource {
  readonly size = undefined;
  consumed = 0;
  readonly #stream: Readable;
  #rest: Uint8Array | undefined;
  #ended = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(stream: Readable) {
    this.#stream = stream;
    const wake = (): void => {
      const resolve = this.#wake;
      this.#wake = undefined;
      resolve?.();
    };
    stream.on('readable', wake);
    stream.on('end', () => {
      this.#ended = true;
      wake();
    });
    stream.on('close', () => {
      this.#ended = true;
      wake();
    });
    stream.on('error', (error: Error) => {
      this.#failure ??= error;
      wake();
    });
  }

  read(into: Uint8Array, offset: number): number | Promise<number> {
    const length = this.#take(into, offset);
    return length === undefined ? this.#wait(into, offset) : length;
  }

  async #wait(into: Uint8Array, offset: number): Promise<number> {
    for (;;) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const length = this.#take(into, offset);
      if (length !== undefined) return length;
    }
  }

  #take(into: Uint8Array, offset: number): number | undefined {
    const chunk = this.#rest ?? (this.#stream.read() as Uint8Array | null);
    if (chunk !== null && chunk.length > 0) {
      const length = Math.min(chunk.length, into.length - offset);
      into.set(chunk.subarray(0, length), offset);
      this.#rest = length < chunk.length ? chunk.subarray(length) : undefined;
      this.consumed += length;
      return length;
    }
    if (this.#failure !== undefined) throw this.#failure;
    return this.#ended || this.#stream.destroyed ? 0 : undefined;
  }

  close(): void {
    this.#ended = true;
    this.#rest = undefined;
    this.#stream.destroy();
    const resolve = this.#wake;
    this.#wake = undefined;
    resolve?.();
  }
}

/** A source of which the first bytes were already read. */
export class PrefixedSource implements ByteSource {
  readonly #source: ByteSource;
  #prefix: Uint8Array;

  constructor(prefix: Uint8Array, source: ByteSource) {
    this.#prefix = prefix;
    this.#source = source;
  }

  get consumed(): number {
    return this.#source.consumed;
  }

  get size(): number | undefined {
    return this.#source.size;
  }

  read(into: Uint8Array, offset: number): number | Promise<number> {
    if (this.#prefix.length === 0) return this.#source.read(into, offset);
    const length = Math.min(this.#prefix.length, into.length - offset);
    into.set(this.#prefix.subarray(0, length), offset);
    this.#prefix = this.#prefix.subarray(length);
    return length;
  }

  close(): void {
    this.#source.close();
  }
}

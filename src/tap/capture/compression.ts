/** Captures compressed with gzip (RFC 1952) or Zstandard (RFC 8878), told by their first bytes. */

import type { Gunzip, ZstdDecompress } from 'node:zlib';
import type { ByteSource } from './source.ts';

/** How a file is compressed; empty where it is not. */
export type Compression = '' | 'gzip' | 'zstd';

/** Tells the compression from the first four bytes. */
export function compressionOf(bytes: Uint8Array): Compression {
  if (bytes.length >= 3 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8) return 'gzip';
  if (bytes.length < 4) return '';
  if (bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd) return 'zstd';
  // A skippable frame may come first: 0x184D2A50 to 0x184D2A5F.
  const skippable = ((bytes[0] as number) & 0xf0) === 0x50;
  return skippable && bytes[1] === 0x2a && bytes[2] === 0x4d && bytes[3] === 0x18 ? 'zstd' : '';
}

/** Compressed bytes that are fed at a time: little, so that damage takes little with it. */
const INPUT = 64 * 1024;
const OUTPUT = 128 * 1024;
/** The decompressor is held up while this much waits to be read. */
const QUEUED = 1 << 20;

/**
 * Decompresses another source. The work is done on Node's thread pool, one piece at a time, and stops while
 * what it made is not read: a small file that swells to terabytes costs time, not memory.
 */
export class DecompressedSource implements ByteSource {
  readonly size = undefined;
  readonly #source: ByteSource;
  readonly #transform: Gunzip | ZstdDecompress;
  readonly #input = new Uint8Array(INPUT);
  #queue: Uint8Array[] = [];
  #queued = 0;
  #feeding = false;
  #inputEnded = false;
  #ended = false;
  #closed = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(source: ByteSource, transform: Gunzip | ZstdDecompress) {
    this.#source = source;
    this.#transform = transform;
    transform.on('data', (chunk: Uint8Array) => {
      this.#queue.push(chunk);
      this.#queued += chunk.length;
      if (this.#queued >= QUEUED) transform.pause();
      this.#notify();
    });
    transform.on('end', () => {
      this.#ended = true;
      this.#notify();
    });
    transform.on('error', (error: Error) => {
      this.#failure ??= error;
      this.#notify();
    });
  }

  get consumed(): number {
    return this.#source.consumed;
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    for (;;) {
      const chunk = this.#queue[0];
      if (chunk !== undefined) {
        const length = Math.min(chunk.length, into.length - offset);
        into.set(chunk.subarray(0, length), offset);
        if (length < chunk.length) this.#queue[0] = chunk.subarray(length);
        else this.#queue.shift();
        this.#queued -= length;
        return length;
      }
      if (this.#closed) return 0;
      if (this.#failure !== undefined) {
        throw new Error(`decompression failed: ${this.#failure.message}`);
      }
      if (this.#ended) return 0;
      if (this.#transform.isPaused()) this.#transform.resume();
      if (this.#feeding || this.#inputEnded) await this.#change();
      else await this.#feed();
    }
  }

  async #feed(): Promise<void> {
    this.#feeding = true;
    const length = await this.#source.read(this.#input, 0);
    if (this.#closed) return;
    if (length === 0) {
      // Ended only now that all was read: an error about a cut file then takes nothing with it.
      this.#inputEnded = true;
      this.#feeding = false;
      this.#transform.end();
      return;
    }
    this.#transform.write(this.#input.subarray(0, length), () => {
      this.#feeding = false;
      this.#notify();
    });
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #notify(): void {
    const resolve = this.#wake;
    this.#wake = undefined;
    resolve?.();
  }

  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#transform.destroy();
    this.#source.close();
    this.#notify();
  }
}

/** Puts the decompressor of that kind behind a source. */
export async function decompress(source: ByteSource, kind: 'gzip' | 'zstd'): Promise<ByteSource> {
  const zlib = await import('node:zlib');
  const options = { chunkSize: OUTPUT };
  const transform = kind === 'gzip' ? zlib.createGunzip(options) : zlib.createZstdDecompress(options);
  return new DecompressedSource(source, transform);
}

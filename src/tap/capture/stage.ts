import type { ByteSink } from './output-file.ts';

const STAGE = 128 * 1024;

/**
 * Memory in which records are put together before they go to a sink in one piece: a call per field and packet
 * would cost more than the packet.
 */
export class Stage {
  readonly bytes: Uint8Array = new Uint8Array(STAGE);
  readonly view: DataView = new DataView(this.bytes.buffer);
  readonly #sink: ByteSink;
  #used = 0;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** Takes `length` bytes (at most a few hundred) to be filled by the caller; returns their index. */
  take(length: number): number {
    if (this.#used + length > STAGE) this.flush();
    const at = this.#used;
    this.#used += length;
    return at;
  }

  /** Appends bytes of any length. */
  append(bytes: Uint8Array, offset: number, length: number): void {
    if (length > STAGE / 2) {
      this.flush();
      this.#sink.write(bytes.subarray(offset, offset + length));
      return;
    }
    const at = this.take(length);
    this.bytes.set(bytes.subarray(offset, offset + length), at);
  }

  /** Hands what was put together to the sink. */
  flush(): void {
    const used = this.#used;
    this.#used = 0;
    if (used > 0) this.#sink.write(this.bytes.subarray(0, used));
  }
}

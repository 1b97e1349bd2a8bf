import { decodeContent, type Encoding } from './content-encoding.ts';

/** Where the content of a body goes: a file, or the parts of a form. */
export interface BodyTarget {
  data(bytes: Uint8Array, start: number, end: number): void;
  gap(length: number): void;
  skipped(length: number): void;
  close(complete: boolean): void;
}

/**
 * The body of one message behind its transfer coding. Content encodings are undone at its end (or limit), on what
 * was gathered; without one, content is passed on as it comes. Beyond the limit only lengths are counted.
 */
export class Body {
  /** Bytes of the body as transferred, with those that are missing or were passed over. */
  received = 0;
  /** Bytes after content decoding. */
  decoded = 0;
  private readonly limit: number;
  private readonly layers: readonly Encoding[];
  private readonly open: () => BodyTarget | undefined;
  private target: BodyTarget | undefined;
  private opened = false;
  private held: Buffer | undefined;
  private heldLength = 0;
  private flushed = false;

  /** `open` is asked once, when the first content comes. */
  constructor(limit: number, layers: readonly Encoding[], open: () => BodyTarget | undefined) {
    this.limit = limit;
    this.layers = layers;
    this.open = open;
  }

  /** True when no more content is looked at. */
  get full(): boolean {
    return this.layers.length === 0 ? this.received >= this.limit : this.flushed;
  }

  /** Content; `last` says that the body ends with it. */
  data(bytes: Uint8Array, start: number, end: number, last = false): void {
    const length = end - start;
    if (length <= 0) return;
    if (this.layers.length === 0) {
      const room = Math.max(0, Math.min(length, this.limit - this.received));
      this.received += length;
      this.decoded += length;
      if (room > 0) this.sink()?.data(bytes, start, start + room);
      if (room < length) this.sink()?.skipped(length - room);
      return;
    }
    this.received += length;
    if (this.flushed) {
      this.target?.skipped(length);
      return;
    }
    if (last && this.heldLength === 0 && length <= this.limit) {
      this.decode(bytes.subarray(start, end));
      return;
    }
    const room = Math.min(length, this.limit - this.heldLength);
    this.hold(bytes, start, start + room);
    if (room < length) {
      this.flush();
      this.target?.skipped(length - room);
    }
  }

  /** Bytes that are missing from the capture. */
  gap(length: number): void {
    if (length <= 0) return;
    this.received += length;
    // What follows a hole cannot be decoded.
    if (this.layers.length > 0) this.flush();
    else this.decoded += length;
    this.sink()?.gap(length);
  }

  /** Bytes that are there and were not shown. */
  skip(length: number): void {
    if (length <= 0) return;
    this.received += length;
    if (this.layers.length > 0) this.flush();
    else this.decoded += length;
    this.sink()?.skipped(length);
  }

  close(complete: boolean): void {
    this.flush();
    this.target?.close(complete);
    this.target = undefined;
    this.opened = true;
  }

  private sink(): BodyTarget | undefined {
    if (!this.opened) {
      this.opened = true;
      this.target = this.open();
    }
    return this.target;
  }

  private hold(bytes: Uint8Array, start: number, end: number): void {
    const need = this.heldLength + end - start;
    if (this.held === undefined || this.held.length < need) {
      const larger = Buffer.allocUnsafe(Math.min(this.limit, Math.max(4096, 2 * need)));
      this.held?.copy(larger, 0, 0, this.heldLength);
      this.held = larger;
    }
    this.held.set(bytes.subarray(start, end), this.heldLength);
    this.heldLength = need;
  }

  private flush(): void {
    if (this.flushed) return;
    this.flushed = true;
    if (this.held !== undefined) this.decode(this.held.subarray(0, this.heldLength));
    this.held = undefined;
  }

  private decode(content: Uint8Array): void {
    this.flushed = true;
    const output = decodeContent(content, this.layers, this.limit);
    this.decoded += output.length;
    if (output.length > 0) this.sink()?.data(output, 0, output.length);
  }
}

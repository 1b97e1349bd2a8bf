import { createHash, type Hash, hash } from 'node:crypto';

export type HashName = 'md5' | 'sha1' | 'sha256';
export const HASHES: readonly HashName[] = ['md5', 'sha1', 'sha256'];

/** Digests as lower-case hexadecimal digits, of those algorithms that were asked for. */
export type Digests = Partial<Record<HashName, string>>;

/** Largest content that is kept whole, so that its digests are made in one go and only when someone asks. */
const STAGE = 16384;

/**
 * Digests of content that comes in pieces. Small pieces are gathered, so that an algorithm is called for runs
 * of bytes rather than for packets, and content that stays small never needs a running state.
 */
export class Digest {
  private readonly names: readonly HashName[];
  private stage: Buffer | undefined;
  private staged = 0;
  private flushed = false;
  private running: Hash[] | undefined;
  private result: Digests | undefined;

  constructor(names: readonly HashName[]) {
    this.names = names;
  }

  update(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.overflows(length)) this.flush();
    if (length > STAGE) {
      this.flushed = true;
      const piece = bytes.subarray(start, end);
      for (const one of this.run()) one.update(piece);
      return;
    }
    const need = this.staged + length;
    if (this.stage === undefined || this.stage.length < need) {
      const larger = Buffer.allocUnsafe(
        this.stage === undefined ? Math.max(need, 512) : Math.min(STAGE, 2 * need),
      );
      this.stage?.copy(larger, 0, 0, this.staged);
      this.stage = larger;
    }
    this.stage.set(bytes.subarray(start, end), this.staged);
    this.staged = need;
  }

  /** Bytes that are gathered: where nothing went on to the algorithms yet, the beginning of the content. */
  get beginning(): Uint8Array | undefined {
    return this.stage;
  }
  get gathered(): number {
    return this.flushed ? 0 : this.staged;
  }

  /** True where `length` more bytes do not fit with those that are gathered. */
  overflows(length: number): boolean {
    return this.staged + length > STAGE;
  }

  /** The digests of all that came, by the algorithms of `names`; nothing may be added afterwards. */
  digests(names: readonly HashName[] = this.names): Digests {
    if (this.result !== undefined) return this.result;
    const result: Digests = {};
    if (this.running === undefined) {
      const content = this.stage === undefined ? Buffer.alloc(0) : this.stage.subarray(0, this.staged);
      for (const name of names) result[name] = hash(name, content);
    } else {
      this.flush();
      for (const [i, name] of this.names.entries()) {
        if (names.includes(name)) result[name] = this.running[i]?.digest('hex') ?? '';
      }
    }
    this.stage = undefined;
    this.running = undefined;
    this.result = result;
    return result;
  }

  private run(): Hash[] {
    this.running ??= this.names.map((name) => createHash(name));
    return this.running;
  }

  private flush(): void {
    if (this.staged === 0 || this.stage === undefined) return;
    const piece = this.stage.subarray(0, this.staged);
    for (const one of this.run()) one.update(piece);
    this.staged = 0;
    this.flushed = true;
  }
}

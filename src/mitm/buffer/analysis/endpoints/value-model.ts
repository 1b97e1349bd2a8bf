import { bitCount, type ValueShape } from '../value-shape.ts';
import { bucketOf, LENGTH_BUCKETS } from './length-histogram.ts';

/** Where in the counts things are. */
const CLASSES_AT = LENGTH_BUCKETS;
export const KINDS_AT = CLASSES_AT + 32;
export const MARKS_AT = KINDS_AT + 4;
export const MARK_BUCKETS = 8;
const PUNCTUATION_AT = MARKS_AT + MARK_BUCKETS;
/** Numbers that a model keeps. */
export const COUNTS = PUNCTUATION_AT + 2;

/** Beyond this weight all counts are halved: newer values weigh more. */
const HALVED_AT = 4096;
/** Different values that are remembered, by their hashes; a parameter with more is none of a few values. */
export const MOST_VALUES = 12;
/** Clients are told apart in so many bits. */
const CLIENT_BITS = 32;

/** What the values of a parameter look like, learned from those that were seen. Nothing that they say is kept. */
export class ValueModel {
  /** How many values it was taught. Older ones count less. */
  weight = 0;
  readonly counts = new Float32Array(COUNTS);
  /** Bits of the clients that taught it. */
  clientBits = 0;
  /** Hashes of its values and how often each came; undefined where there were too many, or they are not remembered. */
  values: Map<number, number> | undefined;

  /** @param remembersValues false for secrets: not even hashes of them are kept */
  constructor(remembersValues: boolean) {
    this.values = remembersValues ? new Map() : undefined;
  }

  /**
   * Takes a value as usual.
   *
   * @param weight how much it counts, up to 1
   */
  learn(shape: ValueShape, weight: number, client: number): void {
    const { counts } = this;
    this.weight += weight;
    this.clientBits |= 1 << (client % CLIENT_BITS);
    add(counts, bucketOf(shape.length), weight);
    for (let bits = shape.classes; bits !== 0; bits &= bits - 1) {
      add(counts, CLASSES_AT + (31 - Math.clz32(bits & -bits)), weight);
    }
    add(counts, KINDS_AT + shape.kind, weight);
    add(counts, MARKS_AT + Math.min(MARK_BUCKETS - 1, shape.marks), weight);
    add(counts, PUNCTUATION_AT, weight * shape.punctuation);
    add(counts, PUNCTUATION_AT + 1, weight * shape.punctuation * shape.punctuation);
    if (this.values !== undefined) {
      this.values.set(shape.hash, (this.values.get(shape.hash) ?? 0) + weight);
      if (this.values.size > MOST_VALUES) this.values = undefined;
    }
    if (this.weight > HALVED_AT) this.decay(0.5);
  }

  /** Makes all that was learned weigh less. */
  decay(factor: number): void {
    this.weight *= factor;
    const { counts } = this;
    for (let at = 0; at < COUNTS; at++) counts[at] = (counts[at] as number) * factor;
    if (this.values !== undefined) {
      for (const [hash, weight] of this.values) {
        if (weight * factor < 0.5) this.values.delete(hash);
        else this.values.set(hash, weight * factor);
      }
    }
  }

  /** How many clients taught it, at least; counts to 32. */
  get clients(): number {
    return bitCount(this.clientBits);
  }

  /** Mean and standard deviation of the share of punctuation. */
  get punctuation(): { readonly mean: number; readonly deviation: number } {
    const mean = (this.counts[PUNCTUATION_AT] as number) / Math.max(1, this.weight);
    const square = (this.counts[PUNCTUATION_AT + 1] as number) / Math.max(1, this.weight);
    return { mean, deviation: Math.sqrt(Math.max(0, square - mean * mean)) };
  }

  /** How many values had a class. */
  withClass(index: number): number {
    return this.counts[CLASSES_AT + index] as number;
  }
}

function add(counts: Float32Array, at: number, weight: number): void {
  counts[at] = (counts[at] as number) + weight;
}

/** Numbers that look random and are the same in each run, so that a capture can be built twice alike. */

/** Mixes a 32-bit integer so that neighbours become unrelated (the finaliser of MurmurHash3). */
export function scatter(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A sequence of numbers that its seed determines. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = scatter(seed ^ 0x9e3779b9);
  }

  /** The next 32 bits, unsigned. */
  next(): number {
    this.state = (this.state + 0x9e3779b9) | 0;
    return scatter(this.state);
  }

  /** A whole number from 0 to `end` - 1. */
  below(end: number): number {
    return Math.floor((this.next() / 4294967296) * end);
  }

  /** A number from 0 to 1, 1 excluded. */
  share(): number {
    return this.next() / 4294967296;
  }
}

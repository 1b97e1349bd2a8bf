const PLACES = 1 << 17;
/** Letters that tell how a text begins. */
const HEAD = 3;
const PRIME = 0x01000193;

/** A set of pieces of names by their hashes: what it does not have is none of them, what it has may be one. */
export class Marks {
  private readonly bits = new Uint8Array(PLACES);

  /** Hash of an ending with one more letter in front of it; that of nothing is 0. */
  static next(hash: number, letter: number): number {
    return (Math.imul(hash ^ letter, PRIME) + letter) | 0;
  }

  static ofEnding(text: string): number {
    let hash = 0;
    for (let i = text.length - 1; i >= 0; i--) hash = Marks.next(hash, text.charCodeAt(i));
    return hash;
  }

  /** Hash of the first letters from `start` on. */
  static ofBeginning(text: string, start: number): number {
    const end = Math.min(start + HEAD, text.length);
    let hash = 1;
    for (let i = start; i < end; i++) hash = Marks.next(hash, text.charCodeAt(i));
    return hash;
  }

  add(hash: number): void {
    this.bits[place(hash)] = 1;
  }

  has(hash: number): boolean {
    return this.bits[place(hash)] === 1;
  }
}

function place(hash: number): number {
  return (hash ^ (hash >>> 15)) & (PLACES - 1);
}

/**
 * Paths with wildcards: `*` for any characters but `/`, `**` for any characters, `?` for one that is not `/`. Takes
 * steps in proportion to the path's length times the pattern's, whatever both are.
 */
export class Glob {
  /** Character codes; negative numbers for wildcards. */
  readonly #codes: Int32Array;
  /** What every match begins with. */
  readonly #literal: string;

  constructor(pattern: string) {
    const codes: number[] = [];
    for (let i = 0; i < pattern.length; i++) {
      const code = pattern.charCodeAt(i);
      if (code === STAR && pattern.charCodeAt(i + 1) === STAR) {
        if (codes.at(-1) !== ANY) codes.push(ANY);
        i++;
      } else if (code === STAR) codes.push(SEGMENT);
      else codes.push(code === QUESTION ? ONE : code);
    }
    this.#codes = Int32Array.from(codes);
    this.#literal = /^[^*?]*/.exec(pattern)?.[0] ?? '';
  }

  /** Whether the whole path is meant. */
  test(path: string): boolean {
    if (!path.startsWith(this.#literal)) return false;
    const codes = this.#codes;
    // Places in the pattern that what was read may have led to.
    let here = new Uint8Array(codes.length + 1);
    let next = new Uint8Array(codes.length + 1);
    here[this.#literal.length] = 1;
    for (let i = this.#literal.length; i < path.length; i++) {
      const code = path.charCodeAt(i);
      next.fill(0);
      let alive = false;
      for (let at = 0; at < codes.length; at++) {
        if (here[at] === 0) continue;
        const wanted = codes[at]!;
        if (wanted === ANY || wanted === SEGMENT) {
          // It may also stand for nothing.
          here[at + 1] = 1;
          if (wanted === ANY || code !== SLASH) {
            next[at] = 1;
            alive = true;
          }
        } else if (wanted === code || (wanted === ONE && code !== SLASH)) {
          next[at + 1] = 1;
          alive = true;
        }
      }
      if (!alive) return false;
      [here, next] = [next, here];
    }
    for (let at = 0; at < codes.length; at++)
      if (here[at] === 1 && (codes[at] === ANY || codes[at] === SEGMENT)) here[at + 1] = 1;
    return here[codes.length] === 1;
  }
}

const STAR = 0x2a;
const QUESTION = 0x3f;
const SLASH = 0x2f;
const ANY = -1;
const SEGMENT = -2;
const ONE = -3;

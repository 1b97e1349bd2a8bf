import { PrefixSet } from '../net/index.ts';
import * as R from './flow/record.ts';
import { TOP_LEVEL } from './load.ts';

/** Bits of a flow's hash that decide; the table finds flows by the low ones. */
const SHIFT = 16;

/** Says which flows are inspected under load: by their hash, so that a flow is always told the same. */
export class Admission {
  /** See `LoadController.level`; whoever observes the load sets it. */
  level = 0;
  private critical: PrefixSet;

  /** `critical`: see {@link Admission.protect}. */
  constructor(critical: readonly string[]) {
    this.critical = prefixes(critical);
  }

  /** A flow with an address in one of these networks on either side is always inspected. Throws when one is none. */
  protect(critical: readonly string[]): void {
    this.critical = prefixes(critical);
  }

  /** Whether the flow whose record begins at word `w` may be inspected now. */
  admits(words: Int32Array, w: number): boolean {
    const { level } = this;
    if (level === 0) return true;
    const chosen = ((words[w + R.HASH]! >>> SHIFT) & ((1 << level) - 1)) === 0;
    return (level < TOP_LEVEL && chosen) || this.isCritical(words, w);
  }

  private isCritical(words: Int32Array, w: number): boolean {
    if (this.critical.size === 0) return false;
    const version = words[w + R.KIND]! >>> 8;
    return this.contains(words, version, w + R.CLIENT) || this.contains(words, version, w + R.SERVER);
  }

  private contains(words: Int32Array, version: number, at: number): boolean {
    return this.critical.has(version, words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
  }
}

function prefixes(texts: readonly string[]): PrefixSet {
  const { set, mistake } = PrefixSet.parse(texts);
  if (set === undefined) throw new TypeError(`'${mistake}' is no network`);
  return set;
}

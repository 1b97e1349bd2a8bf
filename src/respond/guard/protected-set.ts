import { formatPrefix, type Prefix, PrefixSet, prefixContains } from '../../net/index.ts';
import { isHost } from './target.ts';

/** Something that must not be banned, and what it is, in words for people. */
export interface Protected {
  readonly prefix: Prefix;
  readonly what: string;
}

/** What a guard protects, asked in both directions: what lies in it, and what it lies in. */
export class ProtectedSet {
  readonly entries: readonly Protected[];
  private readonly set: PrefixSet;

  constructor(entries: readonly Protected[]) {
    this.entries = entries;
    this.set = new PrefixSet(entries.map(({ prefix }) => prefix));
  }

  /** The first entry that shares an address with the prefix. */
  overlap(prefix: Prefix): Protected | undefined {
    // For a single address, which is the most frequent question, no walk over a long list that it is not in.
    if (isHost(prefix) && !this.set.has(prefix.version, ...prefix.words)) return undefined;
    return this.entries.find((entry) => overlaps(entry.prefix, prefix));
  }

  /** Networks that are here and not in an earlier set. */
  since(earlier: ProtectedSet | undefined): Prefix[] {
    const before = new Set(earlier?.entries.map(({ prefix }) => formatPrefix(prefix)));
    return this.entries.map(({ prefix }) => prefix).filter((prefix) => !before.has(formatPrefix(prefix)));
  }
}

/** Two networks share addresses when one holds the other. */
function overlaps(a: Prefix, b: Prefix): boolean {
  return a.length <= b.length
    ? prefixContains(a, b.version, ...b.words)
    : prefixContains(b, a.version, ...a.words);
}

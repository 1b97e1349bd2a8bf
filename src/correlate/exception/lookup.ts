import { formatPrefix, parsePrefix } from '../../net/index.ts';
import { type ExceptionMatch, MATCH_FIELDS, matcherOf, type Occurrence, plainPath } from './match.ts';

/** Segments of a path that are looked up; what is deeper is found by its first ones. */
const MOST_SEGMENTS = 64;

/** Something with a checked match. */
interface Matching {
  readonly match: ExceptionMatch;
}

interface Entry<T> {
  readonly value: T;
  readonly test: (occurrence: Occurrence) => boolean;
  readonly bucket: string;
}

/**
 * Finds what is for an occurrence among many matches without asking each. A match lies in one bucket: that of the one
 * of its fields whose bucket has the fewest; an occurrence looks into the buckets of its own fields.
 */
export class ExceptionLookup<T extends Matching> {
  private readonly buckets = new Map<string, Entry<T>[]>();
  private readonly entries = new Map<T, Entry<T>>();
  /** How many matches lie in buckets of networks of a length. */
  private readonly lengths = new Map<number, number>();

  get size(): number {
    return this.entries.size;
  }

  add(value: T): void {
    let bucket = '';
    let fewest = Number.POSITIVE_INFINITY;
    for (const field of MATCH_FIELDS) {
      const text = value.match[field];
      if (text === undefined) continue;
      const name = `${field} ${text}`;
      const size = this.buckets.get(name)?.length ?? 0;
      if (size >= fewest) continue;
      bucket = name;
      fewest = size;
    }
    const entry = { value, test: matcherOf(value.match), bucket };
    const others = this.buckets.get(bucket);
    if (others === undefined) this.buckets.set(bucket, [entry]);
    else others.push(entry);
    this.entries.set(value, entry);
    this.countLength(bucket, 1);
  }

  delete(value: T): void {
    const entry = this.entries.get(value);
    if (entry === undefined) return;
    this.entries.delete(value);
    const left = (this.buckets.get(entry.bucket) ?? []).filter((other) => other !== entry);
    if (left.length === 0) this.buckets.delete(entry.bucket);
    else this.buckets.set(entry.bucket, left);
    this.countLength(entry.bucket, -1);
  }

  /** One that is for the occurrence and that `accepts` takes; undefined without. */
  find(occurrence: Occurrence, accepts: (value: T) => boolean): T | undefined {
    for (const field of MATCH_FIELDS) {
      for (const text of this.textsOf(field, occurrence)) {
        for (const { value, test } of this.buckets.get(`${field} ${text}`) ?? []) {
          if (test(occurrence) && accepts(value)) return value;
        }
      }
    }
    return undefined;
  }

  /** What matches could have in a field to be for this occurrence. */
  private textsOf(field: keyof ExceptionMatch, occurrence: Occurrence): readonly string[] {
    if (field === 'path') return prefixesOf(occurrence.path);
    if (field === 'network') return this.networksOf(occurrence.address);
    return occurrence[field] === '' ? [] : [occurrence[field]];
  }

  private networksOf(address: string): readonly string[] {
    const bits = address.includes(':') ? 128 : 32;
    const networks: string[] = [];
    for (const length of this.lengths.keys()) {
      const prefix = length > bits ? undefined : parsePrefix(`${address}/${length}`);
      if (prefix !== undefined) networks.push(formatPrefix(prefix));
    }
    return networks;
  }

  private countLength(bucket: string, by: number): void {
    if (!bucket.startsWith('network ')) return;
    const length = Number(bucket.slice(bucket.indexOf('/') + 1));
    const count = (this.lengths.get(length) ?? 0) + by;
    if (count === 0) this.lengths.delete(length);
    else this.lengths.set(length, count);
  }
}

/** `/`, `/a`, `/a/b` for `/a/b`; none for a path that cannot be compared. */
function prefixesOf(path: string): readonly string[] {
  const plain = path === '' ? undefined : plainPath(path);
  if (plain === undefined) return [];
  const prefixes = ['/'];
  for (let at = plain.indexOf('/', 1); at > 0; at = plain.indexOf('/', at + 1)) {
    prefixes.push(plain.slice(0, at));
    if (prefixes.length >= MOST_SEGMENTS) return prefixes;
  }
  if (plain !== '/') prefixes.push(plain);
  return prefixes;
}

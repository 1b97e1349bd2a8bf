import { createHash } from 'node:crypto';

/** Variables that outlive a request: of an address, a session, a user. */
export interface Record {
  /** Values by name in lower case. */
  readonly values: Map<string, string>;
  /** When a value is to go, in milliseconds since 1970. */
  readonly expiries: Map<string, number>;
  /** When the record is to go unless it is used again. */
  expiresMs: number;
}

/** The most records, and variables in one. */
const MOST_RECORDS = 65_536;
const MOST_VALUES = 64;
/** What is longer is not kept as a value, and not as a key but by its hash. */
const LONGEST_VALUE = 4096;
const LONGEST_KEY = 256;

/** The persistent collections of a rule set (`IP`, `GLOBAL`, `SESSION`, ...), held in memory and bounded. */
export class PersistentCollections {
  /** Records that had to go before their time. */
  evicted = 0;
  private readonly records = new Map<string, Record>();
  private readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  /** The record of a key, made where there is none. */
  open(collection: string, key: string, nowMs: number): Record {
    const name = `${collection}\0${key.length > LONGEST_KEY ? hashed(key) : copied(key)}`;
    let record = this.records.get(name);
    if (record === undefined || record.expiresMs <= nowMs) {
      record = { values: new Map(), expiries: new Map(), expiresMs: 0 };
    }
    // What was used last is last: the first is the one to go.
    this.records.delete(name);
    if (this.records.size >= MOST_RECORDS) this.evict();
    record.expiresMs = nowMs + this.timeoutMs;
    this.records.set(name, record);
    for (const [value, atMs] of record.expiries) {
      if (atMs > nowMs) continue;
      record.expiries.delete(value);
      record.values.delete(value);
    }
    return record;
  }

  get size(): number {
    return this.records.size;
  }

  private evict(): void {
    const first = this.records.keys().next();
    if (first.done === true) return;
    this.records.delete(first.value);
    this.evicted++;
  }
}

function hashed(key: string): string {
  return createHash('sha256').update(key, 'latin1').digest('latin1');
}

/** A piece of a text keeps the whole of it in memory: what outlives a request is taken out of it. */
function copied(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** Sets a value of a record; what is beyond the bounds is not set. */
export function setValue(record: Record, key: string, value: string): void {
  if (key.length > LONGEST_KEY || value.length > LONGEST_VALUE) return;
  if (record.values.size < MOST_VALUES || record.values.has(key))
    record.values.set(copied(key), copied(value));
}

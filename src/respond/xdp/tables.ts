import type { Decision } from '../../event/index.ts';
import type { KernelAddon } from '../../native/index.ts';
import { parseAddress, parsePrefix } from '../../net/index.ts';
import type { TABLES } from './program.ts';

/** Which map a decision is in. */
export type TableName = (typeof TABLES)[number];

/** How many entries there may be. IPv4 and IPv6 count by themselves. */
export interface TableBounds {
  readonly hosts: number;
  readonly ranges: number;
  readonly allowed: number;
}

/** A map as it is made, and as one of an earlier run must be to be used again. */
export interface MapShape {
  readonly kind: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly entries: number;
  readonly flags: number;
}

/** Where a decision goes. */
export interface Place {
  readonly table: TableName;
  /** The key as bytes in a string; that of a range begins with the length of its prefix. */
  readonly key: string;
}

// linux/bpf.h, enum bpf_map_type.
const HASH = 1;
const PER_PROCESSOR_ARRAY = 6;
const TRIE = 11;
/** Memory is taken as entries come; a trie has no other way. */
const NO_PREALLOCATION = 1;

const HOST_VALUE = 8;
const RANGE_VALUE = 16;
/** The kernel takes no time beyond 64 bits; until this one is 146 years. */
const LATEST_NS = 2 ** 62;

/** Packets and bytes that were dropped, for each processor. */
export const COUNTERS: MapShape = {
  kind: PER_PROCESSOR_ARRAY,
  keyBytes: 4,
  valueBytes: 16,
  entries: 1,
  flags: 0,
};

/** The shape of a table. */
export function tableShape(name: TableName, bounds: TableBounds): MapShape {
  const address = name.endsWith('6') ? 16 : 4;
  if (name.startsWith('host')) {
    return {
      kind: HASH,
      keyBytes: address,
      valueBytes: HOST_VALUE,
      entries: bounds.hosts,
      flags: NO_PREALLOCATION,
    };
  }
  const entries = name.startsWith('allow') ? bounds.allowed : bounds.ranges;
  return { kind: TRIE, keyBytes: 4 + address, valueBytes: RANGE_VALUE, entries, flags: NO_PREALLOCATION };
}

/** Where a decision goes; undefined where it is none of an address or a range that can be banned or allowed here. */
export function placeOf(decision: Pick<Decision, 'type' | 'scope' | 'value'>): Place | undefined {
  const { type, scope, value } = decision;
  if ((type !== 'ban' && type !== 'allow') || scope === 'session') return undefined;
  const prefix = scope === 'range' ? parsePrefix(value) : hostPrefix(value);
  if (prefix === undefined) return undefined;
  const { version, words, length } = prefix;
  const address = version === 4 ? bytesOf(words[0]) : words.map(bytesOf).join('');
  if (type === 'ban' && scope === 'address') return { table: `host${version}`, key: address };
  return {
    table: `${type === 'ban' ? 'range' : 'allow'}${version}`,
    key: nativeWord(length) + address,
  };
}

function hostPrefix(value: string): ReturnType<typeof parsePrefix> {
  const address = parseAddress(value);
  return address === undefined ? undefined : { ...address, length: address.version === 4 ? 32 : 128 };
}

/** A word in the order of the network. */
function bytesOf(word: number): string {
  return String.fromCharCode(word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255);
}

const word = new Uint32Array(1);
const wordBytes = new Uint8Array(word.buffer);

/** A number in the order of this machine. */
function nativeWord(number: number): string {
  word[0] = number;
  return String.fromCharCode(...wordBytes);
}

/** Time of the kernel's monotonic clock (`bpf_ktime_get_ns`) in ns. */
export function monotonicNs(): number {
  const [seconds, ns] = process.hrtime();
  return seconds * 1e9 + ns;
}

/** Keys, and the time of the monotonic clock in ns at which each ends. */
export type Entries = ReadonlyMap<string, number>;

/** After so many entries other work gets its turn. */
const AT_ONCE = 2048;

/** Goes through a list, and lets other work have its turn now and then. */
export async function eachInTurn<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  let done = 0;
  for (const item of items) {
    if (++done % AT_ONCE === 0) await pause();
    work(item);
  }
}

/** One map of the kernel, with what it holds. */
export class Table {
  readonly name: TableName;
  readonly descriptor: number;
  readonly shape: MapShape;
  private readonly addon: KernelAddon;
  private held = new Map<string, number>();

  constructor(addon: KernelAddon, name: TableName, descriptor: number, shape: MapShape) {
    this.addon = addon;
    this.name = name;
    this.descriptor = descriptor;
    this.shape = shape;
  }

  /** What is in it as far as this process knows, also what is over and was not taken out. */
  get entries(): Entries {
    return this.held;
  }

  /** Reads from the kernel what is in it. */
  async read(): Promise<void> {
    const { keyBytes, valueBytes, entries } = this.shape;
    const keys = Buffer.from(new ArrayBuffer(entries * keyBytes));
    const values = new Uint8Array(entries * valueBytes);
    const count = this.addon.bpfEntries(this.descriptor, keys, values);
    const halves = new Uint32Array(values.buffer);
    const found = new Map<string, number>();
    for (let i = 0; i < count; i++) {
      if (i % AT_ONCE === AT_ONCE - 1) await pause();
      const at = (i * valueBytes) / 4;
      const untilNs = halves[at + LOW]! + halves[at + 1 - LOW]! * 2 ** 32;
      found.set(keys.toString('latin1', i * keyBytes, (i + 1) * keyBytes), untilNs);
    }
    this.held = found;
  }

  /** Puts entries in, or sets those that are there anew. */
  async set(entries: Entries): Promise<void> {
    const { keyBytes, valueBytes } = this.shape;
    const all = [...entries];
    for (let from = 0; from < all.length; from += AT_ONCE) {
      if (from > 0) await pause();
      const some = all.slice(from, from + AT_ONCE);
      const keys = new Uint8Array(some.length * keyBytes);
      const values = new Uint8Array(some.length * valueBytes);
      const words = new Uint32Array(keys.buffer);
      const halves = new Uint32Array(values.buffer);
      for (const [i, [key, untilNs]] of some.entries()) {
        putKey(keys, i * keyBytes, key);
        const at = (i * valueBytes) / 4;
        const ns = Math.min(untilNs, LATEST_NS);
        halves[at + LOW] = ns % 2 ** 32;
        halves[at + 1 - LOW] = Math.floor(ns / 2 ** 32);
        // The length of the prefix once more: the key that the program asks with is not the one that is found.
        if (valueBytes === RANGE_VALUE) halves[at + 2] = words[(i * keyBytes) / 4]!;
      }
      this.addon.bpfUpdate(this.descriptor, keys, values);
      for (const [key, untilNs] of some) this.held.set(key, untilNs);
    }
  }

  /** Takes out those that are there. */
  async delete(keys: readonly string[]): Promise<void> {
    const { keyBytes } = this.shape;
    for (let from = 0; from < keys.length; from += AT_ONCE) {
      if (from > 0) await pause();
      const some = keys.slice(from, from + AT_ONCE);
      const bytes = new Uint8Array(some.length * keyBytes);
      for (const [i, key] of some.entries()) putKey(bytes, i * keyBytes, key);
      this.addon.bpfDelete(this.descriptor, bytes);
      for (const key of some) this.held.delete(key);
    }
  }
}

/** Which half of a number of 64 bits, as two words, is the lower one. */
const LOW = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;

function putKey(bytes: Uint8Array, offset: number, key: string): void {
  for (let i = 0; i < key.length; i++) bytes[offset + i] = key.charCodeAt(i);
}

function pause(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}

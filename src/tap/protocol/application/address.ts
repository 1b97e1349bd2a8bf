import { parseAddress } from '../../../net/index.ts';
import { CLOUDS } from './addresses/clouds.ts';
import { SERVICES } from './addresses/services.ts';
import type { Application } from './rules.ts';

/** Words of an address: IPv6 in four, IPv4 in the first. */
type Words = readonly [number, number, number, number];

/** Prefixes of one length: network words of each, flat, and the application of each. */
interface Level {
  readonly length: number;
  readonly networks: Map<string, Application> | undefined;
  readonly words: Map<number, Application> | undefined;
}

interface Table {
  /** 1 for the upper halves of IPv4 addresses that some prefix covers or begins with. */
  readonly covered: Uint8Array;
  readonly v4: readonly Level[];
  readonly v6: readonly Level[];
}

let table: Table | undefined;

const WHATSAPP: Application = { name: 'WhatsApp', category: 'Chat' };

/**
 * The application whose operator owns an address, by longest prefix; undefined when none is known. `version` is 4 or
 * 6, `words` as in the packet: signed 32-bit words, the highest first.
 */
export function applicationOfAddress(version: number, words: Words): Application | undefined {
  table ??= readTable();
  if (version === 4) {
    if (table.covered[words[0] >>> 16] === 0) return undefined;
    for (const { length, words: networks } of table.v4) {
      const found = networks?.get(words[0] & maskOf(length));
      if (found) return found.name === 'Facebook' && servesWhatsApp(words[0]) ? WHATSAPP : found;
    }
    return undefined;
  }
  for (const { length, networks } of table.v6) {
    const found = networks?.get(keyOf(words, length));
    if (found) return found;
  }
  return undefined;
}

/** In each of Meta's points of presence the same few host numbers serve WhatsApp. */
function servesWhatsApp(word: number): boolean {
  const host = word & 255;
  return host === 53 || host === 54 || host === 60 || host === 61;
}

/** A line `= Name Category` begins an application; the lines below it are its prefixes, one each. */
function readTable(): Table {
  const covered = new Uint8Array(1 << 16);
  const v4 = new Map<number, Map<number, Application>>();
  const v6 = new Map<number, Map<string, Application>>();
  let application: Application = { name: '', category: '' };
  for (const line of `${CLOUDS}${SERVICES}`.split('\n')) {
    if (line.startsWith('= ')) {
      const [, name = '', category = ''] = line.split(' ');
      application = { name, category };
      continue;
    }
    const slash = line.indexOf('/');
    const address = parseAddress(line.slice(0, slash));
    if (slash < 0 || !address) continue;
    const length = Number(line.slice(slash + 1));
    if (address.version === 4) {
      const network = address.words[0] & maskOf(length);
      level(v4, length).set(network, application);
      covered.fill(1, network >>> 16, (network >>> 16) + (length < 16 ? 1 << (16 - length) : 1));
    } else level(v6, length).set(keyOf(address.words, length), application);
  }
  return {
    covered,
    v4: longestFirst(v4).map(([length, words]) => ({ length, words, networks: undefined })),
    v6: longestFirst(v6).map(([length, networks]) => ({ length, networks, words: undefined })),
  };
}

function level<K>(levels: Map<number, Map<K, Application>>, length: number): Map<K, Application> {
  let map = levels.get(length);
  if (!map) {
    map = new Map();
    levels.set(length, map);
  }
  return map;
}

function longestFirst<K>(levels: Map<number, Map<K, Application>>): [number, Map<K, Application>][] {
  return [...levels].sort((a, b) => b[0] - a[0]);
}

function maskOf(length: number): number {
  return length === 0 ? 0 : -1 << (32 - length);
}

function keyOf(words: Words, length: number): string {
  let key = '';
  for (let i = 0; i < 4; i++) {
    const bits = Math.min(32, Math.max(0, length - i * 32));
    key += `${(words[i] as number) & maskOf(bits)}.`;
  }
  return key;
}

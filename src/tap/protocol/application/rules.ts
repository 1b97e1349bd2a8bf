import { ADVERTISING } from './hosts/advertising.ts';
import { APPLE_AMAZON } from './hosts/apple-amazon.ts';
import { GAMES } from './hosts/games.ts';
import { GOOGLE } from './hosts/google.ts';
import { MEDIA } from './hosts/media.ts';
import { MICROSOFT } from './hosts/microsoft.ts';
import { RESOLVERS } from './hosts/resolvers.ts';
import { SECURITY } from './hosts/security.ts';
import { SOCIAL } from './hosts/social.ts';
import { WEB } from './hosts/web.ts';

/** An application in nDPI's spelling; the name is empty where a host tells a category only. */
export interface Application {
  readonly name: string;
  readonly category: string;
}

/** The rules, sorted by how they are looked up. */
export interface HostRules {
  /** `example.com`: the host itself and all below it. `-x.example.com`: the part behind a label's hyphen. */
  readonly suffixes: ReadonlyMap<string, Application>;
  /** `maps.google.`: these labels anywhere, with more behind them. */
  readonly inner: ReadonlyMap<string, Application>;
  /** Labels of the longest inner rule. */
  readonly innerLabels: number;
  /** `fbcdn-`: what a label (and what follows it) begins with. */
  readonly prefixes: readonly (readonly [prefix: string, application: Application])[];
  /** The last two labels of each suffix (all of it when it is shorter): what a name must end with to match one. */
  readonly endings: ReadonlySet<string>;
  /** The first letters of each inner rule and prefix. */
  readonly heads: ReadonlySet<string>;
  /** Marks of all endings and heads, to pass over most names without making a string. */
  readonly marks: Marks;
  /** The first category of each application. */
  readonly categories: ReadonlyMap<string, string>;
}

/** Letters of {@link HostRules.heads}. */
export const HEAD = 3;

const MARKS = 1 << 16;

/** A set of pieces of names by their hashes: what it does not have is in none of them, what it has may be. */
export class Marks {
  private readonly bits = new Uint8Array(MARKS);

  /** Hash of the letters `[from, to)`, taken from the end: the hash of a longer ending goes on from a shorter's. */
  static hash(text: string, from: number, to: number, before = 0): number {
    let hash = before;
    for (let i = to - 1; i >= from; i--) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) + 1;
    return hash;
  }

  add(hash: number): void {
    this.bits[(hash ^ (hash >>> 16)) & (MARKS - 1)] = 1;
  }

  has(hash: number): boolean {
    return this.bits[(hash ^ (hash >>> 16)) & (MARKS - 1)] === 1;
  }
}

const TABLES: readonly string[] = [
  GOOGLE,
  MICROSOFT,
  APPLE_AMAZON,
  SOCIAL,
  MEDIA,
  GAMES,
  SECURITY,
  RESOLVERS,
  WEB,
  ADVERTISING,
];

/**
 * Reads the tables. A line `= Name Category` begins an application (`-` stands for no name); the lines below it are
 * its rules, one each.
 */
export function readRules(): HostRules {
  const suffixes = new Map<string, Application>();
  const inner = new Map<string, Application>();
  const prefixes: [string, Application][] = [];
  const categories = new Map<string, string>();
  let innerLabels = 1;
  let application: Application = { name: '', category: '' };
  for (const table of TABLES) {
    for (const line of table.split('\n')) {
      if (line === '') continue;
      if (line.startsWith('= ')) {
        const [, name = '', category = ''] = line.split(' ');
        application = { name: name === '-' ? '' : name, category };
        if (name !== '-' && !categories.has(name)) categories.set(name, category);
      } else if (line.endsWith('.')) {
        inner.set(line, application);
        innerLabels = Math.max(innerLabels, line.split('.').length - 1);
      } else if (line.endsWith('-')) {
        prefixes.push([line, application]);
      } else {
        suffixes.set(line, application);
      }
    }
  }
  const endings = new Set([...suffixes.keys()].map((suffix) => suffix.split('.').slice(-2).join('.')));
  const heads = new Set(
    [...inner.keys(), ...prefixes.map(([prefix]) => prefix)].map((text) => text.slice(0, HEAD)),
  );
  const marks = new Marks();
  for (const piece of [...endings, ...heads]) marks.add(Marks.hash(piece, 0, piece.length));
  return { suffixes, inner, innerLabels, prefixes, endings, heads, marks, categories };
}

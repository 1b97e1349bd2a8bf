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
import { Marks } from './marks.ts';

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
  /** Marks of the suffixes, and of how inner rules and prefixes begin. */
  readonly endings: Marks;
  readonly beginnings: Marks;
  /** The first category of each application. */
  readonly categories: ReadonlyMap<string, string>;
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
  const endings = new Marks();
  for (const suffix of suffixes.keys()) endings.add(Marks.ofEnding(suffix));
  const beginnings = new Marks();
  for (const piece of inner.keys()) beginnings.add(Marks.ofBeginning(piece, 0));
  for (const [prefix] of prefixes) beginnings.add(Marks.ofBeginning(prefix, 0));
  return { suffixes, inner, innerLabels, prefixes, endings, beginnings, categories };
}

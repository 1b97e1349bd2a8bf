import type { Match } from './verdict.ts';

/** Kinds of what rules find, each with what is meant. */
export const CATEGORIES = {
  sqli: 'SQL injection',
  xss: 'cross-site scripting',
  path_traversal: 'ways out of the folder that is served (../)',
  lfi: 'files of the server that nobody should ask for',
  rfi: 'files of other servers that would be run',
  rce: 'commands for a shell',
  php: 'PHP code',
  java: 'Java code, serialised objects, template expressions of Java',
  nodejs: 'JavaScript code for a server',
  ssti: 'code for a template engine',
  ssrf: 'requests that the server would send elsewhere',
  ldap: 'LDAP injection',
  session_fixation: 'session identifiers that somebody else has chosen',
  scanner: 'scanners and other tools that introduce themselves',
  reputation: 'clients that lists name',
  dos: 'too many requests',
  multipart: 'bodies of several parts that are read in more than one way',
  protocol: 'HTTP that is broken, or that is not wanted',
  disclosure: 'answers that tell what they should not',
  generic: 'attacks that are none of the others',
  evaluation: 'scores that became too high: no attack of its own',
  other: 'rules without a tag that says more',
} as const;

/** Kind of what a rule finds. */
export type Category = keyof typeof CATEGORIES;

/** Rules whose tag says less than is known: paths with `../` are told from names of files. */
const BY_ID: ReadonlyMap<number, Category> = new Map([
  [930100, 'path_traversal'],
  [930110, 'path_traversal'],
]);

/** Rules of the Core Rule Set that add scores up, or log them: 949, 959, 980 with their paranoia levels. */
const EVALUATION: readonly (readonly [first: number, last: number])[] = [
  [949000, 949999],
  [959000, 959999],
  [980000, 980999],
];

/**
 * Tags of the Core Rule Set, 3 and 4. The first that a rule has decides, so that the special ones come before the
 * general.
 */
const BY_TAG: readonly (readonly [tag: string, category: Category])[] = [
  ['anomaly-evaluation', 'evaluation'],
  ['attack-sqli', 'sqli'],
  ['attack-xss', 'xss'],
  ['attack-lfi', 'lfi'],
  ['attack-rfi', 'rfi'],
  ['attack-ssrf', 'ssrf'],
  ['attack-ssti', 'ssti'],
  ['attack-injection-php', 'php'],
  ['attack-injection-java', 'java'],
  ['attack-injection-nodejs', 'nodejs'],
  ['language-ldap', 'ldap'],
  ['attack-rce', 'rce'],
  ['attack-fixation', 'session_fixation'],
  ['attack-reputation-scanner', 'scanner'],
  ['attack-reputation-scripting', 'scanner'],
  ['attack-reputation-crawler', 'scanner'],
  ['attack-reputation-ip', 'reputation'],
  ['attack-dos', 'dos'],
  ['attack-multipart-header', 'multipart'],
  ['attack-deprecated-header', 'protocol'],
  ['attack-protocol', 'protocol'],
  ['attack-disclosure', 'disclosure'],
  ['attack-injection-generic', 'generic'],
  ['attack-generic', 'generic'],
];

/** The kind of what a rule found, by its identifier and tags. */
export function categoryOf({ id, tags }: Pick<Match, 'id' | 'tags'>): Category {
  if (EVALUATION.some(([first, last]) => id >= first && id <= last)) return 'evaluation';
  const known = BY_ID.get(id);
  if (known !== undefined) return known;
  const found = BY_TAG.find(([tag]) => tags.includes(tag))?.[1] ?? named(tags) ?? 'other';
  // The rules about Java and about JavaScript say that they are about commands.
  if (found !== 'rce') return found;
  if (tags.includes('language-java')) return 'java';
  return tags.includes('language-javascript') ? 'nodejs' : found;
}

/** Own rules may name any of the kinds: `attack-path-traversal`. */
function named(tags: readonly string[]): Category | undefined {
  for (const tag of tags) {
    const name = tag.startsWith('attack-') ? tag.slice(7).replaceAll('-', '_') : '';
    if (Object.hasOwn(CATEGORIES, name)) return name as Category;
  }
  return undefined;
}

/** What the Core Rule Set counts for a severity, where its setup says nothing else. */
const POINTS: Readonly<Record<string, number>> = { CRITICAL: 5, ERROR: 4, WARNING: 3, NOTICE: 2 };

/** Matches of one kind. */
export interface CategoryCount {
  readonly category: Category;
  readonly matches: number;
  /** Points of their severities: CRITICAL 5, ERROR 4, WARNING 3, NOTICE 2. */
  readonly points: number;
}

/** The kinds of what matched, most points first; evaluation rules are left out. */
export function countCategories(matches: readonly Match[]): CategoryCount[] {
  const counts = new Map<Category, { category: Category; matches: number; points: number }>();
  for (const match of matches) {
    const category = categoryOf(match);
    if (category === 'evaluation') continue;
    const count = counts.get(category) ?? { category, matches: 0, points: 0 };
    count.matches++;
    count.points += POINTS[match.severity] ?? 0;
    counts.set(category, count);
  }
  return [...counts.values()].sort((a, b) => b.points - a.points || b.matches - a.matches);
}

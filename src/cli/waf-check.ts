import { resolve } from 'node:path';
import { paranoiaLevel, patternsOf } from '../mitm/waf/explain.ts';
import { loadRules, type RuleSet, RulesError } from '../mitm/waf/index.ts';
import { DEBIAN_CRS, NoRulesError, ruleFiles } from '../mitm/waf/rule-sources.ts';
import { terminalJson, terminalText } from '../mitm/waf/terminal-text.ts';
import { re2Addon } from '../native/index.ts';
import { parseOptions } from './usage.ts';
import { mistakeLines } from './waf-rules.ts';

const HELP = `usage: weir waf check [PATH...] [--json]

Finds the mistakes in rule files and says what is in them. PATH is a rule file, a folder with rule files (*.conf), or
a Core Rule Set, which is loaded with its setup (default: ${DEBIAN_CRS}).
Each mistake is a line FILE:LINE: WHAT. Exit code 0: good, 1: mistakes, or no rules at all.

  --json    counts and mistakes as JSON
`;

/** What was found in rule files. */
interface Counts {
  readonly rules: number;
  readonly phases: Readonly<Record<string, number>>;
  /** By the Core Rule Set's level; `none` for rules that have none. */
  readonly paranoia: Readonly<Record<string, number>>;
  /** Regular expressions by what runs them. */
  readonly patterns: { readonly v8: number; readonly re2: number; readonly bounded: number };
  /** Rules that cannot run on this machine, and why. */
  readonly leftOut: readonly string[];
  /** Libraries that are missing, and what that costs. */
  readonly notes: readonly string[];
}

/** `weir waf check`: finds mistakes in rule files. */
export async function wafCheck(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    json: { type: 'boolean' },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const paths = positionals.length === 0 ? [DEBIAN_CRS] : positionals;
  const json = values.json === true;
  try {
    const files = paths.flatMap(ruleFiles);
    const rules = loadRules(files.map((path) => ({ kind: 'file', path: resolve(path) })));
    const counts = countRules(rules);
    const good = counts.rules > 0 || counts.leftOut.length > 0;
    if (json) process.stdout.write(`${terminalJson({ good, files, ...counts, mistakes: [] })}\n`);
    else process.stdout.write(renderCounts(paths, files.length, counts));
    if (!good) process.stderr.write('weir: there are no rules in it\n');
    return good ? 0 : 1;
  } catch (error) {
    if (error instanceof RulesError) {
      if (json) process.stdout.write(`${terminalJson({ good: false, mistakes: error.mistakes })}\n`);
      else process.stderr.write(mistakeLines(error.mistakes));
      return 1;
    }
    if (!(error instanceof NoRulesError)) throw error;
    const hint = positionals.length === 0 ? ": install Debian's modsecurity-crs, or name rule files" : '';
    process.stderr.write(`weir: ${terminalText(error.message)}${hint}\n`);
    return 1;
  }
}

function countRules(rules: RuleSet): Counts {
  const phases: Record<string, number> = {};
  const paranoia: Record<string, number> = {};
  const patterns = { v8: 0, re2: 0, bounded: 0 };
  for (const phase of [1, 2, 3, 4, 5] as const) {
    const own = rules.rules(phase);
    phases[phase] = own.length;
    for (const rule of own) {
      const level = String(paranoiaLevel(rule) ?? 'none');
      paranoia[level] = (paranoia[level] ?? 0) + 1;
      for (const { engine } of patternsOf(rule)) patterns[engine]++;
    }
  }
  return {
    rules: rules.count,
    phases,
    paranoia,
    patterns,
    leftOut: rules.warnings,
    notes: notes(patterns.bounded),
  };
}

function notes(bounded: number): string[] {
  if (re2Addon() !== undefined || bounded === 0) return [];
  return [
    `RE2 is not there (Debian: apt-get install libre2-dev, then setup/addon.sh): for ${bounded} patterns a value may be too long, and the request is then not judged`,
  ];
}

/** Names of phases, as people know them. */
const PHASES: Readonly<Record<string, string>> = {
  '1': 'request headers',
  '2': 'request body',
  '3': 'response headers',
  '4': 'response body',
  '5': 'logging',
};

function renderCounts(paths: readonly string[], files: number, counts: Counts): string {
  const { v8, re2, bounded } = counts.patterns;
  const list = (record: Readonly<Record<string, number>>, label: (key: string) => string): string =>
    Object.entries(record)
      .filter(([, count]) => count > 0)
      .map(([key, count]) => `${label(key)} ${count}`)
      .join(', ');
  const levels = Object.keys(counts.paranoia).some((level) => level !== 'none');
  const rows: (readonly [string, string])[] = [
    ['rules', `${counts.rules} from ${files === 1 ? '1 file' : `${files} files`}`],
    ['phases', list(counts.phases, (phase) => PHASES[phase] ?? phase)],
    [
      'paranoia',
      levels ? list(counts.paranoia, (level) => (level === 'none' ? 'every level' : `level ${level}`)) : '',
    ],
    ['patterns', v8 + re2 + bounded === 0 ? '' : `${v8} in V8, ${re2} in RE2, ${bounded} bounded`],
    ...grouped(counts.leftOut).map((text, i) => [i === 0 ? 'left out' : '', text] as const),
    ...counts.notes.map((text, i) => [i === 0 ? 'missing' : '', text] as const),
  ];
  const lines = rows
    .filter(([, words]) => words !== '')
    .map(([label, words]) => `  ${label.padEnd(10)}${terminalText(words)}\n`);
  return `${paths.map(terminalText).join(', ')}: ${counts.rules === 0 ? 'no rules' : 'good'}\n${lines.join('')}`;
}

/** Rules that are left out, together where the reason is the same. */
function grouped(warnings: readonly string[]): string[] {
  const reasons = new Map<string, string[]>();
  for (const warning of warnings) {
    const found = /rule (\d+) is left out: ([\s\S]*)$/.exec(warning);
    const reason = found?.[2] ?? warning;
    const ids = reasons.get(reason) ?? [];
    if (found?.[1] !== undefined) ids.push(found[1]);
    reasons.set(reason, ids);
  }
  return [...reasons].map(([reason, ids]) => {
    if (ids.length === 0) return reason;
    return `${ids.length === 1 ? 'rule' : `${ids.length} rules`} (${ids.join(', ')}): ${reason}`;
  });
}

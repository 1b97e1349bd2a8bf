import { loadRules, type Mistake, mistakeText, type RuleSet, RulesError } from '../mitm/waf/index.ts';
import { type ChosenRules, chooseRules, NoRulesError } from '../mitm/waf/rule-sources.ts';
import { terminalText } from '../mitm/waf/terminal-text.ts';
import { parseCount } from './usage.ts';

/** Options of every command that runs rules, for `parseOptions`. */
export const RULE_OPTIONS = {
  crs: { type: 'string' },
  rules: { type: 'string', multiple: true },
  paranoia: { type: 'string' },
  'detection-only': { type: 'boolean' },
} as const;

/** What is said of these options by `--help`. */
export const RULE_HELP = `  --crs DIR            the Core Rule Set: a folder with rules/*.conf and crs-setup.conf (default: Debian's
                       modsecurity-crs, unless --rules names all there is to be)
  --rules FILE|DIR     own rules, behind the Core Rule Set's; files named REQUEST-900-* come before them.
                       May be given several times
  --paranoia N         paranoia level of the Core Rule Set, 1 to 4 (default: what its setup says)
  --detection-only     nothing is blocked, whatever the rule files say`;

/** Values of {@link RULE_OPTIONS}. */
export interface RuleOptionValues {
  readonly crs?: string | undefined;
  readonly rules?: string[] | undefined;
  readonly paranoia?: string | undefined;
  readonly 'detection-only'?: boolean | undefined;
}

/** Rules that were loaded, and where they come from. */
export interface LoadedRules {
  readonly rules: RuleSet;
  readonly chosen: ChosenRules;
}

/**
 * Loads what the options name; undefined, with words on standard error, where there is nothing or where it has
 * mistakes. Throws a `UsageError`.
 */
export function loadWanted(values: RuleOptionValues): LoadedRules | undefined {
  const paranoia =
    values.paranoia === undefined ? undefined : parseCount('--paranoia', values.paranoia, 1, 4);
  try {
    const chosen = chooseRules({
      crs: values.crs,
      rules: values.rules ?? [],
      paranoia,
      detectionOnly: values['detection-only'] === true,
    });
    const rules = loadRules(chosen.sources, chosen.options);
    if (rules.count <= chosen.builtIn) {
      process.stderr.write(`weir: there are no rules in ${terminalText(chosen.origin)}\n`);
      return undefined;
    }
    if (rules.warnings.length > 0) {
      const what = rules.warnings.length === 1 ? '1 rule is' : `${rules.warnings.length} rules are`;
      process.stderr.write(`weir: ${what} left out; 'weir waf check' tells why\n`);
    }
    return { rules, chosen };
  } catch (error) {
    if (error instanceof NoRulesError) process.stderr.write(`weir: ${terminalText(error.message)}\n`);
    else if (error instanceof RulesError) process.stderr.write(mistakeLines(error.mistakes));
    else throw error;
    return undefined;
  }
}

/** Mistakes that are written out; a file that is no rule file has one in each line. */
const MOST_MISTAKES = 50;
/** Characters of a mistake: it may quote a line that has no end. */
const LONGEST_MISTAKE = 400;

/** A line for each mistake, and their number. Pieces of rule files in them command no terminal. */
export function mistakeLines(mistakes: readonly Mistake[]): string {
  const files = [...new Set(mistakes.map(({ file }) => file))];
  const sorted = [...mistakes].sort(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line,
  );
  const lines = sorted.slice(0, MOST_MISTAKES).map((mistake) => `${mistakeLine(mistake)}\n`);
  const more = mistakes.length - lines.length;
  if (more > 0) lines.push(`... and ${more} more\n`);
  return `${lines.join('')}weir: ${mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`}\n`;
}

function mistakeLine(mistake: Mistake): string {
  const text = mistakeText(mistake);
  return terminalText(text.length > LONGEST_MISTAKE ? `${text.slice(0, LONGEST_MISTAKE)}...` : text);
}

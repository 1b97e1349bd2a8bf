import { dirname, sep } from 'node:path';
import { loadRules } from '../engine/load.ts';
import { DISK, type RuleFiles } from '../engine/rule-files.ts';
import type { RuleSet } from '../engine/rule-set.ts';
import { chooseRules, NoRulesError } from '../rule-sources.ts';
import { type Mistake, RulesError } from '../seclang/mistake.ts';
import type { TrialRules } from './job.ts';

/** How a text of rules is named in mistakes. */
export const GIVEN = 'rules';
const REFUSAL = 'rules that are given as a text read no files: write what the file has into them';

/** Rules that were loaded for a trial, and where they come from, in words. */
export interface LoadedTrial {
  readonly rules: RuleSet;
  readonly origin: string;
}

/** Loads a text of rules by itself. Throws {@link RulesError}, also where it names files. */
export function loadGiven(text: string): RuleSet {
  return loadRules([{ kind: 'text', name: GIVEN, text: binary(text) }], { files: new NoFiles() });
}

/**
 * Loads the rules of a trial: given ones come last, as own rules do. Throws {@link RulesError}, and `NoRulesError` where
 * there are none.
 */
export function loadTrial({ crs, files, paranoia, text }: TrialRules): LoadedTrial {
  const given = text === undefined ? [] : [{ kind: 'text' as const, name: GIVEN, text: binary(text) }];
  if (text !== undefined) refuseFiles(text);
  if (crs === undefined && (files ?? []).length === 0) {
    if (text === undefined) throw new NoRulesError('there are no rules to judge by');
    return { rules: loadRules(given, { files: new NoFiles() }), origin: 'the given rules' };
  }
  const chosen = chooseRules({
    crs: crs === '' ? undefined : crs,
    rules: files ?? [],
    paranoia: crs === undefined || (crs === '' && (files ?? []).length > 0) ? undefined : paranoia,
  });
  // What is given must not get at files by a way that was not thought of: only folders of the rules are open.
  const folders = chosen.sources.flatMap((source) => (source.kind === 'file' ? [dirname(source.path)] : []));
  const rules = loadRules([...chosen.sources, ...given], {
    ...chosen.options,
    files: text === undefined ? DISK : new FilesBelow(new Set(folders)),
  });
  return { rules, origin: [chosen.origin, ...(text === undefined ? [] : ['the given rules'])].join(' and ') };
}

/** Throws {@link RulesError} for a text that names files; its other mistakes depend on the rules before it. */
function refuseFiles(text: string): void {
  try {
    loadGiven(text);
  } catch (error) {
    if (!(error instanceof RulesError)) throw error;
    const naming = error.mistakes.filter(({ message }) => message.includes(REFUSAL));
    if (naming.length > 0) throw new RulesError(naming);
  }
}

/** A mistake of a given text: files have no business in it. */
export function ofGiven(mistakes: readonly Mistake[]): readonly Mistake[] {
  return mistakes.filter(({ file }) => file === GIVEN);
}

class NoFiles implements RuleFiles {
  read(): string {
    throw new Error(REFUSAL);
  }

  // A pattern is read like a name, so that it is refused.
  find(pattern: string): readonly string[] {
    return [pattern];
  }
}

class FilesBelow implements RuleFiles {
  private readonly folders: ReadonlySet<string>;

  constructor(folders: ReadonlySet<string>) {
    this.folders = folders;
  }

  read(path: string, most: number): string {
    const isBelow = [...this.folders].some((folder) => path.startsWith(`${folder}${sep}`));
    if (!isBelow || path.split(sep).includes('..')) throw new Error(REFUSAL);
    return DISK.read(path, most);
  }

  find(pattern: string): readonly string[] {
    return DISK.find(pattern);
  }
}

/** As bytes are in rule files: a character for each. */
function binary(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DataFiles } from './data-files.ts';
import { parseScenarios } from './definition.ts';
import type { ScenarioMistake } from './mistake.ts';
import type { Scenario } from './scenario.ts';

export interface LoadOptions {
  /** Where the data files of scenarios are (`dest_file`); without, scenarios that need one are mistaken. */
  readonly dataFolder?: string;
}

export interface LoadedScenarios {
  readonly scenarios: readonly Scenario[];
  /** Empty when all is well. A mistaken scenario is left out, the others are there. */
  readonly mistakes: readonly ScenarioMistake[];
}

const MOST_FILES = 5000;

/**
 * Reads scenario files, as CrowdSec has them, and all `.yaml` and `.yml` files of folders and what is below, in the
 * order of their names; what begins with a dot is passed over. Does not throw for what is wrong with files.
 */
export function loadScenarios(paths: readonly string[], options: LoadOptions = {}): LoadedScenarios {
  const data = new DataFiles(options.dataFolder);
  const scenarios = new Map<string, Scenario>();
  const all: Scenario[] = [];
  const mistakes: ScenarioMistake[] = [];
  for (const file of filesOf(paths, mistakes)) {
    const text = textOf(file, mistakes);
    if (text === undefined) continue;
    const found = parseScenarios(text, file, data);
    mistakes.push(...found.mistakes);
    for (const scenario of found.scenarios) {
      const other = scenarios.get(scenario.name);
      // One file may have several ways to the same name, as some of CrowdSec's have.
      if (other === undefined || other.file === file) {
        if (other === undefined) scenarios.set(scenario.name, scenario);
        all.push(scenario);
      } else {
        const message = `${scenario.name} is there already, in ${other.file}:${other.line}`;
        mistakes.push({ file, line: scenario.line, column: 0, message });
      }
    }
  }
  return { scenarios: all, mistakes };
}

function filesOf(paths: readonly string[], mistakes: ScenarioMistake[]): readonly string[] {
  const files: string[] = [];
  const visit = (path: string, depth: number): void => {
    if (files.length >= MOST_FILES || depth > 16) return;
    try {
      if (!statSync(path).isDirectory()) {
        if (depth === 0 || /\.ya?ml$/.test(path)) files.push(path);
        return;
      }
      for (const name of readdirSync(path).sort()) {
        if (!name.startsWith('.')) visit(join(path, name), depth + 1);
      }
    } catch (error) {
      mistakes.push({ file: path, line: 0, column: 0, message: unreadable(error) });
    }
  };
  for (const path of paths) visit(path, 0);
  return files;
}

function textOf(file: string, mistakes: ScenarioMistake[]): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    mistakes.push({ file, line: 0, column: 0, message: unreadable(error) });
    return undefined;
  }
}

function unreadable(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return code === 'ENOENT' ? 'there is no such file' : `cannot be read: ${code}`;
}

import { join } from 'node:path';
import { type Configuration, ConfigurationError } from '../config/index.ts';
import {
  formatMistake,
  type LoadedScenarios,
  loadScenarios,
  type ScenarioMistake,
} from '../correlate/scenario/index.ts';
import { terminalText } from '../mitm/waf/terminal-text.ts';
import { chooseConfiguration } from '../supervisor/index.ts';

/** Folder of weir's own scenarios. */
const BUILT_IN = join(import.meta.dirname, '../correlate/scenarios');

/** Which scenarios a command is about. */
export interface ScenarioChoice {
  /** Path of the configuration; undefined: the usual one. */
  readonly config: string | undefined;
  /** Folder of data files; undefined: that of the configuration. */
  readonly data?: string | undefined;
}

/** The configuration; undefined where it is mistaken, which is said then. */
export function configurationOf(path: string | undefined): Configuration | undefined {
  try {
    return chooseConfiguration(path).configuration;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return undefined;
  }
}

/** The scenarios that weir would run by its configuration; undefined where that is mistaken. */
export function chosenScenarios({ config, data }: ScenarioChoice): LoadedScenarios | undefined {
  const configuration = configurationOf(config);
  if (configuration === undefined) return undefined;
  const { builtin, files, data: dataFolder } = configuration.correlation.scenarios;
  return loadScenarios(scenarioPaths(builtin, files), { dataFolder: data ?? dataFolder });
}

/** Where scenarios are: weir's own where they are wanted, and others. */
export function scenarioPaths(builtin: boolean, files: readonly string[]): readonly string[] {
  return [...(builtin ? [BUILT_IN] : []), ...files];
}

/** A line of standard error for each mistake, which begins with its place. */
export function reportMistakes(mistakes: readonly ScenarioMistake[]): void {
  for (const mistake of mistakes) process.stderr.write(`${terminalText(formatMistake(mistake))}\n`);
}

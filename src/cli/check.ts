import { existsSync } from 'node:fs';
import {
  type Configuration,
  ConfigurationError,
  DEFAULT_PATH,
  defaultConfiguration,
  plan,
  readConfiguration,
} from '../config/index.ts';
import { parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir check [FILE] [--json]

Tests a configuration and says what weir will do with it. FILE is ${DEFAULT_PATH} where it exists, else the defaults.
Each mistake is a line FILE:LINE:COLUMN: WHAT. Exit code 0: good, 1: mistakes.

  --json    the configuration with all defaults, or the mistakes, as JSON
`;

/** `weir check`: tests weir.yaml. */
export async function check(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    json: { type: 'boolean' },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length > 1) throw new UsageError('check takes one file', "Try 'weir check --help'");
  const file = positionals[0] ?? (existsSync(DEFAULT_PATH) ? DEFAULT_PATH : undefined);
  let configuration: Configuration;
  try {
    configuration = file === undefined ? defaultConfiguration() : readConfiguration(file);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const { mistakes } = error;
    if (values.json) process.stdout.write(`${JSON.stringify({ file, mistakes }, null, 2)}\n`);
    else process.stderr.write(`${error.message}\nweir: ${count(mistakes.length)} in ${error.file}\n`);
    return 1;
  }
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ file, configuration }, null, 2)}\n`
      : `${file ?? 'the defaults (no file)'}: good\n${plan(configuration)
          .map((line) => `  ${line}\n`)
          .join('')}`,
  );
  return 0;
}

function count(mistakes: number): string {
  return mistakes === 1 ? '1 mistake' : `${mistakes} mistakes`;
}

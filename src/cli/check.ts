import { ConfigurationError, DEFAULT_PATH, plan } from '../config/index.ts';
import { DPI_DUAL_PATH, type DpiDual, explainDpiDual } from '../secubox/index.ts';
import { type ChosenConfiguration, chooseConfiguration, chooseFile } from '../supervisor/index.ts';
import { parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir check [FILE] [--json]

Tests a configuration and says what weir will do with it. FILE is ${DEFAULT_PATH} where it exists, else SecuBox's
${DPI_DUAL_PATH} where it exists, else the defaults. Of dpi-dual it tells what became of each option.
Each mistake is a line FILE:LINE:COLUMN: WHAT. Exit code 0: good, 1: mistakes.

  --json    the configuration with all defaults, or the mistakes, as JSON
`;

/** `weir check`: tests weir.yaml, or dpi-dual's configuration. */
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
  const { file, reason } = chooseFile(positionals[0]);
  process.stderr.write(`weir: ${reason}\n`);
  let chosen: ChosenConfiguration;
  try {
    chosen = chooseConfiguration(positionals[0]);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const { mistakes } = error;
    if (values.json) process.stdout.write(`${JSON.stringify({ file, mistakes }, null, 2)}\n`);
    else process.stderr.write(`${error.message}\nweir: ${count(mistakes.length)} in ${error.file}\n`);
    return 1;
  }
  const { configuration, dpiDual } = chosen;
  if (values.json) {
    const about = dpiDual === undefined ? {} : { runs: dpiDual.off === undefined, options: dpiDual.options };
    process.stdout.write(`${JSON.stringify({ file, configuration, ...about }, null, 2)}\n`);
  } else {
    const lines = [...plan(configuration), ...(dpiDual === undefined ? [] : optionLines(dpiDual))];
    const name = file ?? 'the defaults (no file)';
    process.stdout.write(`${name}: good\n${lines.map((line) => `  ${line}\n`).join('')}`);
  }
  return 0;
}

/** What became of the options of dpi-dual. */
function optionLines(dpiDual: DpiDual): string[] {
  return [
    ...(dpiDual.off === undefined ? [] : [`But weir up starts nothing: ${dpiDual.off}.`]),
    ...(dpiDual.options.length === 0 ? [] : ['Options of dpi-dual, and what weir makes of them:']),
    ...explainDpiDual(dpiDual).map((line) => `  ${line}`),
  ];
}

function count(mistakes: number): string {
  return mistakes === 1 ? '1 mistake' : `${mistakes} mistakes`;
}

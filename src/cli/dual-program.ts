import { ConfigurationError } from '../config/index.ts';
import { ControlError } from '../control/index.ts';
import { printable } from '../output/summary/format.ts';
import { SettingsFileError, UciError } from '../secubox/index.ts';
import { StartError } from '../supervisor/index.ts';
import { UsageError } from './usage.ts';

/** One of dpi-dual's programs. */
export interface DualProgram {
  readonly name: string;
  readonly help: string;
  run(command: string, operands: readonly string[], config: string | undefined): Promise<number>;
}

/** What can go wrong without anybody's mistake in the program. */
const EXPECTED = [ConfigurationError, StartError, ControlError, SettingsFileError, UciError];

/** Runs one of them. Exit code 1: it failed, or nothing runs. */
export async function runDual({ name, help, run }: DualProgram, args: readonly string[]): Promise<number> {
  const { config, rest } = takeConfig(args, name);
  const [command = '', ...operands] = rest;
  if (command === 'help' || command === '--help' || command === '-h') {
    process.stdout.write(help);
    return 0;
  }
  try {
    return await run(command, operands, config);
  } catch (error) {
    if (!(error instanceof Error && EXPECTED.some((kind) => error instanceof kind))) throw error;
    const prefix = error instanceof ConfigurationError ? '' : `${name}: `;
    // A configuration has a line for each of its mistakes.
    process.stderr.write(`${prefix}${error.message.split('\n').map(printable).join('\n')}\n`);
    return 1;
  }
}

/** `--config FILE` wherever it stands, and what is left. */
function takeConfig(
  args: readonly string[],
  command: string,
): {
  readonly config: string | undefined;
  readonly rest: string[];
} {
  let config: string | undefined;
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg.startsWith('--config=')) config = arg.slice('--config='.length);
    else if (arg === '--config' || arg === '-c') config = args[++i] ?? '';
    else rest.push(arg);
  }
  if (config === '') throw new UsageError('--config takes a file', `Try '${command} help'`);
  return { config, rest };
}

/** The option that names it to another command. */
export function namedConfig(config: string | undefined): string[] {
  return config === undefined ? [] : ['--config', config];
}

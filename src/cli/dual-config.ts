import { UsageError } from './usage.ts';

/** `--config FILE` wherever it stands, and what is left. */
export function takeConfig(
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

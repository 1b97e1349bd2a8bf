import { printable } from '../output/summary/format.ts';

/** A command to try next, as it is typed: with the configuration that this one was given. */
export function nextCommand(command: string, config: string | undefined): string {
  return `weir ${command}${config === undefined ? '' : ` -c ${quoted(config)}`}`;
}

/** Tells on standard error what to try next; nothing in between for programs that read the output. */
export function suggest(line: string): void {
  process.stderr.write(`${line}\n`);
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${printable(path).replaceAll("'", "'\\''")}'`;
}

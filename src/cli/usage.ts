import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** The command line makes no sense: exit code 2. */
export class UsageError extends Error {
  /** What to do instead; may be empty. */
  readonly hint: string;

  constructor(message: string, hint = '') {
    super(message);
    this.name = 'UsageError';
    this.hint = hint;
  }
}

/** Options and operands of a command; a mistake is a {@link UsageError}. */
export function parseOptions<T extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ options: T; allowPositionals: true; allowNegative: true }>> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, allowNegative: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A whole number within bounds, with the units k, M, G (powers of 1024 behind `i`, else of 1000). */
export function parseCount(name: string, text: string, low: number, high: number): number {
  const match = /^(\d+)([kMG]i?)?B?$/.exec(text);
  const factors: Record<string, number> = { k: 1e3, M: 1e6, G: 1e9, ki: 1024, Mi: 1048576, Gi: 1073741824 };
  const value = match === null ? Number.NaN : Number(match[1]) * (factors[match[2] ?? ''] ?? 1);
  if (!(value >= low && value <= high)) {
    throw new UsageError(`${name} takes a number from ${low} to ${high}, not '${text}'`);
  }
  return value;
}

/** One of several words. */
export function parseChoice<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new UsageError(`${name} takes ${choices.join(', ')}, not '${text}'`);
  return found;
}

/** A time: ISO 8601 (UTC unless it says otherwise) or seconds since 1970; in microseconds. */
export function parseTime(name: string, text: string): number {
  if (/^\d{9,10}(\.\d{1,6})?$/.test(text)) return Math.round(Number(text) * 1e6);
  const iso = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text.replace(' ', 'T');
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/.test(iso) ? iso : `${iso}Z`;
  const ms = Date.parse(zoned);
  if (Number.isNaN(ms)) {
    throw new UsageError(
      `${name} takes a time such as 2026-03-01T12:00:00 or seconds since 1970, not '${text}'`,
    );
  }
  return ms * 1000;
}

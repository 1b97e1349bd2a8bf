import { bounded, EvaluationError, kindOf, textOf } from '../expression/index.ts';

const VERB = /%([-+# 0]*)(\d{0,3})(?:\.(\d{0,3}))?([a-zA-Z%])/g;

/**
 * `fmt.Sprintf` of Go with the verbs that scenarios use: `%s %v %d %f %g %e %x %X %q %t %%`, with width, precision
 * and `-` and `0`. Others give `%!x` as there.
 */
export function format(pattern: string, values: readonly unknown[]): string {
  let next = 0;
  return bounded(
    pattern.replace(
      VERB,
      (all, flags: string, width: string, precision: string | undefined, verb: string) => {
        if (verb === '%') return '%';
        if (next >= values.length) return `%!${verb}(MISSING)`;
        const shown = show(verb, values[next++], precision === undefined ? undefined : Number(precision));
        if (shown === undefined) return `%!${all.slice(1)}`;
        if (flags.includes('-')) return shown.padEnd(Number(width));
        return shown.padStart(Number(width), flags.includes('0') ? '0' : ' ');
      },
    ),
  );
}

function show(verb: string, value: unknown, precision: number | undefined): string | undefined {
  switch (verb) {
    case 's':
    case 'v':
      return precision === undefined ? textOf(value) : textOf(value).slice(0, precision);
    case 'q':
      return JSON.stringify(textOf(value));
    case 't':
      return textOf(value);
    case 'd':
      return Math.trunc(numberOf(value)).toFixed(0);
    case 'f':
      return numberOf(value).toFixed(Math.min(precision ?? 6, 100));
    case 'e':
      return numberOf(value).toExponential(Math.min(precision ?? 6, 100));
    case 'g':
      return String(numberOf(value));
    case 'x':
    case 'X': {
      const hex =
        typeof value === 'string' ? Buffer.from(value).toString('hex') : numberOf(value).toString(16);
      return verb === 'x' ? hex : hex.toUpperCase();
    }
    default:
      return undefined;
  }
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new EvaluationError(`a number is wanted, and not ${kindOf(value)}`);
}

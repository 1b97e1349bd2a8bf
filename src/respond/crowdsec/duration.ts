/** Milliseconds of each unit of Go's `time.Duration`; the micro sign and the Greek letter both stand for micro. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const LONGEST_TEXT = 64;
const DURATION = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;
/** Go counts nanoseconds in 64 bits: nothing is longer than this. */
const LONGEST_MS = 2 ** 63 / 1e6;

/**
 * Reads a duration as Go writes it: `4h0m0s`, `167h59m59.5s`, `-1h`, `0`. Milliseconds, with fractions; undefined for
 * anything else, and for what Go could not hold.
 */
export function parseGoDuration(text: unknown): number | undefined {
  if (typeof text !== 'string' || text.length > LONGEST_TEXT) return undefined;
  if (text === '0' || text === '+0' || text === '-0') return 0;
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  let ms = 0;
  for (const [, number, unit] of (match[2] as string).matchAll(PART)) {
    ms += Number(number) * (UNITS[unit as string] as number);
  }
  if (ms > LONGEST_MS) return undefined;
  return match[1] === '-' && ms !== 0 ? -ms : ms;
}

/** A duration in Go's form, to the millisecond: `4h0m0s`, `-1h0m0s`, `1.5s`. Throws RangeError for what is no duration. */
export function formatGoDuration(ms: number): string {
  const whole = Math.round(Math.abs(ms));
  if (!(whole <= LONGEST_MS)) throw new RangeError(`${ms} ms is no duration`);
  const sign = ms < 0 && whole > 0 ? '-' : '';
  return `${sign}${hoursToSeconds(whole)}`;
}

/** Whole milliseconds, 0 or more, from the largest unit that is needed down to seconds: `4h0m0s`, `1m30s`, `1.5s`. */
export function hoursToSeconds(ms: number): string {
  const seconds = (ms % 60_000) / 1000;
  const minutes = Math.floor(ms / 60_000);
  if (minutes === 0) return `${seconds}s`;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}s` : `${hours}h${minutes % 60}m${seconds}s`;
}

/**
 * Times of pcapng: 64 bits in units that each interface chooses (if_tsresol, section 4.2 of the pcapng draft),
 * converted to whole microseconds and the nanoseconds beyond them, exactly.
 */

/** How the times of one interface are converted. */
export class Resolution {
  /** Units of the file per microsecond for 6 to 9 decimals; 0 where {@link slow} is needed. */
  readonly perMicrosecond: number;
  /** 2^32 divided by that, and what remains: the high word is converted with these. */
  readonly highQuotient: number;
  readonly highRemainder: number;
  /** Nanoseconds per unit of the remainder. */
  readonly nanosPerUnit: number;
  /** Added to every time: if_tsoffset, in microseconds. */
  readonly offsetUs: number;
  /** Decimals of a second; negative for a power of two. */
  readonly decimals: number;
  /** Units per second where that is neither 10^6, 10^7, 10^8 nor 10^9. */
  readonly #unitsPerSecond: bigint;
  /** The nanoseconds of the last {@link microseconds}. */
  nanos = 0;

  /** `code` is the if_tsresol byte; `offsetSeconds` the if_tsoffset. */
  constructor(code: number, offsetSeconds: number) {
    const exponent = code & 0x7f;
    const binary = (code & 0x80) !== 0;
    this.decimals = binary ? -exponent : exponent;
    this.offsetUs = offsetSeconds * 1e6;
    const direct = !binary && exponent >= 6 && exponent <= 9;
    this.perMicrosecond = direct ? 10 ** (exponent - 6) : 0;
    this.highQuotient = direct ? Math.floor(4294967296 / this.perMicrosecond) : 0;
    this.highRemainder = direct ? 4294967296 % this.perMicrosecond : 0;
    this.nanosPerUnit = direct ? 1000 / this.perMicrosecond : 0;
    this.#unitsPerSecond = direct ? 1n : binary ? 1n << BigInt(exponent) : 10n ** BigInt(exponent);
  }

  /** Microseconds since 1970 of a time in units; the nanoseconds beyond are left in {@link nanos}. */
  microseconds(high: number, low: number): number {
    const unit = this.perMicrosecond;
    if (unit === 0) return this.#slow(high, low);
    const rest = high * this.highRemainder + low;
    const whole = Math.floor(rest / unit);
    this.nanos = (rest - whole * unit) * this.nanosPerUnit;
    return high * this.highQuotient + whole + this.offsetUs;
  }

  #slow(high: number, low: number): number {
    const units = (BigInt(high) << 32n) | BigInt(low);
    const total = (units * 1_000_000_000n) / this.#unitsPerSecond;
    this.nanos = Number(total % 1000n);
    return Number(total / 1000n) + this.offsetUs;
  }
}

/** A time in microseconds since 1970 as people and `--since` write it, in UTC. */
export function formatTime(timeUs: number): string {
  const date = new Date(timeUs / 1000);
  return Number.isNaN(date.getTime())
    ? `${(timeUs / 1e6).toFixed(6)} s after 1970`
    : date.toISOString().replace('T', ' ').replace('Z', ' UTC');
}

/** A span of time in words that fit its size. */
export function formatSpan(spanUs: number): string {
  const seconds = spanUs / 1e6;
  if (seconds < 0.001) return `${spanUs.toFixed(0)} µs`;
  if (seconds < 1) return `${(seconds * 1000).toFixed(1)} ms`;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(1)} min`;
  if (seconds < 172_800) return `${(seconds / 3600).toFixed(1)} h`;
  return `${(seconds / 86_400).toFixed(1)} days`;
}

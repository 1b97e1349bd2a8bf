import { ReputationOptionError } from './weights.ts';

/** Microseconds of an hour, and of the minute that repeated evidence is put together in. */
export const HOUR_US = 3_600_000_000;
export const MINUTE_US = 60_000_000;

/** Points that the decay is stated for: what one blocked request weighs. */
const STATED_FOR = 25;
/** The fastest decay, in points per hour. */
const FASTEST = 50;

/** What is less than this counts as nothing, and is not kept. */
export const FAINT = 0.01;

/** Pieces of one kind in one minute that still add something; further ones are counted only. */
export const MOST_ADDING = 8;

/**
 * How points fade: exponentially, each piece by itself. A piece of 25 points loses `pointsPerHour` an hour at first
 * (5: 20.5 are left after one hour, half after 3.5, 0.2 after a day).
 *
 * Pieces that fade alone can be summed in any order and looked at at any time with the same result; a rate for the
 * sum (`score -= 5` each hour, not below 0) gives another one for each order of evidence and each time of looking. Of
 * the functions that do this the exponential alone lets pieces of different age be merged into one without changing
 * what is left of them at any later time, and keeps two subjects in the same order for ever, so that the least of
 * all can be known without counting all again.
 */
export class Decay {
  /** Of the logarithm, per microsecond. */
  readonly rate: number;

  /** `pointsPerHour` is 0 (nothing fades) to 50. Throws ReputationOptionError. */
  constructor(pointsPerHour: number) {
    if (!(pointsPerHour >= 0 && pointsPerHour <= FASTEST)) {
      throw new ReputationOptionError(`decay: takes 0 to ${FASTEST} points per hour, not ${pointsPerHour}`);
    }
    this.rate = pointsPerHour / STATED_FOR / HOUR_US;
  }

  /** Time after which half is left, in microseconds; infinite without decay. */
  get halfLifeUs(): number {
    return Math.LN2 / this.rate;
  }

  /** Share that is left of what came at `sinceUs`; all of it at that time and before. */
  left(sinceUs: number, nowUs: number): number {
    return nowUs <= sinceUs ? 1 : Math.exp(-this.rate * (nowUs - sinceUs));
  }
}

const REPEATED = Array.from({ length: MOST_ADDING + 1 }, (_, count) => 2 - 2 ** (1 - count));

/**
 * Share of its weight that evidence of one kind, repeated within a minute, adds: 1, 1.5, 1.75 ... for 1, 2, 3 pieces,
 * and just below 2 for {@link MOST_ADDING} and more. It depends on how many there are and not on their order.
 */
export function repeated(count: number): number {
  return REPEATED[Math.min(count, MOST_ADDING)] ?? 0;
}

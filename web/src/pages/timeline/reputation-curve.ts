import type { Explanation } from './answers.ts';

/** A moment of the curve. */
export interface CurvePoint {
  /** Microseconds since 1970. */
  readonly timeUs: number;
  /** 0 to 100. */
  readonly score: number;
}

/** How a reputation came about, and how it will fade if nothing is added. The oldest first. */
export interface Curve {
  readonly past: readonly CurvePoint[];
  readonly future: readonly CurvePoint[];
  /** Seconds until half of the points are gone. */
  readonly halfLifeSeconds: number;
}

/** Points of each part of the curve. */
const STEPS = 60;
const HOUR_US = 3.6e9;
/** How far ahead it is drawn. */
const AHEAD_US = 12 * HOUR_US;
/** What is younger tells the speed of fading badly. */
const OLD_ENOUGH_US = 5e6;
/** The default of `correlation.decay`, where nothing is old enough to tell. */
const USUAL_HALF_LIFE_SECONDS = 14_100;

/**
 * The curve that an explanation describes: each contribution adds its points between its first and its last time, and all
 * points fade exponentially, as fast as those did that are left.
 */
export function reputationCurve({ contributions, earlier, nowUs, score }: Explanation): Curve {
  const rate = fadingRate(contributions, nowUs);
  const firstUs = Math.min(
    nowUs - HOUR_US / 60,
    ...contributions.map((one) => one.firstUs),
    earlier?.firstUs ?? nowUs,
  );
  const at = (timeUs: number) => {
    let sum = earlier === undefined ? 0 : earlier.left * Math.exp(rate * (nowUs - timeUs));
    for (const { fresh, firstUs: from, lastUs: to } of contributions) {
      if (timeUs < from) continue;
      const share = timeUs >= to ? 1 : (timeUs - from) / (to - from);
      sum += fresh * share * Math.exp(-rate * Math.max(0, timeUs - to));
    }
    return Math.min(100, sum);
  };
  const corners = contributions.flatMap(({ firstUs: from, lastUs: to }) => [from - 1, from, to]);
  const even = Array.from({ length: STEPS }, (_, step) => firstUs + ((nowUs - firstUs) * step) / STEPS);
  const past = [...even, ...corners.filter((timeUs) => timeUs >= firstUs && timeUs < nowUs)]
    .sort((a, b) => a - b)
    .map((timeUs) => ({ timeUs, score: at(timeUs) }));
  past.push({ timeUs: nowUs, score });
  const aheadUs = AHEAD_US;
  const sum =
    at(nowUs) >= 100 ? contributions.reduce((left, one) => left + one.left, earlier?.left ?? 0) : score;
  const future = Array.from({ length: STEPS + 1 }, (_, step) => {
    const passed = (aheadUs * step) / STEPS;
    return { timeUs: nowUs + passed, score: Math.min(score, sum * Math.exp(-rate * passed)) };
  });
  return { past, future, halfLifeSeconds: Math.LN2 / rate / 1e6 };
}

/** Per microsecond. The oldest contribution tells it best. */
function fadingRate(contributions: Explanation['contributions'], nowUs: number): number {
  let best = Math.LN2 / (USUAL_HALF_LIFE_SECONDS * 1e6);
  let oldest = OLD_ENOUGH_US;
  for (const { fresh, left, firstUs, lastUs } of contributions) {
    // Of several pieces each fades from its own time.
    const age = nowUs - (firstUs + lastUs) / 2;
    if (age <= oldest || left <= 0 || left >= fresh) continue;
    oldest = age;
    best = Math.log(fresh / left) / age;
  }
  return best;
}

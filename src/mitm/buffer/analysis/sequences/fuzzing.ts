import type { Finding } from '../../analysis.ts';
import { DistinctCounter } from '../distinct-counter.ts';
import type { Reading } from '../reading.ts';
import { RecentTable } from '../recent-table.ts';
import { shownName } from '../words.ts';
import { growing, type SequenceLimits, sequence } from './limits.ts';

/** Parameters of a client and endpoint that are followed. */
const MOST_PARAMETERS = 6;
/** Different classes of characters that the values must have between them: numbers that count up have few. */
const LEAST_SHAPES = 4;

class FuzzedParameter {
  readonly values: DistinctCounter;
  readonly odd: DistinctCounter;
  readonly shapes: DistinctCounter;

  constructor({ windowMs, fuzzValues }: SequenceLimits) {
    this.values = new DistinctCounter(windowMs, 4 * fuzzValues);
    this.odd = new DistinctCounter(windowMs, 4 * fuzzValues);
    this.shapes = new DistinctCounter(windowMs, 16);
  }
}

/**
 * A client that tries a parameter out: one endpoint, one parameter with many different values, which hold what programs
 * give a meaning to, or are answered with errors. A visitor who searches, and a crawler that counts through pages, vary
 * one parameter as well, but with values that look alike and are answered.
 */
export class Fuzzing {
  private readonly limits: SequenceLimits;
  private readonly tried: RecentTable<Map<string, FuzzedParameter>>;

  constructor(limits: SequenceLimits) {
    this.limits = limits;
    this.tried = new RecentTable(limits.tried);
  }

  /** @param endpoint method and path template */
  judge(reading: Reading, endpoint: string): Finding | undefined {
    if (reading.parameters.length === 0) return undefined;
    const known = this.tried.take(`${reading.client} ${endpoint}`, () => new Map());
    const failed = reading.status >= 400 || reading.blocked;
    let worst: Finding | undefined;
    for (const { name, shape } of reading.parameters) {
      let parameter = known.get(name);
      if (parameter === undefined) {
        if (known.size >= MOST_PARAMETERS) continue;
        parameter = new FuzzedParameter(this.limits);
        known.set(name, parameter);
      }
      const { values, odd, shapes } = parameter;
      const different = values.add(shape.hash, reading.timeMs);
      const isOdd = failed || shape.marks > 1;
      const oddOnes = isOdd ? odd.add(shape.hash, reading.timeMs) : odd.count(reading.timeMs);
      const kinds = shapes.add(shape.classes, reading.timeMs);
      if (!isOdd || different < this.limits.fuzzValues || kinds < LEAST_SHAPES) continue;
      const share = oddOnes / different;
      if (share < this.limits.fuzzShare) continue;
      const score = growing(different, this.limits.fuzzValues, 35, 70);
      if (score <= (worst?.score ?? 0)) continue;
      worst = sequence(
        'fuzzing',
        score,
        `${different} different values of ${shownName(name.replace(' ', ':'))} of ${endpoint} within ` +
          `${Math.round(this.limits.windowMs / 60_000)} minutes, ` +
          `${Math.min(100, Math.round(100 * share))} % of them with marks of code or answered with errors`,
      );
    }
    return worst;
  }

  get size(): number {
    return this.tried.size;
  }
}

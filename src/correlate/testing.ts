import { join } from 'node:path';
import type { Wish } from '../event/index.ts';
import { Correlator, type CorrelatorOptions } from './correlator.ts';
import { Exceptions } from './exception/index.ts';
import type { Correlation } from './record/index.ts';
import { Reputation } from './reputation/index.ts';
import { loadScenarios } from './scenario/index.ts';

const { exceptions } = await Exceptions.open();

/** weir's own scenarios. */
export const { scenarios } = loadScenarios([join(import.meta.dirname, 'scenarios')]);

/** A correlator of a test with weir's own scenarios, and what it told. */
export function correlatorOf(options: Partial<CorrelatorOptions> = {}): {
  readonly correlator: Correlator;
  readonly told: Correlation[];
  readonly wishes: Wish[];
} {
  const told: Correlation[] = [];
  const wishes: Wish[] = [];
  const correlator = new Correlator(
    {
      networks: ['10.0.0.0/8'],
      windowMs: 60_000,
      scenarios,
      reputation: new Reputation({ seed: 0 }),
      exceptions,
      autoBan: { enabled: false, threshold: 80, durationMs: 3_600_000 },
      now: () => 0,
      ...options,
    },
    { correlated: (correlation) => void told.push(correlation), wish: (wish) => void wishes.push(wish) },
  );
  return { correlator, told, wishes };
}

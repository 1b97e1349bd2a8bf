import type { HistogramFigures } from './histogram.ts';

/** Labels of a value; bounded in number by who makes them. */
export type Labels = Readonly<Record<string, string>>;

/** A value, and what it is of. */
export interface Value {
  readonly labels?: Labels;
  readonly value: number;
}

/** Durations, and what they are of. */
export interface Distribution {
  readonly labels?: Labels;
  readonly histogram: HistogramFigures;
}

/** Quantiles that another process told, in seconds. */
export interface Quantiles {
  readonly labels?: Labels;
  readonly count: number;
  readonly quantiles: readonly (readonly [share: number, seconds: number])[];
}

/** What a metric is called, and what it means. */
interface Naming {
  /** Ends in `_total` where it counts, else in its unit. */
  readonly name: string;
  readonly help: string;
}

/** A metric with its values. */
export type Family = Naming &
  (
    | { readonly type: 'counter' | 'gauge'; readonly values: readonly Value[] }
    | { readonly type: 'histogram'; readonly values: readonly Distribution[] }
    | { readonly type: 'summary'; readonly values: readonly Quantiles[] }
  );

import type { Consequences } from '../evidence.ts';
import type { DataFiles } from './data-files.ts';
import type { Program } from './expression/index.ts';

/** How a scenario's buckets run over. */
export type ScenarioType = 'leaky' | 'trigger' | 'counter' | 'conditional' | 'bayesian';

export const SCENARIO_TYPES: readonly ScenarioType[] = [
  'leaky',
  'trigger',
  'counter',
  'conditional',
  'bayesian',
];

/** A condition of a bayesian scenario: how likely it is for the one and the other. */
export interface BayesianCondition {
  readonly condition: Program;
  readonly givenEvil: number;
  readonly givenBenign: number;
  /** Once true, it stays true for the bucket. */
  readonly guillotine: boolean;
}

/** What an overflow says of whom. */
export interface ScenarioScope {
  readonly kind: 'address' | 'range' | 'other';
  /** As the file has it: `Ip`, `Range`, `system_account`. */
  readonly name: string;
  readonly expression: Program | undefined;
}

/** A scenario that is ready to run. */
export interface Scenario extends Consequences {
  readonly name: string;
  readonly description: string;
  readonly type: ScenarioType;
  readonly file: string;
  /** Where its document begins. */
  readonly line: number;
  readonly filter: Program;
  readonly groupBy: Program | undefined;
  readonly distinct: Program | undefined;
  /** What a bucket holds; -1 without an end. */
  readonly capacity: number;
  /** Microseconds after which one leaves the bucket; 0 without. */
  readonly leakUs: number;
  /** Microseconds after its first event at which a counter runs over; 0 without. */
  readonly durationUs: number;
  /** Events that a bucket keeps to look back at; 0: as many as it holds. */
  readonly cacheSize: number;
  /** Microseconds without a further overflow of the same bucket; 0 without. */
  readonly blackholeUs: number;
  readonly overflowFilter: Program | undefined;
  readonly cancelOn: Program | undefined;
  readonly condition: Program | undefined;
  readonly prior: number;
  readonly threshold: number;
  readonly bayesian: readonly BayesianCondition[];
  readonly reprocess: boolean;
  readonly scope: ScenarioScope;
  readonly labels: Readonly<Record<string, unknown>>;
  /** Kinds of observations that its filter can be true for; undefined: any. */
  readonly kinds: ReadonlySet<string> | undefined;
  /** The same for `evt.Meta.service`. */
  readonly services: ReadonlySet<string> | undefined;
  /** Whether events are looked back at. */
  readonly looksBack: boolean;
  readonly data: DataFiles;
}

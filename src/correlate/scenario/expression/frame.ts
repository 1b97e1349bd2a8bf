import { EvaluationError } from './error.ts';

/** Elements that one evaluation may walk over, in all its walks together. */
const MOST_STEPS = 1_000_000;

/** What functions ask of the engine. */
export interface Services {
  /** Decisions about a value: all that there were, or since then; active ones alone. */
  readonly decisions: (question: DecisionQuestion) => number;
  readonly stash: Stash;
  readonly hostname: string;
}

/** Data files that expressions name. */
export interface DataSource {
  /** Lines of a file of texts; none for what is not loaded. */
  lines(name: string): readonly string[];
  /** Whether a line of a file of patterns is found in the text. */
  matches(text: string, name: string): boolean;
}

const NO_DATA: DataSource = { lines: () => [], matches: () => false };

/** A question of `GetDecisionsCount` and its kin. */
export interface DecisionQuestion {
  readonly value: string;
  /** Microseconds since 1970; undefined: ever. */
  readonly sinceUs?: number;
  readonly active: boolean;
}

/** Texts that expressions keep between events (`SetInStash`). */
export interface Stash {
  set(name: string, key: string, value: string, untilUs: number): void;
  get(name: string, key: string, nowUs: number): string;
}

/** One evaluation: what names stand for, and how far it has gone. Used again for the next. */
export class Frame {
  evt: unknown;
  queue: unknown;
  leaky: unknown;
  signal: unknown;
  data: DataSource = NO_DATA;
  /** Microseconds since 1970: the time of the event, which is `now`. */
  timeUs = 0;
  /** Elements, positions and accumulators of open walks, and variables, by number. */
  readonly slots: unknown[] = [];
  readonly services: Services;
  private steps = 0;

  constructor(services: Services) {
    this.services = services;
  }

  /** Before each evaluation. */
  begin(): void {
    this.steps = 0;
  }

  /** Counts work that grows with the data. Throws {@link EvaluationError} when it is too much. */
  spend(steps: number): void {
    this.steps += steps;
    if (this.steps > MOST_STEPS) throw new EvaluationError(`more than ${MOST_STEPS} steps`);
  }
}

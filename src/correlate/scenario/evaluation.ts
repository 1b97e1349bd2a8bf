import type { BucketView, ScenarioEvent } from './event.ts';
import { EvaluationError, Frame, type Program, type Services } from './expression/index.ts';
import { PatternError } from './pattern/index.ts';
import type { Scenario } from './scenario.ts';

/** Runs the expressions of scenarios. What fails counts, and is false or nothing: it never throws out. */
export class Evaluation {
  /** Expressions that failed. */
  failures = 0;
  /** What the last failure was: `SCENARIO: message`. */
  lastFailure = '';
  private readonly frame: Frame;

  constructor(services: Services) {
    this.frame = new Frame(services);
  }

  /** What an expression of a scenario gives; undefined when it failed. */
  run(
    program: Program,
    scenario: Scenario,
    event: ScenarioEvent,
    bucket?: BucketView,
    signal?: unknown,
  ): unknown {
    const { frame } = this;
    frame.begin();
    frame.evt = event;
    frame.queue = bucket;
    frame.leaky = bucket;
    frame.signal = signal;
    frame.data = scenario.data;
    frame.timeUs = event.observation.timeUs;
    try {
      return program.run(frame);
    } catch (error) {
      if (!(error instanceof EvaluationError || error instanceof PatternError)) throw error;
      this.failures++;
      this.lastFailure = `${scenario.name}: ${error.message} in ${program.text.slice(0, 200)}`;
      return undefined;
    }
  }

  /** Whether a condition holds. */
  holds(
    program: Program,
    scenario: Scenario,
    event: ScenarioEvent,
    bucket?: BucketView,
    signal?: unknown,
  ): boolean {
    return this.run(program, scenario, event, bucket, signal) === true;
  }
}

import type { Decision } from '../event/index.ts';
import type { StepKind } from './decision-book-step.ts';

/** What a step did, as far as undoing it needs. */
export interface PastStep {
  readonly number: number;
  readonly kind: StepKind;
  readonly atMs: number;
  readonly author: string;
  /** Identifiers of what came. */
  readonly added: readonly string[];
  /** What went: lifted, or replaced by what came. */
  readonly gone: readonly Decision[];
}

/** The latest steps, so that they can be undone: bounded in steps and in decisions. */
export class DecisionHistory {
  private readonly steps: PastStep[] = [];
  private readonly maxSteps: number;
  private readonly maxDecisions: number;
  private decisions = 0;

  constructor(maxSteps = 1000, maxDecisions = 200_000) {
    this.maxSteps = maxSteps;
    this.maxDecisions = maxDecisions;
  }

  /** The latest steps, the oldest first. */
  all(): readonly PastStep[] {
    return this.steps;
  }

  /** Adds a step, or what belongs to the step that was added last. */
  push(step: PastStep): void {
    const last = this.steps.at(-1);
    if (last?.number === step.number) {
      this.steps.pop();
      this.decisions -= sizeOf(last);
      step = { ...step, added: [...last.added, ...step.added], gone: [...last.gone, ...step.gone] };
    }
    this.steps.push(step);
    this.decisions += sizeOf(step);
    let drop = 0;
    while (
      drop < this.steps.length - 1 &&
      (this.steps.length - drop > this.maxSteps || this.decisions > this.maxDecisions)
    ) {
      this.decisions -= sizeOf(this.steps[drop]!);
      drop++;
    }
    if (drop > 0) this.steps.splice(0, drop);
  }

  /** The latest step that the test accepts. */
  last(accepts: (step: PastStep) => boolean): PastStep | undefined {
    return this.steps.findLast(accepts);
  }

  /** Takes a step out: it is undone, or never came to be. */
  remove(number: number): void {
    const at = this.steps.findLastIndex((step) => step.number === number);
    if (at < 0) return;
    this.decisions -= sizeOf(this.steps[at]!);
    this.steps.splice(at, 1);
  }

  /** What a decision replaced when it was taken. */
  replacedBy(decision: Decision): Decision | undefined {
    const step = this.last(({ added }) => added.includes(decision.id));
    return step?.gone.find(
      ({ type, scope, value }) =>
        type === decision.type && scope === decision.scope && value === decision.value,
    );
  }
}

function sizeOf(step: PastStep): number {
  return step.added.length + step.gone.length;
}

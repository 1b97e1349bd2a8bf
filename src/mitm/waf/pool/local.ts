import type { RuleSet } from '../engine/rule-set.ts';
import { type Inspected, Inspector, type InspectorOptions, lengthOf } from './inspector.ts';
import type { Asked, KeptCounts } from './messages.ts';

/** Bytes of a request, head and body, up to which it is judged here. */
const LONGEST = 16_384;
/** Bytes of the body of an answer: a millisecond. */
const LONGEST_ANSWER = 65_536;
/** Time for a request and its answer: what takes longer is for a thread. */
const BUDGET_MS = 3;
/** Nothing is judged here for so many times as long as what was in vain took. */
const REST = 20;

/** What rules in the thread that asks are given. */
export interface LocalOptions extends InspectorOptions {
  /** Time in one turn of the event loop; a question that is begun is finished. */
  readonly turnMs: number;
}

/**
 * The rules in the thread that asks. To be judged here costs a request half of what it does elsewhere: nobody has to be
 * woken, and what the rules need is at hand. So that nothing else is held up for long, only short requests are, some in
 * each turn of the event loop, and what takes too long is left to a thread.
 */
export class Local {
  /** Questions that took too long. */
  overruns = 0;
  private readonly inspector: Inspector;
  private readonly freed: () => void;
  private readonly mostMs: number;
  private state: 'open' | 'resting' | 'closed' = 'open';
  /** What has been judged in this turn took so long. */
  private turnMs = 0;
  private turn: NodeJS.Immediate | undefined;
  private rest: NodeJS.Timeout | undefined;

  /** `freed`: called when more may be asked after a time in which nothing could be. */
  constructor(rules: RuleSet, options: LocalOptions, freed: () => void) {
    const budgetMs = Math.min(options.budgetMs, BUDGET_MS);
    this.inspector = new Inspector(rules, { ...options, budgetMs, throwsOnTime: true });
    this.mostMs = options.turnMs;
    this.freed = freed;
  }

  /** Whether a question may be asked now. */
  get isFree(): boolean {
    return this.isNear && this.turnMs < this.mostMs;
  }

  /** Whether one may be asked now or in the next turn. */
  get isNear(): boolean {
    return this.state === 'open';
  }

  get kept(): KeptCounts {
    return this.inspector.counts;
  }

  /** Whether a question is one for this thread. */
  takes(question: Asked): boolean {
    switch (question.type) {
      case 'inspect':
        return question.response === undefined && lengthOf(question.request) <= LONGEST;
      case 'begin':
        return lengthOf(question.request) <= LONGEST;
      case 'response':
        return question.response.body.length <= LONGEST_ANSWER;
      default:
        return question satisfies never;
    }
  }

  /** Judges at once. Undefined: it would take too long here. */
  judge(question: Asked): Inspected | undefined {
    const answer = this.inspector.answer(question);
    const spentMs = answer.microseconds / 1000;
    if (answer.isOver) {
      this.overruns++;
      this.rests(spentMs * REST);
      return undefined;
    }
    this.turnMs += spentMs;
    this.turn ??= setImmediate(() => this.nextTurn());
    return answer;
  }

  abandon(begun: number): void {
    this.inspector.abandon(begun);
  }

  close(): void {
    this.state = 'closed';
    clearImmediate(this.turn);
    clearTimeout(this.rest);
    this.inspector.close();
  }

  private nextTurn(): void {
    const wasFree = this.isFree;
    this.turn = undefined;
    this.turnMs = 0;
    if (!wasFree && this.isFree) this.freed();
  }

  private rests(ms: number): void {
    if (this.state === 'closed') return;
    this.state = 'resting';
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      this.state = 'open';
      this.freed();
    }, ms);
    this.rest.unref();
  }
}

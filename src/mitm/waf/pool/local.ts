import type { RuleSet } from '../engine/rule-set.ts';
import { TimeLimitError } from '../operator/operator.ts';
import type { HttpRequest } from '../request.ts';
import type { Verdict } from '../verdict.ts';
import { Inspector, type InspectorOptions } from './inspector.ts';
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

/** What came of a question, with the time that it took. */
export interface LocalAnswer {
  /** In words, why there is no verdict. */
  readonly verdict: Verdict | string;
  readonly microseconds: number;
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
  private state: 'free' | 'full' | 'resting' | 'closed' = 'free';
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
    return this.state === 'free';
  }

  /** Whether one may be asked now or in the next turn. */
  get isNear(): boolean {
    return this.state === 'free' || this.state === 'full';
  }

  get kept(): KeptCounts {
    return this.inspector.counts;
  }

  /** Whether a question is one for this thread. */
  takes(question: Asked): boolean {
    switch (question.type) {
      case 'inspect':
        return question.response === undefined && isShort(question.request);
      case 'begin':
        return isShort(question.request);
      case 'response':
        return question.response.body.length <= LONGEST_ANSWER;
      default:
        return question satisfies never;
    }
  }

  /** Judges at once. Undefined: it would take too long here. */
  judge(question: Asked): LocalAnswer | undefined {
    const begunMs = performance.now();
    let verdict: Verdict | string | undefined;
    try {
      verdict = this.inspector.answer(question);
    } catch (error) {
      if (!(error instanceof TimeLimitError)) {
        verdict = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      }
    }
    const spentMs = performance.now() - begunMs;
    if (verdict === undefined) {
      this.overruns++;
      this.rests(spentMs * REST);
      return undefined;
    }
    this.turnMs += spentMs;
    this.turn ??= setImmediate(() => this.nextTurn());
    if (this.state === 'free' && this.turnMs >= this.mostMs) this.state = 'full';
    return { verdict, microseconds: spentMs * 1000 };
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
    this.turn = undefined;
    this.turnMs = 0;
    if (this.state !== 'full') return;
    this.state = 'free';
    this.freed();
  }

  private rests(ms: number): void {
    if (this.state === 'closed') return;
    this.state = 'resting';
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      this.state = 'free';
      this.freed();
    }, ms);
    this.rest.unref();
  }
}

function isShort({ target, headers, body }: HttpRequest): boolean {
  let length = target.length + body.length;
  for (const [name, value] of headers) length += name.length + value.length;
  return length <= LONGEST;
}

import type { RuleSet } from '../engine/rule-set.ts';
import { Waf } from '../engine/waf.ts';
import { TimeLimitError } from '../operator/operator.ts';
import { Policy } from '../policy.ts';
import type { HttpRequest } from '../request.ts';
import type { Verdict } from '../verdict.ts';
import { KeptInspections } from './kept.ts';
import type { Asked, KeptCounts, WorkerStart } from './messages.ts';

/** What an inspector is given besides its rules. */
export interface InspectorOptions extends Pick<WorkerStart, 'budgetMs' | 'onLimit' | 'policy' | 'kept'> {
  /** See `WafOptions`. */
  readonly throwsOnTime?: boolean;
}

/** What came of a question. */
export interface Inspected {
  /** In words, why there is none. */
  readonly verdict: Verdict | string;
  readonly microseconds: number;
  /** There is none because the time for it was over (`throwsOnTime`). */
  readonly isOver: boolean;
}

/** What rules say of requests and answers, one after the other; keeps requests until their answers come. */
export class Inspector {
  private readonly waf: Waf;
  private readonly kept: KeptInspections;
  private readonly expiry: NodeJS.Timeout;

  constructor(rules: RuleSet, options: InspectorOptions) {
    const { budgetMs, onLimit, throwsOnTime = false } = options;
    const policy = options.policy === undefined ? undefined : new Policy(options.policy);
    this.waf = new Waf(rules, { budgetMs, onLimit, policy, throwsOnTime });
    this.kept = new KeptInspections(options.kept);
    this.expiry = setInterval(() => this.kept.expire(performance.now()), options.kept.timeoutMs / 4);
    this.expiry.unref();
  }

  get counts(): KeptCounts {
    return this.kept.counts;
  }

  /** What the rules say, and how long that took. */
  answer(question: Asked): Inspected {
    const begunMs = performance.now();
    let verdict: Verdict | string;
    let isOver = false;
    try {
      verdict = this.judge(question);
    } catch (error) {
      verdict = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      isOver = error instanceof TimeLimitError;
    }
    return { verdict, microseconds: (performance.now() - begunMs) * 1000, isOver };
  }

  private judge(question: Asked): Verdict | string {
    switch (question.type) {
      case 'inspect': {
        const inspection = this.waf.begin(question.request);
        inspection.requestHeaders();
        const { action } = inspection.requestBody();
        if (question.response !== undefined && action === 'pass') inspection.response(question.response);
        return inspection.end();
      }
      case 'begin': {
        const inspection = this.waf.begin(question.request);
        inspection.requestHeaders();
        const verdict = inspection.requestBody();
        if (verdict.action !== 'pass') return inspection.end();
        this.kept.keep(question.id, inspection, sizeOf(question.request), performance.now());
        return verdict;
      }
      case 'response': {
        const inspection = this.kept.take(question.begun);
        if (inspection === undefined) return 'the request was kept too long, or too many were';
        inspection.response(question.response);
        return inspection.end();
      }
      default:
        return question satisfies never;
    }
  }

  /** There will be no answer to a request. */
  abandon(begun: number): void {
    this.kept.take(begun)?.end();
  }

  /** What it keeps is not looked after any more. */
  close(): void {
    clearInterval(this.expiry);
  }
}

/** About what a request takes while it is kept: its text, and what is made of it. */
function sizeOf(request: HttpRequest): number {
  return 4096 + lengthOf(request) + request.body.length;
}

/** Bytes of a request's head and body. */
export function lengthOf({ target, headers, body }: HttpRequest): number {
  let length = target.length + body.length;
  for (const [name, value] of headers) length += name.length + value.length;
  return length;
}

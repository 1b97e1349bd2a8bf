import type { EngineMode } from '../engine/rule.ts';
import type { Verdict } from '../verdict.ts';
import type { Asked } from './messages.ts';
import type { Thread } from './thread.ts';

/** A question that waits for its answer. */
export interface Job {
  readonly question: Asked;
  /** What the policy says of the request's host and path; undefined: what the rule files say. */
  readonly mode: EngineMode | undefined;
  readonly sinceMs: number;
  /** It was given to a thread before, which ended while it was at another job. */
  again: boolean;
  /** `keeper`: who judged it; `local`: the thread that asked; undefined: nobody did. */
  readonly settle: (verdict: Verdict, keeper: Thread | 'local' | undefined) => void;
}

/** A question that was just asked. */
export function newJob(question: Asked, mode: EngineMode | undefined, settle: Job['settle']): Job {
  return { question, mode, sinceMs: performance.now(), again: false, settle };
}

/** Jobs in the order in which they came. */
export class JobQueue {
  private jobs: (Job | undefined)[] = [];
  private first = 0;

  get length(): number {
    return this.jobs.length - this.first;
  }

  push(job: Job): void {
    this.jobs.push(job);
  }

  /** Puts jobs before all others. */
  putBack(jobs: readonly Job[]): void {
    this.jobs = [...jobs, ...this.jobs.slice(this.first)];
    this.first = 0;
  }

  get oldest(): Job | undefined {
    return this.jobs[this.first];
  }

  shift(): Job | undefined {
    const job = this.jobs[this.first];
    if (job === undefined) return undefined;
    this.jobs[this.first++] = undefined;
    // Shifting an array costs what it is long: done now and then only.
    if (this.first >= 256 && this.first * 2 >= this.jobs.length) this.putBack([]);
    return job;
  }
}

import { Worker } from 'node:worker_threads';
import { RulesError } from '../seclang/mistake.ts';
import { type Job, JobQueue } from './job.ts';
import type { Answer, KeptCounts, KnownRules, LoadedRules, Question, WorkerStart } from './messages.ts';

/** What a thread tells the pool that it belongs to. */
export interface ThreadOwner {
  /** A question was answered. */
  answered(thread: Thread, job: Job, answer: Extract<Answer, { readonly type: 'verdict' | 'failed' }>): void;
  /** It ended by itself, with these jobs before it; the first is what it was at. */
  died(thread: Thread, jobs: readonly Job[], reason: string): void;
}

/** Questions that a thread has at once: more than one, so that it need not wait for the next. */
const DEPTH = 3;
/**
 * Room for young objects, three of V8's semi-spaces. The 120 kB of them that a request makes are gone when it is over:
 * with four times as much room no more requests are judged.
 */
const YOUNG_MB = 12;

/** A worker thread and the jobs that it has. */
export class Thread {
  state: 'loading' | 'ready' | 'ended' = 'loading';
  kept: KeptCounts = { now: 0, dropped: 0 };
  loaded: LoadedRules | undefined;
  /** When the oldest job came to be the one that it is at. */
  busySinceMs = 0;
  /** Answers to requests that this thread keeps. */
  readonly responses = new JobQueue();
  private readonly inFlight: Job[] = [];
  private readonly worker: Worker;
  private readonly owner: ThreadOwner;
  private lastError = '';

  constructor(owner: ThreadOwner, start: WorkerStart, heapMegabytes: number) {
    this.owner = owner;
    this.worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: start,
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes, maxYoungGenerationSizeMb: YOUNG_MB },
    });
  }

  /** Waits until the rules are loaded. Rejects with a {@link RulesError}, or an `Error` where the thread ends. */
  ready(): Promise<KnownRules | undefined> {
    return new Promise((resolve, reject) => {
      this.worker.on('error', (error: unknown) => {
        this.lastError = error instanceof Error ? error.message : String(error);
      });
      this.worker.on('exit', (code: number) => {
        const reason = this.lastError === '' ? `its thread ended with ${code}` : this.lastError;
        reject(new Error(`a thread of the WAF could not be started: ${reason}`));
        if (this.state === 'loading') this.state = 'ended';
        else this.dead(reason);
      });
      this.worker.on('message', (answer: Answer) => {
        switch (answer.type) {
          case 'ready':
            if (this.state !== 'loading') return;
            this.state = 'ready';
            this.loaded = answer.loaded;
            resolve(answer.known);
            return;
          case 'refused':
            reject(new RulesError(answer.mistakes));
            void this.end();
            return;
          case 'verdict':
          case 'failed':
            this.answered(answer);
            return;
          default:
            answer satisfies never;
        }
      });
    });
  }

  get hasRoom(): boolean {
    return this.state === 'ready' && this.inFlight.length < DEPTH;
  }

  get load(): number {
    return this.inFlight.length;
  }

  /** The job that it is at. */
  get current(): Job | undefined {
    return this.inFlight[0];
  }

  give(job: Job): void {
    if (this.inFlight.length === 0) this.busySinceMs = performance.now();
    this.inFlight.push(job);
    this.worker.postMessage(job.question);
  }

  /** The answer to a request that it keeps will not come. */
  abandon(begun: number): void {
    if (this.state === 'ended') return;
    const question: Question = { type: 'abandon', begun };
    this.worker.postMessage(question);
  }

  /** Takes the jobs away that it has; the first is the one that it is at. */
  takeJobs(): readonly Job[] {
    const jobs = this.inFlight.splice(0);
    for (let job = this.responses.shift(); job !== undefined; job = this.responses.shift()) jobs.push(job);
    return jobs;
  }

  /** Ends it; the jobs that it has must have been taken. */
  async end(): Promise<void> {
    this.state = 'ended';
    await this.worker.terminate();
  }

  private answered(answer: Extract<Answer, { readonly type: 'verdict' | 'failed' }>): void {
    const job = this.inFlight[0];
    if (job === undefined || job.question.id !== answer.id) return;
    this.inFlight.shift();
    this.busySinceMs = performance.now();
    this.kept = answer.kept;
    this.owner.answered(this, job, answer);
  }

  private dead(reason: string): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.owner.died(this, this.takeJobs(), reason);
  }
}

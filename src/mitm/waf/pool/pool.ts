import type { LoadOptions, RuleSource } from '../engine/load.ts';
import type { EngineMode } from '../engine/rule.ts';
import { Policy } from '../policy.ts';
import type { PolicyOptions } from '../policy-options.ts';
import type { HttpRequest, HttpResponse } from '../request.ts';
import type { Verdict } from '../verdict.ts';
import { Crew, type CrewOptions } from './crew.ts';
import { type Job, JobQueue } from './job.ts';
import type { Answer, LoadedRules } from './messages.ts';
import { Durations, type PoolStatistics } from './statistics.ts';
import type { Thread } from './thread.ts';

/** What a pool runs with. */
export interface WafPoolOptions {
  readonly sources: readonly RuleSource[];
  /** Threads, at least one. */
  readonly workers: number;
  readonly settings?: LoadOptions['settings'];
  readonly policy?: PolicyOptions | undefined;
  /** What becomes of a request that cannot be judged: too many wait, its worker hung or died, a bound was met. */
  readonly onLimit?: 'deny' | 'pass' | undefined;
  /** Time that rules may take for a request and its answer. */
  readonly budgetMs?: number | undefined;
  /** Time after which a worker that does not answer is ended, and after which a request that waits for one is given up. */
  readonly deadlineMs?: number | undefined;
  /** Requests that may wait for a worker. */
  readonly queueLength?: number | undefined;
  /** Heap of a worker. */
  readonly heapMegabytes?: number | undefined;
  /** Requests that one worker keeps until their answers come, their size in all, and how long. */
  readonly keptMost?: number | undefined;
  readonly keptBytes?: number | undefined;
  readonly keptMs?: number | undefined;
}

/** Status of the answer to a request that could not be judged. */
const UNAVAILABLE = 503;
const PASS: Verdict = {
  action: 'pass',
  status: 0,
  location: '',
  ruleId: 0,
  matches: [],
  limit: '',
  score: { inbound: 0, outbound: 0 },
};

/** A request that was judged; its answer may follow. */
export interface Begun {
  readonly verdict: Verdict;
  /** Judges the answer; once. */
  response(response: HttpResponse): Promise<Verdict>;
  /** There will be no answer. */
  abandon(): void;
}

/** Judges requests in threads of their own, so that none holds up whoever asks. */
export class WafPool {
  private readonly options: WafPoolOptions;
  private readonly policy: Policy;
  private readonly deadlineMs: number;
  private readonly queueBound: number;
  private readonly crew: Crew;
  private readonly queue = new JobQueue();
  private readonly durations = new Durations();
  private readonly watch: NodeJS.Timeout;
  private serial = 0;
  private closed = false;
  private closing: Promise<void> | undefined;
  private drained: (() => void) | undefined;
  private inspected = 0;
  private denied = 0;
  private limited = 0;
  private refused = 0;
  private unjudged = 0;
  private hung = 0;
  private died = 0;

  /**
   * Loads the rules in every worker. Rejects with a `RulesError` for rules that cannot be used, a `PolicyError` for
   * such a policy.
   */
  static async start(options: WafPoolOptions): Promise<WafPool> {
    const pool = new WafPool(options);
    try {
      await pool.crew.hire(options.sources);
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  private constructor(options: WafPoolOptions) {
    this.options = options;
    this.policy = new Policy(options.policy ?? { entries: [] });
    this.deadlineMs = options.deadlineMs ?? 2000;
    this.queueBound = options.queueLength ?? 1024;
    this.crew = new Crew(crewOptions(options), {
      answered: (thread, job, answer) => this.answered(thread, job, answer),
      died: (thread, jobs, reason) => {
        if (!thread.retired) this.died++;
        this.bereaved(jobs, `the worker that was at it died: ${reason}`);
      },
      changed: () => this.dispatch(),
    });
    this.watch = setInterval(() => this.look(), Math.max(5, this.deadlineMs / 4));
    this.watch.unref();
  }

  /** Judges a request, with its answer where there is one. Does not reject. */
  async inspect(request: HttpRequest, response?: HttpResponse): Promise<Verdict> {
    const settings = this.policy.settingsFor(request);
    if (!this.policy.isJudged(settings, request)) return PASS;
    const { promise, resolve } = Promise.withResolvers<Verdict>();
    this.put({
      question: { type: 'inspect', id: ++this.serial, request, response },
      mode: settings.mode,
      sinceMs: performance.now(),
      again: false,
      settle: resolve,
    });
    return promise;
  }

  /** Judges a request; its worker keeps it until its answer comes. Does not reject. */
  async begin(request: HttpRequest): Promise<Begun> {
    const settings = this.policy.settingsFor(request);
    if (!this.policy.isJudged(settings, request)) return finished(PASS);
    const { promise, resolve } = Promise.withResolvers<Begun>();
    const id = ++this.serial;
    const { mode } = settings;
    this.put({
      question: { type: 'begin', id, request },
      mode,
      sinceMs: performance.now(),
      again: false,
      settle: (verdict, thread) =>
        resolve(
          thread === undefined || verdict.action !== 'pass'
            ? finished(verdict)
            : this.begun(verdict, id, thread, mode),
        ),
    });
    return promise;
  }

  /**
   * Takes other rules once every worker has loaded them; until then, and where there is a mistake in them, those from
   * before stay. Rejects with a `RulesError` then. What persistent collections hold is lost.
   */
  async reload(sources: readonly RuleSource[] = this.crew.sources): Promise<void> {
    if (this.closed) throw new Error('the pool is closed');
    await this.crew.hire(sources);
  }

  /** What the workers loaded, one by one. */
  get loaded(): readonly LoadedRules[] {
    return this.crew.ready.flatMap(({ loaded }) => (loaded === undefined ? [] : [loaded]));
  }

  get statistics(): PoolStatistics {
    const { threads } = this.crew;
    const { unsampled, off } = this.policy.counts;
    return {
      inspected: this.inspected,
      denied: this.denied,
      limited: this.limited,
      refused: this.refused,
      unjudged: this.unjudged,
      unsampled,
      off,
      hung: this.hung,
      died: this.died,
      dropped: this.crew.dropped,
      reloads: this.crew.reloads,
      workers: this.crew.ready.length,
      queueLength: threads.reduce((sum, { responses }) => sum + responses.length, this.queue.length),
      inFlight: threads.reduce((sum, { load }) => sum + load, 0),
      kept: threads.reduce((sum, { kept }) => sum + kept.now, 0),
      microseconds: this.durations.summary,
    };
  }

  /** Takes no more requests, waits for those that it has (none waits longer than its deadline), ends all workers. */
  async close(): Promise<void> {
    this.closed = true;
    this.closing ??= this.shut();
    await this.closing;
  }

  private async shut(): Promise<void> {
    if (this.pending > 0) {
      await new Promise<void>((resolve) => {
        this.drained = resolve;
      });
    }
    clearInterval(this.watch);
    for (const job of await this.crew.dismiss()) this.giveUp(job, 'the pool was closed');
  }

  private get pending(): number {
    return this.crew.threads.reduce(
      (sum, { load, responses }) => sum + load + responses.length,
      this.queue.length,
    );
  }

  private begun(verdict: Verdict, begun: number, thread: Thread, mode: EngineMode | undefined): Begun {
    return {
      verdict,
      response: (response) => {
        const { promise, resolve } = Promise.withResolvers<Verdict>();
        const job: Job = {
          question: { type: 'response', id: ++this.serial, begun, response },
          mode,
          sinceMs: performance.now(),
          again: false,
          settle: resolve,
        };
        if (thread.state === 'ended') this.giveUp(job, 'the worker that kept its request is gone');
        else if (this.isFull(thread.responses)) this.refuse(job);
        else {
          thread.responses.push(job);
          this.dispatch();
        }
        return promise;
      },
      abandon: () => thread.abandon(begun),
    };
  }

  private isFull(queue: JobQueue): boolean {
    return queue.length >= this.queueBound;
  }

  private put(job: Job): void {
    if (this.closed) this.giveUp(job, 'the pool is closed');
    else if (this.isFull(this.queue)) this.refuse(job);
    else {
      this.queue.push(job);
      this.dispatch();
    }
  }

  private refuse(job: Job): void {
    this.refused++;
    job.settle(this.unavailable(job, `${this.queueBound} requests wait for a worker already`), undefined);
  }

  private giveUp(job: Job, reason: string): void {
    this.unjudged++;
    job.settle(this.unavailable(job, reason), undefined);
    if (this.pending === 0) this.drained?.();
  }

  private unavailable({ mode }: Job, limit: string): Verdict {
    const isOn = (mode ?? this.crew.mode) === 'on';
    if (!isOn || this.options.onLimit === 'pass') return { ...PASS, limit };
    return { ...PASS, action: 'deny', status: UNAVAILABLE, limit };
  }

  private dispatch(): void {
    for (const thread of this.crew.threads) {
      while (thread.hasRoom && thread.responses.length > 0) {
        const job = thread.responses.shift();
        if (job !== undefined) thread.give(job);
      }
    }
    while (this.queue.length > 0) {
      let best: Thread | undefined;
      for (const thread of this.crew.ready) {
        if (thread.hasRoom && (best === undefined || thread.load < best.load)) best = thread;
      }
      if (best === undefined) return;
      const job = this.queue.shift();
      if (job !== undefined) best.give(job);
    }
  }

  private answered(
    thread: Thread,
    job: Job,
    answer: Extract<Answer, { readonly type: 'verdict' | 'failed' }>,
  ): void {
    if (answer.type === 'failed') this.giveUp(job, answer.reason);
    else {
      const { verdict } = answer;
      this.inspected++;
      if (verdict.action !== 'pass') this.denied++;
      if (verdict.limit !== '') this.limited++;
      this.durations.add(answer.microseconds);
      job.settle(verdict, thread);
    }
    this.crew.release(thread);
    this.dispatch();
    if (this.pending === 0) this.drained?.();
  }

  /** Jobs of a worker that is no more: the first was what it was at, the others may try another one. */
  private bereaved(jobs: readonly Job[], reason: string): void {
    const others: Job[] = [];
    for (const [i, job] of jobs.entries()) {
      if (i === 0) this.giveUp(job, reason);
      else if (job.question.type === 'response') this.giveUp(job, 'the worker that kept its request is gone');
      else if (job.again) this.giveUp(job, 'two workers ended before they came to it');
      else {
        job.again = true;
        others.push(job);
      }
    }
    if (others.length > 0) this.queue.putBack(others);
    this.dispatch();
  }

  /** Ends workers that do not answer, and gives up requests that wait too long. */
  private look(): void {
    const nowMs = performance.now();
    for (const thread of this.crew.threads) {
      const { current } = thread;
      if (current === undefined || nowMs - thread.busySinceMs < this.deadlineMs) continue;
      // It may have answered while this thread was held up: what has come is read first.
      setImmediate(() => {
        if (thread.current === current && thread.state !== 'ended') this.replace(thread);
      });
    }
    for (let job = this.queue.oldest; job !== undefined; job = this.queue.oldest) {
      if (nowMs - job.sinceMs < this.deadlineMs) break;
      this.queue.shift();
      this.giveUp(job, `no worker was free within ${this.deadlineMs} ms`);
    }
  }

  private replace(thread: Thread): void {
    this.hung++;
    const jobs = this.crew.replace(thread);
    this.bereaved(jobs, `its worker did not answer within ${this.deadlineMs} ms`);
  }
}

function finished(verdict: Verdict): Begun {
  return { verdict, response: async () => PASS, abandon: () => {} };
}

function crewOptions(options: WafPoolOptions): CrewOptions {
  const { policy } = options;
  return {
    workers: Math.max(1, Math.floor(options.workers)),
    heapMegabytes: options.heapMegabytes ?? 512,
    start: {
      settings: options.settings,
      // Who is judged has been decided before a worker is asked.
      policy: policy && { entries: policy.entries.map((entry) => ({ ...entry, samplePercent: undefined })) },
      onLimit: options.onLimit ?? 'deny',
      budgetMs: options.budgetMs ?? 500,
      kept: {
        most: options.keptMost ?? 1024,
        bytes: options.keptBytes ?? 64 << 20,
        timeoutMs: options.keptMs ?? 60_000,
      },
    },
  };
}

import { setTimeout as delay } from 'node:timers/promises';
import { loadRulesGently } from '../engine/load.ts';
import type { EngineMode } from '../engine/rule.ts';
import { filesOf } from '../engine/rule-files.ts';
import { Policy } from '../policy.ts';
import type { HttpRequest, HttpResponse } from '../request.ts';
import type { Verdict } from '../verdict.ts';
import { Crew, type CrewOptions } from './crew.ts';
import { type Job, JobQueue, newJob } from './job.ts';
import { Local } from './local.ts';
import type { Answer, Asked, KnownRules, LoadedRules } from './messages.ts';
import { crewOptions, KEPT_MS, type WafPoolOptions } from './options.ts';
import { type PoolStatistics, Tally } from './statistics.ts';
import type { Thread } from './thread.ts';

/** Status of the answer to a request that could not be judged. */
const UNAVAILABLE = 503;
/**
 * How much the thread that asks does by itself: requests that wait for it rather than wake another one, and the time
 * that it judges in one turn of the event loop. Where threads help, it is to have time for what only it can do; where
 * there is only the one for what takes long, as on two cores, what else there is to do needs the second core. What is
 * answered together wakes whoever waits for it once.
 */
const HELPED = { patience: 2, turnMs: 0.5 };
const ALONE = { patience: 64, turnMs: 3 };
/** How often a pool that retires looks whether it can end. */
const RETIREMENT_LOOKS_MS = 250;
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

/**
 * Judges requests, in threads of their own and, where that is wanted, in the one that asks as well. Neither holds up
 * whoever asks for long.
 */
export class WafPool {
  private readonly options: WafPoolOptions;
  private readonly policy: Policy;
  private readonly deadlineMs: number;
  private readonly queueBound: number;
  private readonly manner: typeof HELPED;
  private readonly start: CrewOptions['start'];
  private readonly crew: Crew;
  private local: Local | undefined;
  /** What this thread may judge or another, and what is for another one only. */
  private readonly queue = new JobQueue();
  private readonly long = new JobQueue();
  private readonly tally = new Tally();
  private readonly watch: NodeJS.Timeout;
  private serial = 0;
  private closed = false;
  private closing: Promise<void> | undefined;
  private drained: (() => void) | undefined;

  /**
   * Loads the rules in every thread that judges. Rejects with a `RulesError` for rules that cannot be used, a
   * `PolicyError` for such a policy.
   */
  static async start(options: WafPoolOptions): Promise<WafPool> {
    const pool = new WafPool(options);
    try {
      await pool.load();
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
    this.manner = options.workers > 1 ? HELPED : ALONE;
    const crew = crewOptions(options);
    this.start = crew.start;
    this.crew = new Crew(crew, {
      answered: (thread, job, answer) => this.answered(thread, job, answer),
      died: (_thread, jobs, reason) => {
        this.tally.counts.died++;
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
    return this.asked({ type: 'inspect', id: ++this.serial, request, response }, settings.mode);
  }

  /** Judges a request; who has judged it keeps it until its answer comes. Does not reject. */
  async begin(request: HttpRequest): Promise<Begun> {
    const settings = this.policy.settingsFor(request);
    if (!this.policy.isJudged(settings, request)) return finished(PASS);
    const { promise, resolve } = Promise.withResolvers<Begun>();
    const id = ++this.serial;
    const { mode } = settings;
    const settle: Job['settle'] = (verdict, keeper) => {
      if (keeper === undefined || verdict.action !== 'pass') resolve(finished(verdict));
      else if (keeper === 'local') resolve(this.begunHere(verdict, id, request, mode));
      else resolve(this.begun(verdict, id, keeper, mode));
    };
    this.put(newJob({ type: 'begin', id, request }, mode, settle));
    return promise;
  }

  /** What the workers loaded, one by one. */
  get loaded(): readonly LoadedRules[] {
    return this.crew.threads.flatMap(({ loaded }) => (loaded === undefined ? [] : [loaded]));
  }

  get statistics(): PoolStatistics {
    const { crew, local } = this;
    const { threads } = crew;
    const { unsampled, off } = this.policy.counts;
    return {
      ...this.tally.figures,
      overruns: local?.overruns ?? 0,
      unsampled,
      off,
      dropped: crew.dropped,
      workers: threads.length,
      queueLength: threads.reduce((sum, { responses }) => sum + responses.length, this.waiting),
      inFlight: threads.reduce((sum, { load }) => sum + load, 0),
      kept: this.kept,
    };
  }

  /** Takes no more requests; ends when the answers to those that it keeps have come, or their time is over. */
  async retire(): Promise<void> {
    this.closed = true;
    const endMs = performance.now() + (this.options.keptMs ?? KEPT_MS);
    while (this.kept > 0 && this.closing === undefined && performance.now() < endMs) {
      await delay(RETIREMENT_LOOKS_MS, undefined, { ref: false });
    }
    await this.close();
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
    this.local?.close();
    for (const job of await this.crew.dismiss()) this.giveUp(job, 'the pool was closed');
  }

  private async load(): Promise<void> {
    const { sources, local } = this.options;
    const known = await this.crew.hire(sources);
    if (local === true && known !== undefined) await this.loadHere(known);
  }

  private async loadHere({ files, plans }: KnownRules): Promise<void> {
    const { sources, settings } = this.options;
    const rules = await loadRulesGently(sources, { settings, files: filesOf(files), plans });
    this.local = new Local(rules, { ...this.start, turnMs: this.manner.turnMs }, () => this.dispatch());
  }

  private get waiting(): number {
    return this.queue.length + this.long.length;
  }

  private get pending(): number {
    return this.crew.threads.reduce(
      (sum, { load, responses }) => sum + load + responses.length,
      this.waiting,
    );
  }

  private get kept(): number {
    return this.crew.threads.reduce((sum, { kept }) => sum + kept.now, this.local?.kept.now ?? 0);
  }

  private asked(question: Asked, mode: EngineMode | undefined): Promise<Verdict> {
    const { promise, resolve } = Promise.withResolvers<Verdict>();
    this.put(newJob(question, mode, resolve));
    return promise;
  }

  private begun(verdict: Verdict, begun: number, thread: Thread, mode: EngineMode | undefined): Begun {
    return {
      verdict,
      response: (response) => {
        const { promise, resolve } = Promise.withResolvers<Verdict>();
        const job = newJob({ type: 'response', id: ++this.serial, begun, response }, mode, resolve);
        if (thread.state === 'ended') this.giveUp(job, 'the worker that kept its request is gone');
        else if (thread.responses.length >= this.queueBound) this.refuse(job);
        else {
          thread.responses.push(job);
          this.dispatch();
        }
        return promise;
      },
      abandon: () => thread.abandon(begun),
    };
  }

  private begunHere(
    verdict: Verdict,
    begun: number,
    request: HttpRequest,
    mode: EngineMode | undefined,
  ): Begun {
    return {
      verdict,
      response: async (response) => {
        const { local } = this;
        const question = { type: 'response', id: ++this.serial, begun, response } as const;
        const answer = local?.takes(question) === true ? local.judge(question) : undefined;
        if (answer !== undefined && typeof answer.verdict !== 'string') {
          this.tally.judged(answer.verdict, answer.microseconds, true);
          return answer.verdict;
        }
        // Too long for here, or not kept any more: a worker begins anew.
        local?.abandon(begun);
        return this.asked({ type: 'inspect', id: ++this.serial, request, response }, mode);
      },
      abandon: () => this.local?.abandon(begun),
    };
  }

  private put(job: Job): void {
    if (this.closed) this.giveUp(job, 'the pool is closed');
    else if (this.waiting >= this.queueBound) this.refuse(job);
    else {
      this.lineFor(job).push(job);
      this.dispatch();
    }
  }

  private lineFor({ question }: Job): JobQueue {
    return this.local?.takes(question) === true ? this.queue : this.long;
  }

  private refuse(job: Job): void {
    this.tally.counts.refused++;
    job.settle(this.unavailable(job, `${this.queueBound} requests wait for a worker already`), undefined);
  }

  private giveUp(job: Job, reason: string): void {
    this.tally.counts.unjudged++;
    job.settle(this.unavailable(job, reason), undefined);
    this.tellDrained();
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
    this.judgeHere();
    this.giveAway(this.long, 0);
    this.giveAway(this.queue, this.local?.isNear === true ? this.manner.patience : 0);
  }

  /** Judges requests in this thread as long as it is free. */
  private judgeHere(): void {
    const { local, queue } = this;
    while (local?.isFree === true) {
      const job = queue.shift();
      if (job === undefined) return;
      const answer = local.judge(job.question);
      if (answer === undefined) this.long.putBack([job]);
      else if (typeof answer.verdict === 'string') this.giveUp(job, answer.verdict);
      else this.settle(job, answer.verdict, answer.microseconds, 'local');
    }
  }

  /** Gives requests to threads that have room, but for the first so many. */
  private giveAway(queue: JobQueue, butFor: number): void {
    while (queue.length > butFor) {
      let best: Thread | undefined;
      for (const thread of this.crew.threads) {
        if (thread.hasRoom && (best === undefined || thread.load < best.load)) best = thread;
      }
      if (best === undefined) return;
      const job = queue.shift();
      if (job !== undefined) best.give(job);
    }
  }

  private answered(
    thread: Thread,
    job: Job,
    answer: Extract<Answer, { readonly type: 'verdict' | 'failed' }>,
  ): void {
    if (answer.type === 'failed') this.giveUp(job, answer.reason);
    else this.settle(job, answer.verdict, answer.microseconds, thread);
    this.dispatch();
  }

  private settle(job: Job, verdict: Verdict, microseconds: number, keeper: Thread | 'local'): void {
    this.tally.judged(verdict, microseconds, keeper === 'local');
    job.settle(verdict, keeper);
    this.tellDrained();
  }

  private tellDrained(): void {
    if (this.drained !== undefined && this.pending === 0) this.drained();
  }

  /** Jobs of a worker that is no more: the first was what it was at, the others may try another one. */
  private bereaved(jobs: readonly Job[], reason: string): void {
    const others = new Map<JobQueue, Job[]>([
      [this.queue, []],
      [this.long, []],
    ]);
    for (const [i, job] of jobs.entries()) {
      if (i === 0) this.giveUp(job, reason);
      else if (job.question.type === 'response') this.giveUp(job, 'the worker that kept its request is gone');
      else if (job.again) this.giveUp(job, 'two workers ended before they came to it');
      else {
        job.again = true;
        others.get(this.lineFor(job))?.push(job);
      }
    }
    for (const [line, some] of others) line.putBack(some);
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
    for (const queue of [this.queue, this.long]) {
      for (let job = queue.oldest; job !== undefined; job = queue.oldest) {
        if (nowMs - job.sinceMs < this.deadlineMs) break;
        queue.shift();
        this.giveUp(job, `no worker was free within ${this.deadlineMs} ms`);
      }
    }
  }

  private replace(thread: Thread): void {
    this.tally.counts.hung++;
    const jobs = this.crew.replace(thread);
    this.bereaved(jobs, `its worker did not answer within ${this.deadlineMs} ms`);
  }
}

function finished(verdict: Verdict): Begun {
  return { verdict, response: async () => PASS, abandon: () => {} };
}

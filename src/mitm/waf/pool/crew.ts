import type { RuleSource } from '../engine/load.ts';
import type { EngineMode } from '../engine/rule.ts';
import type { FileSnapshot } from '../engine/rule-files.ts';
import type { Job } from './job.ts';
import type { WorkerStart } from './messages.ts';
import { Thread, type ThreadOwner } from './thread.ts';

export interface CrewOptions {
  readonly workers: number;
  readonly heapMegabytes: number;
  readonly start: Omit<WorkerStart, 'sources' | 'files'>;
}

/** What a crew tells the pool. */
export interface CrewOwner extends ThreadOwner {
  /** There are other threads than before. */
  changed(): void;
}

/** Rules, and their files as they were read. */
interface Rules {
  readonly sources: readonly RuleSource[];
  readonly files: FileSnapshot | undefined;
}

/** Before a thread that could not be started is tried again: doubled each time. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;

/** The threads of a pool: as many as wanted with the rules of now, and those that have something to finish. */
export class Crew {
  private readonly options: CrewOptions;
  private readonly owner: CrewOwner;
  private members: Thread[] = [];
  private readonly loading = new Set<Thread>();
  private rules: Rules = { sources: [], files: undefined };
  private hiring: Promise<void> = Promise.resolve();
  private forgotten = 0;
  private loads = 0;
  private dismissed = false;

  constructor(options: CrewOptions, owner: CrewOwner) {
    this.options = options;
    this.owner = {
      ...owner,
      died: (thread, jobs, reason) => {
        this.leave(thread);
        owner.died(thread, jobs, reason);
      },
    };
  }

  /** All that judge or have something to finish. */
  get threads(): readonly Thread[] {
    return this.members;
  }

  /** Those that take new requests. */
  get ready(): readonly Thread[] {
    return this.members.filter(({ retired }) => !retired);
  }

  get sources(): readonly RuleSource[] {
    return this.rules.sources;
  }

  /** What the rules of now say that becomes of requests. */
  mode: EngineMode = 'on';

  /** Requests that threads forgot before their answers came. */
  get dropped(): number {
    return this.members.reduce((sum, { kept }) => sum + kept.dropped, this.forgotten);
  }

  get reloads(): number {
    return Math.max(0, this.loads - 1);
  }

  /** Loads rules in new threads, which then take over. Rejects where they cannot be used: all stays as it was. */
  hire(sources: readonly RuleSource[]): Promise<void> {
    const hired = this.hiring.then(() => this.takeOver(sources));
    this.hiring = hired.catch(() => {});
    return hired;
  }

  private async takeOver(sources: readonly RuleSource[]): Promise<void> {
    const recruits: Thread[] = [];
    try {
      // What the first one reads is what all get: files may change at any time.
      const first = this.recruit({ sources, files: undefined }, recruits);
      const rules = { sources, files: await first.ready() };
      const others = Array.from({ length: this.options.workers - 1 }, () => this.recruit(rules, recruits));
      await Promise.all(others.map((thread) => thread.ready()));
      if (recruits.some(({ state }) => state === 'ended'))
        throw new Error('a thread of the WAF died at its start');
      const before = this.members;
      this.members = [...before, ...recruits];
      this.rules = rules;
      this.mode = first.loaded?.mode ?? 'on';
      this.loads++;
      for (const thread of before) this.retire(thread);
      for (const thread of recruits) this.loading.delete(thread);
    } catch (error) {
      await Promise.all(recruits.map((thread) => this.drop(thread)));
      throw error;
    }
    this.owner.changed();
  }

  private recruit(rules: Rules, recruits: Thread[]): Thread {
    if (this.dismissed) throw new Error('the pool was closed');
    const start: WorkerStart = { ...this.options.start, ...rules };
    const thread = new Thread(this.owner, start, this.options.heapMegabytes);
    this.loading.add(thread);
    recruits.push(thread);
    return thread;
  }

  private async drop(thread: Thread): Promise<void> {
    this.loading.delete(thread);
    await thread.end();
  }

  private retire(thread: Thread): void {
    if (thread.retired) return;
    thread.retired = true;
    this.release(thread);
    if (thread.state === 'ended') return;
    // Answers that have not come by then are forgotten by the thread itself.
    const { timeoutMs } = this.options.start.kept;
    thread.endAfter(timeoutMs * 1.5);
  }

  /** Lets a thread go that is not wanted any more and has nothing to finish. */
  release(thread: Thread): void {
    if (thread.retired && thread.isIdle) this.leave(thread);
  }

  /** Ends a thread and starts another one; gives back the jobs that it had. */
  replace(thread: Thread): readonly Job[] {
    const jobs = thread.takeJobs();
    this.leave(thread);
    return jobs;
  }

  private leave(thread: Thread): void {
    if (!this.members.includes(thread)) return;
    this.members = this.members.filter((other) => other !== thread);
    this.forgotten += thread.kept.dropped;
    void thread.end();
    if (!thread.retired) void this.succeed(this.rules);
  }

  /** Starts a thread in place of one that has gone, until one starts or is not wanted any more. */
  private async succeed(rules: Rules): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      if (this.dismissed || this.rules !== rules) return;
      const recruits: Thread[] = [];
      const thread = this.recruit(rules, recruits);
      try {
        await thread.ready();
        this.loading.delete(thread);
        if (this.dismissed || this.rules !== rules) await thread.end();
        else {
          this.members.push(thread);
          this.owner.changed();
        }
        return;
      } catch {
        // It did not come up: memory may be short for now.
        await this.drop(thread);
        await new Promise<void>((resolve) => setTimeout(resolve, pauseMs).unref());
      }
    }
  }

  /** Ends all threads; gives back the jobs that they had. */
  async dismiss(): Promise<readonly Job[]> {
    this.dismissed = true;
    const jobs = this.members.flatMap((thread) => thread.takeJobs());
    const all = [...this.members, ...this.loading];
    this.members = [];
    this.loading.clear();
    await Promise.all(all.map((thread) => thread.end()));
    return jobs;
  }
}

import type { RuleSource } from '../engine/load.ts';
import type { EngineMode } from '../engine/rule.ts';
import type { Job } from './job.ts';
import type { KnownRules, WorkerStart } from './messages.ts';
import { Thread, type ThreadOwner } from './thread.ts';

export interface CrewOptions {
  readonly workers: number;
  readonly heapMegabytes: number;
  readonly start: Omit<WorkerStart, 'sources' | 'known'>;
}

/** What a crew tells the pool. */
export interface CrewOwner extends ThreadOwner {
  /** There are other threads than before. */
  changed(): void;
}

/** Rules, and what is known of them. */
interface Rules {
  readonly sources: readonly RuleSource[];
  readonly known: KnownRules | undefined;
}

/** Before a thread that could not be started is tried again: doubled each time. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;

/** The threads of a pool: as many as wanted; in place of one that ends another is started. */
export class Crew {
  private readonly options: CrewOptions;
  private readonly owner: CrewOwner;
  private members: Thread[] = [];
  private readonly loading = new Set<Thread>();
  private rules: Rules = { sources: [], known: undefined };
  private forgotten = 0;
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

  get threads(): readonly Thread[] {
    return this.members;
  }

  /** What the rules say that becomes of requests. */
  mode: EngineMode = 'on';

  /** Requests that threads forgot before their answers came. */
  get dropped(): number {
    return this.members.reduce((sum, { kept }) => sum + kept.dropped, this.forgotten);
  }

  /** Loads rules in all threads; gives back what is known of them. Rejects where they cannot be used. */
  async hire(sources: readonly RuleSource[]): Promise<KnownRules | undefined> {
    const recruits: Thread[] = [];
    try {
      const first = this.recruit({ sources, known: undefined }, recruits);
      const rules = { sources, known: await first.ready() };
      const others = Array.from({ length: this.options.workers - 1 }, () => this.recruit(rules, recruits));
      await Promise.all(others.map((thread) => thread.ready()));
      if (recruits.some(({ state }) => state === 'ended'))
        throw new Error('a thread of the WAF died at its start');
      this.members = [...recruits];
      this.rules = rules;
      this.mode = first.loaded?.mode ?? 'on';
      for (const thread of recruits) this.loading.delete(thread);
      return rules.known;
    } catch (error) {
      await Promise.all(recruits.map((thread) => this.drop(thread)));
      throw error;
    }
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
    void this.succeed();
  }

  /** Starts a thread in place of one that has gone, until one starts or none is wanted any more. */
  private async succeed(): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      if (this.dismissed) return;
      const recruits: Thread[] = [];
      const thread = this.recruit(this.rules, recruits);
      try {
        await thread.ready();
        this.loading.delete(thread);
        if (this.dismissed) await thread.end();
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

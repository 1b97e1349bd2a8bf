import type { Decision } from '../event/index.ts';
import { decisionKey } from './decision-book.ts';
import type { Changes, Enforcer, Reconciled } from './enforcer.ts';

/** What a lane asks and tells. */
export interface LaneOptions {
  /** The decision about this that the enforcer is to have in force now; undefined: none. */
  readonly wanted: (enforcer: Enforcer, about: Decision) => Decision | undefined;
  /** All that the enforcer is to have in force now. */
  readonly allWanted: (enforcer: Enforcer) => readonly Decision[];
  /** An enforcer could not apply these. */
  readonly failed: (enforcer: Enforcer, decisions: readonly Decision[], error: Error) => void;
  /** Told of what goes wrong with reconciling, cutting and closing. */
  readonly tell: (message: string) => void;
  /** A call that takes longer is given up on: who waits is told, and it is reconciled when the call returns. */
  readonly patienceMs: number;
}

/** Changes in one call; more go into the next. */
const MOST_AT_ONCE = 5000;
/** Connections that wait to be cut. */
const MOST_CUTS = 10_000;
/** To find connections keeps the process for milliseconds: what others enforce at the same time goes first. */
const CUT_AFTER_MS = 5;

/** What waits to be applied. */
interface Waiting {
  readonly about: Decision;
  readonly cut: boolean;
}

type Waiter = (error?: Error) => void;

/**
 * One enforcer and the changes that wait for it. Calls do not overlap; what comes while one is under way is gathered, and
 * looked up in the book when its turn comes, so that it is never more than the book holds and never out of date. Lanes
 * know nothing of each other: a slow enforcer holds up its own only.
 */
export class EnforcerLane {
  readonly enforcer: Enforcer;
  private readonly options: LaneOptions;
  private readonly waiting = new Map<string, Waiting>();
  private waiters: Waiter[] = [];
  private cuts: Decision[] = [];
  private reconcileWaiters: ((result: Reconciled | Error) => void)[] = [];
  private running: Promise<void> | undefined;
  /** Ends a pause. */
  private wake: (() => void) | undefined;
  private closing = false;
  /** Something failed: what is in force is not known until the next reconcile. */
  private unsure = false;
  private stalled = false;
  private readonly counts = { calls: 0, failures: 0, stalls: 0, cut: 0, cuts_dropped: 0 };
  private lastReconciled: Reconciled = { added: 0, removed: 0 };

  constructor(enforcer: Enforcer, options: LaneOptions) {
    this.enforcer = enforcer;
    this.options = options;
  }

  /**
   * Has what the book says about these made so. Resolves with nothing when it is, and with the error when it could not
   * be. `cut`: ends open connections of bans.
   */
  touch(decisions: readonly Decision[], cut: boolean): Promise<Error | undefined> {
    const mine = decisions.filter((decision) => this.enforcer.handles(decision));
    if (mine.length === 0) return Promise.resolve(undefined);
    if (this.closing || this.stalled) {
      this.unsure = true;
      return Promise.resolve(new Error(this.closing ? 'it is being closed' : 'it does not answer'));
    }
    for (const about of mine) {
      const key = decisionKey(about);
      this.waiting.set(key, { about, cut: cut || this.waiting.get(key)?.cut === true });
    }
    return new Promise((resolve) => {
      this.waiters.push(resolve);
      this.wake?.();
      this.run();
    });
  }

  /** Brings what is in force to what the book says; the counts, or what went wrong. */
  reconcile(): Promise<Reconciled | Error> {
    if (this.closing) return Promise.resolve(new Error('it is being closed'));
    if (this.stalled) return Promise.resolve(new Error('it does not answer'));
    return new Promise((resolve) => {
      this.reconcileWaiters.push(resolve);
      this.wake?.();
      this.run();
    });
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  /** What the enforcer would do with those that it handles. */
  plan(changes: Changes): readonly string[] {
    const handles = (decision: Decision) => this.enforcer.handles(decision);
    return this.enforcer.plan({
      add: changes.add.filter(handles),
      remove: changes.remove.filter(handles),
    });
  }

  /** Waits for the call under way, at most `withinMs`, and closes the enforcer. */
  async close(keep: boolean, withinMs: number): Promise<void> {
    this.closing = true;
    this.wake?.();
    const { name } = this.enforcer;
    if (!(await settles(this.running ?? Promise.resolve(), withinMs))) {
      this.options.tell(`enforcer ${name} does not answer; what it has in force may stay`);
      return;
    }
    const closed = this.enforcer.close(keep).catch((error: unknown) => {
      this.options.tell(`enforcer ${name} could not be closed: ${errorOf(error).message}`);
    });
    if (!(await settles(closed, withinMs))) this.options.tell(`enforcer ${name} does not end`);
  }

  /** Figures of the lane and of its enforcer. */
  statistics(): Readonly<Record<string, number>> {
    return {
      ...this.enforcer.statistics(),
      waiting: this.waiting.size,
      ...this.counts,
      unsure: this.unsure ? 1 : 0,
      stalled: this.stalled ? 1 : 0,
      reconciled_added: this.lastReconciled.added,
      reconciled_removed: this.lastReconciled.removed,
    };
  }

  private run(): void {
    if (this.running !== undefined) return;
    // What is decided in one turn of the event loop goes in one call.
    this.running = Promise.resolve()
      .then(() => this.work())
      .finally(() => {
        this.running = undefined;
        if (this.hasWork()) this.run();
      });
  }

  private hasWork(): boolean {
    return this.waiting.size > 0 || this.reconcileWaiters.length > 0 || this.cuts.length > 0;
  }

  private async work(): Promise<void> {
    for (let pauseMs = CUT_AFTER_MS; !this.closing && this.hasWork(); ) {
      if (this.reconcileWaiters.length > 0) await this.reconcileNow();
      else if (this.waiting.size > 0) await this.applyNow();
      else {
        await this.pause(pauseMs);
        pauseMs = 0;
        if (this.waiting.size === 0 && this.reconcileWaiters.length === 0) await this.cutNow();
      }
    }
    if (this.closing) this.release(new Error('it was closed'));
  }

  /** Waits, unless something comes that is to be done at once. */
  private async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }

  private async applyNow(): Promise<void> {
    const batch = [...this.waiting].slice(0, MOST_AT_ONCE);
    for (const [key] of batch) this.waiting.delete(key);
    // Who waits for what is not in this batch waits for the next.
    const waiters = this.waiting.size === 0 ? this.waiters.splice(0) : [];
    const add: Decision[] = [];
    const remove: Decision[] = [];
    for (const [, { about, cut }] of batch) {
      const wanted = this.options.wanted(this.enforcer, about);
      if (wanted === undefined) remove.push(about);
      else {
        add.push(wanted);
        if (cut && wanted.type === 'ban') this.wishCut(wanted);
      }
    }
    const error = await this.call(() => this.enforcer.apply({ add, remove }), waiters);
    if (error !== undefined) {
      this.unsure = true;
      this.options.failed(this.enforcer, [...add, ...remove], error);
    }
    for (const done of waiters) done(error);
  }

  private async reconcileNow(): Promise<void> {
    let result: Reconciled | undefined;
    const asked = this.reconcileWaiters.splice(0);
    // It takes the book as it is: what waits is done with it.
    this.waiting.clear();
    const told = (done: (result: Reconciled | Error) => void) => (error?: Error) =>
      done(result ?? error ?? new Error('nothing came of it'));
    const waiters = [...this.waiters.splice(0), ...asked.map(told)];
    const error = await this.call(async () => {
      result = await this.enforcer.reconcile(this.options.allWanted(this.enforcer));
    }, waiters);
    if (result !== undefined) {
      this.unsure = false;
      this.lastReconciled = result;
    } else {
      this.unsure = true;
      this.options.tell(`enforcer ${this.enforcer.name} could not be reconciled: ${error?.message}`);
    }
    for (const done of waiters) done(error);
  }

  private async cutNow(): Promise<void> {
    const decision = this.cuts.shift();
    if (decision === undefined) return;
    let count = 0;
    const error = await this.call(async () => {
      count = await this.enforcer.cut(decision);
    }, []);
    this.counts.cut += count;
    if (error === undefined) return;
    const about = `connections of ${decision.value} could not be ended`;
    this.options.tell(`enforcer ${this.enforcer.name}: ${about}: ${error.message}`);
  }

  private wishCut(decision: Decision): void {
    if (this.cuts.length < MOST_CUTS) this.cuts.push(decision);
    else this.counts.cuts_dropped++;
  }

  /** Makes one call; its error. Where it takes too long, all who wait are told, and it is waited for alone. */
  private async call(make: () => Promise<void>, waiters: Waiter[]): Promise<Error | undefined> {
    this.counts.calls++;
    const timer = setTimeout(() => {
      this.stalled = true;
      this.unsure = true;
      this.counts.stalls++;
      const error = new Error(`it did not answer within ${this.options.patienceMs} ms`);
      this.options.tell(`enforcer ${this.enforcer.name}: ${error.message}`);
      for (const done of waiters.splice(0)) done(error);
      this.release(error);
    }, this.options.patienceMs);
    timer.unref();
    try {
      await make();
      return undefined;
    } catch (error) {
      this.counts.failures++;
      return errorOf(error);
    } finally {
      clearTimeout(timer);
      if (this.stalled) {
        this.stalled = false;
        // What came meanwhile was turned away: the book has it.
        this.reconcileWaiters.push(() => undefined);
      }
    }
  }

  private release(error: Error): void {
    this.waiting.clear();
    this.cuts = [];
    for (const done of this.waiters.splice(0)) done(error);
    for (const done of this.reconcileWaiters.splice(0)) done(error);
  }
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Whether a promise settles within a time. */
function settles(promise: Promise<unknown>, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), withinMs);
    const done = () => {
      clearTimeout(timer);
      resolve(true);
    };
    promise.then(done, done);
  });
}

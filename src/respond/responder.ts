import { type Decision, newIdentifier, type Wish } from '../event/index.ts';
import type { Prefix } from '../net/index.ts';
import { decisionKey, decisionPrefix } from './decision-book.ts';
import { DecisionStore, type OpenStep } from './decision-book-store.ts';
import type { Enforcer } from './enforcer.ts';
import { countsAsEarlier, isEscalated } from './escalation.ts';
import { Guards, peerPrefix, type Question, type Refusal, readTarget } from './guard/index.ts';
import { EnforcerLane } from './responder-lane.ts';
import { DecisionLog } from './responder-log.ts';
import type {
  DecisionSelector,
  Outcome,
  ResponderOptions,
  ResponderStatistics,
  Undone,
} from './responder-options.ts';
import type { DecisionExtra } from './responder-records.ts';
import { affectedByAllows, allWantedBy, wantedBy } from './responder-wanted.ts';
import { plain, readWish } from './responder-wish.ts';

/** Wishes in one call: what takes longer would hold up others. */
export const MOST_WISHES = 5000;
/** Decisions that end in one go. */
const EXPIRE_AT_ONCE = 5000;
/** The clock is looked at again at least so often: it may be set. */
const LONGEST_SLEEP_MS = 30_000;
/** A program that asks for so little more, as a share of the duration, asks for what is there: two scenarios saw one scan. */
const LITTLE_MORE = 0.01;

/** Takes decisions: asks the guards, keeps what was decided, and has it enforced until it ends. */
export class Responder {
  private readonly options: ResponderOptions;
  private readonly now: () => number;
  private readonly guards: Guards;
  private readonly lanes: readonly EnforcerLane[];
  private readonly log: DecisionLog;
  private readonly timers: NodeJS.Timeout[] = [];
  private expiry: NodeJS.Timeout | undefined;
  private opened: DecisionStore | undefined;
  private closed = false;

  private constructor(options: ResponderOptions) {
    this.options = options;
    this.now = options.now ?? Date.now;
    const { record, tell } = options;
    this.log = new DecisionLog(record, tell, this.now);
    this.guards = new Guards({ ...options.guards, now: this.now, tell });
    const lane = {
      wanted: (enforcer: Enforcer, about: Decision) =>
        wantedBy(enforcer, this.store.book.find(about), this.store.book, this.now()),
      allWanted: (enforcer: Enforcer) => allWantedBy(enforcer, this.store.book, this.now()),
      failed: (enforcer: Enforcer, decisions: readonly Decision[], error: Error) =>
        this.log.failed(enforcer, decisions, error),
      tell,
      patienceMs: options.patienceMs ?? 10_000,
    };
    this.lanes = options.enforcers.map((enforcer) => new EnforcerLane(enforcer, lane));
  }

  /**
   * Reads what was decided, drops what has ended or what a guard protects by now, and has the rest enforced. An enforcer
   * that fails is told of and tried again each minute. Throws `DecisionFileError`, and `RangeError` for wrong options.
   */
  static async start(options: ResponderOptions): Promise<Responder> {
    const responder = new Responder(options);
    const fresh = await responder.guards.refresh(true);
    const { folder, capacity, escalation, compactBytes, tell } = options;
    responder.opened = await DecisionStore.open({
      folder,
      now: responder.now,
      tell,
      ...(capacity === undefined ? {} : { capacity }),
      ...(escalation === undefined ? {} : { escalation }),
      ...(compactBytes === undefined ? {} : { compactBytes }),
      takenBack: (step) => responder.takenBack(step),
    });
    responder.expire();
    responder.liftProtected(fresh);
    await responder.reconcile();
    const every = (ms: number, run: () => Promise<void>) =>
      responder.timers.push(setInterval(() => void run(), ms).unref());
    every(options.reconcileMs ?? 60_000, () => responder.reconcile());
    every(options.refreshMs ?? 2000, () => responder.refreshGuards());
    return responder;
  }

  /** Asks for one decision. `forced`: a user insists against the guards, those of reserved addresses excepted. */
  async wish(wish: Wish, forced = false): Promise<Outcome> {
    const [outcome] = await this.wishAll([wish], forced);
    if (outcome === undefined) throw new Error('a wish has an outcome');
    return outcome;
  }

  /**
   * Asks for decisions, at most {@link MOST_WISHES}; they are one step for `undoLast`. Resolves when what was decided is
   * on the disk; enforcers have begun by then, and the record `taken` says when they were done.
   */
  async wishAll(wishes: readonly Wish[], forced = false): Promise<Outcome[]> {
    if (wishes.length > MOST_WISHES) throw new RangeError(`at most ${MOST_WISHES} wishes in one call`);
    if (this.closed) return wishes.map(() => ({ refused: 'the responder is being closed', guard: 'closed' }));
    const startMs = this.now();
    const startedMs = performance.now();
    const step = this.store.begin('take', plain(wishes[0]?.author ?? '', 128));
    const outcomes = wishes.map((wish) => this.decide(wish, forced, startMs, step));
    // The write to the disk goes on at the same time, and does not count.
    const applied = this.enforce(step).then((errors) => ({
      errors,
      doneMs: performance.now() - startedMs + startMs,
    }));
    try {
      await this.store.commit(step);
    } catch (error) {
      return outcomes.map((outcome) => this.unlessTakenBack(outcome, error));
    }
    this.schedule();
    void applied.then(({ errors, doneMs }) => {
      for (const decision of step.added) {
        const concerned = [...errors.keys()].filter((enforcer) => enforcer.handles(decision));
        this.log.taken(decision, decision.simulated ? [] : concerned, errors, doneMs);
      }
    });
    return outcomes;
  }

  /** What every enforcer would do for these wishes, and what the guards would refuse; nothing is changed. */
  plan(wishes: readonly Wish[], forced = false): readonly string[] {
    const lines: string[] = [];
    const add: Decision[] = [];
    for (const wish of wishes.slice(0, MOST_WISHES)) {
      const judged = this.judge(wish, forced, this.now());
      if ('guard' in judged) lines.push(`refused: ${judged.reason}`);
      else {
        const { decision } = judged;
        const active = this.store.book.find(decision);
        if (active !== undefined && !active.simulated && active.untilMs >= decision.untilMs) {
          lines.push(`${decision.type} ${decision.value} is decided already`);
        } else add.push(decision);
      }
    }
    for (const lane of this.lanes) {
      lines.push(...lane.plan({ add, remove: [] }).map((line) => `${lane.enforcer.name}: ${line}`));
    }
    return lines;
  }

  /** Lifts decisions; which ones. Rejects when that could not be written: then they stay. */
  async lift(selector: DecisionSelector, author = ''): Promise<readonly Decision[]> {
    const step = this.store.begin('lift', plain(author, 128));
    for (const { id } of this.decisions(selector)) this.store.remove(step, id);
    await this.finish(step);
    return step.removed;
  }

  /** Lifts one decision and puts back what it replaced; undefined when it is not active. */
  async undo(id: string, author = ''): Promise<Undone | undefined> {
    const decision = this.store.book.get(id);
    if (decision === undefined) return undefined;
    const replaced = this.store.history.replacedBy(decision);
    const step = this.store.begin('undo', plain(author, 128));
    this.store.remove(step, id);
    if (replaced !== undefined) this.restore(step, replaced);
    return this.finish(step);
  }

  /** Undoes the latest step that took or lifted decisions; `author`: the latest of this user. Undefined without one. */
  async undoLast(author?: string): Promise<Undone | undefined> {
    const { book, history } = this.store;
    const past = history.last((step) => author === undefined || step.author === author);
    if (past === undefined) return undefined;
    const step = this.store.begin('undo', plain(author ?? '', 128), past.number);
    for (const id of past.added) this.store.remove(step, id);
    const lifted = new Set(step.removed.map(decisionKey));
    for (const gone of past.gone) {
      // What was replaced comes back with the end of what replaced it, not when that has ended otherwise.
      if (past.kind === 'lift' ? book.find(gone) === undefined : lifted.has(decisionKey(gone))) {
        this.restore(step, gone);
      }
    }
    if (step.added.length === 0 && step.removed.length === 0) history.remove(past.number);
    return this.finish(step);
  }

  /** Active decisions that a selector fits, in the order in which they were taken. */
  decisions(selector: DecisionSelector): Decision[] {
    const { id, all, value, ...fields } = selector;
    const { book } = this.store;
    const asked = Object.entries(fields).filter(([, field]) => field !== undefined);
    if (id === undefined && value === undefined && all === undefined && asked.length === 0) return [];
    const short = value === undefined ? undefined : shortValue(value);
    const one = id === undefined ? undefined : book.get(id);
    let found: Iterable<Decision> = book.all();
    if (id !== undefined) found = one === undefined ? [] : [one];
    else if (short !== undefined) found = book.about(short);
    return [...found].filter(
      (decision) =>
        (short === undefined || decision.value === short) &&
        asked.every(([name, field]) => decision[name as keyof typeof fields] === field),
    );
  }

  /** Active decisions that cover an address, about itself and about networks around it. */
  covering(address: string): readonly Decision[] {
    return this.store.book.covering(address);
  }

  /** The decision that is in force for an address: an `allow` before all others. */
  effective(address: string): Decision | undefined {
    return this.store.book.effective(address);
  }

  /** Compares what is in force with what should be, and mends it. Resolves when all enforcers have answered. */
  async reconcile(): Promise<void> {
    await this.refreshGuards();
    if (this.options.mode === 'observe') return;
    await Promise.all(this.lanes.map((lane) => lane.reconcile()));
  }

  /** Resolves when all enforcers have applied what was decided so far, or could not. */
  async settled(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.idle()));
  }

  statistics(): ResponderStatistics {
    const active = Object.fromEntries(
      [...this.store.book.active()].map(([type, count]) => [type, { ...count }]),
    );
    return {
      mode: this.options.mode,
      active: active as ResponderStatistics['active'],
      ...this.log.figures(),
      unreadable: this.guards.failing(),
      book: this.store.statistics(),
      enforcers: Object.fromEntries(this.lanes.map((lane) => [lane.enforcer.name, lane.statistics()])),
    };
  }

  /** Ends. `keep`: what is enforced stays in force until it expires. Decisions stay in the folder either way. */
  async close({ keep }: { readonly keep: boolean }): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    for (const timer of this.timers) clearInterval(timer);
    clearTimeout(this.expiry);
    const patienceMs = this.options.patienceMs ?? 10_000;
    await Promise.all(this.lanes.map((lane) => lane.close(keep, patienceMs)));
    await this.store.close();
  }

  private get store(): DecisionStore {
    if (this.opened === undefined) throw new Error('the responder is not started');
    return this.opened;
  }

  /** Takes one decision in memory, or refuses it. */
  private decide(asked: Wish, forced: boolean, nowMs: number, step: OpenStep): Outcome {
    const judged = this.judge(asked, forced, nowMs);
    if ('guard' in judged) return this.refuse(judged.wish, judged);
    const { decision, question } = judged;
    const active = this.store.book.find(decision);
    const isNew = active === undefined || (active.simulated && !decision.simulated);
    const ceiling = isNew ? this.guards.ceiling(question) : undefined;
    if (ceiling !== undefined) return this.refuse(decision, ceiling);
    if (!isNew && decision.origin !== 'user' && isLittleMore(decision, active)) {
      this.log.repeated();
      return { decided: active };
    }
    const offer = this.store.offer(step, decision, forced && decision.origin === 'user');
    switch (offer.kind) {
      case 'added':
        if (isNew) this.guards.taken(decision.id, question);
        return { decided: decision };
      case 'kept':
        this.log.repeated();
        return { decided: offer.by };
      case 'full': {
        const reason = `${this.store.book.size} decisions are active; more are not held`;
        return this.refuse(decision, { guard: 'capacity', reason });
      }
      default:
        return unknownOffer(offer);
    }
  }

  /** What would be decided, or why not; the ceilings are not asked. */
  private judge(
    asked: Wish,
    forced: boolean,
    nowMs: number,
  ): { readonly decision: Decision; readonly question: Question } | (Refusal & { readonly wish: Wish }) {
    const { wish, target } = readWish(asked, nowMs);
    if (typeof target === 'string') return { guard: 'invalid', reason: target, wish };
    const decision = this.decisionOf(wish, nowMs);
    const { type, origin, simulated } = decision;
    const question = { target, type, origin, simulated };
    const refusal = this.guards.refusal(question, forced);
    if (refusal !== undefined) return { ...refusal, wish };
    const allow = this.store.book.allowFor(decision);
    if (allow === undefined) return { decision, question };
    const reason = `${decision.value} is allowed by decision ${allow.id} (${allow.value}): lift that first`;
    return { guard: 'allow', reason, wish };
  }

  private decisionOf(wish: Wish, nowMs: number): Decision {
    const simulated = wish.simulated || this.options.mode === 'observe';
    let { durationMs } = wish;
    if (wish.type === 'ban' && isEscalated(wish.origin)) {
      const active = this.store.book.find(wish);
      const running = active !== undefined && countsAsEarlier(active);
      durationMs = this.store.escalation.durationFor(wish.value, durationMs, nowMs, running);
    }
    return {
      ...wish,
      id: newIdentifier(),
      simulated,
      durationMs,
      createdMs: nowMs,
      untilMs: nowMs + durationMs,
    };
  }

  private refuse(wish: Wish, refusal: Refusal): Outcome {
    this.log.refused(wish, refusal);
    return { refused: refusal.reason, guard: refusal.guard };
  }

  /** What could not be written was not decided; what stood before stands. */
  private unlessTakenBack(outcome: Outcome, error: unknown): Outcome {
    if (!('decided' in outcome) || this.store.book.get(outcome.decided.id) !== undefined) return outcome;
    const { id, createdMs, untilMs, ...wish } = outcome.decided;
    return this.refuse(wish, {
      guard: 'journal',
      reason: error instanceof Error ? error.message : String(error),
    });
  }

  /** Has enforcers do what a step changed; what went wrong, by enforcer. */
  private async enforce(step: OpenStep): Promise<ReadonlyMap<Enforcer, Error | undefined>> {
    if (this.options.mode === 'observe') return new Map();
    const touched = [...step.removed, ...step.added].filter(({ simulated }) => !simulated);
    if (touched.length === 0) return new Map();
    touched.push(...affectedByAllows(touched, this.store.book));
    const touch = async (lane: EnforcerLane) =>
      [lane.enforcer, await lane.touch(touched, step.kind === 'take')] as const;
    return new Map(await Promise.all(this.lanes.map(touch)));
  }

  /** Has a lift or an undo enforced, written and recorded. */
  private async finish(step: OpenStep, extra: DecisionExtra = {}): Promise<Undone> {
    void this.enforce(step);
    for (const { id } of step.removed) this.guards.lifted(id);
    await this.store.commit(step);
    this.schedule();
    const by = step.author === '' ? {} : { lifted_by: step.author };
    for (const decision of step.removed) this.log.lifted(decision, { ...by, ...extra });
    for (const decision of step.added) this.log.restored(decision);
    return { lifted: step.removed, restored: step.added };
  }

  /** Puts back what was lifted or replaced, unless it has ended or a guard protects it by now. */
  private restore(step: OpenStep, decision: Decision): void {
    if (decision.untilMs <= this.now()) return;
    const prefix = decisionPrefix(decision);
    const refusal =
      decision.type === 'allow' || prefix === undefined ? undefined : this.guards.protection(prefix);
    if (refusal === undefined) this.store.put(step, decision, false);
    else this.refuse(decision, refusal);
  }

  private expire(): void {
    const nowMs = this.now();
    for (;;) {
      const due = this.store.book.due(nowMs, EXPIRE_AT_ONCE);
      if (due.length === 0) break;
      const step = this.store.begin('expire');
      for (const { id } of due) this.store.remove(step, id);
      void this.enforce(step);
      for (const decision of due) this.log.expired(decision);
      // What cannot be written is found to have ended at the next start.
      this.store.commit(step).catch((error: Error) => this.options.tell(error.message));
    }
    this.schedule();
  }

  private schedule(): void {
    clearTimeout(this.expiry);
    const next = this.store.book.nextEnd();
    if (next === undefined || this.closed) return;
    const sleepMs = Math.max(1, Math.min(LONGEST_SLEEP_MS, next - this.now()));
    this.expiry = setTimeout(() => this.expire(), sleepMs).unref();
  }

  /** Reads what is protected, and lifts what was decided against it before. */
  private async refreshGuards(): Promise<void> {
    const fresh = await this.guards.refresh();
    const sessions = [...(this.options.guards.sessions?.() ?? [])];
    if (!this.closed) this.liftProtected([...fresh, ...sessions.flatMap((text) => peerPrefix(text) ?? [])]);
  }

  private liftProtected(prefixes: readonly Prefix[]): void {
    if (prefixes.length === 0) return;
    const lifted = new Map<string, { readonly step: OpenStep; readonly refusal: Refusal }>();
    for (const decision of this.store.book.overlapping(prefixes)) {
      const prefix = decisionPrefix(decision);
      if (decision.type === 'allow' || prefix === undefined || this.store.isForced(decision.id)) continue;
      const refusal = this.guards.protection(prefix);
      if (refusal === undefined) continue;
      const found = lifted.get(refusal.guard) ?? { step: this.store.begin('lift'), refusal };
      this.store.remove(found.step, decision.id);
      lifted.set(refusal.guard, found);
    }
    for (const { step, refusal } of lifted.values()) {
      const extra = { guard: refusal.guard, error: refusal.reason };
      this.finish(step, extra).catch((error: Error) => this.options.tell(error.message));
    }
  }

  /** A step could not be written: enforcers go back too. */
  private takenBack(step: OpenStep): void {
    for (const { id } of step.added) this.guards.lifted(id);
    void this.enforce({ ...step, kind: 'undo' });
  }
}

function isLittleMore(decision: Decision, active: Decision): boolean {
  return decision.untilMs - active.untilMs <= LITTLE_MORE * decision.durationMs;
}

/** A value as the book has it; one that is none finds nothing. */
function shortValue(value: string): string {
  const target = readTarget(/^(?:cookie|ja4):/.test(value) ? 'session' : 'range', value);
  return typeof target === 'string' ? value : target.value;
}

function unknownOffer(offer: never): never {
  throw new Error(`unknown offer ${JSON.stringify(offer)}`);
}

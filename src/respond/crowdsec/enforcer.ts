import { type Decision, listOf } from '../../event/index.ts';
import { type Changes, type Enforcer, EnforcerError, type Reconciled } from '../enforcer.ts';
import type { AlertPush } from './alert-push.ts';
import { keyOf } from './held-decisions.ts';
import type { Lapi } from './lapi.ts';
import { LapiError } from './lapi-error.ts';
import { type AlertContext, alertOf } from './outgoing-alert.ts';
import { type LapiDecision, readDecision, type Subject, subjectOf } from './shapes.ts';

/** What is pushed to CrowdSec, and how. */
export interface CrowdSecEnforcerOptions {
  readonly lapi: Lapi;
  readonly push: AlertPush;
  /** The origin of what this machine pushes: what has it and no decision of ours, goes. */
  readonly ownOrigin: string;
  /**
   * Origins of decisions that are pushed; `scenario`, `reputation`, `user` without. What came from CrowdSec never is,
   * nor are lists, which CrowdSec can subscribe to itself.
   */
  readonly origins?: readonly string[] | undefined;
  /** What led to a decision, for the alert; without it the alert has its reason alone. */
  readonly context?: ((decision: Decision) => AlertContext | undefined) | undefined;
  /** Decisions that one reconciliation pushes at most; 2000 without. The others follow in the next. */
  readonly mostPerReconcile?: number | undefined;
  /** Is told what could not be taken back when it closed. */
  readonly told?: ((text: string) => void) | undefined;
  /** Milliseconds since 1970; the clock without. */
  readonly now?: (() => number) | undefined;
}

/** A decision of ours as the LAPI has it. */
interface Pushed {
  readonly ids: readonly number[];
  readonly untilMs: number;
}

const ORIGINS: readonly string[] = ['scenario', 'reputation', 'user'];
const TYPES: ReadonlySet<string> = new Set(['ban', 'captcha', 'throttle']);
const MOST_PER_RECONCILE = 2000;
/** The LAPI tells what is left of a decision, not when it ends: smaller differences are none. */
const TOLERANCE_MS = 5000;
/** Deletions at a time. */
const DELETIONS = 4;
/** After a failure the LAPI is left alone for so long, and for twice as long after each further one. */
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Makes decisions take effect at CrowdSec's bouncers: each is pushed as an alert with a decision, and deleted when it is
 * lifted. Needs a machine account and a bouncer key. A LAPI that fails costs one time-out; then calls fail at once until
 * a pause is over.
 */
export class CrowdSecEnforcer implements Enforcer {
  readonly name = 'crowdsec';
  private readonly options: CrowdSecEnforcerOptions;
  private readonly now: () => number;
  private readonly origins: ReadonlySet<string>;
  /** What is known to be in force at the LAPI, by type, scope and value. */
  private inForce = new Map<string, number>();
  private failures = 0;
  private resumeMs = 0;
  private lastError = '';
  private readonly counts = { pushed: 0, deleted: 0, failures: 0, putOff: 0 };

  constructor(options: CrowdSecEnforcerOptions) {
    this.options = options;
    this.now = options.now ?? Date.now;
    this.origins = new Set((options.origins ?? ORIGINS).filter((origin) => origin !== 'crowdsec'));
  }

  handles({ type, scope, origin, simulated }: Decision): boolean {
    return TYPES.has(type) && scope !== 'session' && !simulated && this.origins.has(origin);
  }

  plan({ add, remove }: Changes): readonly string[] {
    return [
      ...remove.filter((one) => this.handles(one)).map((one) => `CrowdSec: delete ${keyOf(one)}`),
      ...add
        .filter((one) => this.handles(one))
        .map((one) => `CrowdSec: push ${keyOf(one)} until ${new Date(one.untilMs).toISOString()}`),
    ];
  }

  async reconcile(decisions: readonly Decision[]): Promise<Reconciled> {
    return await this.guarded(async () => {
      const nowMs = this.now();
      const wanted = this.wanted(decisions, nowMs);
      const pushed = await this.listOwn(nowMs);
      this.inForce = new Map([...pushed].map(([key, { untilMs }]) => [key, untilMs]));
      const superfluous: number[] = [];
      let removed = 0;
      for (const [key, { ids, untilMs }] of pushed) {
        const until = wanted.get(key)?.untilMs;
        const stays = until !== undefined && Math.abs(until - untilMs) <= TOLERANCE_MS;
        if (stays) wanted.delete(key);
        else this.inForce.delete(key);
        if (until === undefined) removed++;
        // The first one lasts longest.
        superfluous.push(...(stays ? ids.slice(1) : ids));
      }
      await this.deleteIds(superfluous);
      const missing = [...wanted.values()];
      const most = this.options.mostPerReconcile ?? MOST_PER_RECONCILE;
      this.counts.putOff = Math.max(0, missing.length - most);
      await this.push(missing.slice(0, most));
      return { added: Math.min(missing.length, most), removed };
    });
  }

  async apply({ add, remove }: Changes): Promise<void> {
    const nowMs = this.now();
    const wanted = this.wanted(add, nowMs);
    const lifted = remove.filter((one) => this.handles(one)).map((one) => subjectOnly(one));
    const replaced: Subject[] = [];
    const lifting = new Set(lifted.map(keyOf));
    for (const [key, decision] of wanted) {
      const until = this.inForce.get(key);
      if (lifting.has(key) || until === undefined || until <= nowMs) continue;
      if (Math.abs(until - decision.untilMs) <= TOLERANCE_MS) wanted.delete(key);
      else replaced.push(subjectOnly(decision));
    }
    const deletions = [...new Map([...lifted, ...replaced].map((one) => [keyOf(one), one])).values()];
    if (deletions.length === 0 && wanted.size === 0) return;
    await this.guarded(async () => {
      await this.deleteSubjects(deletions);
      await this.push([...wanted.values()]);
    });
  }

  /** CrowdSec's bouncers end connections by themselves, or not: that cannot be known here. */
  async cut(): Promise<number> {
    return 0;
  }

  statistics(): Readonly<Record<string, number>> {
    return { ...this.counts, inForce: this.inForce.size, failuresInARow: this.failures };
  }

  /** A LAPI that does not answer is told of and no error: what stays there ends with its time. */
  async close(keep: boolean): Promise<void> {
    if (keep) return;
    try {
      const path = `/v1/decisions?origin=${encodeURIComponent(this.options.ownOrigin)}`;
      await this.options.lapi.asMachine('DELETE', path);
      this.inForce.clear();
    } catch (error) {
      if (!(error instanceof LapiError)) throw error;
      this.options.told?.(`CrowdSec keeps what was pushed until it ends: ${error.message}`);
    }
  }

  /** What is to be in force of these, by type, scope and value; the last one of each. */
  private wanted(decisions: readonly Decision[], nowMs: number): Map<string, Decision> {
    const wanted = new Map<string, Decision>();
    for (const decision of decisions) {
      if (this.handles(decision) && decision.untilMs > nowMs) wanted.set(keyOf(decision), decision);
    }
    return wanted;
  }

  /** What the LAPI has of ours, by type, scope and value. */
  private async listOwn(nowMs: number): Promise<Map<string, Pushed>> {
    const { lapi, ownOrigin } = this.options;
    const answer = await lapi.asBouncer(`/v1/decisions?origins=${encodeURIComponent(ownOrigin)}`);
    if (answer !== null && !Array.isArray(answer)) {
      throw new LapiError('answer', 'the decisions of this machine are no list');
    }
    const lists = new Map<string, LapiDecision[]>();
    for (const value of listOf(answer)) {
      const decision = readDecision(value);
      // Another origin: a LAPI that does not know the filter. What is not ours is not touched.
      if (decision === undefined || decision.origin !== ownOrigin || decision.leftMs <= 0) continue;
      const subject = subjectOf(decision);
      // What cannot be read as one of ours has no decision of ours and goes.
      const key = typeof subject === 'string' ? `? ${decision.id}` : keyOf(subject);
      const list = lists.get(key);
      if (list === undefined) lists.set(key, [decision]);
      else list.push(decision);
    }
    const pushed = new Map<string, Pushed>();
    for (const [key, list] of lists) {
      list.sort((a, b) => b.leftMs - a.leftMs);
      pushed.set(key, { ids: list.map(({ id }) => id), untilMs: nowMs + (list[0] as LapiDecision).leftMs });
    }
    return pushed;
  }

  private async push(decisions: readonly Decision[]): Promise<void> {
    if (decisions.length === 0) return;
    const { push, context } = this.options;
    await push.push(decisions.map((decision) => alertOf(decision, context?.(decision))));
    for (const decision of decisions) this.inForce.set(keyOf(decision), decision.untilMs);
    this.counts.pushed += decisions.length;
  }

  private async deleteSubjects(subjects: readonly Subject[]): Promise<void> {
    const { lapi, ownOrigin } = this.options;
    await inParallel(subjects, DELETIONS, async (subject) => {
      const query = new URLSearchParams({
        origin: ownOrigin,
        scopes: subject.scope === 'range' ? 'Range' : 'Ip',
        type: subject.type,
        value: subject.value,
      });
      await lapi.asMachine('DELETE', `/v1/decisions?${query}`);
      this.inForce.delete(keyOf(subject));
      this.counts.deleted++;
    });
  }

  private async deleteIds(ids: readonly number[]): Promise<void> {
    await inParallel(ids, DELETIONS, async (id) => {
      await this.options.lapi.asMachine('DELETE', `/v1/decisions/${id}`);
      this.counts.deleted++;
    });
  }

  /** Runs calls of the LAPI; a failure becomes an {@link EnforcerError}, and for a while nothing is tried. */
  private async guarded<T>(run: () => Promise<T>): Promise<T> {
    const waitMs = this.resumeMs - this.now();
    if (waitMs > 0) {
      throw new EnforcerError(
        `CrowdSec is not asked for another ${Math.ceil(waitMs / 1000)} s: ${this.lastError}`,
      );
    }
    try {
      const result = await run();
      this.failures = 0;
      return result;
    } catch (error) {
      if (!(error instanceof LapiError)) throw error;
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(this.failures, 10), LONGEST_PAUSE_MS);
      this.failures++;
      this.counts.failures++;
      this.lastError = error.message;
      this.resumeMs = this.now() + pause;
      throw new EnforcerError(`CrowdSec: ${error.message}`, { cause: error });
    }
  }
}

function subjectOnly({ type, scope, value }: Subject): Subject {
  return { type, scope, value };
}

/** Calls for each item, at most `width` at a time; the first rejection is the result, after which none is begun. */
async function inParallel<T>(
  items: readonly T[],
  width: number,
  call: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  let failed = false;
  const lane = async (): Promise<void> => {
    for (const item of rest) {
      if (failed) return;
      try {
        await call(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, lane));
  const rejected = ends.find((end) => end.status === 'rejected');
  if (rejected !== undefined) throw rejected.reason;
}

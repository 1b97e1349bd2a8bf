import { setImmediate } from 'node:timers/promises';
import { listOf, objectOf, type Wish } from '../../event/index.ts';
import { type HeldChange, type HeldDecision, HeldDecisions } from './held-decisions.ts';
import type { Lapi } from './lapi.ts';
import { LapiError } from './lapi-error.ts';
import { ownerOf } from './own.ts';
import { type LapiDecision, readDecision, type Subject, subjectOf } from './shapes.ts';

/** How CrowdSec's decisions have changed. `lifted` is to be done before `wishes`. */
export interface StreamChange {
  /**
   * The first answer of this run: `wishes` is all that CrowdSec has decided. What an earlier run took over from
   * CrowdSec and is not in it was lifted meanwhile.
   */
  readonly complete: boolean;
  readonly wishes: readonly Wish[];
  /** Lifted by CrowdSec or by its users before their time; what ends by itself is not told. */
  readonly lifted: readonly Subject[];
}

/** The stream of CrowdSec's decisions. */
export interface DecisionStreamOptions {
  readonly lapi: Lapi;
  /** The origin of what this machine pushes. */
  readonly ownOrigin: string;
  /** Whether decisions that other weirs pushed are taken over; true without. */
  readonly takePeers?: boolean | undefined;
  /** How often everything is asked for and not only what has changed, in milliseconds; 15 min without. */
  readonly resyncMs?: number | undefined;
  /** Addresses and networks with a decision at most; 200,000 without. */
  readonly mostDecisions?: number | undefined;
  readonly changed: (change: StreamChange) => void;
  /** Milliseconds since 1970; the clock without. */
  readonly now?: (() => number) | undefined;
}

const RESYNC_MS = 15 * 60_000;
const MOST_DECISIONS = 200_000;
/**
 * The LAPI remembers when it was last asked and tells what came since. It also moves that time for other questions of
 * the same bouncer, but only a minute after the last one; so changes alone are asked for within less than that.
 */
const DELTA_WITHIN_MS = 50_000;
/** Origins that are counted by name; the others together. */
const MOST_ORIGINS = 16;
/** Decisions that are read at one go. */
const SLICE = 500;

/** Keeps CrowdSec's decisions in memory and tells how they change. */
export class DecisionStream {
  private readonly options: DecisionStreamOptions;
  private readonly now: () => number;
  private readonly held: HeldDecisions;
  private readonly origins = new Map<string, number>();
  private readonly counts = {
    pulls: 0,
    completePulls: 0,
    own: 0,
    peers: 0,
    otherScopes: 0,
    otherTypes: 0,
    malformed: 0,
  };
  private told = false;
  private lastMs = Number.NEGATIVE_INFINITY;
  private completeMs = Number.NEGATIVE_INFINITY;

  constructor(options: DecisionStreamOptions) {
    this.options = options;
    this.now = options.now ?? Date.now;
    this.held = new HeldDecisions(options.mostDecisions ?? MOST_DECISIONS);
  }

  /** Asks once; rejects with a {@link LapiError}, and then the next question is for everything. */
  async pull(signal?: AbortSignal): Promise<void> {
    const { lapi, resyncMs = RESYNC_MS } = this.options;
    const askedMs = this.now();
    const complete = askedMs - this.lastMs > DELTA_WITHIN_MS || askedMs - this.completeMs >= resyncMs;
    // What a lost answer told is not told again: after a failure everything is asked for.
    this.lastMs = Number.NEGATIVE_INFINITY;
    this.counts.pulls++;
    // Without `dedup=false` the end of a decision is told only where no longer one was about the same subject.
    const answer = objectOf(
      await lapi.asBouncer(`/v1/decisions/stream?startup=${complete}&dedup=false`, signal),
    );
    if (answer === undefined || !isList(answer.new) || !isList(answer.deleted)) {
      throw new LapiError('answer', 'the stream of decisions has not the lists new and deleted');
    }
    const nowMs = this.now();
    const change = complete ? await this.takeAll(answer.new, nowMs) : await this.takeChanges(answer, nowMs);
    this.lastMs = askedMs;
    this.tell(change, nowMs);
  }

  /** CrowdSec's decisions as wishes, as of now. */
  wishes(): Wish[] {
    const nowMs = this.now();
    return [...this.held.inForce()].filter(({ untilMs }) => untilMs > nowMs).map((one) => wishOf(one, nowMs));
  }

  /** What is held, what was left out and why, and decisions that came since all was asked for, as `origin_CAPI`. */
  statistics(): Readonly<Record<string, number>> {
    const origins = [...this.origins].map(([name, count]) => [`origin_${name}`, count] as const);
    return {
      held: this.held.size,
      overBound: this.held.overBound,
      ...this.counts,
      ...Object.fromEntries(origins),
    };
  }

  private async takeAll(list: unknown, nowMs: number): Promise<HeldChange> {
    this.counts.completePulls++;
    this.completeMs = nowMs;
    this.origins.clear();
    return this.held.replace(await this.readAll(list, nowMs), nowMs);
  }

  private async takeChanges(
    answer: { readonly new?: unknown; readonly deleted?: unknown },
    nowMs: number,
  ): Promise<HeldChange> {
    const deleted: { subject: Subject; id: number }[] = [];
    for (const value of listOf(answer.deleted)) {
      const decision = readDecision(value);
      const subject = decision === undefined ? 'malformed' : subjectOf(decision);
      if (decision !== undefined && typeof subject === 'object') deleted.push({ subject, id: decision.id });
      else if (subject === 'malformed') this.counts.malformed++;
    }
    this.held.expire(nowMs);
    return this.held.update(await this.readAll(answer.new, nowMs), deleted, nowMs);
  }

  /** Reads in slices: lists have tens of thousands, and what else this process does is not to wait for all of them. */
  private async readAll(list: unknown, nowMs: number): Promise<HeldDecision[]> {
    const taken: HeldDecision[] = [];
    for (const [at, value] of listOf(list).entries()) {
      if (at % SLICE === SLICE - 1) await setImmediate();
      const decision = readDecision(value);
      const one = decision === undefined ? undefined : this.take(decision, nowMs);
      if (decision === undefined) this.counts.malformed++;
      if (one !== undefined) taken.push(one);
    }
    return taken;
  }

  /** A decision as it is held; undefined, and counted why, for what is not for us. */
  private take(decision: LapiDecision, nowMs: number): HeldDecision | undefined {
    const { ownOrigin, takePeers = true } = this.options;
    const owner = ownerOf(decision, ownOrigin);
    if (owner === 'own') {
      this.counts.own++;
      return undefined;
    }
    if (owner === 'peer') {
      this.counts.peers++;
      if (!takePeers) return undefined;
    }
    const subject = subjectOf(decision);
    if (subject === 'scope') this.counts.otherScopes++;
    else if (subject === 'type') this.counts.otherTypes++;
    else if (subject === 'malformed') this.counts.malformed++;
    else if (decision.leftMs > 0) {
      const { id, leftMs, origin, scenario, simulated } = decision;
      this.countOrigin(origin);
      return { id, subject, untilMs: nowMs + leftMs, origin, scenario, simulated };
    }
    return undefined;
  }

  private countOrigin(origin: string): void {
    const name = this.origins.has(origin) || this.origins.size < MOST_ORIGINS ? origin : 'others';
    this.origins.set(name, (this.origins.get(name) ?? 0) + 1);
  }

  private tell({ came, went }: HeldChange, nowMs: number): void {
    const complete = !this.told;
    this.told = true;
    if (!complete && came.length === 0 && went.length === 0) return;
    this.options.changed({
      complete,
      wishes: came.map((one) => wishOf(one, nowMs)),
      lifted: went.map(({ subject }) => subject),
    });
  }
}

function wishOf({ subject, untilMs, origin, scenario, simulated }: HeldDecision, nowMs: number): Wish {
  const { type, scope, value } = subject;
  return {
    type,
    scope,
    value,
    origin: 'crowdsec',
    reason: `CrowdSec (${origin}): ${scenario}`,
    scenario,
    durationMs: Math.max(1, Math.round(untilMs - nowMs)),
    simulated,
    evidence: [],
    askedMs: nowMs,
    author: '',
  };
}

/** Go writes an empty list as null. */
function isList(value: unknown): boolean {
  return value === null || Array.isArray(value);
}

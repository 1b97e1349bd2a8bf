import type { Decision } from '../event/index.ts';
import { DecisionBook, type Offer } from './decision-book.ts';
import { DecisionFile } from './decision-book-file.ts';
import { DecisionHistory, type PastStep } from './decision-book-history.ts';
import {
  isDecision,
  isObject,
  parseStep,
  type Step,
  type StepKind,
  stepLines,
} from './decision-book-step.ts';
import { countsAsEarlier, Escalation, type EscalationOptions } from './escalation.ts';

/** How a {@link DecisionStore} is set up. */
export interface DecisionStoreOptions {
  /** Folder of its own; made for its owner alone where it is missing. */
  readonly folder: string;
  /** Active decisions. Default: 200,000; those of users may be a twentieth more. */
  readonly capacity?: number;
  readonly escalation?: EscalationOptions;
  /** The journal is compacted when it is larger than this, and than the decisions warrant. Default: 16 MiB. */
  readonly compactBytes?: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of what was damaged and what cannot be written, in words for people. */
  readonly tell: (message: string) => void;
  /** Told of a step that was taken back, for it could not be written. */
  readonly takenBack?: (step: OpenStep) => void;
}

/** A change of the book that is being made; it is in force in memory, and on the disk after `commit`. */
export interface OpenStep {
  readonly kind: StepKind;
  readonly author: string;
  readonly atMs: number;
  readonly added: Decision[];
  /** What added decisions took the place of. */
  readonly replaced: Decision[];
  readonly removed: Decision[];
  readonly forced: string[];
  /** Of the kind `undo`: the step that is undone as a whole. */
  readonly undoes?: number | undefined;
}

/** A decision in a journal takes about this much: what the journal may have beside those that are active. */
const BYTES_OF_DECISION = 400;
/** After a compaction that failed, the next one. */
const COMPACT_AGAIN_MS = 60_000;

/** The decision book, the latest steps and the repeaters, kept in a folder: what `commit` resolved for survives. */
export class DecisionStore {
  readonly book: DecisionBook;
  readonly escalation: Escalation;
  readonly history = new DecisionHistory();
  private readonly options: DecisionStoreOptions;
  private readonly forcedIds = new Set<string>();
  private readonly reserve: number;
  /** Steps whose write has not ended, in their order. */
  private readonly unwritten = new Map<number, OpenStep>();
  private file: DecisionFile | undefined;
  private lastStep = 0;
  private snapshotStep = 0;
  /** A step was taken back after a snapshot may have had it. */
  private snapshotIsFalse = false;
  private failures = 0;
  /** Not before this, for it failed. */
  private compactFromMs = Number.NEGATIVE_INFINITY;

  private constructor(options: DecisionStoreOptions) {
    this.options = options;
    this.book = new DecisionBook(options.capacity);
    this.escalation = new Escalation(options.escalation);
    this.reserve = Math.max(1000, Math.floor(this.book.capacity / 20));
  }

  /** Opens the folder and reads what is there. Throws `DecisionFileError`. */
  static async open(options: DecisionStoreOptions): Promise<DecisionStore> {
    const store = new DecisionStore(options);
    store.file = await DecisionFile.open(
      options.folder,
      { line: (text) => store.read(text), tell: options.tell },
      () => store.takeBack(),
    );
    return store;
  }

  begin(kind: StepKind, author = '', undoes?: number): OpenStep {
    return {
      kind,
      author,
      atMs: this.options.now(),
      added: [],
      replaced: [],
      removed: [],
      forced: [],
      undoes,
    };
  }

  /** Offers a decision to the book as part of a step. Those of users find room where others do not. */
  offer(step: OpenStep, decision: Decision, forced = false): Offer {
    const offer = this.book.offer(decision, decision.origin === 'user' ? this.reserve : 0);
    if (offer.kind === 'added') this.added(step, decision, offer.replaced, forced);
    return offer;
  }

  /** Puts a decision in as part of a step, whatever there is. */
  put(step: OpenStep, decision: Decision, forced: boolean): void {
    this.added(step, decision, this.book.put(decision), forced);
  }

  /** Takes a decision out as part of a step. */
  remove(step: OpenStep, id: string): Decision | undefined {
    const decision = this.book.remove(id);
    if (decision === undefined) return undefined;
    step.removed.push(decision);
    this.left(step.kind, decision);
    return decision;
  }

  /** Whether a user forced this decision past the guards. */
  isForced(id: string): boolean {
    return this.forcedIds.has(id);
  }

  /** Writes a step. Resolves when it is on the disk; rejects when it could not be written and was taken back. */
  async commit(step: OpenStep): Promise<void> {
    if (step.added.length === 0 && step.removed.length === 0) return this.written();
    const { kind, atMs, author, added, removed, forced, undoes } = step;
    const number = ++this.lastStep;
    this.remember(number, step);
    this.unwritten.set(number, step);
    const ids = removed.map(({ id }) => id);
    await this.journal().append(
      stepLines({ number, kind, atMs, author, added, removed: ids, forced, undoes }),
    );
    this.unwritten.delete(number);
    void this.compactWhenLarge();
  }

  /** Resolves when all that was committed before is on the disk; rejects when it could not be written. */
  async written(): Promise<void> {
    if (this.unwritten.size > 0) await this.journal().append('');
  }

  /** Figures for the status. */
  statistics(): Readonly<Record<string, number>> {
    return {
      held: this.book.size,
      journal_bytes: this.journal().size,
      journal_failures: this.failures,
      repeaters: this.escalation.size,
      repeaters_forgotten: this.escalation.forgotten,
    };
  }

  /** Makes a new snapshot. */
  async compact(): Promise<void> {
    try {
      await this.journal().compact(() => this.snapshot());
    } catch (error) {
      this.compactFromMs = this.options.now() + COMPACT_AGAIN_MS;
      this.options.tell(error instanceof Error ? error.message : String(error));
    }
  }

  async close(): Promise<void> {
    await this.journal().close();
  }

  private journal(): DecisionFile {
    if (this.file === undefined) throw new Error('the journal is not open');
    return this.file;
  }

  private added(step: OpenStep, decision: Decision, replaced: Decision | undefined, forced: boolean): void {
    step.added.push(decision);
    if (replaced !== undefined) {
      step.replaced.push(replaced);
      this.forcedIds.delete(replaced.id);
    }
    if (forced) {
      step.forced.push(decision.id);
      this.forcedIds.add(decision.id);
    }
    this.came(decision, replaced);
  }

  /** A ban that takes the place of a running one is no new ban of a repeater. */
  private came(decision: Decision, replaced: Decision | undefined): void {
    if (!countsAsEarlier(decision) || (replaced !== undefined && countsAsEarlier(replaced))) return;
    this.escalation.note(decision.value, decision.createdMs);
  }

  private left(kind: StepKind, decision: Decision): void {
    this.forcedIds.delete(decision.id);
    // What somebody lifted was a mistake; what came to its end was none.
    if (kind !== 'expire' && countsAsEarlier(decision)) this.escalation.forgetLast(decision.value);
  }

  private remember(number: number, step: OpenStep): void {
    if (step.undoes !== undefined) this.history.remove(step.undoes);
    if (step.kind !== 'take' && step.kind !== 'lift') return;
    const { kind, atMs, author } = step;
    const added = step.added.map(({ id }) => id);
    this.history.push({ number, kind, atMs, author, added, gone: [...step.replaced, ...step.removed] });
  }

  /** Nothing that waits could be written: all of it is undone, the latest first. */
  private takeBack(): void {
    this.failures++;
    this.snapshotIsFalse = true;
    for (const [number, step] of [...this.unwritten].reverse()) {
      this.history.remove(number);
      for (const decision of step.added.toReversed()) {
        const gone = this.book.remove(decision.id);
        if (gone !== undefined) this.left(step.kind, gone);
      }
      // What has ended stays out.
      if (step.kind !== 'expire') {
        for (const decision of [...step.removed, ...step.replaced]) {
          this.came(decision, this.book.put(decision));
        }
      }
      this.options.takenBack?.(step);
    }
    this.unwritten.clear();
  }

  private async compactWhenLarge(): Promise<void> {
    const { compactBytes = 16 << 20 } = this.options;
    const warranted = Math.max(compactBytes, this.book.size * BYTES_OF_DECISION);
    if (!this.snapshotIsFalse && this.journal().size <= warranted) return;
    if (this.options.now() < this.compactFromMs) return;
    this.snapshotIsFalse = false;
    await this.compact();
  }

  private snapshot(): Iterable<string> {
    const decisions = [...this.book.all()];
    const forced = new Set(this.forcedIds);
    const history = [...this.history.all()];
    const repeaters = this.escalation.entries(this.options.now());
    const step = this.lastStep;
    return (function* () {
      yield `${JSON.stringify({ weir: 'decisions', version: 1, step })}\n`;
      for (const decision of decisions) {
        yield `${JSON.stringify(forced.has(decision.id) ? { decision, forced: true } : { decision })}\n`;
      }
      for (const past of history) yield `${JSON.stringify({ past })}\n`;
      for (const repeater of repeaters) yield `${JSON.stringify({ repeater })}\n`;
    })();
  }

  /** Takes up a line of the snapshot or a journal; false where it makes no sense. */
  private read(text: string): boolean {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return false;
    }
    if (!isObject(value)) return false;
    if (isDecision(value.decision)) {
      this.book.put(value.decision);
      if (value.forced === true) this.forcedIds.add(value.decision.id);
      return true;
    }
    if (value.weir === 'decisions') return this.readHead(value.step);
    if (isPast(value.past)) this.history.push(value.past);
    else if (isRepeater(value.repeater)) this.escalation.set(...value.repeater);
    else {
      const step = parseStep(value);
      if (step === undefined) return false;
      this.replay(step);
    }
    return true;
  }

  private readHead(step: unknown): boolean {
    if (!Number.isSafeInteger(step)) return false;
    this.snapshotStep = step as number;
    this.lastStep = Math.max(this.lastStep, this.snapshotStep);
    return true;
  }

  private replay(written: Step): void {
    // What the snapshot has may be in the journal too.
    if (written.number <= this.snapshotStep) return;
    this.lastStep = Math.max(this.lastStep, written.number);
    const step: OpenStep = { ...written, added: [], replaced: [], removed: [], forced: [] };
    const forced = new Set(written.forced);
    for (const id of written.removed) this.remove(step, id);
    for (const decision of written.added) this.put(step, decision, forced.has(decision.id));
    this.remember(written.number, step);
  }
}

function isPast(value: unknown): value is PastStep {
  if (!isObject(value)) return false;
  const { number, kind, atMs, author, added, gone } = value;
  return (
    Number.isSafeInteger(number) &&
    (kind === 'take' || kind === 'lift') &&
    typeof atMs === 'number' &&
    typeof author === 'string' &&
    Array.isArray(added) &&
    added.every((id) => typeof id === 'string') &&
    Array.isArray(gone) &&
    gone.every(isDecision)
  );
}

function isRepeater(value: unknown): value is [string, number[]] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [name, times] = value as [unknown, unknown];
  return typeof name === 'string' && Array.isArray(times) && times.every((time) => Number.isFinite(time));
}

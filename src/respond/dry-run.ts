import type { Decision } from '../event/index.ts';
import { decisionKey } from './decision-book.ts';
import type { Changes, Enforcer, Reconciled } from './enforcer.ts';

/** How a {@link DryRunEnforcer} is set up. */
export interface DryRunOptions {
  /** Gets each line of what would have been done. */
  readonly tell?: (line: string) => void;
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number;
}

/** Says what would be done and does nothing; it handles all types and scopes. */
export class DryRunEnforcer implements Enforcer {
  readonly name = 'dry-run';
  private readonly tell: (line: string) => void;
  private readonly now: () => number;
  /** What would be in force, by type, scope and value. */
  private readonly held = new Map<string, Decision>();
  private applied = 0;

  constructor(options: DryRunOptions = {}) {
    this.tell = options.tell ?? (() => undefined);
    this.now = options.now ?? Date.now;
  }

  handles(_decision: Decision): boolean {
    return true;
  }

  plan(changes: Changes): readonly string[] {
    return [...changes.remove.map(removalLine), ...changes.add.map(additionLine)];
  }

  async reconcile(decisions: readonly Decision[]): Promise<Reconciled> {
    this.forgetExpired();
    const wanted = new Map(decisions.map((decision) => [decisionKey(decision), decision]));
    let removed = 0;
    for (const [key, decision] of this.held) {
      if (wanted.has(key)) continue;
      this.drop(key, decision);
      removed++;
    }
    let added = 0;
    for (const [key, decision] of wanted) {
      if (decision.untilMs <= this.now()) continue;
      if (!this.held.has(key)) added++;
      this.put(key, decision);
    }
    return { added, removed };
  }

  async apply(changes: Changes): Promise<void> {
    for (const decision of changes.remove) this.drop(decisionKey(decision), decision);
    for (const decision of changes.add) {
      if (decision.untilMs > this.now()) this.put(decisionKey(decision), decision);
    }
  }

  async cut(_decision: Decision): Promise<number> {
    return 0;
  }

  /** Values that would be in force for a type. */
  wouldHold(type: Decision['type']): readonly string[] {
    this.forgetExpired();
    return [...this.held.values()].filter((decision) => decision.type === type).map(({ value }) => value);
  }

  statistics(): Readonly<Record<string, number>> {
    this.forgetExpired();
    return { held: this.held.size, applied: this.applied };
  }

  async close(keep: boolean): Promise<void> {
    for (const [key, decision] of this.held) {
      if (keep) this.held.delete(key);
      else this.drop(key, decision);
    }
  }

  private put(key: string, decision: Decision): void {
    const before = this.held.get(key);
    this.held.set(key, decision);
    if (before?.untilMs === decision.untilMs) return;
    this.applied++;
    this.tell(additionLine(decision));
  }

  private drop(key: string, decision: Decision): void {
    if (!this.held.delete(key)) return;
    this.applied++;
    this.tell(removalLine(decision));
  }

  private forgetExpired(): void {
    const now = this.now();
    for (const [key, decision] of this.held) if (decision.untilMs <= now) this.held.delete(key);
  }
}

function additionLine({ type, scope, value, untilMs, reason }: Decision): string {
  const until = new Date(untilMs).toISOString().slice(0, 19);
  // A reason may hold what a client sent.
  return `${type} ${scope} ${value} until ${until}Z (${reason.replaceAll(/\p{Cc}/gu, ' ')})`;
}

function removalLine({ type, scope, value }: Decision): string {
  return `lift ${type} ${scope} ${value}`;
}

import type { Decision } from '../event/index.ts';
import { decisionKey } from './decision-book.ts';
import type { Changes, Enforcer, Reconciled } from './enforcer.ts';

/** Tells the ways of web traffic: all decisions in place of those before (`replace`), or what changed. */
export type TellProxy = (change: {
  readonly replace: boolean;
  readonly add: readonly Decision[];
  readonly remove: readonly Decision[];
}) => Promise<void>;

/**
 * The ways of web traffic through weir: they turn requests away with a page where the kernel could only be silent, know
 * sessions, and end the open connections of who is banned by themselves.
 */
export class ProxyEnforcer implements Enforcer {
  readonly name = 'proxy';
  private readonly tell: TellProxy;
  private readonly known = new Map<string, Decision>();

  constructor(tell: TellProxy) {
    this.tell = tell;
  }

  handles(_decision: Decision): boolean {
    return true;
  }

  plan({ add, remove }: Changes): readonly string[] {
    return [
      ...add.map(({ type, value }) => `web requests of ${value}: ${type}`),
      ...remove.map(({ type, value }) => `web requests of ${value}: no ${type} any more`),
    ];
  }

  async reconcile(decisions: readonly Decision[]): Promise<Reconciled> {
    const wanted = new Set(decisions.map(decisionKey));
    const added = decisions.filter((one) => !this.known.has(decisionKey(one))).length;
    const removed = [...this.known.keys()].filter((key) => !wanted.has(key)).length;
    this.known.clear();
    for (const one of decisions) this.known.set(decisionKey(one), one);
    // What a proxy that was started anew knows is not to be seen from here: it is told all of it, each time.
    await this.tellAll();
    return { added, removed };
  }

  async apply({ add, remove }: Changes): Promise<void> {
    for (const one of remove) this.known.delete(decisionKey(one));
    for (const one of add) this.known.set(decisionKey(one), one);
    await this.tell({ replace: false, add, remove });
  }

  /** Tells everything again: a proxy has come that knows nothing. */
  async tellAll(): Promise<void> {
    await this.tell({ replace: true, add: [...this.known.values()], remove: [] });
  }

  async cut(_decision: Decision): Promise<number> {
    return 0;
  }

  statistics(): Readonly<Record<string, number>> {
    return { decisions: this.known.size };
  }

  async close(keep: boolean): Promise<void> {
    if (!keep) await this.tell({ replace: true, add: [], remove: [] });
  }
}

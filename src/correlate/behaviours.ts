import type { Overflow } from './evidence.ts';

/** What an address is at by now, as one scenario tells of it: that scenario's evidence weighs. */
interface Behaviour {
  readonly scenario: string;
  readonly evidenceId: string;
  readonly weight: number;
  /** Microseconds since 1970. */
  readonly firstUs: number;
  untilUs: number;
}

/** Behaviours of addresses that are remembered. */
const MOST = 10_000;

/**
 * Makes one behaviour weigh once. A fast scan runs over its own scenario and, some ports later, over that for slow scans;
 * both have the same `labels.behavior` (as `tcp:scan`). What an address does in overlapping times under one such label is
 * one behaviour: the scenario that found it first weighs, again and again where it does, and the others add nothing.
 */
export class Behaviours {
  private readonly known = new Map<string, Behaviour>();
  private same = 0;

  /**
   * Takes an overflow whose evidence would weigh so many points. The identifier of the evidence that weighs for the same
   * behaviour already; undefined where this one weighs.
   */
  take(overflow: Overflow, weight: number): string | undefined {
    const { behavior } = overflow.labels;
    if (typeof behavior !== 'string' || behavior === '') return undefined;
    const { scenario, id, firstUs, timeUs } = overflow;
    const key = `${overflow.value} ${behavior.slice(0, 128)}`;
    const before = this.known.get(key);
    const isSame = before !== undefined && firstUs <= before.untilUs && timeUs >= before.firstUs;
    // What weighs less must not hide what weighs more, as where somebody gave a scenario a weight of its own.
    if (isSame && before.scenario !== scenario && weight <= before.weight) {
      before.untilUs = Math.max(before.untilUs, timeUs);
      this.same++;
      return before.evidenceId;
    }
    this.known.delete(key);
    const isOngoing = isSame && before.scenario === scenario;
    this.known.set(key, {
      scenario,
      evidenceId: id,
      weight,
      firstUs: isOngoing ? Math.min(firstUs, before.firstUs) : firstUs,
      untilUs: isOngoing ? Math.max(timeUs, before.untilUs) : timeUs,
    });
    if (this.known.size > MOST) {
      const [oldest] = this.known.keys();
      if (oldest !== undefined) this.known.delete(oldest);
    }
    return undefined;
  }

  /** Forgets what an address was at. */
  forget(address: string): void {
    for (const key of this.known.keys()) if (key.startsWith(`${address} `)) this.known.delete(key);
  }

  /** Overflows that added nothing. */
  statistics(): { readonly same: number } {
    return { same: this.same };
  }
}

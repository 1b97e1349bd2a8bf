const MOST = 4096;
/** Failures without a delay: a person who mistypes. */
const FREE = 5;
const LONGEST_MS = 60_000;
/** Without a failure for so long an address is forgotten. */
const FORGOTTEN_MS = 15 * 60_000;

interface Failures {
  readonly count: number;
  readonly lastMs: number;
}

/**
 * Failed logins by address: after some, each has a longer delay before the next one is looked at. A secret that is
 * right is always taken: nobody guesses 256 bits, so nobody can keep others out by failing in their place.
 */
export class FailedLogins {
  private readonly clock: () => number;
  private readonly byAddress = new Map<string, Failures>();

  /** `clock`: milliseconds. */
  constructor(clock: () => number) {
    this.clock = clock;
  }

  /** Counts a failure; returns the milliseconds that the address has to wait, 0 where it need not. */
  failed(address: string): number {
    const nowMs = this.clock();
    const before = this.byAddress.get(address);
    const known = before !== undefined && nowMs - before.lastMs < FORGOTTEN_MS ? before : undefined;
    const waits = known === undefined ? 0 : known.lastMs + delayOf(known.count) - nowMs;
    // What comes while it has to wait counts for nothing: else who tries on would never be heard again.
    if (waits > 0) return waits;
    this.byAddress.delete(address);
    for (const oldest of this.byAddress.keys()) {
      if (this.byAddress.size < MOST) break;
      this.byAddress.delete(oldest);
    }
    this.byAddress.set(address, { count: (known?.count ?? 0) + 1, lastMs: nowMs });
    return 0;
  }

  /** Forgets the failures of an address. */
  succeeded(address: string): void {
    this.byAddress.delete(address);
  }
}

function delayOf(count: number): number {
  return count < FREE ? 0 : Math.min(LONGEST_MS, 1000 * 2 ** Math.min(count - FREE, 16));
}

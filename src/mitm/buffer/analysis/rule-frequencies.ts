import { bitCount } from './value-shape.ts';

/** Transactions before a rule is called common, and clients that must have met it, of 32 that are told apart. */
const LEAST_TRANSACTIONS = 200;
const LEAST_CLIENTS = 8;
/** A rule that more than this share of the transactions matches is common. */
const COMMON_SHARE = 0.02;
const HALVED_AT = 20_000;
/** Rules that are counted: more than any set has. */
const MOST_RULES = 5000;

interface Frequency {
  count: number;
  clients: number;
}

/**
 * How often each rule matches. Rules of the higher paranoia levels match what a site's own cookies and forms hold, with
 * every request; one that does so says nothing, and clients enough have to meet it, so that one cannot silence it.
 */
export class RuleFrequencies {
  private readonly rules = new Map<number, Frequency>();
  private transactions = 0;

  /** Counts the rules that a transaction of a client matched. */
  count(ids: ReadonlySet<number>, client: number): void {
    this.transactions++;
    for (const id of ids) {
      let frequency = this.rules.get(id);
      if (frequency === undefined) {
        if (this.rules.size >= MOST_RULES) continue;
        frequency = { count: 0, clients: 0 };
        this.rules.set(id, frequency);
      }
      frequency.count++;
      frequency.clients |= 1 << (client % 32);
    }
    if (this.transactions < HALVED_AT) return;
    this.transactions /= 2;
    for (const frequency of this.rules.values()) frequency.count /= 2;
  }

  /** Whether a rule matches so much that it says nothing. */
  isCommon(id: number): boolean {
    if (this.transactions < LEAST_TRANSACTIONS) return false;
    const frequency = this.rules.get(id);
    if (frequency === undefined || bitCount(frequency.clients) < LEAST_CLIENTS) return false;
    return frequency.count > COMMON_SHARE * this.transactions;
  }
}

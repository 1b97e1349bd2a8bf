import { Recent } from './recent.ts';

/**
 * Keeps a request that both streams tell of from being counted twice. The two need not come in the order in which they
 * were made, and the same path may be asked for more than once on a connection: so of each request the difference is
 * kept of how often each stream told it.
 */
export class SameRequest {
  private readonly balances: Recent<number>;

  constructor(requests: number) {
    this.balances = new Recent(requests);
  }

  get turnedAway(): number {
    return this.balances.turnedAway;
  }

  /** Takes what one stream tells; true where the other has told it before. */
  isSecond(communityId: string, method: string, url: string, active: boolean): boolean {
    if (communityId === '') return false;
    const key = `${communityId} ${method} ${url}`;
    const balance = this.balances.use(key) ?? 0;
    const next = balance + (active ? 1 : -1);
    if (next === 0) this.balances.delete(key);
    else this.balances.set(key, next);
    return active ? balance < 0 : balance > 0;
  }
}

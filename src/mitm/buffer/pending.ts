import type { WebTransaction } from '../transaction.ts';

/** Transactions that wait to be handed over, bounded in number and bytes: what is too much costs the oldest. */
export class PendingTransactions {
  length = 0;
  bytes = 0;
  private readonly most: number;
  private readonly mostBytes: number;
  private readonly items: (WebTransaction | undefined)[];
  private readonly sizes: Float64Array;
  private readonly times: Float64Array;
  private head = 0;

  constructor(most: number, mostBytes: number) {
    this.most = most;
    this.mostBytes = mostBytes;
    this.items = new Array<WebTransaction | undefined>(most).fill(undefined);
    this.sizes = new Float64Array(most);
    this.times = new Float64Array(most);
  }

  /**
   * Adds one; how many were dropped for that: itself, where it alone is too much. Each is dropped once, so O(1) all in
   * all. `most`: how many may wait at present, where that is fewer than there is room for.
   */
  push(transaction: WebTransaction, size: number, nowMs: number, most: number = this.most): number {
    if (size > this.mostBytes) return 1;
    let dropped = 0;
    while (this.length >= most || this.bytes + size > this.mostBytes) {
      this.shift();
      dropped++;
    }
    const at = (this.head + this.length) % this.most;
    this.items[at] = transaction;
    this.sizes[at] = size;
    this.times[at] = nowMs;
    this.length++;
    this.bytes += size;
    return dropped;
  }

  /** Takes the oldest. */
  shift(): WebTransaction | undefined {
    if (this.length === 0) return undefined;
    const { head } = this;
    const transaction = this.items[head];
    this.items[head] = undefined;
    this.bytes -= this.sizes[head] ?? 0;
    this.head = (head + 1) % this.most;
    this.length--;
    return transaction;
  }

  /** When the oldest was added. */
  get oldestMs(): number {
    return this.times[this.head] ?? 0;
  }
}

import type { TransactionSink, WebTransaction } from '../transaction.ts';
import { webRecords } from './records.ts';

/** Where the lines of records go; an output of `src/output` is one. */
export interface RecordLines {
  /** A line of JSON, with its line feed. */
  write(line: string): void;
}

/** Transactions that wait to be written; more come only when the process is held up, and the oldest are dropped. */
const MOST_WAITING = 10_000;
/** Transactions that are written in one turn of the event loop, so that requests need not wait for more. */
const AT_ONCE = 32;

/** Writes the records of transactions, in turns of their own: whoever decides does not wait for them. */
export class RecordWriter implements TransactionSink {
  private readonly output: RecordLines;
  private waiting: WebTransaction[] = [];
  private next = 0;
  private immediate: NodeJS.Immediate | undefined;
  private written = 0;
  private dropped = 0;

  constructor(output: RecordLines) {
    this.output = output;
  }

  take(transaction: WebTransaction): void {
    if (this.waiting.length - this.next >= MOST_WAITING) {
      this.next++;
      this.dropped++;
    }
    this.waiting.push(transaction);
    this.immediate ??= setImmediate(() => this.turn());
  }

  private turn(): void {
    this.immediate = undefined;
    this.write(AT_ONCE);
    if (this.next < this.waiting.length) this.immediate = setImmediate(() => this.turn());
  }

  /** Writes what waits. */
  flush(): void {
    this.write(this.waiting.length);
  }

  private write(most: number): void {
    const end = Math.min(this.waiting.length, this.next + most);
    while (this.next < end) {
      const transaction = this.waiting[this.next++] as WebTransaction;
      for (const record of webRecords(transaction)) {
        this.output.write(`${JSON.stringify(record)}\n`);
        this.written++;
      }
    }
    if (this.next === this.waiting.length) this.waiting = [];
    else if (this.next > MOST_WAITING) this.waiting = this.waiting.slice(this.next);
    else return;
    this.next = 0;
  }

  /** Records written, and transactions dropped. */
  statistics(): { readonly records: number; readonly dropped: number } {
    return { records: this.written, dropped: this.dropped };
  }
}

/** A request or an answer that is being judged. */
export interface Awaited {
  readonly sinceMs: number;
  /** Whether it was answered; then its deadline is nothing to it. */
  readonly isAnswered: boolean;
}

/** All have the same time, so that the first that came is the first to be late: one timer serves all. */
export class Deadlines<T extends Awaited> {
  private readonly timeMs: number;
  private readonly late: (awaited: T) => void;
  private queue: T[] = [];
  private head = 0;
  private timer: NodeJS.Timeout | undefined;

  /** @param timeMs time that each has; `late` is called for those that are not answered by then. */
  constructor(timeMs: number, late: (awaited: T) => void) {
    this.timeMs = timeMs;
    this.late = late;
  }

  add(awaited: T): void {
    this.queue.push(awaited);
    this.timer ??= setTimeout(() => this.look(), this.timeMs);
  }

  close(): void {
    clearTimeout(this.timer);
    this.queue = [];
    this.head = 0;
  }

  private look(): void {
    this.timer = undefined;
    const nowMs = performance.now();
    const { queue } = this;
    while (this.head < queue.length) {
      const first = queue[this.head] as T;
      if (!first.isAnswered) {
        // Timers fire up to a millisecond early.
        if (nowMs - first.sinceMs < this.timeMs - 1) break;
        this.late(first);
      }
      this.head++;
    }
    if (this.head === queue.length) {
      this.queue = [];
      this.head = 0;
      return;
    }
    if (this.head > 1024) {
      this.queue = queue.slice(this.head);
      this.head = 0;
    }
    const first = this.queue[this.head] as T;
    this.timer = setTimeout(() => this.look(), Math.max(1, first.sinceMs + this.timeMs - nowMs));
  }
}

/** What is done again and again. */
export interface PollOptions {
  /** From the end of one round to the beginning of the next, in milliseconds; spread by a fifth to both sides. */
  readonly intervalMs: number;
  /** The longest wait after failures, in milliseconds. */
  readonly longestMs: number;
  /** One round; a rejection doubles the wait. The signal is aborted by `stop`. */
  readonly round: (signal: AbortSignal) => Promise<void>;
  /** Is told of the first failure in a row, and of each other one only when its message differs. */
  readonly failed: (error: Error) => void;
  /** Is told when a round goes well after one that failed. */
  readonly recovered: () => void;
  /** 0 to 1, as `Math.random`, which is what there is without. */
  readonly random?: (() => number) | undefined;
}

const JITTER = 0.2;

/** Rounds that never overlap, with longer waits while they fail. */
export class Poll {
  private readonly options: PollOptions;
  private readonly abort = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private failures = 0;
  private told = '';

  constructor(options: PollOptions) {
    this.options = options;
  }

  /** The first round begins at once. */
  start(): void {
    if (this.running === undefined && this.timer === undefined && !this.abort.signal.aborted) this.begin();
  }

  /** No further round; the one that runs is broken off. */
  async stop(): Promise<void> {
    this.abort.abort();
    clearTimeout(this.timer);
    await this.running;
  }

  /** Failures in a row. */
  get failing(): number {
    return this.failures;
  }

  private begin(): void {
    this.timer = undefined;
    this.running = this.round().finally(() => {
      this.running = undefined;
      if (this.abort.signal.aborted) return;
      this.timer = setTimeout(() => this.begin(), this.wait());
    });
  }

  private async round(): Promise<void> {
    const { round, failed, recovered } = this.options;
    try {
      await round(this.abort.signal);
      if (this.failures > 0) recovered();
      this.failures = 0;
      this.told = '';
    } catch (error) {
      if (this.abort.signal.aborted) return;
      this.failures++;
      const one = error instanceof Error ? error : new Error(String(error));
      if (one.message === this.told) return;
      this.told = one.message;
      failed(one);
    }
  }

  /** Milliseconds until the next round. */
  private wait(): number {
    const { intervalMs, longestMs, random = Math.random } = this.options;
    // Beyond 2^20 the bound has long been reached.
    const plain = Math.min(intervalMs * 2 ** Math.min(this.failures, 20), Math.max(longestMs, intervalMs));
    return Math.max(1, Math.round(plain * (1 + JITTER * (2 * random() - 1))));
  }
}

import type { Channel } from './channel.ts';
import type { Message } from './notification.ts';
import { SendError } from './notify-error.ts';

/** How a channel's messages are sent. */
export interface DeliveryOptions {
  /** Messages that wait at most; beyond that the oldest goes. 100 without. */
  readonly mostWaiting?: number | undefined;
  /** How often one message is tried; 5 without. */
  readonly attempts?: number | undefined;
  /** The wait before the second attempt, doubled before each further one, up to a minute; 1 s without. */
  readonly firstWaitMs?: number | undefined;
  /** How long one attempt may take; 10 s without. */
  readonly timeoutMs?: number | undefined;
  /** Is told once when the channel begins to fail and once when it works again. */
  readonly told: (text: string) => void;
}

const MOST_WAITING = 100;
const ATTEMPTS = 5;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
const TIMEOUT_MS = 10_000;

/** Sends the messages of one channel, one after the other; who gives it a message never waits. */
export class Delivery {
  private readonly channel: Channel;
  private readonly options: DeliveryOptions;
  private readonly waiting: Message[] = [];
  private readonly abort = new AbortController();
  private working: Promise<void> | undefined;
  private closing = false;
  private failing = false;
  private readonly counts = { sent: 0, retries: 0, failed: 0, dropped: 0 };

  constructor(channel: Channel, options: DeliveryOptions) {
    this.channel = channel;
    this.options = options;
  }

  /** Puts a message into the queue; the oldest one goes where it is full. */
  give(message: Message): void {
    if (this.closing) return;
    if (this.waiting.length >= (this.options.mostWaiting ?? MOST_WAITING)) {
      this.waiting.shift();
      this.counts.dropped++;
    }
    this.waiting.push(message);
    this.begin();
  }

  /** Messages that were sent, tried again, given up after all attempts, dropped for lack of room, and that wait. */
  statistics(): Readonly<Record<string, number>> {
    return { ...this.counts, waiting: this.waiting.length, failing: this.failing ? 1 : 0 };
  }

  /** Sends what waits for at most `withinMs`, then breaks off; what is left is counted as dropped. */
  async close(withinMs: number): Promise<void> {
    this.closing = true;
    const timer = setTimeout(() => this.abort.abort(), withinMs);
    while (this.working !== undefined) await this.working;
    clearTimeout(timer);
    this.abort.abort();
    this.counts.dropped += this.waiting.length;
    this.waiting.length = 0;
    await this.channel.close();
  }

  private begin(): void {
    this.working ??= this.work().finally(() => {
      this.working = undefined;
      if (this.waiting.length > 0 && !this.abort.signal.aborted) this.begin();
    });
  }

  private async work(): Promise<void> {
    for (let message = this.waiting.shift(); message !== undefined; message = this.waiting.shift()) {
      await this.deliver(message);
      if (this.abort.signal.aborted) return;
    }
  }

  private async deliver(message: Message): Promise<void> {
    const { attempts = ATTEMPTS, firstWaitMs = FIRST_WAIT_MS } = this.options;
    for (let attempt = 1; ; attempt++) {
      const error = await this.attempt(message);
      if (error === undefined) {
        this.counts.sent++;
        this.tellWorking();
        return;
      }
      if (this.abort.signal.aborted) {
        this.counts.dropped++;
        return;
      }
      this.tellFailing(error);
      if (!error.again || attempt >= attempts) {
        this.counts.failed++;
        return;
      }
      this.counts.retries++;
      await this.pause(Math.min(firstWaitMs * 2 ** (attempt - 1), LONGEST_WAIT_MS));
    }
  }

  /** One attempt; what went wrong, or undefined. */
  private async attempt(message: Message): Promise<SendError | undefined> {
    const { timeoutMs = TIMEOUT_MS } = this.options;
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      await this.channel.send(message, AbortSignal.any([deadline, this.abort.signal]));
      return undefined;
    } catch (error) {
      if (deadline.aborted) return new SendError(`not done within ${timeoutMs / 1000} s`, true);
      if (error instanceof SendError) return error;
      return new SendError(error instanceof Error ? error.message : String(error), true, { cause: error });
    }
  }

  /** Waits, and no longer once it is broken off. */
  private pause(ms: number): Promise<void> {
    const { signal } = this.abort;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      if (signal.aborted) done();
      else signal.addEventListener('abort', done);
    });
  }

  private tellFailing(error: Error): void {
    if (this.failing) return;
    this.failing = true;
    this.options.told(`notifications by ${this.channel.name} fail: ${error.message}`);
  }

  private tellWorking(): void {
    if (!this.failing) return;
    this.failing = false;
    this.options.told(`notifications by ${this.channel.name} work again`);
  }
}

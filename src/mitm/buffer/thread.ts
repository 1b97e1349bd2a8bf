import { Worker } from 'node:worker_threads';
import { BufferError, reasonOf } from './buffer-error.ts';
import type { Handed } from './handover.ts';
import type { Answers, FromThread, Question, ThreadStart, ToThread } from './messages.ts';
import { processorTime } from './priority.ts';

/** How the thread is kept alive. */
export interface ThreadOptions {
  readonly start: ThreadStart;
  readonly heapMegabytes: number;
  /** Milliseconds without a sign of life, though it had a processor, after which the thread is ended and started again. */
  readonly hangMs: number;
  /** The first wait before a new start, and the longest; it doubles in between. */
  readonly restartMs: number;
  readonly longestRestartMs: number;
}

/** What the thread's owner is told. */
export interface ThreadOwner {
  /** Transactions were taken from it: `stored` of `count`. */
  done(count: number, stored: number): void;
  /** The thread is gone; nobody knows what became of what it had in hand. */
  died(reason: string): void;
  /** It is there (again). */
  ready(): void;
}

interface Waiting {
  readonly resolve: (answer: Answers[keyof Answers]) => void;
  readonly reject: (error: BufferError) => void;
  readonly timer: NodeJS.Timeout;
}

const MOST_QUESTIONS = 64;
/** A thread that was alive for so long was started well: the next wait is the first one again. */
const WELL_MS = 60_000;
const CLOSE_MS = 10_000;
/** Room for young objects: little, for this thread has time to collect them. */
const YOUNG_MB = 12;

/** The thread of buffer B as the live side sees it. A thread that dies or hangs is started again, with growing waits. */
export class BufferThread {
  restarts = 0;
  hung = 0;
  /** Why the thread died last; empty where it never did. */
  lastDeath = '';
  /** Why it does not give way to others; empty where it does. */
  priorityProblem = '';
  private readonly options: ThreadOptions;
  private readonly owner: ThreadOwner;
  private readonly waiting = new Map<number, Waiting>();
  private readonly watch: NodeJS.Timeout;
  private worker: Worker | undefined;
  private isReady = false;
  private closed = false;
  private serial = 0;
  private attempts = 0;
  private readySinceMs = 0;
  private heardMs = 0;
  /** Linux's number of the thread. */
  private number = 0;
  private lookedMs = 0;
  /** What it had had of a processor when it was looked at. */
  private usedMs = 0;
  /** How long nothing was heard of it, without the time in which it waited for a processor. */
  private silentMs = 0;
  private restart: NodeJS.Timeout | undefined;

  /** Starts the thread. Rejects with {@link BufferError} where it cannot work: bad key, folder, rules. */
  static async start(options: ThreadOptions, owner: ThreadOwner): Promise<BufferThread> {
    const thread = new BufferThread(options, owner);
    try {
      await thread.begin();
    } catch (error) {
      await thread.close();
      throw error;
    }
    return thread;
  }

  private constructor(options: ThreadOptions, owner: ThreadOwner) {
    this.options = options;
    this.owner = owner;
    this.watch = setInterval(() => this.look(), Math.max(10, options.hangMs / 4));
    this.watch.unref();
  }

  get isAlive(): boolean {
    return this.isReady;
  }

  /** Hands transactions over. */
  give(items: readonly Handed[]): void {
    const message: ToThread = { type: 'batch', items };
    this.worker?.postMessage(message);
  }

  /** Asks the thread. Rejects with {@link BufferError}: it says no, does not answer in time, or is not there. */
  ask<Kind extends Question['kind']>(
    question: Extract<Question, { readonly kind: Kind }>,
    timeoutMs: number,
  ): Promise<Answers[Kind]> {
    const { promise, resolve, reject } = Promise.withResolvers<Answers[keyof Answers]>();
    if (!this.isReady)
      reject(new BufferError('the buffer is not there at present: its thread is being started again'));
    else if (this.waiting.size >= MOST_QUESTIONS)
      reject(new BufferError(`${MOST_QUESTIONS} questions wait already`));
    else {
      const id = ++this.serial;
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new BufferError(`the buffer did not answer within ${timeoutMs} ms`));
      }, timeoutMs);
      this.waiting.set(id, { resolve, reject, timer });
      const message: ToThread = { type: 'question', id, question };
      try {
        this.worker?.postMessage(message);
      } catch (error) {
        // A function among the options cannot be sent.
        this.settle(id)?.reject(new BufferError(`the question cannot be sent: ${reasonOf(error)}`));
      }
    }
    // Each kind of question is answered with its own kind of answer: `Answers`, in the thread too.
    return promise as Promise<Answers[Kind]>;
  }

  /** Lets the thread finish what it has, within some seconds, and ends it. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.watch);
    clearTimeout(this.restart);
    const { worker } = this;
    if (worker === undefined) return;
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const message: ToThread = { type: 'close' };
    worker.postMessage(message);
    const timer = setTimeout(() => void worker.terminate(), CLOSE_MS);
    await gone;
    clearTimeout(timer);
  }

  /** Ends the thread as a crash would; it is started again. */
  async kill(): Promise<void> {
    await this.worker?.terminate();
  }

  private begin(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let lastError = '';
    this.heardMs = performance.now();
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: this.options.start,
      resourceLimits: {
        maxOldGenerationSizeMb: this.options.heapMegabytes,
        maxYoungGenerationSizeMb: YOUNG_MB,
      },
    });
    this.worker = worker;
    worker.on('error', (error: unknown) => {
      lastError = reasonOf(error);
    });
    worker.on('exit', (code: number) => {
      const reason = lastError === '' ? `its thread ended with ${code}` : lastError;
      reject(new BufferError(`the buffer cannot be started: ${reason}`));
      this.gone(worker, reason);
    });
    worker.on('message', (message: FromThread) => {
      this.heardMs = performance.now();
      switch (message.type) {
        case 'ready':
          this.isReady = true;
          this.readySinceMs = this.heardMs;
          this.priorityProblem = message.priorityProblem;
          this.number = message.thread;
          this.lookedMs = this.heardMs;
          this.silentMs = 0;
          this.usedMs = processorTime(this.number)?.usedMs ?? 0;
          resolve();
          this.owner.ready();
          return;
        case 'refused':
          lastError = message.reason;
          return;
        case 'done':
          // What a thread says that was given up has been counted as lost.
          if (this.isReady && this.worker === worker) this.owner.done(message.count, message.stored);
          return;
        case 'alive':
        case 'closed':
          return;
        case 'answer':
          this.settle(message.id)?.resolve(message.answer);
          return;
        case 'failed':
          this.settle(message.id)?.reject(new BufferError(message.reason));
          return;
        default:
          message satisfies never;
      }
    });
    return promise;
  }

  private settle(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    if (waiting === undefined) return undefined;
    this.waiting.delete(id);
    clearTimeout(waiting.timer);
    return waiting;
  }

  /** Nothing more is given to the thread, and nothing expected of what it has. */
  private giveUp(reason: string): void {
    if (!this.isReady) return;
    this.isReady = false;
    this.lastDeath = reason;
    this.owner.died(reason);
  }

  private gone(worker: Worker, reason: string): void {
    if (this.worker !== worker) return;
    const wasReady = this.isReady;
    this.worker = undefined;
    this.giveUp(reason);
    for (const id of this.waiting.keys()) {
      this.settle(id)?.reject(new BufferError(`the buffer's thread ended before it answered: ${reason}`));
    }
    // The first start is for whoever asked for it.
    if (this.closed || this.readySinceMs === 0) return;
    if (wasReady && performance.now() - this.readySinceMs >= WELL_MS) this.attempts = 0;
    const { restartMs, longestRestartMs } = this.options;
    const waitMs = Math.min(longestRestartMs, restartMs * 2 ** Math.min(this.attempts++, 30));
    this.restart = setTimeout(() => {
      this.restarts++;
      // Whatever is wrong, `gone` has seen it and tries again.
      this.begin().catch(() => {});
    }, waitMs);
    this.restart.unref();
  }

  /**
   * Ends a thread of which nothing is heard. It gives way to all others, and does not hang where they leave it nothing: while
   * it wants a processor, only the time counts in which it has one.
   */
  private look(): void {
    if (!this.isReady) return;
    const nowMs = performance.now();
    const time = processorTime(this.number);
    const wasHeard = this.heardMs > this.lookedMs;
    const passedMs = time?.wants ? Math.max(0, time.usedMs - this.usedMs) : nowMs - this.lookedMs;
    this.silentMs = wasHeard ? 0 : this.silentMs + passedMs;
    this.usedMs = time?.usedMs ?? this.usedMs;
    this.lookedMs = nowMs;
    if (this.silentMs < this.options.hangMs) return;
    const { worker } = this;
    // It may have said something while this thread was held up: what has come is read first.
    setImmediate(() => {
      if (worker !== this.worker || this.heardMs > nowMs) return;
      this.hung++;
      this.giveUp(`nothing was heard of it for ${this.options.hangMs} ms`);
      void worker?.terminate();
    });
  }
}

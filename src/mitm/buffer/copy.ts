import type { TransactionSink, WebTransaction } from '../transaction.ts';
import type { Selection } from './catalogue.ts';
import { type CopyLimits, type Handed, handOver, sizeOf } from './handover.ts';
import type { Answers } from './messages.ts';
import { PendingTransactions } from './pending.ts';
import type { ReaderOptions, ReaderStatistics } from './reader.ts';
import type { CandidateRules, ResendBounds } from './replay/index.ts';
import { KEY_VARIABLE } from './ring/index.ts';
import { BufferThread } from './thread.ts';

/** How buffer B is set up. */
export interface BufferOptions extends Partial<Omit<ReaderOptions, 'folder' | 'bounds' | 'key'>> {
  /** Folder of the ring: its own, made with mode 0700. */
  readonly folder: string;
  /** The key in text; the environment's `WEIR_BUFFER_KEY` without, else that of the file. */
  readonly key?: string | undefined;
  /** Transactions that are kept; 1000 without. */
  readonly entries?: number | undefined;
  /** Bytes on disk; 64 MiB without. */
  readonly bytes?: number | undefined;
  /** How long they are kept; a day without. */
  readonly ageMs?: number | undefined;
  /** Bytes in memory while the disk takes nothing; 16 MiB without. */
  readonly memoryBytes?: number | undefined;
  /** Bytes of bodies that are copied; 64 KiB of each without. */
  readonly requestBodyBytes?: number | undefined;
  readonly responseBodyBytes?: number | undefined;
  /** Transactions that wait to be handed over, and their bytes; 1024 and 32 MiB without. */
  readonly pending?: number | undefined;
  readonly pendingBytes?: number | undefined;
  /** Transactions that the thread has in hand; 64 without. */
  readonly inFlight?: number | undefined;
  /** Heap of the thread; 512 without. */
  readonly heapMegabytes?: number | undefined;
  /** Milliseconds without a sign of life after which the thread is started again; 60000 without. */
  readonly hangMs?: number | undefined;
  /** The first wait before a new start, and the longest; 200 and 30000 without. */
  readonly restartMs?: number | undefined;
  readonly longestRestartMs?: number | undefined;
  /** Time for an answer; 10000 without. */
  readonly questionMs?: number | undefined;
  /** False: the thread runs at the process's own priority. */
  readonly isLowPriority?: boolean | undefined;
}

/** Numbers of the live side; at each moment `taken` is the sum of `stored`, `dropped`, `pending` and `inFlight`. */
export interface CopyStatistics {
  readonly taken: number;
  readonly stored: number;
  /** All that was not stored: `overflowed`, `lost` and `refused` together. */
  readonly dropped: number;
  /** Dropped because the thread could not keep up, the oldest first. */
  readonly overflowed: number;
  /** In hand when the thread died; it may have stored them. */
  readonly lost: number;
  /** Too large for the ring, or not to be copied at all; also what came after the end. */
  readonly refused: number;
  readonly pending: number;
  readonly pendingBytes: number;
  readonly inFlight: number;
  /** How long the oldest one waits that is not done, in milliseconds; 0 without one. */
  readonly lagMs: number;
  readonly isAlive: boolean;
  readonly restarts: number;
  readonly hung: number;
  readonly lastDeath: string;
  /** Why the thread does not give way to others; empty where it does. */
  readonly priorityProblem: string;
}

/**
 * Transactions that are handed over in one turn of the event loop, and about how many bytes: for so long requests wait,
 * so that a few are better than many, though to wake the thread for one costs three times as much as to copy it.
 */
const BATCH = 4;
const BATCH_BYTES = 256 << 10;
/** Time in which fewer than a batch are gathered. */
const GATHER_MS = 10;
/**
 * The whole room is for bursts. For a thread that has been behind for so long, and for which the room did not suffice, a
 * batch is enough; what is dropped only after it has outlived collections of young garbage is paid for by the live path,
 * in pauses.
 */
const BURST_MS = 1000;
/** Loading rules takes time too. */
const REPLAY_EXTRA_MS = 60_000;

/**
 * Buffer B as the live path sees it: takes transactions in constant time, and never waits. They are handed over to a
 * thread in small batches, at most some milliseconds later; while the thread has as many in hand as it may, they wait here, and
 * beyond the bound the oldest are dropped and counted.
 */
export class BufferCopy implements TransactionSink {
  private readonly pending: PendingTransactions;
  private readonly limits: CopyLimits;
  private readonly most: number;
  private readonly mostBehind: number;
  private readonly mostInFlight: number;
  private readonly questionMs: number;
  private readonly batchTimes: { count: number; readonly sinceMs: number }[] = [];
  private thread: BufferThread | undefined;
  private scheduled = false;
  private closed = false;
  /** When the thread last had nothing to do. */
  private caughtUpMs = Number.NEGATIVE_INFINITY;
  /** Since it was caught up with the last time. */
  private hasOverflowed = false;
  /** The thread cannot keep up, and not only for a burst. */
  private isBehind = false;
  private taken = 0;
  private stored = 0;
  private overflowed = 0;
  private lost = 0;
  private refused = 0;
  private inFlight = 0;

  /** Starts the thread. Rejects with a BufferError where it cannot work: key, folder, rules of the analyser. */
  static async start(options: BufferOptions): Promise<BufferCopy> {
    const copy = new BufferCopy(options);
    copy.thread = await BufferThread.start(
      {
        start: { reader: readerOptions(options), isLowPriority: options.isLowPriority !== false },
        heapMegabytes: options.heapMegabytes ?? 512,
        hangMs: options.hangMs ?? 60_000,
        restartMs: options.restartMs ?? 200,
        longestRestartMs: options.longestRestartMs ?? 30_000,
      },
      {
        done: (count, stored) => copy.done(count, stored),
        died: () => copy.died(),
        ready: () => copy.schedule(),
      },
    );
    return copy;
  }

  private constructor(options: BufferOptions) {
    this.most = Math.max(1, Math.floor(options.pending ?? 1024));
    this.mostBehind = Math.min(this.most, BATCH);
    this.pending = new PendingTransactions(this.most, options.pendingBytes ?? 32 << 20);
    this.mostInFlight = Math.max(1, options.inFlight ?? 64);
    this.questionMs = options.questionMs ?? 10_000;
    this.limits = {
      requestBodyBytes: options.requestBodyBytes ?? 64 << 10,
      responseBodyBytes: options.responseBodyBytes ?? 64 << 10,
    };
  }

  take(transaction: WebTransaction): void {
    this.taken++;
    if (this.closed) {
      this.refused++;
      return;
    }
    const nowMs = performance.now();
    if (this.pending.length === 0 && this.inFlight === 0) {
      this.caughtUpMs = nowMs;
      this.hasOverflowed = false;
    }
    this.isBehind =
      this.hasOverflowed && nowMs - this.caughtUpMs >= BURST_MS && this.thread?.isAlive === true;
    const most = this.isBehind ? this.mostBehind : this.most;
    const dropped = this.pending.push(transaction, sizeOf(transaction), nowMs, most);
    if (dropped > 0) {
      this.overflowed += dropped;
      this.hasOverflowed = true;
    }
    if (!this.scheduled && this.inFlight < this.mostInFlight) this.schedule();
  }

  /** Entries, the newest first, redacted. Rejects with a BufferError; so do all questions. */
  list(selection: Selection = {}): Promise<Answers['list']> {
    return this.ask().ask({ kind: 'list', selection }, this.questionMs);
  }

  /** One entry; `isRaw` shows its secrets. */
  entry(reference: string, isRaw = false): Promise<Answers['entry']> {
    return this.ask().ask({ kind: 'entry', reference, isRaw }, this.questionMs);
  }

  /** What an address, or a network, did in the last seconds. */
  context(address: string, windowSeconds: number): Promise<Answers['context']> {
    return this.ask().ask({ kind: 'context', address, windowSeconds }, this.questionMs);
  }

  async statistics(): Promise<{ readonly copy: CopyStatistics; readonly reader: ReaderStatistics }> {
    const reader = await this.ask().ask({ kind: 'statistics' }, this.questionMs);
    return { copy: this.copyStatistics, reader };
  }

  /** Judges stored requests with other rules, within a time: what would change. */
  rejudge(selection: Selection, rules: CandidateRules, budgetMs = 60_000): Promise<Answers['rejudge']> {
    return this.ask().ask({ kind: 'rejudge', selection, rules, budgetMs }, budgetMs + REPLAY_EXTRA_MS);
  }

  /** Sends stored requests to a sandbox that the user names, never to where they really went. */
  resend(selection: Selection, origin: string, bounds: ResendBounds = {}): Promise<Answers['resend']> {
    const budgetMs = Math.min(bounds.budgetMs ?? 30_000, 600_000);
    return this.ask().ask({ kind: 'resend', selection, origin, bounds }, budgetMs + REPLAY_EXTRA_MS);
  }

  /** Removes everything, the log of findings too, and makes it unreadable at once by a new key where that is in a file. */
  wipe(): Promise<Answers['wipe']> {
    return this.ask().ask({ kind: 'wipe' }, this.questionMs);
  }

  /** Removes what an address, or a network, sent. */
  forget(address: string): Promise<Answers['forget']> {
    return this.ask().ask({ kind: 'forget', address }, this.questionMs);
  }

  get copyStatistics(): CopyStatistics {
    const { taken, stored, overflowed, lost, refused, inFlight, thread } = this;
    return {
      taken,
      stored,
      dropped: overflowed + lost + refused,
      overflowed,
      lost,
      refused,
      pending: this.pending.length,
      pendingBytes: this.pending.bytes,
      inFlight,
      lagMs: this.lagMs,
      isAlive: thread?.isAlive ?? false,
      restarts: thread?.restarts ?? 0,
      hung: thread?.hung ?? 0,
      lastDeath: thread?.lastDeath ?? '',
      priorityProblem: thread?.priorityProblem ?? '',
    };
  }

  /** Ends the thread as a crash would; it is started again. */
  async kill(): Promise<void> {
    await this.thread?.kill();
  }

  /** Hands over what waits, as far as the thread has room, lets it finish, and ends it. */
  async close(): Promise<void> {
    this.closed = true;
    while (this.send());
    await this.thread?.close();
    this.overflowed += this.pending.length;
    while (this.pending.shift() !== undefined);
  }

  private ask(): BufferThread {
    if (this.thread === undefined || this.closed) throw new Error('the buffer is closed');
    return this.thread;
  }

  private get lagMs(): number {
    const sinceMs =
      this.batchTimes[0]?.sinceMs ?? (this.pending.length > 0 ? this.pending.oldestMs : undefined);
    return sinceMs === undefined ? 0 : performance.now() - sinceMs;
  }

  private schedule(): void {
    if (this.scheduled || this.closed || this.pending.length === 0) return;
    this.scheduled = true;
    // While it is behind nothing is gathered: there is room for no more than a batch.
    if (this.isBehind || this.pending.length >= BATCH) setImmediate(this.turn);
    else setTimeout(this.turn, GATHER_MS);
  }

  private readonly turn = (): void => {
    this.scheduled = false;
    if (this.closed) return;
    this.send();
    if (this.inFlight < this.mostInFlight && this.thread?.isAlive === true) this.schedule();
  };

  /** Hands a batch over; false where nothing waits, or the thread has no room. */
  private send(): boolean {
    const { thread } = this;
    if (thread === undefined || !thread.isAlive) return false;
    const room = Math.min(BATCH, this.mostInFlight - this.inFlight);
    const items: Handed[] = [];
    const sinceMs = this.pending.oldestMs;
    for (let bytes = 0; items.length < room && bytes < BATCH_BYTES; ) {
      const transaction = this.pending.shift();
      if (transaction === undefined) break;
      try {
        const item = handOver(transaction, this.limits);
        bytes += item.head.length + item.requestBody.length + item.responseBody.length;
        items.push(item);
      } catch {
        // Whatever is wrong with it, the live path must not hear of it; it is counted.
        this.refused++;
      }
    }
    if (items.length === 0) return false;
    this.inFlight += items.length;
    this.batchTimes.push({ count: items.length, sinceMs });
    thread.give(items);
    return true;
  }

  private done(count: number, stored: number): void {
    this.batchTimes.shift();
    this.inFlight -= count;
    this.stored += stored;
    this.refused += count - stored;
    this.schedule();
  }

  private died(): void {
    this.lost += this.inFlight;
    this.inFlight = 0;
    this.batchTimes.length = 0;
  }
}

function readerOptions(options: BufferOptions): ReaderOptions {
  const { analyser, alertReplay, statusFiles, forensicLog } = options;
  return {
    folder: options.folder,
    keyFolder: options.keyFolder,
    key: options.key ?? process.env[KEY_VARIABLE],
    bounds: {
      entries: options.entries ?? 1000,
      bytes: options.bytes ?? 64 << 20,
      ageMs: options.ageMs ?? 86_400_000,
      memoryBytes: options.memoryBytes ?? 16 << 20,
    },
    previewBytes: options.previewBytes ?? 500,
    analyser,
    analysisTimeoutMs: options.analysisTimeoutMs ?? 10_000,
    alertReplay,
    statusFiles,
    forensicLog,
    upstreams: options.upstreams ?? [],
  };
}

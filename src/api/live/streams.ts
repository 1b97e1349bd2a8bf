import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Problem } from '../problem.ts';
import { Channel } from './channel.ts';
import type { LiveFeed, LiveRecord } from './feed.ts';
import type { RecordFilter } from './filter.ts';
import { FIRST_FRAME, HEARTBEAT, type Position, recordFrame, statusFrame } from './frame.ts';
import { type EventOutput, MOST_QUEUED, Stream } from './stream.ts';

/** Readers in all, and those of an address. */
const MOST_READERS = 512;
const MOST_PER_ADDRESS = 64;
/** Filters that differ: each looks at every record. */
const MOST_FILTERS = 64;
/** Records of before that are looked at in one turn. */
const SLICE = 256;
const SECOND_MS = 1000;
/** Seconds between two comments. */
const HEARTBEAT_SECONDS = 15;
/** Who reads comes back after so long with its place: what was taken from it meanwhile, it may no longer read. */
const LONGEST_MS = 15 * 60_000;
/** A reader that was ended gets so long for what is on its way; so long when the API ends. */
const LAST_MS = 10_000;
const END_MS = 300;

/** What a reader wants. */
export interface StreamWish {
  /** Tells filters apart: those of the same key are the same. */
  readonly key: string;
  readonly filter: RecordFilter;
  /** Most records in a second; those beyond are counted only. */
  readonly rate: number;
  /** Newest records of before that it gets first; not where it comes back. */
  readonly last: number;
  /** Where it was; undefined: it is new. */
  readonly after: Position | undefined;
  /** Whether it wants the figures of each second. */
  readonly status: boolean;
  /** Whose it is, to count readers by. */
  readonly address: string;
}

/** What {@link Streams} writes to, and what tells that it has room or is gone. */
export type ReaderOutput = EventOutput & NodeJS.EventEmitter;

interface Reader {
  readonly stream: Stream;
  readonly output: ReaderOutput;
  readonly address: string;
  readonly status: boolean;
  readonly untilMs: number;
}

/** All who read records live. A record is written out once, and one who does not read keeps nobody else waiting. */
export class Streams {
  private readonly feed: LiveFeed;
  private readonly status: () => Promise<string>;
  private readonly report: (line: string) => void;
  private readonly readers = new Set<Reader>();
  private readonly byAddress = new Map<string, number>();
  private readonly channels = new Map<string, Channel>();
  private readonly unsubscribe: () => void;
  private readonly clock: NodeJS.Timeout;
  private seconds = 0;
  private asking = false;
  private closed = false;
  private readonly counters = { opened: 0, refused: 0, delivered: 0, missed: 0 };

  /** `status`: the figures as JSON on one line, asked for each second while somebody wants them. */
  constructor(feed: LiveFeed, status: () => Promise<string>, report: (line: string) => void) {
    this.feed = feed;
    this.status = status;
    this.report = report;
    this.unsubscribe = feed.subscribe((records) => this.take(records));
    this.clock = setInterval(() => this.second(), SECOND_MS);
    this.clock.unref();
  }

  /** How many read, and what they got and missed. */
  statistics() {
    let { delivered, missed } = this.counters;
    let queuedBytes = 0;
    for (const { stream } of this.readers) {
      delivered += stream.delivered;
      missed += stream.dropped;
      queuedBytes += stream.queuedBytes;
    }
    const { opened, refused } = this.counters;
    return { readers: this.readers.size, opened, refused, delivered, missed, queuedBytes };
  }

  /** Throws a {@link Problem} where there are readers enough; `key` is that of the wish. */
  admit(address: string, key: string): void {
    if (this.closed) throw new Problem(503, 'Ending', 'weir ends: ask again later', { 'retry-after': '5' });
    const reason = this.fullness(address, key);
    if (reason === undefined) return;
    this.counters.refused++;
    throw new Problem(429, 'Too many readers', reason, { 'retry-after': '15' });
  }

  /** Adds a reader, whom {@link admit} let in; it stays until its output closes. */
  add(output: ReaderOutput, wish: StreamWish): void {
    const stream = new Stream(output);
    const { address, status } = wish;
    const reader = { stream, output, address, status, untilMs: performance.now() + LONGEST_MS };
    const channel = this.channelOf(wish);
    channel.uses++;
    this.readers.add(reader);
    this.byAddress.set(address, (this.byAddress.get(address) ?? 0) + 1);
    this.counters.opened++;
    output.once('close', () => this.remove(reader, wish.key, channel));
    // Its end is told by 'close'.
    output.on('error', () => undefined);
    stream.push(FIRST_FRAME, 0);
    this.begin(reader, channel, this.startOf(stream, channel, wish)).catch((error) => {
      this.report(`a live stream failed: ${error instanceof Error ? error.message : String(error)}`);
      output.destroy();
    });
  }

  /** Ends all; resolves when they have what was on its way, or did not take it. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.clock);
    this.unsubscribe();
    const closed = [...this.readers].map(async ({ stream, output }) => {
      const gone = once(output, 'close');
      stream.end();
      await gone;
    });
    await Promise.race([Promise.all(closed), wait(END_MS)]);
    for (const { output } of this.readers) output.destroy();
  }

  private fullness(address: string, key: string): string | undefined {
    if (this.readers.size >= MOST_READERS) return `${MOST_READERS} read already: close another stream`;
    if ((this.byAddress.get(address) ?? 0) >= MOST_PER_ADDRESS) {
      return `${MOST_PER_ADDRESS} streams go to this address already: close one of them`;
    }
    if (this.channels.size >= MOST_FILTERS && !this.channels.has(key)) {
      return `${MOST_FILTERS} different filters are in use: take one of them, or close another stream`;
    }
    return undefined;
  }

  private channelOf({ key, filter, rate }: StreamWish): Channel {
    const known = this.channels.get(key);
    if (known !== undefined) return known;
    const channel = new Channel(filter, rate);
    this.channels.set(key, channel);
    return channel;
  }

  /** Number after which the records come that it gets. */
  private startOf(stream: Stream, channel: Channel, { after, last }: StreamWish): number {
    const { epoch, newest } = this.feed;
    if (after === undefined) {
      if (last === 0) return newest;
      return channel.startOf(this.feed.after(0).records, last) ?? newest;
    }
    // A number that was never given is of nobody's stream.
    if (after.epoch === epoch) return Math.min(after.id, newest);
    stream.miss(0, 'restarted');
    return 0;
  }

  /** Gives a reader what is kept, as fast as it takes it; then it is among the others. */
  private async begin({ stream, output }: Reader, channel: Channel, start: number): Promise<void> {
    const frame = (record: LiveRecord): Buffer => recordFrame(this.feed.epoch, record);
    for (let at = start; !this.closed && !output.destroyed; ) {
      const { records, missed } = this.feed.after(at);
      if (missed > 0) stream.miss(missed, 'gone');
      const slice = records.slice(0, SLICE);
      channel.give(stream, slice, frame);
      at = slice.at(-1)?.id ?? at + missed;
      if (at >= this.feed.newest) {
        channel.streams.add(stream);
        stream.tellMissed();
        return;
      }
      if (stream.queuedBytes >= MOST_QUEUED / 2) {
        await roomIn(output);
      } else await wait(0);
    }
  }

  private take(records: readonly LiveRecord[]): void {
    if (this.channels.size === 0) return;
    const frames = new Map<LiveRecord, Buffer>();
    const frame = (record: LiveRecord): Buffer => {
      let one = frames.get(record);
      if (one === undefined) {
        one = recordFrame(this.feed.epoch, record);
        frames.set(record, one);
      }
      return one;
    };
    for (const channel of this.channels.values()) {
      if (channel.streams.size > 0) channel.take(records, frame, this.seconds);
    }
  }

  private second(): void {
    this.seconds++;
    const now = performance.now();
    const beat = this.seconds % HEARTBEAT_SECONDS === 0;
    for (const { stream, output, untilMs } of this.readers) {
      stream.tellMissed();
      if (beat) stream.push(HEARTBEAT, 0);
      if (now > untilMs) stream.end();
      // One that takes nothing any more does not take its end either.
      if (now > untilMs + LAST_MS) output.destroy();
    }
    if (this.asking || ![...this.readers].some(({ status }) => status)) return;
    this.asking = true;
    this.tellStatus()
      .catch((error) => {
        this.report(`no figures for live streams: ${error instanceof Error ? error.message : String(error)}`);
      })
      .finally(() => {
        this.asking = false;
      });
  }

  private async tellStatus(): Promise<void> {
    const json = await this.status();
    const { epoch, newest } = this.feed;
    const events = statusFrame(epoch, newest, json);
    const current = new Set([...this.channels.values()].flatMap(({ streams }) => [...streams]));
    for (const { stream, status } of this.readers) {
      // One who still gets what was before is not that far.
      if (status && current.has(stream)) stream.push(events, 0);
    }
  }

  private remove(reader: Reader, key: string, channel: Channel): void {
    const { stream, address } = reader;
    this.readers.delete(reader);
    this.counters.delivered += stream.delivered;
    this.counters.missed += stream.dropped;
    const left = (this.byAddress.get(address) ?? 1) - 1;
    if (left > 0) this.byAddress.set(address, left);
    else this.byAddress.delete(address);
    channel.streams.delete(stream);
    channel.uses--;
    if (channel.uses === 0) this.channels.delete(key);
  }
}

/** Resolves when an output has taken what waits, or is gone. */
function roomIn(output: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      output.off('drain', done);
      output.off('close', done);
      resolve();
    };
    output.on('drain', done);
    output.on('close', done);
  });
}

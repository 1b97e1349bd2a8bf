import type { LiveRecord } from './feed.ts';
import type { RecordFilter } from './filter.ts';
import type { Stream } from './stream.ts';

/** Bytes of events that are handed on as one piece. */
const PIECE = 64 << 10;

/** Readers that want the same: a record is looked at once for all of them, and they share its bytes. */
export class Channel {
  /** Those that have all that was before. */
  readonly streams = new Set<Stream>();
  /** Readers in all, also those that still get what was before. */
  uses = 0;
  private readonly filter: RecordFilter;
  /** Most records in a second. */
  private readonly rate: number;
  private second = 0;
  private given = 0;

  constructor(filter: RecordFilter, rate: number) {
    this.filter = filter;
    this.rate = rate;
  }

  /** Hands records on. `frame` makes the event of one; `second` is the one that it is now. */
  take(records: readonly LiveRecord[], frame: (record: LiveRecord) => Buffer, second: number): void {
    if (second !== this.second) {
      this.second = second;
      this.given = 0;
    }
    let skipped = 0;
    const wanted: LiveRecord[] = [];
    for (const record of records) {
      if (!this.filter(record)) continue;
      if (this.given >= this.rate) {
        skipped++;
        continue;
      }
      this.given++;
      wanted.push(record);
    }
    for (const { events, count } of pieces(wanted, frame)) {
      for (const stream of this.streams) stream.push(events, count);
    }
    if (skipped > 0) for (const stream of this.streams) stream.miss(skipped, 'sampled');
  }

  /** Gives one reader records of before. */
  give(stream: Stream, records: readonly LiveRecord[], frame: (record: LiveRecord) => Buffer): void {
    for (const { events, count } of pieces(records.filter(this.filter), frame)) stream.push(events, count);
  }

  /** Number before that of the first record with which `most` wanted ones come; undefined where there are none. */
  startOf(records: readonly LiveRecord[], most: number): number | undefined {
    let left = most;
    let first: number | undefined;
    for (let i = records.length - 1; i >= 0 && left > 0; i--) {
      const record = records[i] as LiveRecord;
      if (!this.filter(record)) continue;
      first = record.id - 1;
      left--;
    }
    return first;
  }
}

/** Events one behind the other, in pieces of bounded size. */
function* pieces(
  records: readonly LiveRecord[],
  frame: (record: LiveRecord) => Buffer,
): Generator<{ readonly events: Buffer; readonly count: number }> {
  let frames: Buffer[] = [];
  let length = 0;
  for (const record of records) {
    const one = frame(record);
    frames.push(one);
    length += one.length;
    if (length < PIECE) continue;
    yield { events: joined(frames), count: frames.length };
    frames = [];
    length = 0;
  }
  if (frames.length > 0) yield { events: joined(frames), count: frames.length };
}

function joined(frames: readonly Buffer[]): Buffer {
  const [first] = frames;
  return frames.length === 1 && first !== undefined ? first : Buffer.concat(frames);
}

import type { FlowProgress } from '../event/index.ts';
import * as R from './flow/record.ts';
import type { FlowTable } from './flow/table.ts';

/** A flow is told for the first time when its first packet is so old, in microseconds. */
const FIRST_US = 1e6;
/** New flows that come faster than they can be told are left to the round when they are so old. */
const LATE_US = 3e6;
/** New flows that wait to be told. */
const WAITING = 1 << 16;
/** Connections that have closed and wait to be told; of more at once the first ones are left to the round. */
const CLOSING = 1 << 13;
/** Work of one turn: records that are looked at, and flows that are told, of the new ones and of the round. */
const MOST_LOOKED = 20_000;
const MOST_TOLD = 250;
/** A clock that stood still or jumped counts for no more than this. */
const LONGEST_TURN_US = 1e6;

/** What the progress of flows is told from, and whom. */
export interface ProgressOptions {
  readonly flows: FlowTable;
  /** Most flows alive at the same time. */
  readonly maxFlows: number;
  /** Microseconds from one time that a flow is told to the next. */
  readonly intervalUs: number;
  /** Tells the flow whose record begins at word `w`. */
  readonly tell: (w: number, progress: FlowProgress) => void;
}

/**
 * Tells of flows that are open: each soon after it began and when it closes, then once in each interval in which it had packets. The table
 * is gone round once in an interval, a slice in each turn, and a turn does no more than so much: where there are too
 * many flows a round takes longer, and what is told of a flow covers more time.
 *
 * Told packets are in the flow's record, where a new flow has zeros; told bytes and times lie beside the table, and
 * count where packets were told. Both are kept by side as it was first seen, so that an exchange of the sides does not
 * touch them.
 */
export class FlowProgressTeller {
  /** Records told, and new flows that were left to the round. */
  readonly counters = { told: 0, late: 0 };
  private readonly flows: FlowTable;
  private readonly intervalUs: number;
  private readonly tell: ProgressOptions['tell'];
  /** Of each record: bytes of both sides, time of the last packet. The system commits what is touched. */
  private readonly told: Float64Array;
  /** New flows: first word and SERIAL of each, in the order in which they began. */
  private readonly waiting = new Int32Array(WAITING * 2);
  private first = 0;
  private end = 0;
  /** Connections that have closed, likewise: their records come when nothing trails behind any more. */
  private readonly closing = new Int32Array(CLOSING * 2);
  private firstClosed = 0;
  private endClosed = 0;
  /** Where the round is, in records, and how much of the next one is due. */
  private at = 0;
  private due = 0;
  private turnedUs = Number.NaN;

  constructor(options: ProgressOptions) {
    this.flows = options.flows;
    this.intervalUs = options.intervalUs;
    this.tell = options.tell;
    this.told = new Float64Array(options.maxFlows * 3);
  }

  /** A flow has begun; its record is filled. */
  begun(w: number): void {
    const place = (this.end & (WAITING - 1)) * 2;
    this.waiting[place] = w;
    this.waiting[place + 1] = this.flows.words[w + R.SERIAL]!;
    this.end++;
    if (this.end - this.first <= WAITING) return;
    this.first++;
    this.counters.late++;
  }

  /** A connection has closed: it is told in the next turn, for nobody should wait for the end of its time-out. */
  closed(w: number): void {
    const place = (this.endClosed & (CLOSING - 1)) * 2;
    this.closing[place] = w;
    this.closing[place + 1] = this.flows.words[w + R.SERIAL]!;
    this.endClosed++;
    if (this.endClosed - this.firstClosed > CLOSING) this.firstClosed++;
  }

  /** The clock has moved on to `nowUs`; to be called several times a second. */
  turn(nowUs: number): void {
    const passed = nowUs - this.turnedUs;
    this.turnedUs = nowUs;
    this.tellClosed();
    this.tellNew(nowUs);
    if (passed > 0) this.goRound(nowUs, Math.min(passed, LONGEST_TURN_US));
  }

  private tellClosed(): void {
    const { closing, flows } = this;
    for (let left = MOST_TOLD; left > 0 && this.firstClosed < this.endClosed; this.firstClosed++) {
      const place = (this.firstClosed & (CLOSING - 1)) * 2;
      const w = closing[place]!;
      if (flows.words[w + R.SERIAL] === closing[place + 1] && this.tellFlow(w)) left--;
    }
  }

  private tellNew(nowUs: number): void {
    const { waiting, flows, counters } = this;
    let left = MOST_TOLD;
    for (let looked = 0; looked < MOST_LOOKED && left > 0 && this.first < this.end; looked++) {
      const place = (this.first & (WAITING - 1)) * 2;
      const w = waiting[place]!;
      // The record may be another flow's by now.
      if (flows.words[w + R.SERIAL] === waiting[place + 1]) {
        const age = nowUs - flows.doubles[(w >> 1) + R.START_US]!;
        if (isYoung(age)) return;
        if (age > LATE_US) counters.late++;
        else if (this.tellFlow(w)) left--;
      }
      this.first++;
    }
  }

  private goRound(nowUs: number, passedUs: number): void {
    const { flows } = this;
    const { extent } = flows;
    if (extent === 0) return;
    // What a turn could not do is not made up for: the round just takes longer.
    this.due = Math.min(this.due + (extent * passedUs) / this.intervalUs, extent, MOST_LOOKED);
    let left = MOST_TOLD;
    for (; this.due >= 1 && left > 0; this.due--) {
      const w = this.at * R.RECORD_WORDS;
      this.at = this.at + 1 >= extent ? 0 : this.at + 1;
      if (flows.words[w + R.SERIAL] === 0) continue;
      // Younger ones wait among the new.
      if (isYoung(nowUs - flows.doubles[(w >> 1) + R.START_US]!)) continue;
      if (this.tellFlow(w)) left--;
    }
  }

  /** Tells what was not told of a flow yet; false when that is nothing. */
  private tellFlow(w: number): boolean {
    const { told } = this;
    const { words, doubles } = this.flows;
    const d = w >> 1;
    const t = (w / R.RECORD_WORDS) * 3;
    const flipped = (words[w + R.FLAGS]! & R.FLAG_FLIPPED) === 0 ? 0 : 1;
    const up = words[w + R.TOLD + flipped]!;
    const down = words[w + R.TOLD + 1 - flipped]!;
    const packetsUp = words[w + R.PACKETS]!;
    const packetsDown = words[w + R.PACKETS + 1]!;
    if (packetsUp === up && packetsDown === down) return false;
    const before = up !== 0 || down !== 0;
    const bytesUp = doubles[d + R.BYTES]!;
    const bytesDown = doubles[d + R.BYTES + 1]!;
    const lastUs = doubles[d + R.LAST_US]!;
    const progress: FlowProgress = {
      packets: [packetsUp - up, packetsDown - down],
      bytes: [bytesUp - (before ? told[t + flipped]! : 0), bytesDown - (before ? told[t + 1 - flipped]! : 0)],
      sinceUs: before ? told[t + 2]! : doubles[d + R.START_US]!,
    };
    words[w + R.TOLD + flipped] = packetsUp;
    words[w + R.TOLD + 1 - flipped] = packetsDown;
    told[t + flipped] = bytesUp;
    told[t + 1 - flipped] = bytesDown;
    told[t + 2] = lastUs;
    this.counters.told++;
    this.tell(w, progress);
    return true;
  }
}

/** The clock of packets may be ahead of ours by a little; where it is by more, one of them was set. */
function isYoung(ageUs: number): boolean {
  return ageUs < FIRST_US && ageUs > -FIRST_US;
}

import { ACK, FIN, type Packet, RST, SYN } from '../packet/packet.ts';
import * as E from './endpoint.ts';
import {
  HISTORY_ACK,
  HISTORY_DATA,
  HISTORY_FIN,
  HISTORY_GAP,
  HISTORY_INCONSISTENT,
  HISTORY_MULTI_FLAG,
  HISTORY_RETRANSMISSION,
  HISTORY_RST,
  HISTORY_SYN,
  HISTORY_SYN_ACK,
  HISTORY_ZERO_WINDOW,
  type HistoryTable,
} from './history.ts';
import * as R from './record.ts';
import {
  CLOSE_WAIT,
  CLOSED,
  CLOSING,
  ESTABLISHED,
  FIN_WAIT1,
  FIN_WAIT2,
  LAST_ACK,
  NONE,
  SYN_RECV,
  SYN_SENT,
  TIME_WAIT,
} from './states.ts';

/** A jump of the sequence number that a control segment is not trusted with. */
const TOO_LARGE_JUMP = 1 << 20;

/**
 * Follows TCP connections in the flow records: session state as Suricata names it, the state of each endpoint as
 * Zeek needs it for `conn_state`, history, sequence numbers, round trip times, retransmissions.
 */
export class TcpTracker {
  /** Set when a segment does not fit its connection; whoever looks at it takes it back. */
  suspect = false;
  private readonly words: Int32Array;
  private readonly doubles: Float64Array;
  private readonly history: HistoryTable;

  constructor(words: Int32Array, doubles: Float64Array, history: HistoryTable) {
    this.words = words;
    this.doubles = doubles;
    this.history = history;
  }

  /** Takes one segment of the flow at `w` into account; `length` is its payload's by the headers. */
  update(w: number, direction: number, p: Packet, length: number): void {
    const { words } = this;
    const flags = p.tcpFlags;
    const seqKnown = direction === 0 ? R.FLAG_SEQ_CLIENT : R.FLAG_SEQ_SERVER;
    const known = words[w + R.FLAGS]! & (seqKnown | finFlag(direction));
    const syn = (flags & SYN) !== 0;
    const fin = (flags & FIN) !== 0;
    const rst = (flags & RST) !== 0;
    const segment = (rst ? 0 : length) + (syn ? 1 : 0) + (fin ? 1 : 0);
    const end = (p.seq + segment) | 0;

    if (known !== seqKnown) this.atAnEnd(w, direction, p, known, length, end);
    else if (syn && words[w + R.ISN + direction] !== p.seq) this.beginAnew(w, direction, p.seq, end);

    const relative = (p.seq - words[w + R.ISN + direction]!) | 0;
    this.recordHistory(w, direction, flags, relative, length);
    this.trackWindow(w, direction, p);
    this.roundTrip(w, direction, p);

    // Sequence: what is new advances, what is not was sent before.
    const advance = (end - words[w + R.SEQ + direction]!) | 0;
    const farControl = (syn || rst) && (advance > TOO_LARGE_JUMP || advance < -TOO_LARGE_JUMP);
    const endpoint = E.of(words[w + R.STATES]!, direction);
    if (!farControl && endpoint !== E.RESET) {
      if (advance > 0) {
        if (length > 0 && ((p.seq - words[w + R.SEQ + direction]!) | 0) > 0)
          words[w + R.OUT_OF_ORDER + direction]!++;
        this.grow(w, direction, end);
        words[w + R.SEQ + direction] = end;
      } else if (length > 0) {
        this.count(w, direction, R.RETRANSMISSIONS, HISTORY_RETRANSMISSION);
      }
    }
    if (fin) words[w + R.FLAGS]! |= finFlag(direction);

    if ((flags & ACK) !== 0) this.acknowledge(w, 1 - direction, p.ack, rst);
    const states = E.advance(words[w + R.STATES]!, direction, flags, length);
    // A connection whose SYN was missed, but not its answer, is whole all the same.
    if (endpoint === E.INACTIVE && !syn && E.of(states, direction) === E.ESTABLISHED) {
      words[w + R.FLAGS]! &= ~R.FLAG_PARTIAL;
    }
    words[w + R.STATES] = states;
    this.session(w, direction, flags, p);
  }

  /** A segment of a side whose numbers are not known yet, or that has sent a FIN. */
  private atAnEnd(w: number, direction: number, p: Packet, known: number, length: number, end: number): void {
    const { words } = this;
    const syn = (p.tcpFlags & SYN) !== 0;
    const seqKnown = direction === 0 ? R.FLAG_SEQ_CLIENT : R.FLAG_SEQ_SERVER;
    if ((known & seqKnown) === 0) {
      this.begin(w, direction, syn ? p.seq : (p.seq - 1) | 0, syn ? end : p.seq);
      words[w + R.FLAGS]! |= seqKnown;
      this.notePartial(w, direction, p.tcpFlags);
      return;
    }
    if (syn && words[w + R.ISN + direction] !== p.seq) this.beginAnew(w, direction, p.seq, end);
    // Data behind the end of the data.
    else if (length > 0 && ((end - words[w + R.SEQ + direction]!) | 0) > 0) this.suspect = true;
  }

  /** A SYN with other numbers than the side's first one. */
  private beginAnew(w: number, direction: number, isn: number, end: number): void {
    const state = E.of(this.words[w + R.STATES]!, direction);
    if (state === E.CLOSED || state === E.RESET) return;
    this.suspect = true;
    this.begin(w, direction, isn, end);
  }

  /**
   * Counts a hole of `length` bytes that will not be filled. Zeek does not believe in holes of a connection of which
   * not both sides were seen to open it; they are noted without a letter and without bytes.
   */
  gap(w: number, direction: number, length: number): void {
    if (E.isClean(this.words[w + R.STATES]!)) {
      this.words[w + R.MISSED + direction]! += length;
      this.count(w, direction, R.GAPS, HISTORY_GAP);
    } else {
      this.words[w + R.FLAGS]! |= direction === 0 ? R.FLAG_HOLE_CLIENT : R.FLAG_HOLE_SERVER;
    }
  }

  /** Adds one to a counter; its first, tenth, hundredth ... appears in the history. */
  count(w: number, direction: number, counter: number, letter: number): void {
    const n = ++this.words[w + counter + direction]!;
    if (n === 1 || n === 10 || n === 100 || n === 1000 || n === 10000 || n === 100000) {
      this.letter(w, direction, letter);
    }
  }

  private letter(w: number, direction: number, letter: number): void {
    this.words[w + R.HISTORY] = this.history.append(this.words[w + R.HISTORY]!, letter, direction);
  }

  /** The numbers of a side begin at `isn`, the one of its SYN; `end` is behind what was sent so far. */
  private begin(w: number, direction: number, isn: number, end: number): void {
    this.words[w + R.ISN + direction] = isn;
    this.words[w + R.SEQ + direction] = end;
    this.words[w + R.ACKED + direction] = isn;
    this.doubles[(w >> 1) + R.PAYLOAD + direction] = (end - isn) >>> 0;
  }

  /** A side has sent up to `to`; what the other one acknowledged it had sent before. */
  private grow(w: number, direction: number, to: number): void {
    const sent = this.words[w + R.SEQ + direction]!;
    const acknowledged = this.words[w + R.ACKED + direction]!;
    const more = (to - (((acknowledged - sent) | 0) > 0 ? acknowledged : sent)) | 0;
    if (more > 0) this.doubles[(w >> 1) + R.PAYLOAD + direction]! += more;
  }

  /** Zeek calls a connection partial when a side's first segment is not the one that begins it. */
  private notePartial(w: number, direction: number, flags: number): void {
    const { words } = this;
    const opens = (flags & SYN) !== 0 && (direction === 1 || (flags & ACK) === 0);
    if (!opens) words[w + R.FLAGS]! |= R.FLAG_PARTIAL;
    else if (direction === 0) words[w + R.FLAGS]! &= ~R.FLAG_PARTIAL;
  }

  private recordHistory(w: number, direction: number, flags: number, relative: number, length: number): void {
    const control = flags & (SYN | FIN | RST);
    if (control === 0) {
      if (length > 0) this.once(w, direction, HISTORY_DATA);
      else if ((flags & ACK) !== 0) this.once(w, direction, HISTORY_ACK);
      return;
    }
    if ((control & (control - 1)) !== 0) {
      const both = (flags & (FIN | RST)) === (FIN | RST);
      this.once(w, direction, both ? HISTORY_INCONSISTENT : HISTORY_MULTI_FLAG);
      return;
    }
    // A control segment is recorded again only when its number differs from the last one's.
    if (control === SYN) {
      const letter = (flags & ACK) !== 0 ? HISTORY_SYN_ACK : HISTORY_SYN;
      this.control(w, direction, HISTORY_SYN, letter, relative);
    } else if (control === FIN) {
      this.control(w, direction, HISTORY_FIN, HISTORY_FIN, relative + length);
    } else {
      this.control(w, direction, HISTORY_RST, HISTORY_RST, relative);
    }
  }

  /** Adds a letter that a history holds once. */
  once(w: number, direction: number, letter: number): void {
    const bit = 1 << (letter * 2 + direction);
    if ((this.words[w + R.HISTORY_SEEN]! & bit) !== 0) return;
    this.words[w + R.HISTORY_SEEN]! |= bit;
    this.letter(w, direction, letter);
  }

  private control(w: number, direction: number, kind: number, letter: number, relative: number): void {
    const bit = 1 << (kind * 2 + direction);
    const mark = Math.imul(relative, 4) + (kind === HISTORY_SYN ? 1 : kind === HISTORY_FIN ? 2 : 3);
    const seen = (this.words[w + R.HISTORY_SEEN]! & bit) !== 0;
    if (
      !seen ||
      ((mark & 3) === (this.words[w + R.LAST_CONTROL + direction]! & 3) &&
        mark !== this.words[w + R.LAST_CONTROL + direction]!)
    ) {
      this.words[w + R.HISTORY_SEEN]! |= bit;
      this.letter(w, direction, letter);
    }
    this.words[w + R.LAST_CONTROL + direction] = mark;
  }

  private trackWindow(w: number, direction: number, p: Packet): void {
    if (p.window !== 0 || (p.tcpFlags & (SYN | RST)) !== 0) return;
    // A window of zero says nothing once the peer has finished, or behind a RST.
    const states = this.words[w + R.STATES]!;
    if (E.of(states, 1 - direction) === E.CLOSED || E.of(states, direction) === E.RESET) return;
    this.count(w, direction, R.ZERO_WINDOW, HISTORY_ZERO_WINDOW);
  }

  private roundTrip(w: number, direction: number, p: Packet): void {
    const { words, doubles } = this;
    const start = doubles[(w >> 1) + R.START_US]!;
    if (direction === 1 && (p.tcpFlags & (SYN | ACK)) === (SYN | ACK)) {
      if (words[w + R.RTT + 1] === -1 && (words[w + R.TCP_FLAGS]! & SYN) !== 0) {
        words[w + R.RTT + 1] = clampMicroseconds(p.timeUs - start);
      }
    } else if (direction === 0 && words[w + R.RTT] === -1 && words[w + R.RTT + 1]! >= 0) {
      if ((p.tcpFlags & (SYN | ACK)) === ACK) {
        words[w + R.RTT] = clampMicroseconds(p.timeUs - start - words[w + R.RTT + 1]!);
      }
    }
  }

  /** An acknowledgement of what `owner` sent. */
  private acknowledge(w: number, owner: number, ack: number, rst: boolean): void {
    const { words } = this;
    const known = owner === 0 ? R.FLAG_SEQ_CLIENT : R.FLAG_SEQ_SERVER;
    if ((words[w + R.FLAGS]! & known) === 0) {
      if (E.of(words[w + R.STATES]!, owner) !== E.INACTIVE) return;
      this.begin(w, owner, (ack - 1) | 0, (ack - 1) | 0);
      return;
    }
    if (rst) return;
    const delta = (ack - words[w + R.ACKED + owner]!) | 0;
    if (delta <= 0 || (ack === 0 && delta > TOO_LARGE_JUMP)) return;
    // Bytes that were acknowledged but not seen; so many were never sent.
    const sent = words[w + R.SEQ + owner]!;
    const acknowledged = words[w + R.ACKED + owner]!;
    const more = (ack - (((acknowledged - sent) | 0) > 0 ? acknowledged : sent)) | 0;
    if (more > 0) {
      this.doubles[(w >> 1) + R.PAYLOAD + owner]! += more;
      if (more > TOO_LARGE_JUMP) this.suspect = true;
    }
    words[w + R.ACKED + owner] = ack;
  }

  private session(w: number, direction: number, flags: number, p: Packet): void {
    const { words } = this;
    const state = words[w + R.STATES]! & 15;
    const next = this.nextState(w, state, direction, flags, p);
    words[w + R.STATES] = (words[w + R.STATES]! & ~15) | next;
  }

  private nextState(w: number, state: number, direction: number, flags: number, p: Packet): number {
    const syn = (flags & SYN) !== 0;
    const ack = (flags & ACK) !== 0;
    const fin = (flags & FIN) !== 0;
    if ((flags & RST) !== 0) return this.resetIsValid(w, state, direction, p) ? CLOSED : state;
    switch (state) {
      case NONE:
        if (syn) return ack ? SYN_RECV : SYN_SENT;
        if (fin) return direction === 0 ? CLOSE_WAIT : FIN_WAIT1;
        return ack ? ESTABLISHED : NONE;
      case SYN_SENT:
        if (syn && ack && direction === 1) return SYN_RECV;
        if (syn) return direction === 1 ? SYN_RECV : SYN_SENT;
        if (fin) return direction === 0 ? state : FIN_WAIT1;
        // Data of both sides without the server's SYN in the capture.
        return ack && direction === 1 && p.payloadLength > 0 ? ESTABLISHED : state;
      case SYN_RECV:
        if (syn) return state;
        if (fin) return direction === 0 ? CLOSE_WAIT : FIN_WAIT1;
        return ack && direction === 0 ? ESTABLISHED : ack && p.payloadLength > 0 ? ESTABLISHED : state;
      case ESTABLISHED:
        if (fin) return direction === 0 ? CLOSE_WAIT : FIN_WAIT1;
        return state;
      case CLOSE_WAIT:
        return fin && direction === 1 ? LAST_ACK : state;
      case LAST_ACK:
        return ack && direction === 0 && !fin ? CLOSED : state;
      case FIN_WAIT1:
        if (fin && direction === 0) return this.finAcknowledged(w, 1) ? TIME_WAIT : CLOSING;
        return ack && direction === 0 && this.finAcknowledged(w, 1) ? FIN_WAIT2 : state;
      case FIN_WAIT2:
        return fin && direction === 0 ? TIME_WAIT : state;
      case CLOSING:
        return ack && direction === 0 ? TIME_WAIT : state;
      case TIME_WAIT:
        return ack && !fin ? CLOSED : state;
      default:
        return state;
    }
  }

  private finAcknowledged(w: number, owner: number): boolean {
    return ((this.words[w + R.ACKED + owner]! - this.words[w + R.SEQ + owner]!) | 0) >= 0;
  }

  /** RFC 5961 3.2 in spirit: a RST far outside of what the peer could have in flight is not believed. */
  private resetIsValid(w: number, state: number, direction: number, p: Packet): boolean {
    const known = direction === 0 ? R.FLAG_SEQ_CLIENT : R.FLAG_SEQ_SERVER;
    if (state === NONE || state === SYN_SENT || (this.words[w + R.FLAGS]! & known) === 0) return true;
    const distance = (p.seq - this.words[w + R.SEQ + direction]!) | 0;
    const believed = p.seq === 0 || (distance > -TOO_LARGE_JUMP * 16 && distance < TOO_LARGE_JUMP * 16);
    if (!believed) this.suspect = true;
    return believed;
  }
}

function finFlag(direction: number): number {
  return direction === 0 ? R.FLAG_FIN_CLIENT : R.FLAG_FIN_SERVER;
}

function clampMicroseconds(value: number): number {
  return value < 0 ? -1 : Math.min(Math.round(value), 0x7fffffff);
}

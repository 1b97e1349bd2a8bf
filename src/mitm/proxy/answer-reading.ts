import {
  checkPartialHead,
  findHeadEnd,
  HttpError,
  parseResponseHead,
  type ResponseHead,
  withoutHopByHop,
  writeResponseHead,
} from '../http/index.ts';
import type { Exchange } from './exchange.ts';
import { Inbox } from './inbox.ts';

/** Answers 1xx before the one that counts. */
const MOST_INTERIM = 32;
const NOTHING: Buffer = Buffer.alloc(0);

/** Reads what a server answers up to the head that counts; interim answers before it are passed on. */
export class AnswerReading {
  /** What follows the head: `bytes[at, end)`, where one was found. */
  bytes: Buffer = NOTHING;
  at = 0;
  end = 0;
  private readonly exchange: Exchange;
  /** A part of a head. */
  private inbox: Inbox | undefined;
  private searched = 0;
  private interim = 0;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  /** Nothing has come. */
  get untouched(): boolean {
    return this.inbox === undefined && this.interim === 0;
  }

  /** Takes `lent[start, end)`; the head that counts, or undefined where it is not there yet. Throws HttpError. */
  read(lent: Buffer, start: number, end: number): ResponseHead | undefined {
    const { exchange } = this;
    const { headLimits } = exchange.context;
    let bytes = lent;
    let at = start;
    let to = end;
    if (this.inbox !== undefined) {
      this.inbox.add(lent, start, end, true);
      bytes = this.inbox.bytes;
      at = this.inbox.start;
      to = this.inbox.end;
    }
    while (at < to) {
      const headEnd = findHeadEnd(bytes, at, to, at + this.searched);
      if (headEnd < 0) {
        checkPartialHead(bytes, at, to, headLimits, 502);
        this.searched = to - at;
        if (this.inbox === undefined) {
          this.inbox = new Inbox();
          this.inbox.add(bytes, at, to, true);
        } else this.inbox.start = at;
        return undefined;
      }
      const head = parseResponseHead(bytes, at, headEnd, exchange.head.method, headLimits);
      this.searched = 0;
      at = headEnd;
      if (head.status >= 200 || head.status === 101) {
        this.inbox = undefined;
        this.bytes = bytes;
        this.at = at;
        this.end = to;
        return head;
      }
      this.passInterim(head);
    }
    this.inbox = undefined;
    return undefined;
  }

  /** RFC 9110, 15.2: passed on, but not to HTTP/1.0, nor what the proxy has said already. */
  private passInterim(head: ResponseHead): void {
    const { exchange } = this;
    if (++this.interim > MOST_INTERIM) throw new HttpError(502, 'too many interim answers');
    if (exchange.head.version === 10 || (head.status === 100 && exchange.wasContinued)) return;
    const fields = withoutHopByHop(head.fields, false);
    exchange.context.counters.answered(head.status);
    exchange.session.send(writeResponseHead({ status: head.status, reason: head.reason, fields }));
  }
}

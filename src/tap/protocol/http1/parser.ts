import type { Direction, FileSink, FileStart, Parser, ParserContext } from '../parser.ts';
import type { Conversation } from './conversation.ts';
import { Exchange } from './exchange.ts';
import { RequestReader } from './request-reader.ts';
import { ResponseReader } from './response-reader.ts';
import type { RequestLine } from './start-line.ts';
import { eveHttp, Http1Transaction } from './transaction.ts';

/** What a user may ask for. */
export interface Http1Options {
  /** Put all header fields into EVE's `request_headers` and `response_headers`. */
  readonly headers?: boolean | undefined;
}

/** Anomalies of one exchange that are reported. */
const ANOMALIES = 32;

/** HTTP/0.9 to 1.1 (RFC 9112) on one flow: joins requests and answers, and emits a record for each pair. */
export class Http1Parser implements Parser, Conversation {
  readonly context: ParserContext;
  readonly headerBytes: number;
  readonly bodyBytes: number;
  readonly keepHeaders: boolean;
  left = false;
  skipping = false;
  private readonly requests: RequestReader;
  private readonly responses: ResponseReader;
  /** Requests that are not done with, in the order they came. */
  private readonly waiting: Exchange[] = [];
  private count = 0;
  private depth = 0;
  private named: string | undefined;

  constructor(context: ParserContext, options: Http1Options) {
    this.context = context;
    this.headerBytes = context.limits.headerBytes;
    this.bodyBytes = context.limits.bodyBytes;
    this.keepHeaders = options.headers === true;
    this.requests = new RequestReader(this, 0);
    this.responses = new ResponseReader(this, 1);
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    if (this.left) return start;
    this.skipping = false;
    return direction === 0 ? this.requests.data(bytes, start, end) : this.responses.data(bytes, start, end);
  }

  gap(length: number, direction: Direction): boolean {
    (direction === 0 ? this.requests : this.responses).gap(length);
    return true;
  }

  close(direction: Direction): void {
    (direction === 0 ? this.requests : this.responses).close(true);
  }

  end(): void {
    this.responses.close(false);
    this.requests.close(false);
    for (const exchange of this.waiting.splice(0)) this.emit(exchange);
  }

  // Conversation

  anomaly(event: string, direction: Direction, exchange: Exchange | undefined): void {
    if (exchange !== undefined) {
      exchange.reported ??= new Set();
      if (exchange.reported.has(event) || exchange.reported.size >= ANOMALIES) return;
      exchange.reported.add(event);
    }
    this.context.anomaly(event, direction, exchange?.id);
  }

  skip(length: number, direction: Direction): void {
    this.skipping = true;
    this.context.skip(length, direction);
  }

  headBytes(direction: Direction, exchange: Exchange | undefined, length: number): void {
    if (direction === 1 && exchange !== undefined) exchange.responseHeadLength += length;
  }

  asked(line: RequestLine): Exchange {
    const exchange = new Exchange(this.count++, ++this.depth, this.context.timeUs);
    exchange.requestLine = line;
    this.waiting.push(exchange);
    if (this.waiting.length > this.context.limits.pendingTransactions) this.turnAway();
    return exchange;
  }

  answered(): Exchange {
    this.requests.settleShort();
    for (const exchange of this.waiting) {
      if (exchange.responseStarted) continue;
      exchange.responseStarted = true;
      exchange.answeredUs = this.context.timeUs;
      return exchange;
    }
    this.requests.settlePartial();
    const early = this.waiting.find((one) => !one.responseStarted);
    if (early !== undefined) {
      early.responseStarted = true;
      return early;
    }
    const exchange = new Exchange(this.count++, ++this.depth, this.context.timeUs);
    exchange.responseStarted = true;
    exchange.requestDone = true;
    this.waiting.push(exchange);
    this.anomaly('UNABLE_TO_MATCH_RESPONSE_TO_REQUEST', 1, exchange);
    return exchange;
  }

  requestDone(exchange: Exchange): void {
    if (exchange.responseDone) this.emit(exchange);
  }

  responseDone(exchange: Exchange): void {
    if (exchange.requestDone) this.emit(exchange);
  }

  answerHead(exchange: Exchange): void {
    const status = exchange.statusLine?.status ?? 0;
    if (status >= 400) this.context.risk('Error Code');
    if (exchange.method === 'CONNECT' && (status < 200 || status > 299)) this.requests.resume();
    // A client that asked first does not send its body after a refusal (RFC 9110, section 10.1.1).
    if (status >= 400 && status <= 499 && !exchange.requestDone && this.requests.awaitsContinue()) {
      if (exchange.request?.get('expect')?.toLowerCase() === '100-continue') this.requests.abandon();
    }
  }

  openFile(exchange: Exchange, start: Omit<FileStart, 'source' | 'transactionId' | 'envelope'>): FileSink {
    const sink = this.context.openFile({
      ...start,
      source: 'HTTP',
      transactionId: exchange.id,
      envelope: () => ({ http: eveHttp(exchange) }),
    });
    exchange.addFile(start.direction, sink);
    return sink;
  }

  become(name: string | undefined): void {
    this.left = true;
    this.context.become(name);
  }

  /** The server's name, said again only when it changes. */
  serverName(name: string): void {
    if (name === this.named) return;
    this.named = name;
    this.context.serverName(name, 'host');
  }

  /** Too many requests wait: the oldest that has no answer goes as it is. */
  private turnAway(): void {
    const oldest = this.waiting.find((exchange) => exchange.requestDone && !exchange.responseStarted);
    if (oldest !== undefined) this.emit(oldest);
  }

  private emit(exchange: Exchange): void {
    if (exchange.emitted) return;
    exchange.emitted = true;
    const index = this.waiting.indexOf(exchange);
    if (index >= 0) this.waiting.splice(index, 1);
    // Zeek sees the end of a short request that has no empty line behind it as a message of its own.
    const extra = exchange.short && !exchange.shortEnded && exchange.responseDone ? ++this.depth : 0;
    this.context.emit(new Http1Transaction(exchange, extra), 0);
  }
}

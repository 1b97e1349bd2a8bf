import { BodyReader, HttpError, LAST_CHUNK, type ResponseHead } from '../http/index.ts';
import { type ClientHead, clientHead } from './answer-head.ts';
import { AnswerReading } from './answer-reading.ts';
import type { Exchange } from './exchange.ts';
import { framed, reframe } from './framing.ts';
import { Inbox } from './inbox.ts';
import { incomingResponse, judgesAnswers, KeptBody } from './judging.ts';
import type { ProxyLimits } from './limits.ts';
import type { BodyRewrite, ResponseRewrite } from './rewriting.ts';
import { passSwitch } from './switching.ts';
import { Tunnel } from './tunnel.ts';
import type { UpstreamConnection } from './upstream-connection.ts';
import { UpstreamFailure } from './upstream-failure.ts';

/** Passes one answer on: its head, then its body in the framing that the client understands, as it comes. */
export class Relay {
  /** Something of the answer was sent to the client. */
  started = false;
  private readonly exchange: Exchange;
  private readonly upstream: UpstreamConnection;
  /** `hold`: the body is kept; `decide`: somebody says what becomes of it. */
  private stage: 'head' | 'hold' | 'decide' | 'stream' | 'done' = 'head';
  private head: ResponseHead | undefined;
  private reader: BodyReader | undefined;
  private readonly reading: AnswerReading;
  /** What came while it was being decided. */
  private inbox: Inbox | undefined;
  private kept: KeptBody | undefined;
  private holdMost = 0;
  private holdSince = 0;
  private rewrite: ResponseRewrite | undefined;
  private rewriting: BodyRewrite | undefined;
  /** The client's head while it waits for the first bytes of the body. */
  private pending = '';
  private chunked = false;
  private keepsClient = false;
  private upstreamEnded = false;
  private lost: UpstreamFailure | undefined;
  private lastAt: number;

  constructor(exchange: Exchange, upstream: UpstreamConnection) {
    this.exchange = exchange;
    this.upstream = upstream;
    this.reading = new AnswerReading(exchange);
    this.lastAt = exchange.context.ticker.now;
  }

  /** Nothing has come. */
  get untouched(): boolean {
    return this.stage === 'head' && this.reading.untouched;
  }

  /** `bytes[start, end)` are lent. */
  received(bytes: Buffer, start: number, end: number): void {
    this.lastAt = this.exchange.context.ticker.now;
    try {
      this.take(bytes, start, end);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      this.broken(new UpstreamFailure(502, 'protocol', `the server sent ${error.message}`));
    }
  }

  /** The server sends no more. */
  ended(): void {
    this.upstreamEnded = true;
    if (this.stage === 'head') {
      this.broken(new UpstreamFailure(502, 'closed', 'the server closed the connection without an answer'));
    } else if (this.stage === 'hold' || this.stage === 'stream') this.endBody();
  }

  failed(failure: UpstreamFailure): void {
    if (this.stage === 'decide') this.lost = failure;
    else if (this.stage !== 'done') this.broken(failure);
  }

  clientDrained(): void {
    if (this.stage === 'stream') this.upstream.resume();
  }

  /** The client is gone: the judge learns of what there was. */
  abandon(): void {
    this.stage = 'done';
    this.settle();
  }

  tick(now: number, limits: ProxyLimits): void {
    const { exchange } = this;
    switch (this.stage) {
      case 'head': {
        const since = Math.max(this.lastAt, exchange.requestAt);
        if (exchange.requestDone && now - since > limits.answerMs) this.late();
        break;
      }
      case 'hold':
        if (this.rewriting === undefined && now - this.holdSince > limits.holdMs) this.endHold();
        else if (now - this.lastAt > limits.answerMs) this.late();
        break;
      case 'stream':
        // Whoever is blocked by the client is not late.
        if (exchange.session.blocked) this.lastAt = now;
        else if (now - Math.max(this.lastAt, exchange.requestAt) > limits.answerMs) this.late();
        break;
      case 'decide':
      case 'done':
        break;
      default:
        this.stage satisfies never;
    }
  }

  private take(bytes: Buffer, start: number, end: number): void {
    switch (this.stage) {
      case 'head':
        this.readHead(bytes, start, end);
        break;
      case 'hold':
        this.hold(bytes, start, end);
        break;
      case 'decide':
        this.inbox ??= new Inbox();
        this.inbox.add(bytes, start, end, true);
        break;
      case 'stream':
        this.stream(bytes, start, end);
        break;
      case 'done':
        break;
      default:
        this.stage satisfies never;
    }
  }

  private readHead(bytes: Buffer, start: number, end: number): void {
    const { reading } = this;
    const head = reading.read(bytes, start, end);
    if (head !== undefined) this.readAnswer(head, reading.bytes, reading.at, reading.end);
  }

  private readAnswer(head: ResponseHead, bytes: Buffer, at: number, end: number): void {
    const { exchange } = this;
    const { judge } = exchange.context;
    this.head = head;
    if (head.status === 101) {
      this.upgrade(head, bytes, at, end);
      return;
    }
    this.reader = new BodyReader(head.framing, Number.MAX_SAFE_INTEGER, 502);
    if (judgesAnswers(judge)) {
      this.beginHold(judge.responseBodyLimit);
      this.hold(bytes, at, end);
    } else this.begin(bytes, at, end);
  }

  /** Keeps the body until it is complete, long enough, or held long enough. */
  private beginHold(most: number): void {
    this.stage = 'hold';
    this.holdMost = most;
    this.holdSince = this.exchange.context.ticker.now;
    this.kept ??= new KeptBody();
  }

  private hold(bytes: Buffer, start: number, end: number): void {
    const reader = this.reader as BodyReader;
    const kept = this.kept as KeptBody;
    const at = reader.read(bytes, start, end, kept.keep);
    if (at < end) this.upstreamEnded = true;
    if (reader.done || kept.size >= this.holdMost) this.endHold();
  }

  private endHold(): void {
    this.stage = 'decide';
    const reader = this.reader as BodyReader;
    const kept = this.kept as KeptBody;
    if (this.rewriting !== undefined) {
      this.rewriteBody(this.rewriting);
      return;
    }
    const { exchange } = this;
    const { settlement } = exchange;
    const most = exchange.context.judge?.responseBodyLimit ?? 0;
    if (!reader.done) this.upstream.pause();
    if (settlement === undefined) throw new Error('an answer is judged whose request was not');
    const head = this.head as ResponseHead;
    settlement
      .response(incomingResponse(head, kept.bytes(), this.bodyBytes(), most, this.upstream.ends))
      .then(
        (judgement) => {
          if (exchange.isOver || !exchange.obey(settlement.judged, judgement)) return;
          this.continue();
        },
        (error: unknown) => {
          // A judge does not reject. Should it, nothing passes unjudged.
          this.broken(
            new UpstreamFailure(502, 'protocol', `the answer could not be judged: ${String(error)}`),
          );
        },
      );
  }

  /** After a decision, which may have taken a while: goes on with what was kept, and what came since. */
  private continue(): void {
    const none = Buffer.alloc(0);
    try {
      this.begin(none, 0, 0);
      this.readStashed();
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      this.broken(new UpstreamFailure(502, 'protocol', `the server sent ${error.message}`));
    }
  }

  private readStashed(): void {
    if (this.stage !== 'hold' && this.stage !== 'stream') return;
    const { inbox } = this;
    this.inbox = undefined;
    if (inbox !== undefined) this.take(inbox.bytes, inbox.start, inbox.end);
    if (this.isDone) return;
    if (this.lost !== undefined) this.broken(this.lost);
    else if (this.upstreamEnded) this.endBody();
    else if (!this.exchange.session.blocked) this.upstream.resume();
  }

  /** A method, as what it calls may change it. */
  private get isDone(): boolean {
    return this.stage === 'done';
  }

  /** The answer may go to the client; `bytes[at, end)` follow what was kept. */
  private begin(bytes: Buffer, at: number, end: number): void {
    const { exchange } = this;
    const { rewriter } = exchange.context;
    const head = this.head as ResponseHead;
    if (rewriter !== undefined) {
      try {
        this.rewrite = rewriter.response(exchange.head, head, exchange.rewriteContext);
      } catch (error) {
        this.unrewritten(error);
        return;
      }
      const { body } = this.rewrite ?? {};
      if (body !== undefined && head.framing.kind !== 'none') {
        this.rewriting = body;
        this.beginHold(body.most + 1);
        this.hold(bytes, at, end);
        return;
      }
    }
    this.sendHead(this.rewrite, undefined);
    this.sendKept(bytes, at, end);
  }

  private rewriteBody(rewriting: BodyRewrite): void {
    const reader = this.reader as BodyReader;
    const kept = this.kept as KeptBody;
    const none = Buffer.alloc(0);
    if (!reader.done || kept.size > rewriting.most) {
      this.sendHead(undefined, undefined);
      this.sendKept(none, 0, 0);
      return;
    }
    let replaced: ReturnType<BodyRewrite['replace']>;
    try {
      replaced = rewriting.replace(kept.bytes());
      this.sendHead(
        { ...this.rewrite, fields: replaced.fields ?? this.rewrite?.fields },
        replaced.body.length,
      );
    } catch (error) {
      this.unrewritten(error);
      return;
    }
    this.started = true;
    this.exchange.session.send(framed(this.pending, replaced.body, false, true));
    this.pending = '';
    this.finish(this.upstreamEnded);
  }

  private unrewritten(error: unknown): void {
    const words = error instanceof Error ? error.message : String(error);
    this.broken(new UpstreamFailure(502, 'rewrite', `the answer could not be rewritten: ${words}`));
  }

  /** Makes the head for the client. `length`: that of a body which replaces the server's. */
  private sendHead(rewrite: ResponseRewrite | undefined, length: number | undefined): void {
    const { exchange } = this;
    const { session, forwarding } = exchange;
    const forward = session.destination.kind !== 'routes' && forwarding.via === 'append';
    let made: ClientHead;
    try {
      made = clientHead(exchange.head, this.head as ResponseHead, {
        rewrite,
        length,
        keepAlive: exchange.head.keepAlive && exchange.requestDone && !session.closing,
        via: forward ? forwarding.pseudonym : '',
      });
    } catch (error) {
      // What the server sent was read strictly: only a rewriter's word can break the head.
      this.unrewritten(error);
      return;
    }
    this.pending = made.text;
    this.chunked = made.chunked;
    this.keepsClient = made.keepAlive;
    exchange.context.counters.answered(made.status);
    this.stage = 'stream';
  }

  private sendKept(bytes: Buffer, at: number, end: number): void {
    if (this.stage !== 'stream') return;
    const { kept } = this;
    this.kept = undefined;
    if (kept === undefined || kept.size === 0) {
      this.stream(bytes, at, end);
      return;
    }
    const reader = this.reader as BodyReader;
    this.started = true;
    const ok = this.exchange.session.send(framed(this.pending, kept.bytes(), this.chunked, reader.done));
    this.pending = '';
    if (reader.done) this.finish(this.upstreamEnded);
    else {
      if (!ok) this.upstream.pause();
      if (at < end) this.stream(bytes, at, end);
      else this.readStashed();
    }
  }

  private stream(bytes: Buffer, start: number, end: number): void {
    const reader = this.reader as BodyReader;
    const piece = reframe(reader, bytes, start, end, this.pending, this.chunked, true);
    this.pending = '';
    let ok = true;
    if (piece.bytes !== undefined) {
      this.started = true;
      ok = this.exchange.session.send(piece.bytes);
    }
    if (reader.done) this.finish(piece.at < end || this.upstreamEnded);
    else if (!ok) this.upstream.pause();
  }

  /** The server has ended: so has a body that ends with it. */
  private endBody(): void {
    const reader = this.reader as BodyReader;
    try {
      reader.end();
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      this.broken(new UpstreamFailure(502, 'closed', 'the server closed the connection within its answer'));
      return;
    }
    if (this.stage === 'hold') {
      this.endHold();
      return;
    }
    if (this.chunked) this.exchange.session.send(LAST_CHUNK);
    this.finish(true);
  }

  /** `spent`: the connection to the server is of no use any more. */
  private finish(spent: boolean): void {
    this.stage = 'done';
    const head = this.head as ResponseHead;
    this.settle();
    this.exchange.answered(this.keepsClient, head.keepAlive && !spent);
  }

  private settle(): void {
    const { settlement } = this.exchange;
    if (settlement === undefined || this.head === undefined) return;
    settlement.abandon(incomingResponse(this.head, Buffer.alloc(0), this.bodyBytes(), 0, this.upstream.ends));
  }

  private bodyBytes(): number {
    const { head, reader } = this;
    if (head?.framing.kind === 'length') return head.framing.bytes;
    return reader === undefined ? 0 : reader.done ? reader.payloadBytes : -1;
  }

  private late(): void {
    this.broken(new UpstreamFailure(504, 'timeout', 'the server did not answer in time'));
  }

  private broken(failure: UpstreamFailure): void {
    if (this.stage === 'done' || this.exchange.isOver) return;
    this.stage = 'done';
    this.settle();
    if (this.started) this.exchange.abort(failure);
    else this.exchange.fail(failure);
  }

  /** RFC 9110, 7.8: from here on it is bytes both ways. */
  private upgrade(head: ResponseHead, bytes: Buffer, at: number, end: number): void {
    const { exchange } = this;
    const { context, session } = exchange;
    passSwitch(exchange, head, bytes, at, end);
    this.stage = 'done';
    this.settle();
    exchange.handOver();
    const { stream, rest } = session.detach();
    new Tunnel(context, stream, this.upstream, rest);
  }
}

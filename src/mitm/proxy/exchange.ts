import { newIdentifier } from '../../event/index.ts';
import { BodyReader, HttpError, type RequestHead } from '../http/index.ts';
import type { Judge, Judged, Judgement } from '../judge.ts';
import type { IncomingRequest } from '../transaction.ts';
import { answerBytes, blockedAnswer, failureAnswer } from './answer.ts';
import { connectionValue } from './answer-head.ts';
import type { ClientSession } from './client.ts';
import type { ProxyContext } from './context.ts';
import type { Refusal } from './counters.ts';
import { type Forwarding, outgoingHead } from './forwarding.ts';
import { framed, reframe } from './framing.ts';
import { incomingRequest, KeptBody, Settlement } from './judging.ts';
import { parseOrigin } from './origin.ts';
import { type Place, placeOf, tunnelPlaceOf } from './place.ts';
import { Relay } from './relay.ts';
import type { LocalAnswer, RequestRewrite, RewriteContext } from './rewriting.ts';
import { openTunnel } from './tunnel-opening.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.ts';
import { UpstreamFailure } from './upstream-failure.ts';

/** Methods that may be sent again (RFC 9110, 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
/** Time in ms after which the least rate of a body is asked for. */
const RATE_AFTER_MS = 10_000;
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

/** Its body, if there is one, goes nowhere yet. */
const noData = (): void => {};

/** One request on its way: judged where there is a judge, rewritten, sent, and answered by a {@link Relay}. */
export class Exchange implements UpstreamUser {
  readonly session: ClientSession;
  readonly context: ProxyContext;
  readonly head: RequestHead;
  /** Whether bytes of the body are taken now. */
  wantsBody = false;
  /** The request was read to its end. */
  requestDone = false;
  /** When its last byte came, or the last that the server has not had to wait for. */
  requestAt: number;
  settlement: Settlement | undefined;
  private reader: BodyReader | undefined;
  private kept: KeptBody | undefined;
  private place: Place | undefined;
  private outgoing = '';
  private upstream: UpstreamConnection | undefined;
  private relay: Relay | undefined;
  private stage: 'collect' | 'judge' | 'connect' | 'forward' | 'over' = 'collect';
  private chunked = false;
  private continued = false;
  private retried = false;
  private readonly startedUs: number;
  private bodyMs = 0;
  private tickedAt: number;

  constructor(session: ClientSession, head: RequestHead) {
    this.session = session;
    this.context = session.context;
    this.head = head;
    this.requestAt = this.context.ticker.now;
    this.tickedAt = this.requestAt;
    this.startedUs =
      this.context.judge === undefined ? 0 : Math.round((performance.timeOrigin + performance.now()) * 1000);
  }

  get isOver(): boolean {
    return this.stage === 'over';
  }

  /** What a rewriter is told. */
  get rewriteContext(): RewriteContext {
    return {
      connection: this.session.connection,
      origin: this.place?.origin.text ?? '',
      reference: this.settlement?.judged.reference ?? '',
    };
  }

  /** The forwarding of the server that is asked. */
  get forwarding(): Forwarding {
    const { reverseForwarding, forwardForwarding } = this.context;
    return this.session.destination.kind === 'routes' ? reverseForwarding : forwardForwarding;
  }

  /** Whether the client was told to send its body already, so that it must not be told again. */
  get wasContinued(): boolean {
    return this.continued;
  }

  begin(): void {
    const { head, context, session } = this;
    try {
      if (head.framing.kind === 'none') this.requestDone = true;
      else this.reader = new BodyReader(head.framing, context.limits.requestBodyBytes);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      this.refuse(error.status, 'body_size', error.message);
      return;
    }
    const isConnect = head.method === 'CONNECT';
    const place = (isConnect ? tunnelPlaceOf : placeOf)(head, session.destination, context);
    if (place.kind === 'refusal') {
      this.refuse(place.status, place.refusal, place.reason);
      return;
    }
    this.place = place;
    if (isConnect) {
      openTunnel(this, place);
      return;
    }
    const { judge } = context;
    if (judge === undefined) this.forward();
    else if (this.requestDone) this.askJudge();
    else if (
      judge.refusesLongBodies &&
      head.framing.kind === 'length' &&
      head.framing.bytes > judge.requestBodyLimit
    ) {
      this.refuseLong(judge);
    } else {
      this.kept = new KeptBody();
      this.wantsBody = true;
      if (head.expectsContinue) {
        this.continued = true;
        context.counters.answered(100);
        session.send(CONTINUE);
      }
    }
  }

  /** Takes bytes of the body; returns the offset behind those that it took. */
  body(bytes: Buffer, start: number, end: number): number {
    this.requestAt = this.context.ticker.now;
    try {
      return this.kept !== undefined && this.stage === 'collect'
        ? this.collect(this.kept, bytes, start, end)
        : this.sendBody(bytes, start, end);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      const refusal = error.status === 413 ? 'body_size' : 'malformed';
      this.upstream?.destroy();
      if (this.relay?.started === true) this.abort();
      else this.refuse(error.status, refusal, error.message, true);
      return end;
    }
  }

  clientDrained(): void {
    this.relay?.clientDrained();
  }

  /** The client's connection is gone. */
  clientGone(): void {
    if (this.stage === 'over') return;
    this.context.counters.abandoned++;
    if (this.stage === 'connect' && this.place !== undefined) {
      this.context.pool.leave(this.place.origin, this.place.guarded, this);
    }
    const judging = this.stage === 'judge';
    this.stage = 'over';
    this.upstream?.destroy();
    this.relay?.abandon();
    if (!judging) this.settlement?.abandon();
  }

  tick(now: number): void {
    const { limits } = this.context;
    const passed = now - this.tickedAt;
    this.tickedAt = now;
    if (this.wantsBody) {
      this.bodyMs += passed;
      const bytes = this.reader?.payloadBytes ?? 0;
      const slow = this.bodyMs > RATE_AFTER_MS && bytes < (limits.bodyRate * this.bodyMs) / 1000;
      if (slow || now - this.requestAt > limits.bodyIdleMs) {
        this.upstream?.destroy();
        if (this.relay?.started === true) this.abort();
        else this.refuse(408, 'body_timeout', 'the body of the request came too slowly', true);
        return;
      }
    } else if (this.stage === 'forward' && !this.requestDone && now - this.requestAt > limits.sendMs) {
      this.upstream?.fail(new UpstreamFailure(504, 'timeout', 'the server did not take the request in time'));
      return;
    }
    this.relay?.tick(now, limits);
  }

  connected(connection: UpstreamConnection): void {
    this.upstream = connection;
    this.stage = 'forward';
    this.relay = new Relay(this, connection);
    this.requestAt = this.context.ticker.now;
    const { kept } = this;
    if (kept !== undefined) {
      const head = this.outgoing;
      const ok = connection.write(framed(head, kept.bytes(), this.chunked, this.requestDone));
      this.outgoing = '';
      if (!this.requestDone) this.wantsBody = ok;
    } else if (this.requestDone) connection.write(this.outgoing);
    else {
      this.wantsBody = true;
      if (!this.session.hasInput) {
        connection.write(this.outgoing);
        this.outgoing = '';
      }
    }
    if (this.wantsBody) this.session.pump();
  }

  received(bytes: Buffer, start: number, end: number): void {
    this.relay?.received(bytes, start, end);
  }

  ended(): void {
    const { relay } = this;
    // The usual end of a connection that was idle for too long.
    if (relay?.untouched === true) {
      this.failed(new UpstreamFailure(502, 'closed', 'the server closed the connection without an answer'));
    } else relay?.ended();
  }

  drained(): void {
    if (this.requestDone || this.stage !== 'forward') return;
    this.wantsBody = true;
    this.requestAt = this.context.ticker.now;
    this.session.pump();
  }

  /** No connection, or it was lost. */
  failed(failure: UpstreamFailure): void {
    if (this.stage === 'over') return;
    const { relay, upstream } = this;
    if (relay === undefined || upstream === undefined) {
      this.fail(failure);
      return;
    }
    if (relay.untouched && upstream.answered > 0 && this.repeatable && !this.retried) {
      this.retried = true;
      this.context.counters.retries++;
      this.upstream = undefined;
      this.relay = undefined;
      upstream.destroy();
      this.connect(true);
      return;
    }
    relay.failed(failure);
  }

  /** The answer was passed on to its end. */
  answered(keepsClient: boolean, keepsUpstream: boolean): void {
    this.stage = 'over';
    this.upstream?.release(keepsUpstream && this.requestDone);
    this.upstream = undefined;
    this.settlement?.abandon();
    this.session.finished(keepsClient && this.requestDone);
  }

  /** The server failed before the answer began: the client gets a page with a reference. */
  fail(failure: UpstreamFailure): void {
    this.context.counters.faults[failure.fault]++;
    this.answerFailure(failure.status, failure.message);
  }

  /** The answer cannot be completed: the client sees that by the end of its connection. */
  abort(failure?: UpstreamFailure): void {
    if (this.stage === 'over') return;
    if (failure !== undefined) {
      this.context.counters.faults[failure.fault]++;
      this.tell('', 0, failure.message);
    }
    this.stage = 'over';
    this.upstream?.destroy();
    this.settlement?.abandon();
    this.session.destroy();
  }

  /** What follows is no HTTP: the connections belong to somebody else. */
  handOver(): void {
    this.stage = 'over';
    this.upstream = undefined;
    this.settlement?.abandon();
  }

  /** Gives an answer of the proxy's own in place of the server's. */
  answer(answer: LocalAnswer, closes = false): void {
    const { session, head } = this;
    this.stage = 'over';
    this.wantsBody = false;
    this.upstream?.destroy();
    this.upstream = undefined;
    const keepAlive = head.keepAlive && this.requestDone && !closes && !session.closing;
    this.context.counters.answered(answer.status);
    session.send(answerBytes(answer, head.method, connectionValue(head, keepAlive)));
    this.settlement?.abandon();
    session.finished(keepAlive);
  }

  /** Does what a judge decided about a request or its answer; nothing where it passes. True where it passes. */
  obey(judged: Judged, judgement: Judgement): boolean {
    switch (judgement.action) {
      case 'pass':
        return true;
      case 'drop':
        this.context.counters.refused.judged++;
        this.abort();
        return false;
      case 'deny':
      case 'redirect':
      case 'limit': {
        this.context.counters.refused.judged++;
        const shown = judgement === judged.judgement ? judged : withJudgement(judged, judgement);
        this.answer(this.context.answers.blocked?.(shown, this.head.fields) ?? blockedAnswer(shown));
        return false;
      }
      default:
        return judgement.action satisfies never;
    }
  }

  /** Refuses the request. `malformed` bodies end the connection. */
  refuse(status: number, refusal: Refusal, reason: string, closes = false): void {
    this.context.counters.refused[refusal]++;
    this.answerFailure(status, reason, closes);
  }

  /** Refuses a body that is too long to be judged. */
  private refuseLong(judge: Judge): void {
    const { answers, counters } = this.context;
    counters.refused.body_size++;
    const judged = judge.refuse(
      this.incoming(judge),
      413,
      `the body is longer than ${judge.requestBodyLimit} bytes`,
    );
    this.settlement = new Settlement(judged);
    this.answer(answers.blocked?.(judged, this.head.fields) ?? blockedAnswer(judged));
  }

  private get repeatable(): boolean {
    return this.head.framing.kind === 'none' && IDEMPOTENT.has(this.head.method);
  }

  private collect(kept: KeptBody, bytes: Buffer, start: number, end: number): number {
    const reader = this.reader as BodyReader;
    const at = reader.read(bytes, start, end, kept.keep);
    const { judge } = this.context;
    if (reader.done) {
      this.requestDone = true;
      this.wantsBody = false;
      if (judge?.refusesLongBodies === true && kept.size > judge.requestBodyLimit) {
        this.refuseLong(judge);
      } else this.askJudge();
    } else if (judge !== undefined && kept.size >= judge.requestBodyLimit) {
      if (judge.refusesLongBodies && kept.size > judge.requestBodyLimit) {
        this.refuseLong(judge);
      } else if (!judge.refusesLongBodies) {
        this.wantsBody = false;
        this.askJudge();
      }
    }
    return at;
  }

  private askJudge(): void {
    const { judge } = this.context;
    if (judge === undefined) throw new Error('a request is judged without a judge');
    this.stage = 'judge';
    judge.request(this.incoming(judge)).then(
      (judged) => this.judged(judged),
      (error: unknown) => {
        // A judge does not reject. Should it, nothing passes unjudged.
        if (this.stage !== 'over')
          this.answerFailure(503, `the request could not be judged: ${String(error)}`);
      },
    );
  }

  /** The request with what was kept of its body. */
  private incoming(judge: Judge): IncomingRequest {
    const { head, kept, reader } = this;
    const body = kept?.bytes() ?? Buffer.alloc(0);
    const known = head.framing.kind === 'length' ? head.framing.bytes : this.requestDone ? body.length : -1;
    return incomingRequest(
      head,
      this.session.connection,
      this.startedUs,
      body,
      reader === undefined ? 0 : known,
      judge.requestBodyLimit,
    );
  }

  private judged(judged: Judged): void {
    this.settlement = new Settlement(judged);
    if (this.stage === 'over') this.settlement.abandon();
    else if (this.obey(judged, judged.judgement)) this.forward();
  }

  private forward(): void {
    const { rewriter } = this.context;
    let rewrite: RequestRewrite | undefined;
    try {
      rewrite = rewriter?.request(this.head, this.rewriteContext);
      if (rewrite?.kind === 'answer') {
        this.answer(rewrite.answer);
        return;
      }
      this.prepare(rewrite);
    } catch (error) {
      // Rules of the operator that cannot be applied: the request must not pass without them.
      const words = error instanceof Error ? error.message : String(error);
      this.context.counters.faults.rewrite++;
      this.answerFailure(502, `the request could not be rewritten: ${words}`);
      return;
    }
    this.connect(false);
  }

  /** The head for the server. */
  private prepare(rewrite: Extract<RequestRewrite, { kind: 'change' }> | undefined): void {
    const { head, session, context, kept } = this;
    const place = this.place as Place;
    if (rewrite?.origin !== undefined) {
      const origin = parseOrigin(rewrite.origin);
      if (origin === undefined) throw new RangeError(`${rewrite.origin} is no http or https origin`);
      // The operator's own word, not the client's.
      this.place = { ...place, origin, guarded: false };
    }
    let length: number | undefined;
    if (kept !== undefined)
      length = this.requestDone ? kept.size : head.framing.kind === 'chunked' ? -1 : undefined;
    else if (head.framing.kind === 'chunked') length = -1;
    if (rewrite?.fields !== undefined && length === undefined && head.framing.kind === 'length') {
      length = head.framing.bytes;
    }
    this.chunked = length === -1;
    this.outgoing = outgoingHead(
      {
        method: rewrite?.method ?? head.method,
        target: rewrite?.target ?? place.target,
        fields: rewrite?.fields ?? head.fields,
        host: place.host,
        askedHost: head.host,
        version: head.version,
        length,
        upgrade: head.upgrade !== '' && context.upgrades.has(head.upgrade),
        expectsContinue: head.expectsContinue && !this.continued,
        clientAddress: session.clientAddress,
        scheme: session.scheme,
        rewritten: rewrite?.fields !== undefined,
      },
      this.forwarding,
    );
  }

  private connect(fresh: boolean): void {
    const { origin, guarded } = this.place as Place;
    this.stage = 'connect';
    this.context.pool.acquire(origin, guarded, this.repeatable, fresh, this);
  }

  private sendBody(bytes: Buffer, start: number, end: number): number {
    const upstream = this.upstream as UpstreamConnection;
    const reader = this.reader as BodyReader;
    let at: number;
    let ok = true;
    if (this.chunked || this.outgoing !== '') {
      const piece = reframe(reader, bytes, start, end, this.outgoing, this.chunked, false);
      this.outgoing = '';
      at = piece.at;
      if (piece.bytes !== undefined) ok = upstream.write(piece.bytes);
    } else {
      at = reader.read(bytes, start, end, noData);
      if (at > start) ok = upstream.write(bytes.subarray(start, at));
    }
    if (reader.done) this.requestDone = true;
    this.wantsBody = ok && !reader.done;
    return at;
  }

  private answerFailure(status: number, reason: string, closes = false): void {
    const reference = this.settlement?.judged.reference ?? newIdentifier();
    this.tell(reference, status, reason);
    const page = this.context.answers.failed?.(status, reason, reference, this.head.fields);
    this.answer(page ?? failureAnswer(status, reason, reference), closes);
  }

  private tell(reference: string, status: number, reason: string): void {
    const { connection } = this.session;
    const origin = this.place?.origin.text ?? '';
    this.context.onFailure?.({ reference, status, reason, connection, origin });
  }
}

function withJudgement(judged: Judged, judgement: Judgement): Judged {
  return {
    reference: judged.reference,
    judgement,
    response: (response) => judged.response(response),
    abandon: (response) => judged.abandon(response),
  };
}

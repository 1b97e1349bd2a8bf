import { newIdentifier } from '../../event/index.ts';
import { HttpError, type RequestHead } from '../http/index.ts';
import type { Judge, Judged, Judgement } from '../judge.ts';
import type { IncomingRequest } from '../transaction.ts';
import { answerBytes, failureAnswer, judgedAnswer, movedAnswer } from './answer.ts';
import { connectionValue } from './answer-head.ts';
import type { ClientSession } from './client.ts';
import type { ProxyContext } from './context.ts';
import type { Refusal } from './counters.ts';
import type { Forwarding } from './forwarding.ts';
import { incomingRequest, Settlement } from './judging.ts';
import { type Place, placeOf, tunnelPlaceOf } from './place.ts';
import { Relay } from './relay.ts';
import { RequestBody } from './request-body.ts';
import { requestHead, rewrittenPlace } from './request-head.ts';
import type { LocalAnswer, RequestRewrite, RewriteContext } from './rewriting.ts';
import { openTunnel } from './tunnel-opening.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.ts';
import { UpstreamFailure } from './upstream-failure.ts';

/** Methods that may be sent again (RFC 9110, 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

const NOTHING = Buffer.alloc(0);

/** One request on its way: judged where there is a judge, rewritten, sent, and answered by a {@link Relay}. */
export class Exchange implements UpstreamUser {
  readonly session: ClientSession;
  readonly context: ProxyContext;
  readonly head: RequestHead;
  /** When its last byte came, or the last that the server has not had to wait for. */
  requestAt: number;
  settlement: Settlement | undefined;
  private bodiless = false;
  private requestBody: RequestBody | undefined;
  private place: Place | undefined;
  /** Where the client is sent in place of a server; empty: nowhere else. */
  private elsewhere = '';
  private outgoing = '';
  private upstream: UpstreamConnection | undefined;
  private relay: Relay | undefined;
  private stage: 'collect' | 'judge' | 'connect' | 'forward' | 'over' = 'collect';
  private continued = false;
  private retried = false;
  private readonly startedUs: number;
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

  /** Whether bytes of the body are taken now. */
  get wantsBody(): boolean {
    return this.requestBody?.wanted === true;
  }

  /** The request was read to its end. */
  get requestDone(): boolean {
    return this.bodiless || this.requestBody?.done === true;
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
      if (head.framing.kind === 'none') this.bodiless = true;
      else this.requestBody = new RequestBody(head.framing, context.limits.requestBodyBytes);
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
    if (place.kind === 'elsewhere') this.elsewhere = place.location;
    else this.place = place;
    if (isConnect && place.kind === 'place') {
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
      this.requestBody?.keep();
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
      const body = this.requestBody as RequestBody;
      return this.stage === 'collect'
        ? this.collect(body, bytes, start, end)
        : body.send(this.upstream as UpstreamConnection, bytes, start, end);
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
    if (this.requestBody?.wanted === true) {
      if (this.requestBody.isSlow(passed, now - this.requestAt, limits)) {
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
    const { requestBody: body } = this;
    if (body === undefined) connection.write(this.outgoing);
    else {
      body.begin(connection, this.outgoing, this.session.hasInput);
      if (body.wanted) this.session.pump();
    }
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
    const { requestBody: body } = this;
    if (body === undefined || body.done || this.stage !== 'forward') return;
    body.wanted = true;
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
    if (this.requestBody !== undefined) this.requestBody.wanted = false;
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
        this.answer(judgedAnswer(this.context.answers, judged, judgement, this.head.fields));
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
    this.answer(judgedAnswer(answers, judged, judged.judgement, this.head.fields));
  }

  private get repeatable(): boolean {
    return this.head.framing.kind === 'none' && IDEMPOTENT.has(this.head.method);
  }

  /** Keeps the body until it is complete, or as long as it is judged. */
  private collect(body: RequestBody, bytes: Buffer, start: number, end: number): number {
    const at = body.collect(bytes, start, end);
    const { judge } = this.context;
    if (judge === undefined) throw new Error('a body is kept without a judge');
    const { refusesLongBodies, requestBodyLimit } = judge;
    if (refusesLongBodies && body.keptBytes > requestBodyLimit) this.refuseLong(judge);
    else if (body.done || (!refusesLongBodies && body.keptBytes >= requestBodyLimit)) {
      body.wanted = false;
      this.askJudge();
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
    const { head, requestBody: body } = this;
    return incomingRequest(
      head,
      this.session.connection,
      this.startedUs,
      body?.keptBody() ?? NOTHING,
      body?.bytes ?? 0,
      judge.requestBodyLimit,
    );
  }

  private judged(judged: Judged): void {
    this.settlement = new Settlement(judged);
    if (this.stage === 'over') this.settlement.abandon();
    else if (this.obey(judged, judged.judgement)) this.forward();
  }

  private forward(): void {
    if (this.elsewhere !== '') {
      this.answer(movedAnswer(this.elsewhere));
      return;
    }
    const { rewriter } = this.context;
    let rewrite: RequestRewrite | undefined;
    try {
      rewrite = rewriter?.request(this.head, this.rewriteContext);
      if (rewrite?.kind === 'answer') {
        this.answer(rewrite.answer);
        return;
      }
      const place = rewrittenPlace(this.place as Place, rewrite);
      this.place = place;
      this.outgoing = requestHead(this, place, this.requestBody, rewrite);
    } catch (error) {
      // Rules of the operator that cannot be applied: the request must not pass without them.
      const words = error instanceof Error ? error.message : String(error);
      this.context.counters.faults.rewrite++;
      this.answerFailure(502, `the request could not be rewritten: ${words}`);
      return;
    }
    this.connect(false);
  }

  private connect(fresh: boolean): void {
    const { origin, guarded } = this.place as Place;
    this.stage = 'connect';
    this.context.pool.acquire(origin, guarded, this.repeatable, fresh, this);
  }

  private answerFailure(status: number, reason: string, closes = false): void {
    const reference = this.settlement?.judged.reference ?? newIdentifier();
    this.tell(reference, status, reason);
    const { answers } = this.context;
    this.answer(failureAnswer(answers, status, reason, reference, this.head.fields), closes);
  }

  private tell(reference: string, status: number, reason: string): void {
    const { connection } = this.session;
    const origin = this.place?.origin.text ?? '';
    this.context.onFailure?.({ reference, status, reason, connection, origin });
  }
}

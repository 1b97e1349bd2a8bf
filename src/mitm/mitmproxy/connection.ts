import type { Socket } from 'node:net';
import type { Judge, Judged, Judgement } from '../judge.ts';
import { PassingMap } from '../passing-map.ts';
import { FrameReader } from './frame-reader.ts';
import { parseEmpty, parseHello, parseRequest, parseResponse } from './message.ts';
import type { OpenRequest, OpenRequests } from './open-requests.ts';
import {
  BODY_LIMIT,
  BrokenFrame,
  type BrokenReason,
  encodeFrame,
  FRAME,
  type Frame,
  HEAD_LIMIT,
  PROTOCOL_VERSION,
} from './protocol.ts';
import { unjudgedHead, type VerdictHead, verdictHead } from './verdict-head.ts';

/** A connection has to say HELLO within this time. */
const HELLO_MS = 5000;
const HELLO_BYTES = 4096;
/** Time in which the other side may take the last bytes. */
const LEAVE_MS = 1000;
/** Bytes of answers that wait until the other side reads; whoever holds more does not read at all. */
const MOST_UNREAD = 4 << 20;

/** What all connections counted together. */
export interface BridgeCounts {
  requests: number;
  responses: number;
  /** By what was decided about requests and responses. */
  readonly actions: Record<Judgement['action'], number>;
  /** Requests that were refused for the length of their bodies. */
  tooLong: number;
  /** Requests for which there was no room. */
  busy: number;
  /** Responses to requests that nobody knows any more. */
  orphans: number;
  /** Requests that the addon gave up, or whose connection was lost. */
  abandoned: number;
  /** Judgements that failed. */
  failed: number;
  /** Connections that were closed because the other side did not read, or said nothing. */
  stalled: number;
  /** Connections that were closed for a broken frame. */
  readonly broken: Record<BrokenReason, number>;
}

/** What a connection works with. */
export interface ConnectionContext {
  readonly judge: Judge;
  readonly open: OpenRequests;
  readonly counts: BridgeCounts;
  readonly report: (message: string) => void;
}

/** One mitmproxy. */
export class BridgeConnection {
  private readonly socket: Socket;
  private readonly context: ConnectionContext;
  private readonly reader = new FrameReader(HELLO_BYTES, 0);
  private readonly requests = new PassingMap<number, OpenRequest>();
  private agent = '';
  private left = false;
  private timer: NodeJS.Timeout;

  constructor(socket: Socket, context: ConnectionContext) {
    this.socket = socket;
    this.context = context;
    this.timer = setTimeout(() => this.stall('said nothing'), HELLO_MS);
    socket.on('data', (bytes: Buffer) => this.data(bytes));
    // 'close' follows.
    socket.on('error', (error) => context.report(`mitmproxy: ${error.message}`));
    socket.once('close', () => this.closed());
  }

  /** Closes the connection with a word to the other side. */
  leave(reason: string): void {
    if (this.left) return;
    this.left = true;
    this.giveUp();
    this.socket.removeAllListeners('data');
    this.socket.resume();
    this.socket.end(encodeFrame(FRAME.bye, 0, { reason }));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.socket.destroy(), LEAVE_MS);
  }

  private data(bytes: Buffer): void {
    const { counts, report } = this.context;
    try {
      this.reader.read(bytes, (frame) => this.take(frame));
    } catch (error) {
      if (!(error instanceof BrokenFrame)) throw error;
      counts.broken[error.reason]++;
      report(`mitmproxy: closed for a broken frame: ${error.message}`);
      this.leave(`broken frame: ${error.message}`);
    }
  }

  private take(frame: Frame): void {
    if (this.agent === '') {
      if (frame.type !== FRAME.hello) throw new BrokenFrame('order', 'something else before HELLO');
      this.hello(frame);
      return;
    }
    switch (frame.type) {
      case FRAME.request:
        this.request(frame);
        return;
      case FRAME.response:
        this.response(frame);
        return;
      case FRAME.abandon:
        this.abandon(frame);
        return;
      case FRAME.hello:
        throw new BrokenFrame('order', 'HELLO twice');
      default:
        throw new BrokenFrame('type', `a frame of type ${frame.type}`);
    }
  }

  private hello(frame: Frame): void {
    const { version, agent } = parseHello(frame);
    if (version !== PROTOCOL_VERSION) {
      throw new BrokenFrame('version', `the addon speaks version ${version}, weir ${PROTOCOL_VERSION}`);
    }
    clearTimeout(this.timer);
    this.agent = agent === '' ? 'mitmproxy' : agent;
    const { judge, report } = this.context;
    const request = Math.min(BODY_LIMIT, judge.requestBodyLimit);
    const response = Math.min(BODY_LIMIT, judge.responseBodyLimit);
    this.reader.headLimit = HEAD_LIMIT;
    this.reader.bodyLimit = Math.max(request, response);
    report(`${JSON.stringify(this.agent)} connected`);
    this.send(FRAME.hello, 0, {
      version: PROTOCOL_VERSION,
      head_limit: HEAD_LIMIT,
      request_body_limit: request,
      response_body_limit: response,
    });
  }

  private request(frame: Frame): void {
    const { judge, open, counts } = this.context;
    const { id } = frame;
    if (id === 0 || this.requests.has(id)) throw new BrokenFrame('id', 'the id of a request is in use, or 0');
    const request = parseRequest(frame, judge.requestBodyLimit);
    counts.requests++;
    if (judge.refusesLongBodies && request.bodyBytes !== request.body.length) {
      counts.tooLong++;
      const judged = judge.refuse(request, 413, tooLong(judge.requestBodyLimit));
      const { judgement, reference } = judged;
      judged.abandon();
      this.verdict(id, verdictHead(judgement, reference));
      return;
    }
    const admitted = open.admit(this.requests, id, frame.body.length);
    if (admitted === undefined) {
      counts.busy++;
      this.verdict(id, unjudgedHead('too many requests are open'));
      return;
    }
    judge.request(request).then(
      (judged) => this.judged(admitted, judged),
      (error) => this.failed(admitted, error),
    );
  }

  private judged(request: OpenRequest, judged: Judged): void {
    const { open, counts } = this.context;
    const { judgement, reference } = judged;
    counts.actions[judgement.action]++;
    if (request.state === 'gone' || judgement.action !== 'pass') {
      judged.abandon();
      open.close(request);
    } else {
      open.wait(request, judged);
    }
    if (request.state !== 'gone') this.verdict(request.id, verdictHead(judgement, reference));
  }

  private response(frame: Frame): void {
    const { judge, open, counts } = this.context;
    const request = this.requests.get(frame.id);
    const response = parseResponse(frame, judge.responseBodyLimit);
    counts.responses++;
    if (request === undefined) {
      counts.orphans++;
      this.verdict(frame.id, unjudgedHead('its request is not known any more'));
      return;
    }
    const { judged } = request;
    if (request.state !== 'waiting' || judged === undefined) {
      throw new BrokenFrame('order', 'a RESPONSE whose request is not let through, or the second one');
    }
    open.answer(request);
    judged.response(response).then(
      (judgement) => {
        counts.actions[judgement.action]++;
        open.close(request);
        if (request.state !== 'gone') this.verdict(request.id, verdictHead(judgement, judged.reference));
      },
      (error) => this.failed(request, error),
    );
  }

  private abandon(frame: Frame): void {
    parseEmpty(frame);
    const request = this.requests.get(frame.id);
    // It may have been given up here first.
    if (request === undefined) return;
    this.context.counts.abandoned++;
    this.context.open.abandon(request);
  }

  private failed(request: OpenRequest, error: unknown): void {
    const { open, counts, report } = this.context;
    counts.failed++;
    report(`a judgement failed: ${error instanceof Error ? error.message : String(error)}`);
    open.close(request);
    if (request.state !== 'gone') this.verdict(request.id, unjudgedHead('the judgement failed'));
  }

  private verdict(id: number, head: VerdictHead): void {
    this.send(FRAME.verdict, id, head);
  }

  private send(type: number, id: number, head: object): void {
    if (this.left || !this.socket.writable) return;
    this.socket.write(encodeFrame(type, id, head));
    if (this.socket.writableLength > MOST_UNREAD) this.stall('does not read');
  }

  private stall(what: string): void {
    this.context.counts.stalled++;
    this.context.report(`mitmproxy: closed, the other side ${what}`);
    this.left = true;
    this.socket.destroy();
  }

  private closed(): void {
    clearTimeout(this.timer);
    this.left = true;
    this.giveUp();
    if (this.agent !== '') this.context.report(`${JSON.stringify(this.agent)} disconnected`);
  }

  /** No answer can be sent any more. */
  private giveUp(): void {
    const { open, counts } = this.context;
    counts.abandoned += this.requests.size;
    for (const [, request] of this.requests) open.abandon(request);
  }
}

function tooLong(limit: number): string {
  return limit > 0
    ? `the body cannot be judged wholly: more than ${limit} bytes, or not held back`
    : 'it has a body';
}

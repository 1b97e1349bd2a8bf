import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { newIdentifier } from '../../event/index.ts';
import { type Judge, type Judged, type Judgement, PASSED } from '../judge.ts';
import type { IncomingRequest, IncomingResponse, TransactionSink } from '../transaction.ts';
import type { Begun, Verdict, WafPool } from '../waf/index.ts';
import type { ClientGate } from './client-gate.ts';
import { plainAnswer } from './plain-answer.ts';

/** Clients that are held at once; more are turned away at once. */
const MOST_HELD = 256;

/** What decides; it can be replaced while requests come. */
export interface Deciders {
  /** Judges contents; undefined: nobody does. */
  readonly waf: WafPool | undefined;
  /** Asked first, in their order. */
  readonly gates: readonly ClientGate[];
}

/** What the live path decides with. */
export interface LiveJudgeOptions extends Deciders {
  /** Who is told of every transaction. */
  readonly sinks: readonly TransactionSink[];
  /** Bytes of a request's body that are judged, and of an answer's; 0: bodies of answers are not looked at. */
  readonly requestBodyLimit: number;
  readonly responseBodyLimit: number;
  /** A longer request body is refused instead of judged in part. */
  readonly refusesLongBodies: boolean;
  /** Answers are judged as well: the rules of phases 3 and 4. */
  readonly judgesResponses: boolean;
}

/** The live path (buffer A): lists and limits, then the rules; each transaction is told of when it is complete. */
export class LiveJudge implements Judge {
  readonly requestBodyLimit: number;
  readonly responseBodyLimit: number;
  readonly refusesLongBodies: boolean;
  private readonly options: LiveJudgeOptions;
  private readonly closing = new AbortController();
  private readonly closed = this.closing.signal;
  private held = 0;
  private deciders: Deciders;
  private readonly counts = {
    requests: 0,
    passed: 0,
    denied: 0,
    limited: 0,
    redirected: 0,
    dropped: 0,
    open: 0,
  };

  constructor(options: LiveJudgeOptions) {
    this.options = options;
    this.deciders = options;
    setMaxListeners(MOST_HELD + 8, this.closed);
    this.requestBodyLimit = options.requestBodyLimit;
    this.responseBodyLimit = options.judgesResponses ? options.responseBodyLimit : 0;
    this.refusesLongBodies = options.refusesLongBodies;
  }

  async request(request: IncomingRequest): Promise<Judged> {
    const begunMs = performance.now();
    const { waf, gates } = this.deciders;
    const { judgesResponses } = this.options;
    let judgement: Judgement | undefined;
    let begun: Begun | undefined;
    for (const gate of gates) {
      judgement = gate.check(request);
      if (judgement !== undefined) break;
    }
    if (judgement?.holdMs !== undefined) await this.hold(request, judgement.holdMs);
    if (judgement === undefined && waf !== undefined) {
      if (judgesResponses) begun = await waf.begin(request);
      judgement = judgementOf(begun?.verdict ?? (await waf.inspect(request)));
    }
    judgement ??= PASSED;
    this.count(judgement);
    return new JudgedRequest(this, request, judgement, begun, begunMs, performance.now() - begunMs);
  }

  /** Requests from now on are decided by others; those that are under way stay with whom they began. */
  decideBy(deciders: Deciders): void {
    this.deciders = deciders;
  }

  /** HAProxy and mitmproxy wait for no judgement as long as that. */
  private async hold({ connection }: IncomingRequest, ms: number): Promise<void> {
    if (connection.way !== 'proxy' || this.held >= MOST_HELD || this.closed.aborted) return;
    this.held++;
    await delay(ms, undefined, { signal: this.closed, ref: false }).catch(() => undefined);
    this.held--;
  }

  /** Lets go of all clients that are held. */
  close(): void {
    this.closing.abort();
  }

  refuse(request: IncomingRequest, status: number, reason: string): Judged {
    const judgement: Judgement = { ...PASSED, action: 'deny', status, reason };
    this.count(judgement);
    return new JudgedRequest(this, request, judgement, undefined, performance.now(), 0);
  }

  /** Tells of a transaction, once. */
  complete(
    judged: JudgedRequest,
    response: IncomingResponse | undefined,
    responseJudgement: Judgement | undefined,
    latencyMs: number,
  ): void {
    this.counts.open--;
    const { reference, request, judgement, judgedMs } = judged;
    const transaction = { reference, request, judgement, response, responseJudgement, latencyMs, judgedMs };
    for (const sink of this.options.sinks) sink.take(transaction);
  }

  private count({ action }: Judgement): void {
    const { counts } = this;
    counts.requests++;
    counts.open++;
    switch (action) {
      case 'pass':
        counts.passed++;
        break;
      case 'deny':
        counts.denied++;
        break;
      case 'limit':
        counts.limited++;
        break;
      case 'redirect':
        counts.redirected++;
        break;
      case 'drop':
        counts.dropped++;
        break;
      default:
        action satisfies never;
    }
  }

  /** Numbers for the status. `open`: requests whose answers have not come. */
  statistics(): Readonly<Record<string, unknown>> {
    const gates = this.deciders.gates.map((gate) => gate.statistics());
    return { ...this.counts, ...Object.assign({}, ...gates), waf: this.deciders.waf?.statistics };
  }
}

class JudgedRequest implements Judged {
  readonly reference = newIdentifier();
  readonly request: IncomingRequest;
  readonly judgement: Judgement;
  readonly judgedMs: number;
  private readonly judge: LiveJudge;
  private readonly begun: Begun | undefined;
  private readonly begunMs: number;
  private told = false;

  constructor(
    judge: LiveJudge,
    request: IncomingRequest,
    judgement: Judgement,
    begun: Begun | undefined,
    begunMs: number,
    judgedMs: number,
  ) {
    this.judge = judge;
    this.request = request;
    this.judgement = judgement;
    this.begun = begun;
    this.begunMs = begunMs;
    this.judgedMs = judgedMs;
  }

  async response(response: IncomingResponse): Promise<Judgement> {
    const latencyMs = performance.now() - this.begunMs;
    const judgement = this.begun === undefined ? undefined : await this.judgeAnswer(this.begun, response);
    this.tell(response, judgement, latencyMs);
    return judgement ?? PASSED;
  }

  private async judgeAnswer(begun: Begun, response: IncomingResponse): Promise<Judgement> {
    const plain = await plainAnswer(response, this.judge.responseBodyLimit);
    return judgementOf(await begun.response(plain));
  }

  abandon(response?: IncomingResponse): void {
    this.begun?.abandon();
    this.tell(response, undefined, response === undefined ? -1 : performance.now() - this.begunMs);
  }

  private tell(
    response: IncomingResponse | undefined,
    judgement: Judgement | undefined,
    latencyMs: number,
  ): void {
    if (this.told) return;
    this.told = true;
    this.judge.complete(this, response, judgement, latencyMs);
  }
}

/** What a verdict of the rules means for the live path. */
export function judgementOf(verdict: Verdict): Judgement {
  const { action, status, location, limit, ruleId, score } = verdict;
  if (action === 'pass') return { ...PASSED, verdict };
  const points = score.inbound > 0 ? score.inbound : score.outbound;
  const reason =
    ruleId === 0 && limit !== ''
      ? `could not be judged: ${limit}`
      : points > 0
        ? `matches the rules (anomaly score ${points})`
        : `matches rule ${ruleId}`;
  return { action, status, location, reason, retryAfter: 0, verdict };
}

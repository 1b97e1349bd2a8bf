import type { ClientConnection } from './connection.ts';
import type { Judgement } from './judge.ts';
import type { Endpoint, HttpRequest, HttpResponse } from './waf/index.ts';

/** A request as it came to weir. Its body may be cut: `bodyBytes` says how much there was. */
export interface IncomingRequest extends HttpRequest {
  readonly connection: ClientConnection;
  /** When its head was there, in microseconds since 1970. */
  readonly timeUs: number;
  /** Bytes of the body as it was sent, without its transfer coding; -1 where nobody knows. */
  readonly bodyBytes: number;
}

/** The two ends of a connection to a server: the passive stream sees it too. */
export interface UpstreamEnds {
  readonly from: Endpoint;
  readonly to: Endpoint;
}

/** The answer as it came from the server. */
export interface IncomingResponse extends HttpResponse {
  /** As in {@link IncomingRequest}. */
  readonly bodyBytes: number;
  /** The connection that the request went to the server on, from this side; undefined where nobody knows. */
  readonly upstream?: UpstreamEnds | undefined;
}

/** A request with what was decided about it and, where one came, its answer: complete when a sink gets it. */
export interface WebTransaction {
  /** What the block page shows and every record of this request carries: 20 characters of a-z and 0-9. */
  readonly reference: string;
  readonly request: IncomingRequest;
  readonly judgement: Judgement;
  /** Undefined where the request was not let through, or nobody told of the answer. */
  readonly response: IncomingResponse | undefined;
  /** What was decided about the answer; undefined where there was none, or nobody judged it. */
  readonly responseJudgement: Judgement | undefined;
  /** Milliseconds from the request's head to the answer's; -1 where there is none. */
  readonly latencyMs: number;
  /** Milliseconds that the decision took. */
  readonly judgedMs: number;
}

/** Takes transactions off the live path: returns at once, throws nothing, keeps what it needs. */
export interface TransactionSink {
  take(transaction: WebTransaction): void;
}

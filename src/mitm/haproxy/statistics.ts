/** What an agent has done since it started. */
export interface SpoeStatistics {
  /** Connections of HAProxy that are open. */
  readonly connections: number;
  readonly connectionsTotal: number;
  /** Turned away because there were too many. */
  readonly connectionsRefused: number;
  readonly healthchecks: number;
  readonly requests: number;
  readonly responses: number;
  readonly passed: number;
  readonly denied: number;
  readonly dropped: number;
  readonly redirected: number;
  readonly limited: number;
  /** Requests whose body went on beyond what HAProxy sent. */
  readonly bodiesCut: number;
  /** Requests that were refused (413) for the length of their body. */
  readonly bodiesRefused: number;
  /** Answered without a judgement, as the deadline was there; `txn.weir.err` is 1 then. */
  readonly late: number;
  /** The judge failed; `txn.weir.err` is 255 then. */
  readonly failed: number;
  /** Judged, but HAProxy had closed the connection. */
  readonly unanswered: number;
  /** NOTIFY frames without a message that we know. */
  readonly unknownMessages: number;
  /** Requests without unique id whose answers were to follow. */
  readonly withoutId: number;
  /** Answers to requests that are not waited for. */
  readonly uncorrelated: number;
  /** Requests whose answers never came, had no room, or whose id came again. */
  readonly responsesExpired: number;
  readonly responsesEvicted: number;
  readonly idsRepeated: number;
  /** Payloads came in so many fragments. */
  readonly fragments: number;
  /** Variables that had no room in an answer. */
  readonly variablesLeftOut: number;
  /** Connections ended for faults of the peer, by status code of SPOP. */
  readonly faults: Readonly<Record<string, number>>;
  readonly lastFault: string;
  /** Requests and answers that are being judged. */
  readonly inFlight: number;
  /** Requests whose answers are waited for. */
  readonly pendingResponses: number;
}

/** The counters among the statistics. */
export type Counter = {
  [K in keyof SpoeStatistics]: SpoeStatistics[K] extends number ? K : never;
}[keyof SpoeStatistics];

/** Those that the agent itself counts, at nothing. */
export function newCounters(): Record<Counter, number> {
  return {
    connections: 0,
    connectionsTotal: 0,
    connectionsRefused: 0,
    healthchecks: 0,
    requests: 0,
    responses: 0,
    passed: 0,
    denied: 0,
    dropped: 0,
    redirected: 0,
    limited: 0,
    bodiesCut: 0,
    bodiesRefused: 0,
    late: 0,
    failed: 0,
    unanswered: 0,
    unknownMessages: 0,
    withoutId: 0,
    uncorrelated: 0,
    responsesExpired: 0,
    responsesEvicted: 0,
    idsRepeated: 0,
    fragments: 0,
    variablesLeftOut: 0,
    inFlight: 0,
    pendingResponses: 0,
  };
}

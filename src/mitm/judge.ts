import type { IncomingRequest, IncomingResponse } from './transaction.ts';
import type { Verdict } from './waf/index.ts';

/** A page of a judge's own that goes with a denial. Ways that show no pages leave it out. */
export interface JudgementPage {
  /** Whole, in one line without control characters. */
  readonly html: string;
  /** Value of Content-Security-Policy. */
  readonly policy: string;
  /** Value of Content-Language. */
  readonly language: string;
}

/** What is to be done with a request or an answer. */
export interface Judgement {
  /** `limit`: too many requests (429); `drop`: the connection is closed without a word. */
  readonly action: 'pass' | 'deny' | 'drop' | 'redirect' | 'limit';
  /** Status of what is sent instead; 0 where it passes or is dropped. */
  readonly status: number;
  /** Where a redirect leads; empty otherwise. */
  readonly location: string;
  /** Why, in a few words for people; empty where it passes. No content of the request. */
  readonly reason: string;
  /** Seconds after which the client may come again, for `limit`; 0 otherwise. */
  readonly retryAfter: number;
  /** Milliseconds that a client of the built-in proxy waits for this, so that it loses time; undefined: none. */
  readonly holdMs?: number;
  /** For `deny`, in place of the usual page; undefined: that one. */
  readonly page?: JudgementPage;
  /** For `redirect`: value of Set-Cookie; undefined: none. */
  readonly cookie?: string;
  /** What the rules said; undefined where they were not asked (banned, limited, judged by nobody). */
  readonly verdict: Verdict | undefined;
}

/** A request that was judged; exactly one of `response` and `abandon` is called afterwards, whatever was decided. */
export interface Judged {
  /** Of the transaction: for the block page, and the header that names it. */
  readonly reference: string;
  readonly judgement: Judgement;
  /** Judges the answer and tells of the transaction. Does not reject. */
  response(response: IncomingResponse): Promise<Judgement>;
  /** No answer comes, or none that anybody judges: the transaction is told of as it stands. */
  abandon(response?: IncomingResponse): void;
}

/** The live path's decisions (buffer A). Every way asks the same judge. */
export interface Judge {
  /** Bytes of a request's body that it wants to see; what is longer is cut by whoever asks. */
  readonly requestBodyLimit: number;
  /** The same for answers; 0: it looks at no bodies of answers, and whoever asks need not hold them back. */
  readonly responseBodyLimit: number;
  /** True where a request whose body is longer than the limit is to be refused (413) instead of judged in part. */
  readonly refusesLongBodies: boolean;
  /** Decides within milliseconds. Does not reject. */
  request(request: IncomingRequest): Promise<Judged>;
  /**
   * What whoever asks has decided by itself, such as 413 for a body that is too long to be judged: a request with a
   * reference and a record like others. `reason` is in words, without contents of the request.
   */
  refuse(request: IncomingRequest, status: number, reason: string): Judged;
}

/** What passes. */
export const PASSED: Judgement = {
  action: 'pass',
  status: 0,
  location: '',
  reason: '',
  retryAfter: 0,
  verdict: undefined,
};

/** A refusal without reference and record, for judges that keep none. */
export function unrecordedRefusal(status: number, reason: string): Judged {
  return {
    reference: '',
    judgement: { ...PASSED, action: 'deny', status, reason },
    response: async () => PASSED,
    abandon: () => undefined,
  };
}

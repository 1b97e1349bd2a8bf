import { ControlError } from '../control/index.ts';

/** An answer that is no success, as RFC 9457 has it. The title says what, the detail where and what to do. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, title: string, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.title = title;
    this.headers = headers;
  }
}

/** The body of a problem (RFC 9457, 3.1); its media type is {@link PROBLEM_TYPE}. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}

/** Media type of {@link ProblemBody}. */
export const PROBLEM_TYPE = 'application/problem+json';

/** The body of a problem. */
export function bodyOf({ status, title, message }: Problem): ProblemBody {
  return { type: 'about:blank', title, status, detail: message };
}

/** What an error is to who asked; undefined where it is weir's own fault. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof ControlError) return ofControl(error);
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  const status = Number(error.statusCode);
  // What the framework refuses: a body that is no JSON, one that is too long, what the schema does not allow.
  return status >= 400 && status < 500
    ? new Problem(status, TITLES[status] ?? 'Refused', error.message)
    : undefined;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request is not understood',
  404: 'There is no such thing',
  405: 'Not with this method',
  413: 'Too long',
  415: 'Not in this media type',
  429: 'Too many requests',
};

function ofControl({ code, message }: ControlError): Problem {
  switch (code) {
    case 'question':
      return new Problem(400, 'The request is not understood', message);
    case 'off':
      return new Problem(409, 'Switched off', message);
    case 'busy':
      return new Problem(503, 'Busy', message, { 'retry-after': '1' });
    case 'failed':
    case 'absent':
    case 'silent':
      return new Problem(503, 'No answer', message, { 'retry-after': '5' });
    default:
      return code satisfies never;
  }
}

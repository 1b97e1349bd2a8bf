import type { LoginWays } from './types.ts';

/** What the server says of a refused request: RFC 9457, `application/problem+json`. */
export interface Problem {
  /** Only of a refused session: how one may log in. */
  readonly loginWays?: LoginWays;
  readonly type?: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
}

/** A request that the server refused, or that never reached it (status 0). The message is made to be shown. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status; 0 where there was no answer at all. */
  readonly status: number;
  readonly problem: Problem;

  constructor(problem: Problem, cause?: unknown) {
    super(problem.detail ?? problem.title, { cause });
    this.status = problem.status;
    this.problem = problem;
  }
}

/** The problem in an answer's body; where that holds none, one made of the status. */
export function problemOf(status: number, body: unknown): Problem {
  if (typeof body === 'object' && body !== null && 'title' in body && typeof body.title === 'string') {
    return {
      title: body.title,
      status,
      ...('type' in body && typeof body.type === 'string' ? { type: body.type } : {}),
      ...('detail' in body && typeof body.detail === 'string' ? { detail: body.detail } : {}),
      ...('loginWays' in body && isLoginWays(body.loginWays) ? { loginWays: body.loginWays } : {}),
    };
  }
  return { title: `The server answered with status ${status}`, status };
}

function isLoginWays(value: unknown): value is LoginWays {
  return typeof value === 'object' && value !== null && 'token' in value;
}

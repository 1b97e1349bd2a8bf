import { ApiError, problemOf } from './api-error.ts';

/** Where the API lies, on the origin that the console came from. */
export const API = '/api/v1';

/** Milliseconds after which a request without an answer counts as failed. */
const REQUEST_TIMEOUT_MS = 60_000;

/** What goes into the query part of a URL; undefined and empty values are left out. */
export type Params = Readonly<Record<string, string | number | boolean | undefined>>;

/** One request to the API. */
export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly params?: Params;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

let csrfToken: string | undefined;
let onUnauthorised: () => void = () => {};

/** Sets the token that goes along with every request that changes something; the session gives it. */
export function setCsrfToken(token: string | undefined): void {
  csrfToken = token;
}

/** Says what to do when the server no longer knows the session. */
export function whenUnauthorised(handler: () => void): void {
  onUnauthorised = handler;
}

/** Does what `whenUnauthorised` said: for those that learn of it otherwise than by `api`. */
export function unauthorised(): void {
  onUnauthorised();
}

/** The URL of a path below the API, with its parameters. For links to downloads; else use `api`. */
export function apiUrl(path: string, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return `${API}${path}${text === '' ? '' : `?${text}`}`;
}

/**
 * Asks the API and gives the parsed JSON; undefined where the answer has no body.
 *
 * @throws {ApiError} of every answer that is not a success, and with status 0 where there was none. An abort by the
 * caller's signal is thrown as it is.
 */
export async function api<Answer>(path: string, request: ApiRequest = {}): Promise<Answer> {
  const method = request.method ?? 'GET';
  const headers: Record<string, string> = { accept: 'application/json, application/problem+json' };
  if (request.body !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'GET' && csrfToken !== undefined) headers['x-csrf-token'] = csrfToken;
  const limit = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(apiUrl(path, request.params), {
      method,
      headers,
      credentials: 'same-origin',
      signal: request.signal === undefined ? limit : AbortSignal.any([request.signal, limit]),
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    text = await answer.text();
  } catch (error) {
    if (request.signal?.aborted === true) throw error;
    throw new ApiError(unreachable(limit.aborted), error);
  }
  const body = parsed(text);
  if (answer.ok) return body as Answer;
  // A refused login is the login page's own matter.
  if (answer.status === 401 && path !== '/session') onUnauthorised();
  throw new ApiError(problemOf(answer.status, body));
}

function unreachable(timedOut: boolean) {
  return timedOut
    ? {
        title: 'No answer in time',
        status: 0,
        detail: 'The server did not answer within a minute: ask for a shorter time.',
      }
    : {
        title: 'The server cannot be reached',
        status: 0,
        detail: 'Is `weir up` running? `weir status` tells.',
      };
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

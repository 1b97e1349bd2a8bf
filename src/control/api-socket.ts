import { join } from 'node:path';
import { MOST_ANSWER } from './answer.ts';
import { askSupervisor, ControlError, explainSocket, valueIn } from './control-socket.ts';
import { jsonOf } from './json-line.ts';
import type { Question } from './question.ts';

/** Whoever asks waits longer than any answer takes. */
const PATIENCE_MS = 30_000;

/** What is asked of the API. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With its query. */
  readonly path: string;
  /** Goes as JSON. */
  readonly body?: unknown;
}

/** What the API said. */
export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Asks the weir that runs on this machine: its API, so that what is changed stands in its record; where that is switched
 * off, or begins anew at the moment, the supervisor itself. Who may open the sockets may ask. Rejects with a
 * {@link ControlError}.
 */
export async function askOnMachine(folder: string, question: Question): Promise<unknown> {
  const answer = await putToApi(folder, { method: 'POST', path: '/api/v1/questions', body: question });
  // With 503 it has not begun to answer questions.
  if (answer === undefined || answer.status === 503) return askSupervisor(folder, question);
  const { status, text } = answer;
  if (status === 200) return valueIn(text, folder);
  throw new ControlError(detailOf(text) || `${folder}: refused (${status})`, 'question');
}

/**
 * Puts a request to the API over its socket, as administrator by the permissions of the file. Undefined where nobody
 * answers there. Rejects with a {@link ControlError}.
 */
export async function putToApi(
  folder: string,
  { method, path, body }: ApiRequest,
): Promise<ApiAnswer | undefined> {
  // Most commands ask nobody, and begin sooner without it.
  const { request } = await import('node:http');
  const socketPath = join(folder, 'api.sock');
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const headers =
    sent === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) };
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path, headers, signal: AbortSignal.timeout(PATIENCE_MS) });
    asked.once('error', (error) => {
      const code = 'code' in error ? error.code : '';
      if (code === 'ENOENT' || code === 'ECONNREFUSED') resolve(undefined);
      else if (error.name === 'AbortError' || error.name === 'TimeoutError')
        reject(new ControlError(`${socketPath}: no answer within ${PATIENCE_MS / 1000} s`));
      else reject(explainSocket(socketPath, error));
    });
    asked.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.length > MOST_ANSWER) asked.destroy(new Error('the answer is too long'));
      });
      response.once('error', (error) => reject(explainSocket(socketPath, error)));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.end(sent);
  });
}

/** What a problem says (RFC 9457); empty where it is none. */
export function detailOf(text: string): string {
  const value = jsonOf(text);
  return typeof value === 'object' && value !== null && 'detail' in value ? String(value.detail) : '';
}

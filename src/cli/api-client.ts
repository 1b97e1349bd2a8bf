import { request } from 'node:http';
import { join } from 'node:path';
import { ControlError, controlFolder } from '../control/index.ts';

const PATIENCE_MS = 30_000;
const MOST_CHARACTERS = 16 << 20;

/** A request to the API of the running weir. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With its query. */
  readonly path: string;
  /** Goes as JSON. */
  readonly body?: unknown;
}

/**
 * Asks the API over its socket, as administrator by the permissions of the file. Resolves to what it says, undefined
 * where it says nothing. Rejects with a {@link ControlError}.
 *
 * @param folder `control.folder` of the configuration
 */
export function askApi(folder: string, { method, path, body }: ApiRequest): Promise<unknown> {
  const socketPath = join(controlFolder(folder), 'api.sock');
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers =
    text === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path, headers, signal: AbortSignal.timeout(PATIENCE_MS) });
    asked.once('error', (error) => reject(explained(socketPath, error)));
    asked.once('response', (response) => {
      let said = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        said += part;
        if (said.length > MOST_CHARACTERS) asked.destroy(new Error('the answer is too long'));
      });
      response.once('error', (error) => reject(explained(socketPath, error)));
      response.once('end', () => {
        const value = parsed(said);
        const status = response.statusCode ?? 0;
        if (status < 300) resolve(value);
        else reject(refusal(socketPath, status, value));
      });
    });
    asked.end(text);
  });
}

function refusal(path: string, status: number, value: unknown): ControlError {
  const detail = typeof value === 'object' && value !== null && 'detail' in value ? String(value.detail) : '';
  return new ControlError(detail === '' ? `${path}: refused (${status})` : detail, 'failed');
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function explained(path: string, error: Error): ControlError {
  const code = 'code' in error ? error.code : '';
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return new ControlError(`weir is not running, or without its API (nobody answers at ${path})`, 'absent');
  }
  if (code === 'EACCES') {
    return new ControlError(`${path} is not open to this user: ask as the user that started weir`, 'absent');
  }
  return new ControlError(`${path}: ${error.message}`);
}

import { join } from 'node:path';
import { MOST_ANSWER, parseAnswer } from './answer.ts';
import { askSupervisor, ControlError, explainSocket } from './control-socket.ts';
import { type Question, questionLine } from './question.ts';

/** Whoever asks waits longer than any answer takes. */
const PATIENCE_MS = 30_000;

/**
 * Asks the weir that runs on this machine: its API, so that what is changed stands in its record; where that is switched
 * off, or begins anew at the moment, the supervisor itself. Who may open the sockets may ask. Rejects with a
 * {@link ControlError}.
 */
export async function askOnMachine(folder: string, question: Question): Promise<unknown> {
  const text = await askApi(join(folder, 'api.sock'), questionLine(question));
  if (text === undefined) return askSupervisor(folder, question);
  const answer = parseAnswer(text);
  if (answer === undefined) throw new ControlError(`${folder}: the answer was cut off, or is none`);
  if ('error' in answer) throw new ControlError(answer.error, answer.code);
  return answer.value;
}

/** The body of the answer; undefined where the question has not reached anybody. */
async function askApi(socketPath: string, line: string): Promise<string | undefined> {
  // Most commands ask nobody, and begin sooner without it.
  const { request } = await import('node:http');
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(line) };
  const options = { socketPath, method: 'POST', path: '/api/v1/questions', headers };
  return new Promise((resolve, reject) => {
    const asked = request({ ...options, signal: AbortSignal.timeout(PATIENCE_MS) });
    asked.once('error', (error) => {
      const code = 'code' in error ? error.code : '';
      if (code === 'ENOENT' || code === 'ECONNREFUSED') resolve(undefined);
      else if (error.name === 'AbortError' || error.name === 'TimeoutError')
        reject(new ControlError(`${socketPath}: no answer within ${PATIENCE_MS / 1000} s`));
      else reject(explainSocket(socketPath, error));
    });
    asked.once('response', (response) => {
      const parts: Buffer[] = [];
      let length = 0;
      response.on('data', (part: Buffer) => {
        parts.push(part);
        length += part.length;
        if (length > 3 * MOST_ANSWER + 1) asked.destroy(new Error('the answer is too long'));
      });
      response.once('error', (error) => reject(explainSocket(socketPath, error)));
      response.once('end', () => {
        const text = Buffer.concat(parts).toString();
        if (response.statusCode === 200) resolve(text);
        // It has not begun to answer questions.
        else if (response.statusCode === 503) resolve(undefined);
        else
          reject(
            new ControlError(detailOf(text) || `${socketPath}: refused (${response.statusCode})`, 'question'),
          );
      });
    });
    asked.end(line);
  });
}

/** What a problem says (RFC 9457); empty where it is none. */
function detailOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'detail' in value ? String(value.detail) : '';
  } catch (error) {
    if (error instanceof SyntaxError) return '';
    throw error;
  }
}

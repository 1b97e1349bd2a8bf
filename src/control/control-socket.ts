import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MOST_ANSWER, parseAnswer, type RefusalCode } from './answer.ts';
import { type Question, questionLine } from './question.ts';

/** Whoever asks waits longer than any answer takes. */
const PATIENCE_MS = 30_000;

/** No weir runs there (`absent`), it does not answer as it should (`silent`), or it refuses. */
export class ControlError extends Error {
  readonly code: RefusalCode | 'absent' | 'silent';

  constructor(message: string, code: ControlError['code'] = 'silent') {
    super(message);
    this.name = 'ControlError';
    this.code = code;
  }
}

/** The folder of the socket: what the configuration says, /run/weir for root, else a folder of the user's own. */
export function controlFolder(configured: string): string {
  if (configured !== 'auto' && configured !== '') return configured;
  const uid = process.getuid?.() ?? 0;
  if (uid === 0) return '/run/weir';
  const own = process.env.XDG_RUNTIME_DIR;
  return own === undefined || own === '' ? join(tmpdir(), `weir-${uid}`) : join(own, 'weir');
}

/** Asks the weir that runs; the value of its answer, whose shape is the caller's to check. Throws {@link ControlError}. */
export function askSupervisor(folder: string, question: Question): Promise<unknown> {
  const path = join(folder, 'weir.sock');
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const parts: Buffer[] = [];
    let length = 0;
    // All of it: a socket's own time-out begins again with each byte.
    const timer = setTimeout(
      () => socket.destroy(new Error(`no answer within ${PATIENCE_MS / 1000} s`)),
      PATIENCE_MS,
    );
    socket.once('connect', () => socket.end(`${questionLine(question)}\n`));
    socket.on('data', (part: Buffer) => {
      parts.push(part);
      length += part.length;
      // A character has at most three bytes here, its end one.
      if (length > 3 * MOST_ANSWER + 1) socket.destroy(new Error('the answer is too long'));
    });
    socket.once('error', (error) => reject(explainSocket(path, error)));
    socket.once('close', () => {
      clearTimeout(timer);
      const text = Buffer.concat(parts).toString();
      if (text === '') {
        reject(new ControlError(`${path}: no answer; too many ask at the same time, or weir is ending`));
        return;
      }
      try {
        resolve(valueIn(text.endsWith('\n') ? text : '', path));
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** The value in the line of an answer; `where` it came from. Throws a {@link ControlError}. */
export function valueIn(line: string, where: string): unknown {
  const answer = parseAnswer(line);
  if (answer === undefined) throw new ControlError(`${where}: the answer was cut off, or is none`);
  if ('error' in answer) throw new ControlError(answer.error, answer.code);
  return answer.value;
}

/** What an error of a socket means to who asks. */
export function explainSocket(path: string, error: Error): ControlError {
  const code = 'code' in error ? error.code : '';
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return new ControlError(`weir is not running (nobody answers at ${path})`, 'absent');
  }
  if (code === 'EACCES') {
    return new ControlError(`${path} is not open to this user: ask as the user that started weir`, 'absent');
  }
  return new ControlError(`${path}: ${error.message}`);
}

import { jsonOf } from './json-line.ts';

/** Why a question has no answer: `question` is the asker's own mistake, all others may pass or need a setting. */
export type RefusalCode = 'question' | 'off' | 'busy' | 'failed';

/** What comes back on the control socket, as one line of JSON. */
export type Answer = { readonly value: unknown } | { readonly error: string; readonly code: RefusalCode };

/** Characters of an answer, as a line. */
export const MOST_ANSWER = 16 << 20;

const CODES: readonly unknown[] = ['question', 'off', 'busy', 'failed'] satisfies RefusalCode[];

/** A value as a line, without its end; one that is too long becomes a refusal. */
export function answerLine(value: unknown): string {
  const line = JSON.stringify({ value: value ?? null });
  if (line.length <= MOST_ANSWER) return line;
  return refusalLine(
    'question',
    `the answer is longer than ${MOST_ANSWER >> 20} MiB: ask for less (--limit, --top, a shorter time)`,
  );
}

/** A refusal as a line; the message says what to do. */
export function refusalLine(code: RefusalCode, message: string): string {
  return JSON.stringify({ error: message, code } satisfies Answer);
}

/** Reads a line that came; undefined where it is no answer. */
export function parseAnswer(line: string): Answer | undefined {
  const answer = jsonOf(line);
  if (typeof answer !== 'object' || answer === null) return undefined;
  if ('value' in answer) return { value: answer.value };
  if (!('error' in answer) || !('code' in answer) || typeof answer.error !== 'string') return undefined;
  return CODES.includes(answer.code) ? { error: answer.error, code: answer.code as RefusalCode } : undefined;
}

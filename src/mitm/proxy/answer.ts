import { type Field, reasonPhrase, withoutHopByHop, writeResponseHead } from '../http/index.ts';
import type { Judged } from '../judge.ts';
import type { LocalAnswer } from './rewriting.ts';

const TEXT: Field = ['Content-Type', 'text/plain; charset=utf-8'];
const NO_STORE: Field = ['Cache-Control', 'no-store'];

/** The short page for an error. */
export function failureAnswer(status: number, reason: string, reference: string): LocalAnswer {
  const body = `${status} ${reasonPhrase(status)}\n\n${reason}\nReference: ${reference}\n`;
  return { status, fields: [TEXT, NO_STORE], body };
}

/** The short page for what a judge did not let pass. */
export function blockedAnswer(judged: Judged): LocalAnswer {
  const { judgement, reference } = judged;
  const fields = [TEXT, NO_STORE];
  if (judgement.action === 'redirect') fields.push(['Location', judgement.location]);
  if (judgement.action === 'limit') fields.push(['Retry-After', String(judgement.retryAfter)]);
  const words = judgement.action === 'limit' ? 'Too many requests.' : 'This request was blocked.';
  const body = `${judgement.status} ${reasonPhrase(judgement.status)}\n\n${words}\nReference: ${reference}\n`;
  return { status: judgement.status, fields, body };
}

/** Whether an answer with this status to this method has a body (RFC 9112, 6.3). */
export function hasBody(method: string, status: number): boolean {
  return method !== 'HEAD' && status >= 200 && status !== 204 && status !== 304;
}

/** The whole of an answer as bytes. `connection` is the value of Connection; empty without. */
export function answerBytes(answer: LocalAnswer, method: string, connection: string): Buffer {
  const { status } = answer;
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body, 'latin1') : answer.body;
  const fields = withoutHopByHop(answer.fields, false).filter(
    ([name]) => name.length !== 14 || name.toLowerCase() !== 'content-length',
  );
  const all = [...fields, ['Date', new Date().toUTCString()] as const];
  if (status >= 200 && status !== 204 && status !== 304) all.push(['Content-Length', String(body.length)]);
  if (connection !== '') all.push(['Connection', connection]);
  const head = Buffer.from(
    writeResponseHead({ status, reason: reasonPhrase(status), fields: all }),
    'latin1',
  );
  return hasBody(method, status) ? Buffer.concat([head, body]) : head;
}

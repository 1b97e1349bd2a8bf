import { type Field, reasonPhrase, withoutHopByHop, writeResponseHead } from '../http/index.ts';
import type { Judged, Judgement } from '../judge.ts';
import type { ProxyAnswers } from './hooks.ts';
import type { LocalAnswer } from './rewriting.ts';

const TEXT: Field = ['Content-Type', 'text/plain; charset=utf-8'];
const NO_STORE: Field = ['Cache-Control', 'no-store'];

/** The page for an error: the user's own, or a short one. */
export function failureAnswer(
  answers: ProxyAnswers,
  status: number,
  reason: string,
  reference: string,
  request: readonly Field[],
): LocalAnswer {
  const own = answers.failed?.(status, reason, reference, request);
  if (own !== undefined) return own;
  const body = `${status} ${reasonPhrase(status)}\n\n${reason}\nReference: ${reference}\n`;
  return { status, fields: [TEXT, NO_STORE], body };
}

/** The page for what a judge did not let pass, the request or its answer: the user's own, or a short one. */
export function judgedAnswer(
  answers: ProxyAnswers,
  judged: Judged,
  judgement: Judgement,
  request: readonly Field[],
): LocalAnswer {
  const shown = judgement === judged.judgement ? judged : withJudgement(judged, judgement);
  return answers.blocked?.(shown, request) ?? blockedAnswer(shown);
}

function withJudgement(judged: Judged, judgement: Judgement): Judged {
  return {
    reference: judged.reference,
    judgement,
    response: (response) => judged.response(response),
    abandon: (response) => judged.abandon(response),
  };
}

function blockedAnswer(judged: Judged): LocalAnswer {
  const { judgement, reference } = judged;
  const fields = [TEXT, NO_STORE];
  if (judgement.action === 'redirect') fields.push(['Location', judgement.location]);
  if (judgement.action === 'limit') fields.push(['Retry-After', String(judgement.retryAfter)]);
  const words = judgement.action === 'limit' ? 'Too many requests.' : 'This request was blocked.';
  const body = `${judgement.status} ${reasonPhrase(judgement.status)}\n\n${words}\nReference: ${reference}\n`;
  return { status: judgement.status, fields, body };
}

/** Sends the client to another URL, with the same method and body (RFC 9110, 15.4.9). */
export function movedAnswer(location: string): LocalAnswer {
  return {
    status: 308,
    fields: [TEXT, NO_STORE, ['Location', location]],
    body: `308 ${reasonPhrase(308)}\n`,
  };
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

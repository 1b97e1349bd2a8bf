import type { Judgement } from '../judge.ts';

/** The head of a VERDICT. */
export type VerdictHead =
  | {
      readonly judged: true;
      readonly action: Judgement['action'];
      /** 0 for `pass` and `drop`. */
      readonly status: number;
      readonly location: string;
      /** Empty where nobody was asked. */
      readonly reference: string;
      readonly reason: string;
      readonly retry_after: number;
    }
  | { readonly judged: false; readonly reason: string };

/** What would end a field of HTTP or could not be in one (RFC 9110, 5.5). */
const NO_FIELD_VALUE = /[^\x20-\x7e\x80-\xff]/;

/**
 * What the addon is to do. A status that does not fit its action becomes the usual one; a redirect that could not be
 * sent, for its location may hold what a client sent, becomes a denial.
 */
export function verdictHead(judgement: Judgement, reference: string): VerdictHead {
  const { location, reason, retryAfter } = judgement;
  const sendable = location !== '' && !NO_FIELD_VALUE.test(location);
  const action = judgement.action === 'redirect' && !sendable ? 'deny' : judgement.action;
  return {
    judged: true,
    action,
    status: statusOf(action, judgement.status),
    location: action === 'redirect' ? location : '',
    reference,
    reason,
    retry_after: Math.max(0, Math.ceil(retryAfter)),
  };
}

/** Nobody could judge: the addon does what it was told to do then. */
export function unjudgedHead(reason: string): VerdictHead {
  return { judged: false, reason };
}

function statusOf(action: Judgement['action'], status: number): number {
  switch (action) {
    case 'pass':
    case 'drop':
      return 0;
    case 'deny':
      return status >= 400 && status <= 599 ? status : 403;
    case 'limit':
      return status >= 400 && status <= 599 ? status : 429;
    case 'redirect':
      return status >= 300 && status <= 399 && status !== 304 ? status : 302;
    default:
      return action satisfies never;
  }
}

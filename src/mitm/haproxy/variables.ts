import type { Judgement } from '../judge.ts';
import type { Variable } from './spop/writer.ts';

/** Rules that are named in `rule_ids`. */
const MOST_RULES = 64;
const REASON_CHARACTERS = 256;
const LOCATION_CHARACTERS = 2048;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const CONTROL = /[\u0000-\u001f\u007f]/g;

/** Why there is no judgement, as `option set-on-error` of HAProxy has it (2.2): its rules on `err` do what is to be done. */
export const UNJUDGED = { timeout: 1, failed: 255 } as const;

/** Variables of a request or an answer that could not be judged. */
export function unjudgedVariables(why: keyof typeof UNJUDGED): readonly Variable[] {
  return [['err', UNJUDGED[why]]];
}

/**
 * What HAProxy is told of a judgement. The first variables matter most. There is always one, as HAProxy 3.1 waits in
 * vain for an answer without. `deny` is true whatever is to be done instead of letting it pass, so that a configuration
 * without rules for the other ways still denies.
 */
export function judgementVariables(
  judgement: Judgement,
  reference: string,
  bodyCut: boolean,
  part: 'request' | 'response',
): readonly Variable[] {
  const { action, verdict } = judgement;
  const score = (part === 'request' ? verdict?.score.inbound : verdict?.score.outbound) ?? 0;
  const scored: Variable = [part === 'request' ? 'score' : 'outbound_score', count(score)];
  const variables: Variable[] = [];
  if (action === 'pass') {
    variables.push(scored, ['reference', plain(reference, 64)]);
  } else {
    variables.push(['deny', true], ['status', count(judgement.status)]);
    switch (action) {
      case 'deny': {
        const { page } = judgement;
        if (page !== undefined) variables.push(['page', page.html], ['page_policy', page.policy]);
        break;
      }
      case 'drop':
        variables.push(['drop', true]);
        break;
      case 'redirect':
        variables.push(['location', plain(judgement.location, LOCATION_CHARACTERS)]);
        if (judgement.cookie !== undefined) variables.push(['cookie', judgement.cookie]);
        break;
      case 'limit':
        variables.push(['limit', true], ['retry_after', count(judgement.retryAfter)]);
        break;
      default:
        action satisfies never;
    }
    variables.push(['reference', plain(reference, 64)], scored);
    variables.push(['reason', plain(judgement.reason, REASON_CHARACTERS)]);
  }
  if (bodyCut) variables.push(['body_cut', true]);
  const matches = verdict?.matches ?? [];
  if (matches.length > 0) {
    const ids = new Set<number>();
    for (const { id } of matches) if (ids.size < MOST_RULES) ids.add(id);
    variables.push(['rule_ids', [...ids].join(',')]);
  }
  return variables;
}

/** Text that is safe in a header field or a log line. */
function plain(text: string, most: number): string {
  return text.slice(0, most).replace(CONTROL, ' ');
}

/** Whole, and within what HAProxy takes as a number of 32 bits. */
function count(value: number): number {
  return value > 0 ? Math.min(Math.floor(value), 0x7fffffff) : 0;
}

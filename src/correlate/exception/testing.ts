import type { Mark } from './marks.ts';
import type { Occurrence } from './match.ts';

/** An occurrence with what a test does not care about filled in. */
export function occurrence(given: Partial<Occurrence>): Occurrence {
  return {
    address: '203.0.113.9',
    target: '192.0.2.80',
    host: '',
    path: '',
    ruleId: '',
    scenario: '',
    ja4: '',
    ...given,
  };
}

/** A mark of evidence of rule 942100. */
export function mark(
  evidenceId: string,
  verdict: Mark['verdict'],
  author: string,
  facts: Partial<Occurrence> = {},
): Mark {
  const seen = occurrence({ ruleId: '942100', scenario: 'sqli', host: 'shop', path: '/search', ...facts });
  return { evidenceId, verdict, author, timeMs: 1_700_000_000_000, facts: { ...seen, type: 'waf_block' } };
}

import fc from 'fast-check';
import { EVIDENCE_TYPES, type Evidence } from '../evidence.ts';

export const MINUTE_US = 60_000_000;
export const HOUR_US = 60 * MINUTE_US;
/** The beginning of a minute. */
export const NOW_US = 1_700_000_040_000_000;

let made = 0;

/** Evidence with what a test does not care about filled in; ids are never the same. */
export function evidence(given: Partial<Evidence>): Evidence {
  return {
    id: `e${String(made++).padStart(19, '0')}`,
    type: 'waf_block',
    timeUs: NOW_US,
    address: '203.0.113.9',
    target: '192.0.2.80',
    reason: 'SQL injection in ARGS:id (942100)',
    source: '942100',
    threat: 80,
    communityId: '',
    reference: '',
    ja4: '',
    techniques: ['T1190'],
    ...given,
  };
}

/** Evidence of few subjects, rules and minutes, so that much of it falls together. */
export const someEvidence: fc.Arbitrary<Evidence> = fc
  .record({
    id: fc.nat(1e9).map((n) => `e${String(n).padStart(19, '0')}`),
    type: fc.constantFrom(...EVIDENCE_TYPES),
    timeUs: fc.nat(90 * 60_000).map((ms) => NOW_US - ms * 1000),
    address: fc.constantFrom('203.0.113.9', '203.0.113.10', '2001:db8::1', '2001:db8::2'),
    source: fc.constantFrom('942100', 'ssh-bf', ''),
    ja4: fc.constantFrom('', 't13d1516h2_8daaf6152771_b186095e22b6'),
  })
  .map(evidence);

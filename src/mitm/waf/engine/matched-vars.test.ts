import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Match } from '../verdict.ts';
import { loadRules } from './load.ts';
import { Waf } from './waf.ts';

/** Matches for a target. */
function matches(rules: string, target: string): readonly Match[] {
  const waf = new Waf(
    loadRules([{ kind: 'text', name: 'rules', text: `SecRuleEngine DetectionOnly\n${rules}` }]),
    { budgetMs: 60_000 },
  );
  return waf.inspect({ method: 'GET', target, protocol: 'HTTP/1.1', headers: [], body: '' }).matches;
}

test('MATCHED_VARS hold what the links of a chain matched so far, and nothing of other rules', () => {
  const rules = `SecRule ARGS "@rx x" "id:1,phase:2,pass,nolog"
SecRule MATCHED_VARS "@rx x" "id:2,phase:2,pass,log"
SecRule ARGS "@rx x" "id:3,phase:2,pass,log,logdata:'%{tx.n}',chain"
  SecRule MATCHED_VARS "@rx y" "chain"
    SecRule MATCHED_VARS "@rx x" "setvar:tx.n=+1"
SecRule ARGS "@rx z" "id:4,phase:2,pass,nolog"
SecRule &MATCHED_VARS "@gt 0" "id:5,phase:2,pass,log"
`;
  // Both arguments of the first link, and again the one of the second.
  assert.deepEqual(
    matches(rules, '/?a=xy&b=x&c=z').map(({ id, data }) => [id, data]),
    [[3, '3']],
  );
});

test('MATCHED_VARS that double from link to link stay bounded', () => {
  const links = 'SecRule MATCHED_VARS "@rx x" "chain"\n'.repeat(30);
  const rules = `SecRule ARGS "@rx x" "id:1,phase:2,pass,log,chain"\n${links}SecRule MATCHED_VARS "@rx x"\n`;
  const target = `/?${Array.from({ length: 100 }, (_, index) => `a${index}=x`).join('&')}`;
  assert.deepEqual(
    matches(rules, target).map(({ id }) => id),
    [1],
  );
});

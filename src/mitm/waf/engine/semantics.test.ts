import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadRules } from './load.ts';
import { SEMANTICS_HEAD } from './semantics-case.ts';
import { FLOW } from './semantics-flow-cases.ts';
import { MATCHING } from './semantics-matching-cases.ts';
import { outcome } from './semantics-outcome.ts';
import { SELECTING } from './semantics-variable-cases.ts';
import { Waf } from './waf.ts';

for (const { name, rules, requests, expected } of [...MATCHING, ...FLOW, ...SELECTING]) {
  test(name, () => {
    const waf = new Waf(loadRules([{ kind: 'text', name: 'case.conf', text: SEMANTICS_HEAD + rules }]));
    assert.deepEqual(
      requests.map((request) => outcome(waf, request)),
      expected,
    );
  });
}

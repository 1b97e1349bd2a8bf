import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../analysis.ts';
import { joinFindings } from './score.ts';

function finding(category: string, score: number): Finding {
  return { kind: 'sequence', category, score, reason: '', ruleIds: [] };
}

test('nothing found is 0, light findings add up, nothing exceeds 100', () => {
  assert.deepEqual(joinFindings([]), { findings: [], score: 0, categories: [] });
  assert.equal(joinFindings([finding('a', 30)]).score, 30);
  assert.equal(joinFindings([finding('a', 30), finding('b', 30)]).score, 51);
  assert.equal(joinFindings([finding('a', 100), finding('b', 300), finding('c', -5)]).score, 100);
});

test('categories stand once, the heaviest first; findings too, and only so many', () => {
  const { categories, findings } = joinFindings([finding('a', 20), finding('b', 25), finding('a', 20)]);
  assert.deepEqual(categories, ['a', 'b'], 'two of 20 are more than one of 25');
  assert.deepEqual(
    findings.map(({ score }) => score),
    [25, 20, 20],
  );
  assert.equal(joinFindings(Array.from({ length: 100 }, (_, i) => finding(`c${i}`, 1))).findings.length, 16);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RuleFrequencies } from './rule-frequencies.ts';

test('a rule that many clients meet with many requests is common; one client makes none common', () => {
  const frequencies = new RuleFrequencies();
  for (let i = 0; i < 1000; i++) {
    const ids = new Set([942_421]);
    if (i % 100 === 0) ids.add(942_100);
    if (i % 2 === 0) ids.add(920_273);
    frequencies.count(ids, i % 2 === 0 ? 7 : i);
  }
  assert.ok(frequencies.isCommon(942_421));
  assert.ok(!frequencies.isCommon(942_100), 'one request in a hundred');
  assert.ok(!frequencies.isCommon(920_273), 'half of the requests, all of one client');
  assert.ok(!frequencies.isCommon(1));
});

test('few transactions make nothing common', () => {
  const frequencies = new RuleFrequencies();
  for (let i = 0; i < 199; i++) frequencies.count(new Set([1]), i);
  assert.ok(!frequencies.isCommon(1));
  frequencies.count(new Set([1]), 200);
  assert.ok(frequencies.isCommon(1));
});

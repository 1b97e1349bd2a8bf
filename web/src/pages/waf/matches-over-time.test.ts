import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesOverTime } from './matches-over-time.ts';

const FROM = Date.UTC(2026, 0, 1);
const match = (second: number, category: string) => ({
  timestamp: new Date(FROM + second * 1000).toISOString().replace('Z', '+0000'),
  event_type: 'waf',
  waf: { category },
});

test('matches are counted by category and time', () => {
  const records = [
    match(0, 'sqli'),
    match(1, 'sqli'),
    match(9, 'xss'),
    match(9.5, 'sqli'),
    match(5, 'evaluation'),
  ];
  const { categories, highest } = matchesOverTime(records, FROM, FROM + 10_000, 2);
  assert.deepEqual(categories, [
    { name: 'sqli', counts: [2, 1], total: 3 },
    { name: 'xss', counts: [0, 1], total: 1 },
  ]);
  assert.equal(highest, 2);
});

test('what is outside of the time, or has none, is left out', () => {
  const records = [match(-1, 'sqli'), match(10, 'sqli'), { timestamp: 'never', event_type: 'waf' }];
  assert.deepEqual(matchesOverTime(records, FROM, FROM + 10_000, 2), { categories: [], highest: 0 });
});

test('categories beyond the fourth are one', () => {
  const records = ['a', 'a', 'b', 'b', 'c', 'c', 'd', 'd', 'e', 'f'].map((name) => match(1, name));
  const { categories } = matchesOverTime(records, FROM, FROM + 10_000, 1);
  assert.deepEqual(categories.at(-1), { name: 'other', counts: [2], total: 2 });
  assert.equal(categories.length, 5);
});

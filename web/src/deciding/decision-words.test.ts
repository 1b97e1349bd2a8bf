import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DECISION_TYPES, decisionTypeOf, originOf, shareLeft } from './decision-words.ts';

test('a word of the address names a type, anything else a ban', () => {
  for (const type of DECISION_TYPES) assert.equal(decisionTypeOf(type), type);
  for (const word of [undefined, '', 'erase', 'toString', '__proto__'])
    assert.equal(decisionTypeOf(word), 'ban');
});

test('who asked', () => {
  assert.equal(originOf({ origin: 'user', author: 'anna' }), 'anna');
  assert.equal(originOf({ origin: 'crowdsec', author: '' }), 'CrowdSec');
  assert.equal(originOf({ origin: 'peer', author: '' }), 'peer');
});

test('what is left of a decision', () => {
  const decision = { createdMs: 1000, untilMs: 5000 };
  for (const [nowMs, left] of [
    [0, 1],
    [1000, 1],
    [2000, 0.75],
    [5000, 0],
    [9000, 0],
  ] as const) {
    assert.equal(shareLeft(decision, nowMs), left);
  }
  assert.equal(shareLeft({ createdMs: 5000, untilMs: 5000 }, 0), 0);
});

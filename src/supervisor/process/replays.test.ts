import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RejudgeReport } from '../../mitm/buffer/index.ts';
import { replayLine, replayRecord, replayWish } from './replays.ts';

const REPORT: RejudgeReport = {
  judged: 9,
  left: 1,
  partial: 0,
  limited: 0,
  unjudgedBefore: 0,
  deniedBefore: 2,
  deniedAfter: 2,
  highestScore: 15,
  newlyDenied: [],
  newlyDeniedCount: 0,
  noLongerDenied: [],
  noLongerDeniedCount: 0,
  rules: [],
  tookMs: 3,
};

test('a wish is what it was after its way over the bus; other lines are none', () => {
  for (const value of ['203.0.113.9', '2001:db8::9', '203.0.113.0/24']) {
    const wish = { value, trigger: 'crowdsec', scenario: 'crowdsecurity/http-probing' };
    assert.deepEqual(replayWish(replayLine(wish)), wish);
  }
  const lines = [
    '',
    '{',
    'null',
    '[]',
    '{"value":"203.0.113.9"}',
    '{"value":"203.0.113","trigger":"a","scenario":"b"}',
    '{"value":7,"trigger":"a","scenario":"b"}',
    `{"value":"${'1'.repeat(1000)}","trigger":"a","scenario":"b"}`,
  ];
  for (const line of lines) assert.equal(replayWish(line), undefined, line);
  const long = replayWish(replayLine({ value: '203.0.113.9', trigger: 'a', scenario: 'b'.repeat(10_000) }));
  assert.equal(long?.scenario.length, 128);
});

test('the record of a replay names its address, and of a network none', () => {
  const wish = { value: '2001:db8::9', trigger: 'crowdsec', scenario: 'x' };
  const record = replayRecord(wish, REPORT, 1_800_000_000_000_000) as { readonly [name: string]: unknown };
  assert.equal(record.timestamp, '2027-01-15T08:00:00.000000+0000');
  assert.equal(record.src_ip, '2001:0db8:0000:0000:0000:0000:0000:0009');
  assert.deepEqual(record.replay, {
    trigger: 'crowdsec',
    scenario: 'x',
    address: '2001:db8::9',
    requests: 9,
    left: 1,
    blocked_before: 2,
    blocked: 2,
    changed: 0,
    score: 15,
  });
  assert.ok(!('src_ip' in replayRecord({ ...wish, value: '203.0.113.0/24' }, REPORT)));
});

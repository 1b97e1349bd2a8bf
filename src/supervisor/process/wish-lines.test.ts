import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decisionFor } from '../../respond/enforcer-compliance.ts';
import { fromCorrelator } from './wish-lines.ts';

test('over the bus nobody asks for exceptions, or in the name of a user', () => {
  const line = (changes: object): string =>
    JSON.stringify({ wish: { ...decisionFor('203.0.113.9'), ...changes } });
  const read = fromCorrelator(line({}));
  assert.ok(read !== undefined && 'wish' in read);
  assert.equal(read.wish.value, '203.0.113.9');
  for (const changes of [{ origin: 'user' }, { origin: 'crowdsec' }, { origin: 1 }, { type: 'allow' }]) {
    assert.equal(fromCorrelator(line(changes)), undefined, JSON.stringify(changes));
  }
  assert.deepEqual(fromCorrelator('{"clients":7}'), { clients: 7 });
  for (const wrong of ['', 'x', '7', 'null', '{}', '{"clients":-1}', '{"wish":1}']) {
    assert.equal(fromCorrelator(wrong), undefined, wrong);
  }
});

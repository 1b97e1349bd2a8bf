import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryText, rowOfRecord, rowsOfRecords, withRecords } from './request-row.ts';

const http = (reference: string, action = 'pass') => ({
  timestamp: '2026-11-21T17:28:56.741662+0000',
  event_type: 'http',
  src_ip: '2001:0db8:0000:0000:0000:0000:0000:0005',
  community_id: '1:w/1qcd9xFv6zahQ6DpYMeN73iH0=',
  http: { hostname: 'garden.example.com', url: '/?a=1', http_method: 'GET', status: 403 },
  web: { reference, action, score: 5, rule_ids: [1] },
});
const waf = (reference: string, rule: number) => ({
  ...http(reference),
  event_type: 'waf',
  web: undefined,
  waf: { reference, rule_id: rule, category: 'xss', action: 'deny', score: 10 },
});

test('an http record that weir judged, and one that went by', () => {
  const row = rowOfRecord(http('kj3yn3jsjvtrg68206oq'));
  assert.deepEqual(
    [row?.client, row?.path, row?.status, row?.action, row?.score],
    ['2001:db8::5', '/?a=1', 403, 'pass', 5],
  );
  const seen = rowOfRecord({ ...http(''), web: undefined, flow_id: 7, tx_id: 2 });
  assert.equal(seen?.action, '');
  assert.equal(seen?.id, '1:w/1qcd9xFv6zahQ6DpYMeN73iH0=/7/2');
  assert.equal(rowOfRecord({ event_type: 'dns' }), undefined);
});

test('what was said of one request is one row', () => {
  const [row, ...others] = rowsOfRecords([http('a', 'deny'), waf('a', 941170), waf('a', 941210)]);
  assert.equal(others.length, 0);
  assert.deepEqual(row?.ruleIds, [1, 941170, 941210]);
  assert.deepEqual(row?.categories, ['xss']);
  assert.equal(row?.score, 10);
});

test('live rows stay where they are', () => {
  const first = withRecords([], [http('a'), http('b')], 2);
  assert.deepEqual(
    first.map(({ id }) => id),
    ['b', 'a'],
  );
  const second = withRecords(first, [waf('a', 7)], 2);
  assert.deepEqual(
    second.map(({ id }) => id),
    ['b', 'a'],
  );
  assert.deepEqual(second[1]?.ruleIds, [1, 7]);
  assert.deepEqual(
    withRecords(second, [http('c')], 2).map(({ id }) => id),
    ['c', 'b'],
  );
});

test('a query as it stands in a URL', () => {
  assert.equal(queryText([]), '');
  assert.equal(
    queryText([
      ['a', '1'],
      ['b', ''],
    ]),
    '?a=1&b',
  );
});

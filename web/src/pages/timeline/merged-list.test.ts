import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Correlation, Incident } from './answers.ts';
import { mergedList } from './merged-list.ts';

const incident = (id: string, lastUs: number) => ({ id, lastUs }) as Incident;
const correlation = (id: string, timeUs: number, of = '') =>
  ({ id, timeUs, address: '192.0.2.1', incident: of }) as Correlation;
const whole = <T>(...items: T[]) => ({ items, hasMore: false });
const part = <T>(...items: T[]) => ({ items, hasMore: true });

function ids(...lists: Parameters<typeof mergedList>): string {
  return mergedList(...lists)
    .items.map(({ id }) => id)
    .join(' ');
}

test('two whole lists are one by time, the newest first', () => {
  const merged = mergedList(
    whole(incident('i9', 9), incident('i5', 5)),
    whole(correlation('c7', 7), correlation('c2', 2)),
    0,
  );
  assert.deepEqual(
    merged.items.map(({ id }) => id),
    ['i9', 'c7', 'i5', 'c2'],
  );
  assert.equal(merged.behind, undefined);
});

test('nothing is shown below the end of a list that goes on', () => {
  const incidents = part(incident('i9', 9), incident('i5', 5));
  const correlations = part(correlation('c8', 8), correlation('c7', 7));
  assert.equal(ids(incidents, correlations, 0), 'i9 c8 c7');
  assert.equal(mergedList(incidents, correlations, 0).behind, 'correlations');
  assert.equal(mergedList(incidents, whole(correlation('c2', 2)), 0).behind, 'incidents');
});

test('incidents before the time end their list', () => {
  const merged = mergedList(part(incident('i9', 9), incident('i5', 5)), whole<Correlation>(), 6);
  assert.deepEqual(
    merged.items.map(({ id }) => id),
    ['i9'],
  );
  assert.equal(merged.behind, undefined);
});

test('what has no name is told apart by time and address', () => {
  assert.equal(
    ids(whole<Incident>(), whole(correlation('', 3), correlation('', 2)), 0),
    '3 192.0.2.1 2 192.0.2.1',
  );
});

test('evidence of an incident that is shown is not shown again', () => {
  const correlations = whole(correlation('c7', 7, 'i9'), correlation('c6', 6, 'gone'));
  assert.equal(ids(whole(incident('i9', 9)), correlations, 0), 'i9 c6');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeholderOf } from './placeholder.ts';

const CASES: readonly (readonly [text: string, placeholder: string | undefined])[] = [
  ['17', '{n}'],
  ['-3.5', '{n}'],
  ['2026-03-02', '{date}'],
  ['2026-03-02T08:00:00Z', '{date}'],
  ['6f9619ff-8b86-4d01-b42d-00cf4fc964ff', '{uuid}'],
  ['deadbeef01', '{hex}'],
  ['dQw4w9WgXcQ7aB3kLm2Zz1', '{token}'],
  ['a'.repeat(64), '{token}'],
  ['', undefined],
  ['item', undefined],
  ['deadbeef', undefined],
  ['blaue-jacke-fuer-damen-2024', undefined],
  ["1' OR '1'='1", undefined],
  [`${'a'.repeat(60)}' OR 1=1`, undefined],
];

test('what differs from request to request has a placeholder, names have none', () => {
  for (const [text, placeholder] of CASES) assert.equal(placeholderOf(text), placeholder, text);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markedPieces, matchesOf } from './marked-parts.ts';

const match = (variable: string) => ({ variable, value: 'x', ruleId: 1, message: '' });

test('a match concerns the part that its variable names', () => {
  for (const [variable, part, concerned] of [
    ['ARGS:next', { kind: 'argument', name: 'next' }, true],
    ['ARGS:Next', { kind: 'argument', name: 'next' }, true],
    ['ARGS:next', { kind: 'argument', name: 'other' }, false],
    ['REQUEST_HEADERS:User-Agent', { kind: 'header', name: 'user-agent' }, true],
    ['REQUEST_COOKIES:id', { kind: 'header', name: 'Cookie' }, true],
    ['REQUEST_URI', { kind: 'line' }, true],
    ['REQUEST_BODY', { kind: 'body' }, true],
    ['TX:anomaly_score', { kind: 'body' }, false],
  ] as const) {
    assert.equal(matchesOf(part, [match(variable)]).length === 1, concerned, variable);
  }
});

test('matched values are marked where they stand', () => {
  const text = 'javascript:alert(1)';
  assert.deepEqual(markedPieces(text, ['ALERT(']), [
    { text: 'javascript:', isMarked: false },
    { text: 'alert(', isMarked: true },
    { text: '1)', isMarked: false },
  ]);
  assert.deepEqual(markedPieces(text, ['not there', '']), [{ text, isMarked: false }]);
  assert.equal(
    markedPieces(text, ['script', 'script:al'])
      .map((piece) => piece.text)
      .join(''),
    text,
  );
});

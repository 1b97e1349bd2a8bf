import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cursorPlace, markedPart } from './cursor-place.ts';

test('what is written where the cursor is', () => {
  for (const [text, place] of [
    ['', { kind: 'word', from: 0, text: '' }],
    ['po', { kind: 'word', from: 0, text: 'po' }],
    ['port:443 na', { kind: 'word', from: 9, text: 'na' }],
    ['(app', { kind: 'word', from: 1, text: 'app' }],
    ['!app', { kind: 'word', from: 1, text: 'app' }],
    ['port:', { kind: 'value', from: 5, field: 'port', text: '' }],
    ['port:80,4', { kind: 'value', from: 8, field: 'port', text: '4' }],
    ['NAME:"a b', { kind: 'value', from: 5, field: 'name', text: 'a b' }],
    ['name:"a,b', { kind: 'value', from: 5, field: 'name', text: 'a,b' }],
    ['bytes>=1', { kind: 'value', from: 7, field: 'bytes', text: '1' }],
    ['192.0.2', { kind: 'word', from: 0, text: '192.0.2' }],
    ['2001:db8', { kind: 'word', from: 0, text: '2001:db8' }],
  ] as const) {
    assert.deepEqual(cursorPlace(text, text.length), place, text);
  }
});

test('only what is before the cursor counts', () => {
  assert.deepEqual(cursorPlace('port:443 app:x', 6), { kind: 'value', from: 5, field: 'port', text: '4' });
});

test('a mistake is marked from its column to the next space', () => {
  assert.deepEqual(markedPart('prt:443 x', 1), { from: 0, to: 7 });
  assert.deepEqual(markedPart('port:443 and', 13), { from: 11, to: 12 });
  assert.deepEqual(markedPart('', 1), { from: 0, to: 1 });
});

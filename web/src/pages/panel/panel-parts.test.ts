import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partsOf, themeOf } from './panel-parts.ts';

test('parts are those that are named, in their own order', () => {
  assert.deepEqual(partsOf('protocols,buffer'), ['buffer', 'protocols']);
  assert.deepEqual(partsOf('flows,flows,nothing'), ['flows']);
  for (const word of [undefined, '', 'nothing', ',,'])
    assert.deepEqual(partsOf(word), ['buffer', 'flows', 'protocols']);
});

test('a theme is one of two', () => {
  assert.equal(themeOf('dark'), 'dark');
  assert.equal(themeOf('light'), 'light');
  for (const word of [undefined, '', 'system', 'DARK']) assert.equal(themeOf(word), undefined);
});

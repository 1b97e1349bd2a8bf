import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bitCount, CHARACTER_CLASSES, shapeOf } from './value-shape.ts';

function classes(value: string): string[] {
  const shape = shapeOf(value, 1);
  return CHARACTER_CLASSES.filter((_, i) => (shape.classes & (1 << i)) !== 0).map(({ name }) => name);
}

test('sorts of characters', () => {
  assert.equal(CHARACTER_CLASSES.length, 32);
  assert.deepEqual(classes('aZ0'), ['small letters', 'capital letters', 'digits']);
  assert.deepEqual(classes('\xc3\xbc\0\n'), ['non-ASCII characters', 'control characters', 'line breaks']);
  assert.deepEqual(classes("'--"), ["'", '- or _', 'doubled punctuation']);
  assert.deepEqual(classes('-a-'), ['small letters', '- or _']);
  for (let code = 0; code < 256; code++)
    assert.equal(classes(String.fromCharCode(code)).length, 1, String(code));
});

test('kinds, marks and punctuation', () => {
  const kinds = ['', '-17.5', 'price_asc', '2026-03-02', 'a b', '-', '..', "'"].map(
    (value) => shapeOf(value, 1).kind,
  );
  assert.deepEqual(kinds, [0, 1, 2, 1, 3, 3, 3, 3]);
  assert.equal(shapeOf(`';"`, 1).marks, 3);
  assert.equal(shapeOf('a.b.', 1).punctuation, 0.5);
});

test('a long value is looked at from both ends, in bounded time', () => {
  const value = `${'a'.repeat(100_000)}'`;
  assert.ok(classes(value).includes("'"));
  assert.equal(shapeOf(value, 1).length, 100_001);
  assert.ok(classes(`'${'a'.repeat(100_000)}`).includes("'"));
  const longest = 'x'.repeat(20_000_000);
  assert.ok(shapeOf(longest, 1).length === 20_000_000);
});

test('hashes differ by value, length and salt', () => {
  const hashes = [shapeOf('a', 1), shapeOf('b', 1), shapeOf('', 1), shapeOf('a', 2)].map(({ hash }) => hash);
  assert.equal(new Set(hashes).size, 4);
  assert.equal(bitCount(-1), 32);
});

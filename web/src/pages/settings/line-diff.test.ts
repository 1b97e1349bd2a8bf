import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DiffLine, diffLines, shortened } from './line-diff.ts';

const SIGNS = { same: ' ', gone: '-', new: '+' } as const;
const drawn = (lines: readonly (DiffLine | undefined)[]) =>
  lines.map((line) => (line === undefined ? '…' : `${SIGNS[line.kind]}${line.text}`)).join('');
const diff = (before: string, after: string) => drawn(diffLines([...before], [...after]));

test('the fewest lines go and come', () => {
  assert.equal(diff('', ''), '');
  assert.equal(diff('abc', 'abc'), ' a b c');
  assert.equal(diff('abc', 'axc'), ' a-b+x c');
  assert.equal(diff('', 'ab'), '+a+b');
  assert.equal(diff('ab', ''), '-a-b');
  assert.equal(diff('aab', 'ab'), ' a-a b');
  assert.equal(diff('abcabba', 'cbabac').replaceAll(/[^-+]/g, '').length, 5);
});

test('both texts can be read out of it, whatever they are', () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % below;
  };
  for (let round = 0; round < 200; round++) {
    const make = () => Array.from({ length: random(12) }, () => 'abcd'[random(4)]!);
    const before = make();
    const after = make();
    const lines = diffLines(before, after);
    assert.deepEqual(
      lines.filter(({ kind }) => kind !== 'new').map(({ text }) => text),
      before,
    );
    assert.deepEqual(
      lines.filter(({ kind }) => kind !== 'gone').map(({ text }) => text),
      after,
    );
    for (const { kind, text, number } of lines) {
      assert.equal((kind === 'gone' ? before : after)[number - 1], text);
    }
  }
});

test('texts that are too long for it are told as one piece', () => {
  const before = Array.from({ length: 3000 }, (_, index) => `a${index}`);
  const after = Array.from({ length: 3000 }, (_, index) => `b${index}`);
  const lines = diffLines(['x', ...before], ['x', ...after]);
  assert.equal(lines.length, 6001);
  assert.deepEqual([lines[1]?.kind, lines[3001]?.kind], ['gone', 'new']);
});

test('what is the same far away is left out', () => {
  assert.equal(drawn(shortened(diffLines([...'abcdefg'], [...'abcXefg']), 1)), '… c-d+X e…');
  assert.equal(drawn(shortened(diffLines([...'ab'], [...'ab']))), '…');
});

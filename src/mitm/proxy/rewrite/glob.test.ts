import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Glob } from './glob.ts';

/** The same as a regular expression: right, but not for hostile paths. */
function expression(pattern: string): RegExp {
  const source = pattern.replace(/\*\*|[\s\S]/g, (part) => {
    if (part === '**') return '[^]*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  });
  return new RegExp(`^${source}$`);
}

test('a glob matches what its expression does', () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '**', '?', '.'), maxLength: 8 });
  const path = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '*'), maxLength: 10 });
  fc.assert(
    fc.property(pattern, path, (wanted, given) => {
      assert.equal(new Glob(wanted).test(given), expression(wanted).test(given));
    }),
    { numRuns: 5000 },
  );
});

test('a hostile path takes no longer than its length', () => {
  const glob = new Glob(`/${'*a**'.repeat(60)}b`);
  const time = (length: number): number => {
    const path = `/${'a'.repeat(length)}`;
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 5; round++) {
      const begin = performance.now();
      assert.equal(glob.test(path), false);
      least = Math.min(least, performance.now() - begin);
    }
    return least;
  };
  time(1000);
  // Eight times the length: with backtracking it would not end.
  assert.ok(time(8000) < 40 * time(1000));
});

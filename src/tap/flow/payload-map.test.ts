import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PayloadMap, packOrigin } from './payload-map.ts';

const piece = fc.record({
  direction: fc.constantFrom<0 | 1>(0, 1),
  file: fc.integer({ min: -1, max: 8191 }),
  offset: fc.integer({ min: 0, max: 2 ** 40 - 70000 }),
  length: fc.integer({ min: 1, max: 65535 }),
});

test('what is added is read back, in order', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 300 }), (pieces) => {
      const map = new PayloadMap();
      for (const { direction, file, offset, length } of pieces) {
        map.add(direction, file < 0 ? -1 : packOrigin(file, offset), length);
      }
      const expected = pieces.map((p) => ({ ...p, offset: p.file < 0 ? 0 : p.offset }));
      assert.deepEqual([...map.pieces()], expected);
    }),
  );
});

test('a full map turns pieces away and counts them', () => {
  const map = new PayloadMap(64);
  for (let i = 0; i < 100; i++) map.add(0, packOrigin(0, i * 1000), 500);
  assert(map.dropped > 0);
  assert.equal([...map.pieces()].length + map.dropped, 100);
});

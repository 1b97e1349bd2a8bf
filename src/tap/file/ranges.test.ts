import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RangeAssembler, type WholeSink } from './ranges.ts';

class Collected implements WholeSink<string> {
  content = Buffer.alloc(0);
  closedBy: string | undefined;

  data(bytes: Uint8Array, start: number, end: number): void {
    this.content = Buffer.concat([this.content, bytes.subarray(start, end)]);
  }
  close(part: string): void {
    this.closedBy = part;
  }
}

test('pieces in any order, with any overlap, give the same object', () => {
  const pieces = fc.array(fc.tuple(fc.nat(99), fc.nat(99)), { maxLength: 20 });
  fc.assert(
    fc.property(pieces, fc.uint8Array({ minLength: 100, maxLength: 100 }), (cuts, content) => {
      const assembler = new RangeAssembler<string>();
      const whole = new Collected();
      const give = (from: number, to: number, part: string): void =>
        assembler.data('object', 100, from, content, from, to, 0, part, () => whole);
      for (const [a, b] of cuts)
        if (whole.closedBy === undefined) give(Math.min(a, b), Math.max(a, b) + 1, 'cut');
      if (whole.closedBy === undefined) give(50, 100, 'second half');
      if (whole.closedBy === undefined) give(0, 50, 'first half');
      assert.deepEqual(whole.content, Buffer.from(content));
      assert.equal(assembler.counters.whole, 1);
    }),
  );
});

test('an object of another length, or after a long silence, begins anew', () => {
  const assembler = new RangeAssembler<string>();
  const opened: Collected[] = [];
  const give = (size: number, from: number, to: number, timeUs: number): void =>
    assembler.data('object', size, from, Buffer.alloc(size), from, to, timeUs, 'part', () => {
      opened.push(new Collected());
      return opened.at(-1)!;
    });
  give(10, 0, 5, 0);
  give(12, 0, 5, 0);
  give(12, 5, 10, 61_000_000);
  assert.equal(opened.length, 3);
  give(12, 0, 12, 61_000_000);
  assert.equal(opened[2]?.closedBy, 'part');
});

test('what is held is bounded', () => {
  const assembler = new RangeAssembler<string>();
  const block = Buffer.alloc(1 << 20);
  for (let i = 0; i < 40; i++)
    assembler.data('object', 1 << 30, (i + 1) << 20, block, 0, block.length, 0, '', () => new Collected());
  assert.ok(assembler.counters.abandoned > 0);
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { beginsWith, couldBegin, LineReader, replyCode } from './line.ts';

/** All pieces of a text that arrives in the given pieces. */
function read(limit: number, parts: readonly Uint8Array[]): string[] {
  const reader = new LineReader(limit);
  const pieces: string[] = [];
  let held = Buffer.alloc(0);
  for (const part of parts) {
    held = Buffer.concat([held, part]);
    let at = 0;
    while (reader.next(held, at, held.length)) {
      pieces.push(
        `${reader.first ? '^' : ''}${held.toString('latin1', at, reader.stop)}${reader.last ? '$' : ''}`,
      );
      at = reader.after;
    }
    held = held.subarray(at);
  }
  return pieces;
}

describe('LineReader', () => {
  it('takes both line endings', () => {
    assert.deepEqual(read(100, [Buffer.from('a\r\nb\n\r\nc')]), ['^a$', '^b$', '^$']);
  });

  it('hands out long lines in pieces of the limit', () => {
    assert.deepEqual(read(4, [Buffer.from('abcdefghij\nk\n')]), ['^abcd', 'efgh', 'ij$', '^k$']);
  });

  it('gives the same pieces for any segmentation', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\r', '\n'), maxLength: 60 });
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 8 }), (whole, cuts) => {
        const bytes = Buffer.from(whole);
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const parts = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
        assert.deepEqual(read(7, parts), read(7, [bytes]));
      }),
    );
  });
});

describe('words and codes', () => {
  const bytes = Buffer.from('Ehlo there');
  it('compares without case, within the bounds', () => {
    assert.equal(beginsWith(bytes, 0, 10, 'EHLO '), true);
    assert.equal(beginsWith(bytes, 0, 4, 'EHLO '), false);
    assert.equal(couldBegin(bytes, 0, 4, 'EHLO '), true);
    assert.equal(couldBegin(bytes, 0, 0, 'EHLO '), false);
  });
  it('reads three digits', () => {
    assert.equal(replyCode(Buffer.from('250 ok'), 0, 6), 250);
    assert.equal(replyCode(Buffer.from('25'), 0, 2), -1);
    assert.equal(replyCode(Buffer.from('2x0'), 0, 3), -1);
  });
});

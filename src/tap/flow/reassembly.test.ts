import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OVERLAP_POLICIES, type OverlapPolicy } from './overlap.ts';
import { ReassemblyPool, type StreamConsumer, StreamReassembler } from './reassembly.ts';

/** Gathers what a stream passes on; what is missing reads as dots. */
class Collector implements StreamConsumer {
  text = '';
  missed = 0;
  conflicts = 0;
  inOrder(bytes: Uint8Array, start: number, end: number): void {
    this.text += Buffer.from(bytes.subarray(start, end)).toString('latin1');
  }
  missing(length: number): void {
    this.missed += length;
    this.text += '.'.repeat(length);
  }
  conflict(): void {
    this.conflicts++;
  }
  exhausted(): void {
    this.text += '|';
  }
}

function stream(policy: OverlapPolicy = 'first', streamBytes = 1 << 20, depthBytes?: number) {
  const pool = new ReassemblyPool({ policy, streamBytes, totalBytes: 1 << 24, depthBytes });
  const collector = new Collector();
  return { pool, collector, stream: new StreamReassembler(pool, collector, 0) };
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

test('any segmentation, order, duplication and overlap gives the same bytes', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme-ascii' }),
      fc.array(fc.tuple(fc.nat(199), fc.nat(60)), { maxLength: 40 }),
      fc.integer(),
      fc.constantFrom(...OVERLAP_POLICIES),
      (text, cuts, isn, policy) => {
        const { pool, collector, stream: s } = stream(policy);
        s.begin(isn);
        for (const [from, length] of cuts) {
          const piece = text.slice(from, from + length);
          if (piece.length > 0) s.segment((isn + from) | 0, bytes(piece), 0, piece.length);
        }
        // In the end everything comes once more, so that nothing is missing.
        for (let at = text.length - 1; at >= 0; at--) s.segment((isn + at) | 0, bytes(text), at, at + 1);
        assert.equal(collector.text, text);
        assert.equal(collector.missed, 0);
        assert.equal(collector.conflicts, 0);
        assert.equal(pool.held, 0);
      },
    ),
  );
});

test('an acknowledged hole is given up, the rest follows', () => {
  const { collector, stream: s } = stream();
  s.begin(1000);
  s.segment(1000, bytes('abc'), 0, 3);
  s.segment(1006, bytes('ghi'), 0, 3);
  assert.equal(collector.text, 'abc');
  s.acknowledged(1009);
  assert.equal(collector.text, 'abc...ghi');
  assert.equal(collector.missed, 3);
});

test('what is missing at the end is told where the end is known', () => {
  const { collector, stream: s } = stream();
  s.begin(0);
  s.segment(2, bytes('c'), 0, 1);
  s.finish(6);
  assert.equal(collector.text, '..c...');
});

test('a stream that holds too much gives up its hole', () => {
  const { pool, collector, stream: s } = stream('first', 100);
  s.begin(0);
  for (let i = 1; i < 20; i++) s.segment(i * 10, Buffer.alloc(10, 120), 0, 10);
  assert(pool.held <= 100);
  assert.equal(pool.overruns, 1);
  assert.equal(collector.missed, 10);
});

test('sequence numbers wrap', () => {
  const { collector, stream: s } = stream();
  s.begin(0x7ffffffe);
  s.segment(0x7ffffffe, bytes('ab'), 0, 2);
  s.segment(0x80000000 | 0, bytes('cd'), 0, 2);
  assert.equal(collector.text, 'abcd');
  const other = stream();
  other.stream.begin(-2);
  other.stream.segment(0, bytes('cd'), 0, 2);
  other.stream.segment(-2, bytes('ab'), 0, 2);
  assert.equal(other.collector.text, 'abcd');
});

// The held piece is OOOO at 4; each later segment NN.. claims part of it. Byte 0 is still missing.
const overlaps: readonly {
  readonly from: number;
  readonly length: number;
  readonly wins: readonly OverlapPolicy[];
}[] = [
  {
    from: 2,
    length: 4,
    wins: ['last', 'bsd', 'linux'],
  },
  { from: 4, length: 4, wins: ['last', 'solaris'] },
  { from: 4, length: 6, wins: ['last', 'linux', 'solaris'] },
  { from: 5, length: 2, wins: ['last'] },
  { from: 2, length: 8, wins: ['last', 'bsd', 'linux', 'windows', 'solaris'] },
];
for (const policy of OVERLAP_POLICIES) {
  for (const { from, length, wins } of overlaps) {
    test(`overlap policy ${policy}: later segment [${from}, ${from + length}) over [4, 8)`, () => {
      const { collector, stream: s } = stream(policy);
      s.begin(0);
      s.segment(4, bytes('OOOO'), 0, 4);
      s.segment(from, bytes('N'.repeat(length)), 0, length);
      s.segment(1, bytes('---'), 0, 3);
      s.segment(0, bytes('-'), 0, 1);
      const shared = collector.text.slice(Math.max(4, from), Math.min(8, from + length));
      assert.equal(shared, (wins.includes(policy) ? 'N' : 'O').repeat(shared.length));
      assert(collector.conflicts > 0);
    });
  }
}

test('no more is passed on than was asked for', () => {
  const { pool, collector, stream: s } = stream('first', 1 << 20, 5);
  s.begin(0);
  s.segment(3, bytes('defgh'), 0, 5);
  s.segment(0, bytes('abc'), 0, 3);
  s.segment(8, bytes('ijk'), 0, 3);
  assert.equal(collector.text, 'abcde|');
  s.drop();
  assert.equal(pool.held, 0);
});

test('a stream that was let go takes nothing more', () => {
  const { pool, collector, stream: s } = stream();
  s.begin(0);
  s.drop();
  s.segment(5, bytes('later'), 0, 5);
  s.acknowledged(20);
  assert.equal(collector.text, '');
  assert.equal(pool.held, 0);
});

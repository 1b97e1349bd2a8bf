import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { layOut, type Network } from './segments.ts';

/** Prefixes of addresses of 8 bits. */
const network = fc
  .record({
    address: fc.integer({ min: 0, max: 255 }),
    length: fc.integer({ min: 0, max: 8 }),
    untilMs: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ address, length, untilMs }): Network => {
    const size = 1 << (8 - length);
    const first = address & ~(size - 1);
    return { first: BigInt(first), last: BigInt(first + size - 1), untilMs };
  });

test('each address is held until the last of the networks around it ends', () => {
  fc.assert(
    fc.property(fc.array(network, { maxLength: 30 }), (networks) => {
      const pieces = layOut(networks);
      assert.ok(pieces.length <= Math.max(0, networks.length * 2 - 1), `${pieces.length} pieces`);
      for (const [index, { first, last }] of pieces.entries()) {
        assert.ok(first <= last);
        const before = pieces[index - 1];
        assert.ok(before === undefined || before.last < first, 'pieces overlap or are out of order');
      }
      for (let address = 0n; address < 256n; address++) {
        const ends = (list: readonly Network[]): number =>
          Math.max(
            0,
            ...list
              .filter(({ first, last }) => first <= address && address <= last)
              .map(({ untilMs }) => untilMs),
          );
        assert.equal(ends(pieces), ends(networks), `address ${address}`);
      }
    }),
  );
});

test('networks inside of each other, down to a host, are one piece each', () => {
  const networks = Array.from({ length: 128 }, (_, i) => ({
    first: 0n,
    last: (1n << BigInt(128 - i)) - 1n,
    untilMs: i,
  }));
  assert.equal(layOut(networks).length, 128);
  assert.deepEqual(layOut([]), []);
});

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { summariseProfile } from './cpu-profile.ts';

function node(id: number, functionName: string, url: string) {
  return { id, callFrame: { functionName, url, lineNumber: 9 } };
}

test('self time is summed by function, file and folder, without idle time', () => {
  const profile = {
    nodes: [
      node(1, '(idle)', ''),
      node(2, 'decode', 'file:///weir/src/packet/decoder.ts'),
      node(3, 'decode', 'file:///weir/src/packet/decoder.ts'),
      node(4, 'ipv4', 'file:///weir/src/packet/ipv4.ts'),
      node(5, '(garbage collector)', ''),
    ],
    samples: [1, 2, 2, 3, 4, 4, 5, 1],
    // The long one is another process's turn.
    timeDeltas: [1000, 1000, 1000, 90_000, 1000, 1000, 1000, 1000],
  };
  const summary = summariseProfile(JSON.stringify(profile), '/weir');
  assert.equal(summary.milliseconds, 6);
  assert.deepEqual(
    summary.functions.map(({ name, milliseconds }) => [name, milliseconds]),
    [
      ['decode  src/packet/decoder.ts:10', 3],
      ['ipv4  src/packet/ipv4.ts:10', 2],
      ['(garbage collector)', 1],
    ],
  );
  assert.deepEqual(
    summary.folders.map(({ name, share }) => [name, share]),
    [
      ['src/packet', 5 / 6],
      ['(garbage collector)', 1 / 6],
    ],
  );
});

test('what is no profile is refused', () => {
  assert.throws(() => summariseProfile('{}', '/weir'), /no CPU profile/);
});

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { parseAddress } from './address.ts';
import { communityId } from './community-id.ts';
import { sha1Block } from './sha1.ts';

test('SHA-1 of one block equals the library', () => {
  const digest = new Uint8Array(20);
  for (let length = 0; length <= 55; length++) {
    const message = new Uint8Array(64).map((_, i) => (i * 37 + length) & 255);
    sha1Block(message, length, digest);
    const expected = createHash('sha1').update(message.subarray(0, length)).digest('hex');
    assert.equal(Buffer.from(digest).toString('hex'), expected);
  }
});

function id(source: string, sport: number, destination: string, dport: number, protocol: number): string {
  const a = parseAddress(source);
  const b = parseAddress(destination);
  assert(a && b);
  const words = Int32Array.from([...a.words, ...b.words]);
  return communityId(a.version, words, 0, 4, protocol, sport, dport);
}

// Baseline values of the specification's own test suite.
const cases = [
  ['128.232.110.120', 34855, '66.35.250.204', 80, 6, '1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
  ['66.35.250.204', 80, '128.232.110.120', 34855, 6, '1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
  ['192.168.1.52', 54585, '8.8.8.8', 53, 17, '1:d/FP5EW3wiY1vCndhwleRRKHowQ='],
] as const;
for (const [source, sport, destination, dport, protocol, expected] of cases) {
  test(`community id of ${source}:${sport} to ${destination}:${dport}`, () => {
    assert.equal(id(source, sport, destination, dport, protocol), expected);
  });
}

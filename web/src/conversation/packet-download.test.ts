import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasPacket } from './packet-download.ts';

/** A block of pcapng: type, length, so many octets of content, length. */
function block(type: number, octets: number): number[] {
  const word = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255];
  const length = 12 + octets;
  return [...word(type), ...word(length), ...new Array<number>(octets).fill(0), ...word(length)];
}

const file = (...blocks: readonly number[][]) => Uint8Array.from(blocks.flat()).buffer;

test('a file of packets that has none is told from one that has', () => {
  const head = block(0x0a0d0d0a, 16);
  const port = block(1, 8);
  assert.equal(hasPacket(file(head, port)), false);
  assert.equal(hasPacket(file(head, port, block(6, 40))), true);
  assert.equal(hasPacket(file(head, port, block(3, 8))), true);
});

test('what is cut off or no such file ends the search', () => {
  assert.equal(hasPacket(new ArrayBuffer(0)), false);
  assert.equal(hasPacket(file(block(0x0a0d0d0a, 16)).slice(0, 11)), false);
  assert.equal(hasPacket(new Uint8Array(1000).buffer), false);
});

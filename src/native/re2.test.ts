import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { re2Addon } from './index.ts';

const addon = re2Addon();
const skip = addon === undefined ? 'build/weir-re2.node is not built (setup/addon.sh)' : false;
const MEMORY = 1 << 20;

describe('RE2', { skip }, () => {
  test('finds bytes, and tells where', () => {
    const { test: matches, exec, size } = addon!.compile('[\\xe9](b+)(z)?', MEMORY);
    assert.equal(matches('a\xe9bb'), true);
    assert.equal(matches('a\xc9bb'), false);
    const offsets = new Int32Array(10).fill(7);
    assert.equal(exec('a\xe9bb', offsets), true);
    assert.deepEqual([...offsets], [1, 4, 2, 4, -1, -1, -1, -1, -1, -1]);
    assert.equal(exec('a\xe9bb', new Int32Array(0)), true);
    assert.ok(size > 0);
  });

  test('sees every byte as one, in every value', () => {
    for (let byte = 0; byte < 256; byte++) {
      const hexadecimal = byte.toString(16).padStart(2, '0');
      const { test: matches } = addon!.compile(`\\A\\x${hexadecimal}.\\z`, MEMORY);
      const { test: others } = addon!.compile(`\\A[^\\x${hexadecimal}]\\z`, MEMORY);
      for (let other = 0; other < 256; other += 5) {
        assert.equal(matches(String.fromCharCode(byte, other)), true);
        assert.equal(others(String.fromCharCode(other)), other !== byte);
      }
    }
  });

  test('takes values of any length', () => {
    const { test: matches } = addon!.compile('x\\z', MEMORY);
    for (const length of [0, 1, 65_533, 65_534, 65_535, 65_536, 1_000_000]) {
      assert.equal(matches(`${'y'.repeat(length)}x`), true);
      assert.equal(matches(`${'y'.repeat(length)}`), false);
    }
  });

  test('stays within its memory, in linear time', () => {
    const { test: matches } = addon!.compile('(?:a|b)*a(?:a|b){12}c', MEMORY);
    const value = 'abbabaab'.repeat(2000);
    const begin = performance.now();
    assert.equal(matches(value), false);
    assert.ok(performance.now() - begin < 1000);
  });

  test('refuses what is none of its language, and arguments that make no sense', () => {
    const { compile } = addon!;
    assert.throws(() => compile('(?=a)', MEMORY), { code: 'ERR_RE2', message: /invalid perl operator/ });
    assert.throws(() => compile('(?:a{1000}){1000}', MEMORY), { code: 'ERR_RE2' });
    assert.throws(() => compile('a', 1), /memory is out of range/);
    const { test: matches, exec } = compile('a', MEMORY);
    // @ts-expect-error: not a string
    assert.throws(() => matches(5), /not a string/);
    // @ts-expect-error: an argument is missing
    assert.throws(() => matches(), /not a string/);
    // @ts-expect-error: not an Int32Array
    assert.throws(() => exec('a', new Uint8Array(4)), /Int32Array/);
  });

  test('an expression lives as long as one of its functions', async () => {
    const functions = Array.from(
      { length: 200 },
      (_, index) => addon!.compile(`a{${index + 1}}b`, MEMORY).test,
    );
    for (let i = 0; i < 20; i++) {
      Array.from({ length: 1000 }, () => new Uint8Array(1000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const [index, matches] of functions.entries())
      assert.equal(matches(`${'a'.repeat(index + 1)}b`), true);
  });
});

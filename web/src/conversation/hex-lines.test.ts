import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexLines, hexText, octetsOf } from './hex-lines.ts';

test('a hex dump has its offset, sixteen octets and what can be printed', () => {
  const octets = new TextEncoder().encode('GET / HTTP/1.1\r\nHost: a');
  const lines = hexLines(octets, 0x40);
  assert.deepEqual(lines[0], {
    offset: '00000040',
    digits: '47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a',
    characters: 'GET / HTTP/1.1..',
  });
  assert.equal(lines[1]?.offset, '00000050');
  assert.equal(lines[1]?.digits.length, 48);
  assert.equal(hexText(octets, 0).split('\n').length, 2);
});

test('base64 as octets; what is none has none', () => {
  assert.deepEqual([...octetsOf('AP+A')], [0, 255, 128]);
  assert.deepEqual([...octetsOf('%%')], []);
  assert.deepEqual(hexLines(octetsOf(''), 0), []);
});

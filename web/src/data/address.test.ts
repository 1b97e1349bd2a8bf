import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf } from './address.ts';

test('addresses in their usual form', () => {
  for (const [text, address] of [
    ['192.0.2.1', '192.0.2.1'],
    [' 10.0.0.1 ', '10.0.0.1'],
    ['2001:DB8::0:1', '2001:db8::1'],
    ['::', '::'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ] as const) {
    assert.equal(addressOf(text), address);
  }
});

test('what is no address', () => {
  for (const text of [
    '',
    'example.org',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.01',
    '1.2.3.4.5',
    '2001:db8::1::2',
    ':::',
    '2001:db8::1/64',
    '[::1]',
    'fe80::1%eth0',
    ':'.repeat(1000),
    '::1]@evil.example:80/',
  ]) {
    assert.equal(addressOf(text), undefined, text);
  }
});

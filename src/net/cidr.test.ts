import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Address, formatAddress, parseAddress } from './address.ts';
import { formatPrefix, type Prefix, PrefixSet, parsePrefix, prefixContains } from './cidr.ts';

const prefix = (text: string): Prefix => parsePrefix(text) ?? assert.fail(text);
const address = (text: string): Address => parseAddress(text) ?? assert.fail(text);

test('prefixes from and to text', () => {
  assert.equal(formatPrefix(prefix('10.1.2.3/8')), '10.0.0.0/8');
  assert.equal(formatPrefix(prefix('192.0.2.1')), '192.0.2.1/32');
  assert.equal(formatPrefix(prefix('0.0.0.0/0')), '0.0.0.0/0');
  assert.equal(formatPrefix(prefix('2001:db8:ffff::1/33')), '2001:db8:8000::/33');
  assert.equal(formatPrefix(prefix('::1')), '::1/128');
  for (const text of [
    '',
    '/',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0/8',
    '::/129',
    '::/x',
    'a/8',
  ])
    assert.equal(parsePrefix(text), undefined, text);
});

test('what a prefix contains', () => {
  const contains = (text: string, inside: string) => {
    const { version, words } = address(inside);
    return prefixContains(prefix(text), version, ...words);
  };
  assert.ok(contains('10.0.0.0/8', '10.255.255.255'));
  assert.ok(!contains('10.0.0.0/8', '11.0.0.0'));
  assert.ok(contains('0.0.0.0/0', '255.1.2.3'));
  assert.ok(!contains('0.0.0.0/0', '::'));
  assert.ok(contains('2001:db8::/33', '2001:db8:7fff::1'));
  assert.ok(!contains('2001:db8::/33', '2001:db8:8000::1'));
  assert.ok(contains('::/0', 'ffff::1'));
  assert.ok(!contains('::/0', '1.2.3.4'));
});

test('a set joins what touches and keeps the families apart', () => {
  const { set } = PrefixSet.parse([
    '10.0.0.0/9',
    '10.128.0.0/9',
    ' 10.1.0.0/16',
    'fe80::/10',
    '255.255.255.255',
    '::1',
    '::2',
  ]);
  assert.ok(set);
  assert.equal(set.size, 4);
  for (const text of [
    '10.0.0.0',
    '10.255.255.255',
    'fe80::1',
    'febf:ffff::',
    '255.255.255.255',
    '::1',
    '::2',
  ])
    assert.ok(set.hasText(text), text);
  for (const text of ['9.255.255.255', '11.0.0.0', 'fec0::', '::3', '::', '0.0.0.1', 'ffff:ffff::', 'x'])
    assert.ok(!set.hasText(text), text);
  assert.deepEqual(PrefixSet.parse(['10.0.0.0/8', 'nonsense']), { mistake: 'nonsense' });
  const none = new PrefixSet([]);
  assert.ok(!none.hasText('0.0.0.0') && !none.hasText('::'));
  const everything = new PrefixSet([
    prefix('0.0.0.0/0'),
    prefix('1.0.0.0/8'),
    prefix('::/0'),
    prefix('f::/16'),
  ]);
  assert.equal(everything.size, 2);
  assert.ok(everything.hasText('255.255.255.255') && everything.hasText('ffff::'));
});

test('large sets agree with their prefixes one by one', () => {
  let seed = 3;
  const random = (limit: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % limit;
  };
  const word = () => (random(65536) << 16) | random(65536);
  // Few distinct upper words, so that ranges nest, touch and share an index entry.
  const word4 = () => ((10 + random(3)) << 24) | (random(8) << 14) | random(16384);
  for (const count of [1, 20, 63, 64, 400, 2000]) {
    const prefixes: Prefix[] = [];
    for (let i = 0; i < count; i++) {
      prefixes.push(prefix(`${formatAddress(4, i % 9 ? word4() : word(), 0, 0, 0)}/${16 + random(17)}`));
      prefixes.push(prefix(`${formatAddress(6, 0x20010db8, random(4), word(), word())}/${48 + random(81)}`));
    }
    const set = new PrefixSet(prefixes);
    const check = (version: 4 | 6, w0: number, w1: number, w2: number, w3: number) => {
      const expected = prefixes.some((one) => prefixContains(one, version, w0, w1, w2, w3));
      assert.equal(set.has(version, w0, w1, w2, w3), expected, formatAddress(version, w0, w1, w2, w3));
    };
    for (let i = 0; i < 300; i++) {
      check(4, word4(), 0, 0, 0);
      check(4, word(), 0, 0, 0);
      check(6, 0x20010db8, random(4), word(), word());
    }
    for (const { version, words, length } of prefixes.slice(0, 200)) {
      const [w0, w1, w2, w3] = words;
      check(version, w0, w1, w2, w3);
      if (version === 4) {
        check(4, (w0 - 1) | 0, 0, 0, 0);
        check(4, (w0 + 2 ** (32 - length)) | 0, 0, 0, 0);
        check(4, (w0 + 2 ** (32 - length) - 1) | 0, 0, 0, 0);
      } else check(6, w0, w1, w2, w3 ^ 1);
    }
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entropyOf, nameFeatures } from './dns-name.ts';

test('the registered domain and what is below it', () => {
  const of = (name: string): unknown[] => {
    const { domain, sublabels, subLength } = nameFeatures(name);
    return [domain, sublabels, subLength];
  };
  assert.deepEqual(of('www.example.com'), ['example.com', 1, 3]);
  assert.deepEqual(of('A.B.example.co.uk.'), ['example.co.uk', 2, 2]);
  assert.deepEqual(of('example.com'), ['example.com', 0, 0]);
  assert.deepEqual(of('localhost'), ['localhost', 0, 0]);
  assert.deepEqual(of(''), ['', 0, 0]);
  assert.deepEqual(of('.'), ['', 0, 0]);
});

test('entropy', () => {
  assert.equal(entropyOf(''), 0);
  assert.equal(entropyOf('aaaa'), 0);
  assert.equal(entropyOf('abcd'), 2);
});

test('made-up names are told from names that people gave', () => {
  const random = 'xjpakmdcfuqe qgmmjgfxrpnvl k3v9x1z8q2w7 fdbwpkrtsln vbnmqtrzxcvk ax71bq20cz93'.split(' ');
  for (const label of random) assert.equal(nameFeatures(`${label}.com`).random, true, label);
  const given =
    'wikipedia googlevideo stackoverflow microsoftonline bundesverfassungsgericht thyssenkrupp 1und1hosting cloudfront ' +
    'akamaihd windowsupdate office365cloud youtube-nocookie xn--bcher-kva9a2b googleusercontent facebook doubleclick ' +
    'rijksoverheid versicherungen sparkasse24';
  for (const label of given.split(' ')) assert.equal(nameFeatures(`www.${label}.com`).random, false, label);
});

test('names as long as they like are looked at in linear time', () => {
  assert.equal(nameFeatures('a'.repeat(100_000)).longestLabel, 255);
});

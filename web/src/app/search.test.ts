import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSearch, stringifySearch } from './search.ts';

test('words go into an address and come back as they were', () => {
  const search = { address: '2001:db8::1', query: 'name == "a & b" #?/', since: '0' };
  const text = stringifySearch(search);
  assert.ok(text.startsWith('?'));
  assert.deepEqual(parseSearch(text), search);
});

test('what is empty is left out', () => {
  assert.equal(stringifySearch({ address: undefined, query: '', other: null }), '');
  assert.deepEqual(parseSearch(''), {});
});

test('numbers stay words', () => {
  assert.deepEqual(parseSearch('?flow=1234567890123456789&on=true'), {
    flow: '1234567890123456789',
    on: 'true',
  });
});

test('what is too much is left out', () => {
  const names = Object.keys(
    parseSearch(`?${Array.from({ length: 100 }, (_, index) => `n${index}=1`).join('&')}`),
  );
  assert.equal(names.length, 32);
  assert.deepEqual(parseSearch(`?long=${'x'.repeat(5000)}&short=1`), { short: '1' });
  assert.deepEqual(parseSearch('?__proto__=1&a=2').a, '2');
});

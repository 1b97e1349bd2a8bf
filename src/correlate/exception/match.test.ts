import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ExceptionLookup } from './lookup.ts';
import {
  checkedMatch,
  ExceptionError,
  type ExceptionMatch,
  matcherOf,
  matchText,
  type Occurrence,
  plainHost,
} from './match.ts';
import { occurrence } from './testing.ts';

test('all that an exception gives must hold', () => {
  const shop = occurrence({ host: 'shop', path: '/search?q=1', ruleId: '942100', scenario: 'sqli' });
  for (const [match, expected] of [
    [{ ruleId: '942100' }, true],
    [{ ruleId: '942100', host: 'Shop.', path: '/search/' }, true],
    [{ ruleId: '942100', host: 'blog' }, false],
    [{ network: '203.0.113.77/24' }, true],
    [{ network: '2001:db8::/32' }, false],
    [{ network: '0.0.0.0/0', ruleId: '942100' }, true],
    [{ address: '203.0.113.9', target: '192.0.2.80' }, true],
    [{ address: '203.0.113.9', target: '192.0.2.81' }, false],
    [{ ja4: 't13d' }, false],
    [{ scenario: 'sqli' }, true],
  ] as const) {
    assert.equal(matcherOf(checkedMatch(match))(shop), expected, JSON.stringify(match));
  }
});

test('a path is excepted by whole segments, and never one that a server may read in another way', () => {
  const test = matcherOf(checkedMatch({ path: '/search' }));
  for (const path of [
    '/search',
    '/search/',
    '/search?q=/../x',
    '/search/all',
    '/search#x',
    '/search/a%20b',
  ]) {
    assert.equal(test(occurrence({ path })), true, path);
  }
  for (const path of [
    '',
    '/',
    '/searching',
    '/Search',
    'search',
    '/search/../admin',
    '/search/%2e%2E/admin',
    '/search/..%2fadmin',
    '/search/..;/admin',
    '/search/..\\admin',
    '/search/%252e%252e/admin',
    '//search',
    '/search/./../admin',
    '/search/..',
    '/search/%00',
    `/search/${'a'.repeat(3000)}`,
  ]) {
    assert.equal(test(occurrence({ path })), false, path);
  }
});

test('hosts are compared without port, last dot and case', () => {
  for (const [host, plain] of [
    ['Shop.Example.:8443', 'shop.example'],
    ['shop.example:80', 'shop.example'],
    ['[2001:db8::1]:443', '[2001:db8::1]'],
    ['2001:db8::1', '2001:db8::1'],
    ['', ''],
  ] as const) {
    assert.equal(plainHost(host), plain);
  }
});

test('what is no exception is told with its field and what it takes', () => {
  for (const [match, message] of [
    [{}, /nothing is given that it is for; give one of address/],
    [{ address: '' }, /nothing is given/],
    [{ address: '203.0.113.0/24' }, /address takes an IPv4 or IPv6 address, not '203.0.113.0\/24'/],
    [{ network: 'lan' }, /network takes a network as 203.0.113.0\/24, not 'lan'/],
    [{ network: '::/0' }, /network alone would except everything/],
    [{ path: '/' }, /path alone would except everything/],
    [{ path: '/a/../b' }, /path takes a path from \/ on/],
    [{ path: '/a?b' }, /path takes a path/],
    [{ host: 'a b' }, /host takes the name of a host/],
    [{ ruleId: 'a\nb' }, /ruleId takes up to 256 printable characters/],
    [{ ruleId: 7 as unknown as string }, /ruleId takes text/],
    [{ rule: '942100' } as ExceptionMatch, /'rule' is no field; there are address/],
  ] as const) {
    assert.throws(
      () => checkedMatch(match),
      (error: unknown) => error instanceof ExceptionError && message.test(error.message),
      JSON.stringify(match),
    );
  }
});

test('a match in words', () => {
  assert.equal(
    matchText({ ruleId: '942100', host: 'shop', path: '/search' }),
    'rule 942100 at host shop, path /search',
  );
  assert.equal(matchText({ network: '203.0.113.0/24' }), 'everything at network 203.0.113.0/24');
});

const addresses = fc.constantFrom('203.0.113.9', '203.0.114.9', '2001:db8::1', '2001:db8:1::1');
const paths = fc
  .array(fc.constantFrom('a', 'b', 'ab', '..', '%2e'), { maxLength: 4 })
  .map((segments) => `/${segments.join('/')}`);
const words = fc.constantFrom('', 'one', 'two');
const anyOccurrence: fc.Arbitrary<Occurrence> = fc.record({
  address: addresses,
  target: fc.oneof(addresses, fc.constant('')),
  host: words,
  path: fc.oneof(paths, fc.constant('')),
  ruleId: words,
  scenario: words,
  ja4: words,
});
const networks = fc.constantFrom('203.0.112.0/22', '203.0.113.0/24', '2001:db8::/32', '2001:db8::/48');
const mixedMatch = fc
  .record(
    {
      address: addresses,
      network: networks,
      target: addresses,
      host: words,
      path: paths.filter((path) => !/\.\.|%/.test(path) && path !== '/'),
      ruleId: words,
      scenario: words,
      ja4: words,
    },
    { requiredKeys: [] },
  )
  .filter((match) => Object.values(match).some((value) => value !== ''))
  .map(checkedMatch);
const anyMatch = fc.oneof(
  mixedMatch,
  networks.map((network) => checkedMatch({ network })),
);

test('property: the look-up finds one exactly where asking each would, also after removals', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyMatch, fc.boolean()), { maxLength: 30 }),
      fc.array(anyOccurrence, { minLength: 1, maxLength: 20 }),
      (matches, occurrences) => {
        const lookup = new ExceptionLookup<{ readonly match: ExceptionMatch }>();
        const entries = matches.map(([match, isRemoved]) => ({ match, isRemoved }));
        for (const entry of entries) lookup.add(entry);
        for (const entry of entries) if (entry.isRemoved) lookup.delete(entry);
        const left = entries.filter(({ isRemoved }) => !isRemoved);
        assert.equal(lookup.size, left.length);
        for (const one of occurrences) {
          const expected = left.filter(({ match }) => matcherOf(match)(one));
          const found = lookup.find(one, () => true);
          if (expected.length === 0) assert.equal(found, undefined);
          else assert.ok(expected.some((entry) => entry === found));
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('property: a checked match stays as it is when it is checked again', () => {
  fc.assert(
    fc.property(anyMatch, (match) => assert.deepEqual(checkedMatch(match), match)),
    { numRuns: 100 },
  );
});

test('looking up takes about as long among many as among few', () => {
  const nanoseconds = (count: number): number => {
    const lookup = new ExceptionLookup<{ readonly match: ExceptionMatch }>();
    for (let i = 0; i < count; i++) {
      const address = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
      lookup.add({ match: { ruleId: '942100', host: 'shop', path: `/p/${i}` } });
      lookup.add({ match: { address, ruleId: '942100' } });
    }
    const one = occurrence({ host: 'shop', path: '/p/none/at/all', ruleId: '942100' });
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 5; round++) {
      const start = process.hrtime.bigint();
      for (let i = 0; i < 2000; i++)
        assert.equal(
          lookup.find(one, () => true),
          undefined,
        );
      best = Math.min(best, Number(process.hrtime.bigint() - start) / 2000);
    }
    return best;
  };
  const few = nanoseconds(50);
  const many = nanoseconds(5000);
  assert.ok(many < 10 * few, `${few} ns among 100, ${many} ns among 10,000`);
});

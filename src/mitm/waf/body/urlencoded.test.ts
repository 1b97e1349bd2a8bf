import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MOST_ARGUMENTS, parseUrlEncoded } from './urlencoded.ts';

const CASES: readonly (readonly [
  text: string,
  args: readonly (readonly [string, string])[],
  invalid?: true,
])[] = [
  ['', []],
  ['a', [['a', '']]],
  ['a=', [['a', '']]],
  ['=b', [['', 'b']]],
  ['=', [['', '']]],
  ['a=b=c', [['a', 'b=c']]],
  [
    'a=1&a=2',
    [
      ['a', '1'],
      ['a', '2'],
    ],
  ],
  ['&', [['', '']]],
  [
    'a&&b',
    [
      ['a', ''],
      ['', ''],
      ['b', ''],
    ],
  ],
  ['a&', [['a', '']]],
  ['a=1;b=2', [['a', '1;b=2']]],
  ['a+b=c+d', [['a b', 'c d']]],
  ['%61%3d=%26%00%ff', [['a=', '&\0\xff']]],
  ['a=%2541', [['a', '%41']]],
  ['a=%u0041', [['a', '%u0041']], true],
  ['a=%', [['a', '%']], true],
  ['a=%4', [['a', '%4']], true],
  [
    'a=%4&1=2',
    [
      ['a', '%4'],
      ['1', '2'],
    ],
    true,
  ],
  [
    '%zz=1&b=2',
    [
      ['%zz', '1'],
      ['b', '2'],
    ],
    true,
  ],
];

test('arguments are split and decoded', () => {
  for (const [text, args, invalid = false] of CASES) {
    assert.deepEqual(parseUrlEncoded(text), { args, invalid, truncated: false }, text);
  }
});

test('another separator', () => {
  assert.deepEqual(parseUrlEncoded('a=1;b=2&c', ';').args, [
    ['a', '1'],
    ['b', '2&c'],
  ]);
});

test('an escape does not reach across a separator that looks like a digit', () => {
  assert.deepEqual(parseUrlEncoded('x=%4a1', 'a'), {
    args: [
      ['x', '%4'],
      ['1', ''],
    ],
    invalid: true,
    truncated: false,
  });
});

test('the number of arguments is bounded', () => {
  const three = {
    args: [
      ['a', ''],
      ['b', ''],
      ['c', ''],
    ],
    invalid: false,
  };
  assert.deepEqual(parseUrlEncoded('a&b&c', '&', 3), { ...three, truncated: false });
  assert.deepEqual(parseUrlEncoded('a&b&c&', '&', 3), { ...three, truncated: false });
  assert.deepEqual(parseUrlEncoded('a&b&c&%', '&', 3), { ...three, truncated: true });
  const many = parseUrlEncoded('&'.repeat(1 << 22));
  assert.equal(many.args.length, MOST_ARGUMENTS);
  assert.ok(many.truncated);
});

test('what is encoded is found again', () => {
  const text = fc
    .array(fc.integer({ min: 0, max: 255 }), { maxLength: 20 })
    .map((codes) => String.fromCharCode(...codes));
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { maxLength: 8 }), (args) => {
      const encoded = args.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
      assert.deepEqual(parseUrlEncoded(encoded), { args, invalid: false, truncated: false });
    }),
  );
});

function encode(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex').replace(/../g, '%$&');
}

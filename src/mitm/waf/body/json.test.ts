import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJson } from './json.ts';

const LIMITS = { arguments: 1000, depth: 64 };

/** As libmodsecurity 3.0.9 names and writes them; the number of an array's elements under its own name is Coraza's. */
const READ: readonly [text: string, ...args: [string, string][]][] = [
  ['{"a":1,"b":"x"}', ['json.a', '1'], ['json.b', 'x']],
  [
    '{"b":{"c":"x","d":[1,2,{"e":true}]},"n":null}',
    ['json.b.c', 'x'],
    ['json.b.d.array_0', '1'],
    ['json.b.d.array_1', '2'],
    ['json.b.d.array_2.e', 'true'],
    ['json.b.d', '3'],
    ['json.n', ''],
  ],
  [
    '{"k":[[1,[2]],3]}',
    ['json.k.array_0.array_0', '1'],
    ['json.k.array_0.array_1.array_0', '2'],
    ['json.k.array_0.array_1', '1'],
    ['json.k.array_0', '2'],
    ['json.k.array_1', '3'],
    ['json.k', '2'],
  ],
  [
    '[{"a":1},"x",[],"y",{},"z"]',
    ['json.array_0.a', '1'],
    ['json.array_1', 'x'],
    ['json.array_3', 'y'],
    ['json.array_5', 'z'],
    ['json', '6'],
  ],
  ['"s"', ['json', 's']],
  [' 5\t\r\n\v\f', ['json', '5']],
  ['null', ['json', '']],
  ['true', ['json', 'true']],
  ['false', ['json', 'false']],
  [''],
  ['{}'],
  ['[]'],
  ['{"a":[],"b":{}}'],
  ['{"a":1,"a":2}', ['json.a', '1'], ['json.a', '2']],
  ['{"":{"":1},"a.b":2}', ['json.empty-key.empty-key', '1'], ['json.a.b', '2']],
  [
    '[-0,1.50e3,1E+5,-1.0e-2,99999999999999999999999]',
    ['json.array_0', '-0'],
    ['json.array_1', '1.50e3'],
    ['json.array_2', '1E+5'],
    ['json.array_3', '-1.0e-2'],
    ['json.array_4', '99999999999999999999999'],
    ['json', '5'],
  ],
  [
    '"\\u00e4\\u0041\\n\\/\\"\\\\\\b\\f\\r\\t\\ud83d\\ude00\\u0000"',
    ['json', '\xc3\xa4A\n/"\\\b\f\r\t\xf0\x9f\x98\x80\0'],
  ],
  ['"\\udc00x\\ud800\\u0041y\\ud83dz"', ['json', '\xed\xb0\x80x\xf0\x90\x81\x81y?z']],
  ['{"\\u0061\xc3\xa4":"\x7f\xc3\xa4"}', ['json.a\xc3\xa4', '\x7f\xc3\xa4']],
  ['"\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80"', ['json', '\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80']],
];

for (const [text, ...args] of READ) {
  test(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(parseJson(text, LIMITS), { args }));
}

/** Refused by libmodsecurity 3.0.9 too; with what was read before. */
const REFUSED: readonly [text: string, error: RegExp, ...args: [string, string][]][] = [
  ['   ', /ends before the value does \(byte 3\)/],
  ['{"a":1} x', /something follows the value \(byte 8\)/, ['json.a', '1']],
  ['nulll', /something follows/, ['json', '']],
  ['1x', /something follows/, ['json', '1']],
  ['{"a":1,}', /a key is missing/, ['json.a', '1']],
  ['{a:1}', /a key is missing/],
  ['{"a" 1}', /a colon is missing/],
  ['[1,]', /no value begins/, ['json.array_0', '1']],
  ['[1 2]', /a comma or ] is missing/, ['json.array_0', '1']],
  ['[1}', /a comma or ] is missing/, ['json.array_0', '1']],
  ['{"a":1]', /a comma or } is missing/, ['json.a', '1']],
  ['[', /ends before/],
  ['{', /a key is missing/],
  ['{"a":01}', /a comma or } is missing/, ['json.a', '0']],
  ['{"a":+1}', /no value/],
  ['{"a":.5}', /no value/],
  ['{"a":1.}', /a digit is missing/],
  ['{"a":1e}', /a digit is missing/],
  ['-', /no value/],
  ['{"a":tru}', /no value/],
  ['{"a":NaN}', /no value/],
  ['// c\n1', /no value/],
  ['\xef\xbb\xbf1', /no value/],
  ['"x', /never closed/],
  ['"x\ny"', /control character/],
  ['"\0"', /control character/],
  ['"\\x"', /a backslash/],
  ['"\\', /a backslash/],
  ['"\\u00zz"', /four hexadecimal digits/],
  ['"\\u004"', /four hexadecimal digits/],
  ['"\xe4"', /no UTF-8/],
  ['"\xf8\x80\x80\x80\x80"', /no UTF-8/],
  ['"\xe2\x82', /no UTF-8/],
  [']', /no value/],
];

for (const [text, error, ...args] of REFUSED) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    const body = parseJson(text, LIMITS);
    assert.match(body.error ?? '', error);
    assert.deepEqual(body.args, args);
  });
}

test('what is too deep, too many or too long is refused', () => {
  assert.equal(parseJson('[[1]]', { arguments: 10, depth: 2 }).error, undefined);
  assert.match(parseJson('[[[1]]]', { arguments: 10, depth: 2 }).error ?? '', /deeper than 2 levels/);
  assert.match(parseJson('['.repeat(1 << 20), LIMITS).error ?? '', /deeper/);
  const many = parseJson(`[${'1,'.repeat(1 << 19)}1]`, { arguments: 100, depth: 2 });
  assert.match(many.error ?? '', /more than 100 values/);
  assert.equal(many.args.length, 100);
  const long = parseJson(`{"${'k'.repeat(1 << 19)}":[${'1,'.repeat(1000)}1]}`, {
    arguments: 10_000,
    depth: 2,
  });
  assert.match(long.error ?? '', /names are too long/);
});

test('reads what JSON.stringify writes', () => {
  const flatten = (name: string, value: unknown): [string, string][] => {
    if (Array.isArray(value)) {
      const elements = value.flatMap((element, i) => flatten(`${name}.array_${i}`, element));
      return value.length === 0 ? [] : [...elements, [name, String(value.length)]];
    }
    if (typeof value === 'object' && value !== null) {
      return Object.entries(value).flatMap(([key, element]) =>
        flatten(`${name}.${binary(key) || 'empty-key'}`, element),
      );
    }
    return [[name, value === null ? '' : typeof value === 'string' ? binary(value) : String(value)]];
  };
  const binary = (text: string): string => Buffer.from(text.toWellFormed()).toString('latin1');
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const text = JSON.stringify(value);
      const body = parseJson(binary(text), { arguments: 10_000, depth: 1000 });
      assert.deepEqual(body, { args: flatten('json', JSON.parse(text)) });
    }),
    { numRuns: 300 },
  );
});

test('any bytes: an answer, never an exception', () => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '\\u',
    '0',
    '1',
    '-',
    '.',
    'e',
    'true',
    'null',
    'a',
    ' ',
    '\0',
    '\xe4',
    '\xc3\xa4',
    '\\ud83d',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), (parts) => {
      const text = parts.join('');
      let valid = true;
      try {
        JSON.parse(Buffer.from(text, 'latin1').toString());
      } catch {
        valid = false;
      }
      // Every JSON text is read; of others only those whose bytes a decoder replaces, and the empty one, may be.
      if (valid && !/\xe4/.test(text)) assert.equal(parseJson(text, LIMITS).error, undefined, text);
      else if (text !== '' && !/\xe4/.test(text))
        assert.notEqual(parseJson(text, LIMITS).error, undefined, text);
    }),
    { numRuns: 3000 },
  );
});

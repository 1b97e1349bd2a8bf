import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compilePattern, compilePatterns, PatternError } from './index.ts';

const FOUND: readonly (readonly [string, string, boolean])[] = [
  ['abc', 'xabcx', true],
  ['^abc$', 'abc', true],
  ['^abc$', 'abcd', false],
  ['a.c', 'a\nc', false],
  ['(?s)a.c', 'a\nc', true],
  ['(?i)SeLeCt', 'a select b', true],
  ['(?i:a)b', 'AB', false],
  ['a{2,3}$', 'xaa', true],
  ['^a{2,3}$', 'aaaa', false],
  ['^(foo|ba[rz])+$', 'foobarbaz', true],
  ['\\bbot\\b', 'a bot, b', true],
  ['\\bbot\\b', 'robots', false],
  ['\\Bot', 'bot', true],
  ['(?m)^b$', 'a\nb\nc', true],
  ['^b$', 'a\nb\nc', false],
  ['[[:digit:]]{3}', 'x123', true],
  ['[^/]+/\\.\\./', 'a/../', true],
  ['\\x41\\x{1F600}', 'A😀', true],
  ['^.$', '😀', true],
  ['\\pL+\\d', 'é1', true],
  ['\\Qa.b\\E', 'a.b', true],
  ['\\Qa.b\\E', 'axb', false],
  ['[a-', '', false],
  ['a{x', 'a{x', true],
  ['', '', true],
  ['^$', 'x', false],
  ['[]a]', ']', true],
  ['(?P<n>a)(?:b)', 'ab', true],
];

test('patterns of RE2', () => {
  for (const [pattern, text, found] of FOUND) {
    if (pattern === '[a-') assert.throws(() => compilePattern(pattern), PatternError);
    else assert.equal(compilePattern(pattern).test(text), found, `${pattern} in ${JSON.stringify(text)}`);
  }
});

test('what needs backtracking, and what is no pattern, is refused with its place', () => {
  const wrong = [
    ['(?=a)', 0],
    ['a(?!b)', 1],
    ['(?<=a)b', 0],
    ['(a)\\1', 3],
    ['a**', 0],
    ['*a', 0],
    ['(a', 0],
    ['a)', 1],
    ['[z-a]', 1],
    ['a{1001}', 0],
    ['\\y', 0],
    ['\\', 0],
    ['[[:nonsense:]]', 1],
    ['\\p{Nonsense}', 0],
    ['(?z)', 0],
  ] as const;
  for (const [pattern, at] of wrong) {
    assert.throws(
      () => compilePattern(pattern),
      (error) => error instanceof PatternError && error.at === at,
      pattern,
    );
  }
  assert.throws(() => compilePattern('((a{1000}){1000}){1000}'), /multiply/);
  assert.throws(() => compilePattern('a'.repeat(5000)), /4096/);
});

test('patterns find what the RegExp of the language finds', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\b', '\\w', '^', '$', '(?:ab)', 'c');
  const piece = fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{1,2}')).map(([one, many]) => {
    return one === '^' || one === '$' || one === '\\b' ? one : one + many;
  });
  const pattern = fc.oneof(
    fc.array(piece, { maxLength: 5 }).map((parts) => parts.join('')),
    fc
      .tuple(fc.array(piece, { maxLength: 3 }), fc.array(piece, { maxLength: 3 }))
      .map(([left, right]) => `(?:${left.join('')}|${right.join('')})+`),
  );
  fc.assert(
    fc.property(pattern, fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '\n') }), (source, text) => {
      assert.equal(compilePattern(source).test(text), new RegExp(source).test(text), `${source} in ${text}`);
    }),
    { numRuns: 2000 },
  );
});

test('a pattern that would explode is found in linear time', () => {
  const pattern = compilePattern('^(a+)+(a|aa)*(.*a){12}$');
  assert.equal(pattern.test(`${'a'.repeat(50_000)}b`), false);
});

test('many patterns are one automaton', () => {
  const names = Array.from({ length: 600 }, (_, i) => `(?i)\\bbot${i}x\\b`);
  const pattern = compilePatterns(names);
  assert.equal(pattern.test('Mozilla/5.0 BOT599X/2'), true);
  assert.equal(pattern.test('Mozilla/5.0 bot600x/2'), false);
  assert.equal(compilePatterns([]).test(''), false);
});

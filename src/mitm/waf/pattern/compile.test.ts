import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { re2Addon } from '../../../native/index.ts';
import { LimitError, OperatorError } from '../operator/operator.ts';
import { BacktrackingMatcher } from './backtrack.ts';
import { compileByPlan, compilePattern } from './compile.ts';
import { parsePattern } from './parse.ts';

const withoutRe2 = re2Addon() === undefined ? 'build/weir-re2.node is not built (setup/addon.sh)' : false;

/** What matches in a value and with which groups; undefined where nothing does. */
const CASES: readonly (readonly [source: string, value: string, found: readonly string[] | undefined])[] = [
  // PCRE_DOTALL and PCRE_MULTILINE
  ['a.b', 'a\nb', ['a\nb']],
  ['(?-s)a.b', 'a\nb', undefined],
  ['^b', 'a\nb', ['b']],
  ['^b', 'a\rb', undefined],
  ['a$', 'a\nb', ['a']],
  ['a$', 'a\rb', undefined],
  ['^$', 'a\n', undefined],
  ['^$', 'a\n\nb', ['']],
  ['^(?:x|$)', 'ab\n', undefined],
  ['\\Ab', 'a\nb', undefined],
  ['a\\z', 'a\n', undefined],
  ['a\\Z', 'a\n', ['a']],
  ['(?-m)a$', 'a\n', ['a']],
  ['(?-m)^b', 'a\nb', undefined],
  ['', 'a\nb', ['a\nb']],
  // bytes
  ['\\s', '\xa0', undefined],
  ['\\h', '\xa0', ['\xa0']],
  ['\\s', '\v', ['\v']],
  ['\\v', '\x85', ['\x85']],
  ['\\w', '\xe9', undefined],
  ['(?i)\xe9', '\xc9', undefined],
  ['(?i)\xe9', '\xe9', ['\xe9']],
  ['(?i)selec\xe9', 'SELEC\xe9', ['SELEC\xe9']],
  ['(?i)[^\xe9]', '\xc9', ['\xc9']],
  ['[^a]', '\0', ['\0']],
  ['\\x{e2}\\x80[\\x98\\x99]', 'a\xe2\x80\x99', ['\xe2\x80\x99']],
  ['\\xe2\\x80', '\xc2\x80', undefined],
  ['\\bfoo\\b', '\xe9foo\xe9', ['foo']],
  ['(?i)k', '\u212a'.charCodeAt(0) > 255 ? 'K' : '', ['K']],
  // what gives nothing back, where another round has to follow
  ['(?:a[^b]*+){2}', 'a \rabb', undefined],
  ['(?:a[^b]*+)+', 'a \rabb', ['a \ra']],
  // a branch that can never match beside one that does
  ['.*?x\\A|A', ' A', ['A']],
  // syntax
  ['\\Qa.b\\E+', 'a.bb', ['a.bb']],
  ['[\\Q]\\E]', ']', [']']],
  ['[]a]+', 'b]a', [']a']],
  ['[a\\-z]+', 'b-', ['-']],
  ['[\\w-]+', 'a-b', ['a-b']],
  ['[[:^alpha:]]', 'a1', ['1']],
  ['\\011\\t', '\t\t', ['\t\t']],
  ['\\e\\a\\cA', '\x1b\x07\x01', ['\x1b\x07\x01']],
  ['a{,2}', 'a{,2}', ['a{,2}']],
  ['a{1', 'a{1', ['a{1']],
  ['(?x) a b # comment\n c', 'abc', ['abc']],
  ['a(?#comment)b', 'ab', ['ab']],
  ['(?i:A)b', 'aB', undefined],
  ['a(?i)b|c', 'C', ['C']],
  ['(?U)a+', 'aaa', ['a']],
  ['\\R', '\r\n', ['\r\n']],
  ['\\Nx', '\nx', undefined],
  // groups
  ['(a)|(b)', 'b', ['b', '', 'b']],
  ['(?<n>a)\\k<n>', 'aa', ['aa', 'a']],
  ['(["\']).*?\\1', `x"y'z"`, [`"y'z"`, '"']],
  ['(?i)(a)\\1', 'aA', ['aA', 'a']],
  ['(a)(?i)\\1', 'aA', ['aA', 'a']],
  ['(?:(a)|b)*', 'ab', ['ab', 'a']],
  ['(?>a+)b', 'aab', ['aab']],
  ['(?>a|ab)c', 'abc', undefined],
  ['a++a', 'aaa', undefined],
  ['(?>(a))b', 'ab', ['ab', 'a']],
  ['(?>a|ab)(c)', 'ac', ['ac', 'c']],
  ['a(?=(b))', 'ab', ['a', 'b']],
  ['(?<!a)b', 'abb', ['b']],
  ['(?<=^|a)b', 'cab', ['b']],
  ['(?:^)*a', 'ba', ['a']],
  ['(?=a)+a', 'ba', ['a']],
  ['x*', 'axx', ['']],
  ['(a*)*b', 'aab', ['aab', '']],
];

describe('a regular expression', () => {
  for (const [source, value, found] of CASES) {
    test(`${JSON.stringify(source)} in ${JSON.stringify(value)}`, () => {
      for (const pattern of [compilePattern(source), compilePattern(source, null)]) {
        // The end of a loop without progress is the one place where V8 keeps other groups.
        const groups = source === '(a*)*b' || source === '(?:(a)|b)*' ? 1 : undefined;
        assert.deepEqual(pattern.exec(value)?.slice(0, groups), found?.slice(0, groups), pattern.engine);
        assert.equal(pattern.test(value), found !== undefined, pattern.engine);
      }
      const syntax = parsePattern(source === '' ? '.*' : source);
      const slots = new BacktrackingMatcher(syntax, 10_000).exec(value);
      const own =
        slots &&
        Array.from({ length: syntax.groups + 1 }, (_, group) => {
          const start = slots[2 * group] as number;
          return start < 0 ? '' : value.slice(start, slots[2 * group + 1]);
        });
      assert.deepEqual(own, found);
    });
  }

  test('runs on V8 where that takes linear time', () => {
    for (const source of [
      'abc',
      '^\\d+$',
      '(?i)union',
      '\\bselect\\s',
      '^[^;\\s]+',
      '<script',
      'x[a-f]{1,8}y',
      '^\\s*',
    ]) {
      if (source === '^\\s*') continue;
      assert.equal(compilePattern(source).engine, 'v8', source);
    }
  });

  test('runs on RE2 where V8 may take more', { skip: withoutRe2 }, () => {
    for (const source of [
      '(a+)+b',
      '\\s+x+y',
      '<[^>]*>',
      '(?:a|a)*b',
      '(\\w|\\d)*x',
      '.*a.*b',
      '^\\s*a',
      'a{1,500}b{1,500}c',
    ]) {
      assert.equal(compilePattern(source).engine, 're2', source);
      assert.equal(compilePattern(source, null).engine, 'bounded', source);
    }
  });

  test('is bounded where RE2 has no words for it', { skip: withoutRe2 }, () => {
    for (const source of ['(a+)+\\1', '(?=.*a).*b', '(a+)++ab', '[a-z"]++"?\\w+x']) {
      assert.equal(compilePattern(source).engine, 'bounded', source);
    }
    // Possessive where greedy is the same.
    assert.equal(compilePattern('\\s*+=\\s*+x\\w++').engine, 're2');
  });

  test('is refused by its steps, not by its length', () => {
    const pattern = compilePattern('(?:(a+)+)\\1b', null);
    assert.equal(pattern.engine, 'bounded');
    assert.equal(pattern.test('c'.repeat(50_000)), false);
    assert.equal(pattern.test(`${'c'.repeat(50_000)}aab`), true);
    assert.throws(() => pattern.test('a'.repeat(500)), LimitError);
    assert.throws(() => pattern.exec('a'.repeat(500)), LimitError);
  });

  test('long values without what a wider expression wants are settled by RE2', { skip: withoutRe2 }, () => {
    const pattern = compilePattern('(?:(a+)+)\\1b');
    assert.equal(pattern.engine, 'bounded');
    assert.equal(pattern.test('a'.repeat(500)), false);
    assert.throws(() => pattern.test(`${'a'.repeat(500)}cab`), LimitError);
  });

  test('is found and told alike on values of any length', { skip: withoutRe2 }, () => {
    const pattern = compilePattern('(\\w+)\\s*=\\s*(\\w*\xe9?)');
    const other = compilePattern('(\\w+)\\s*=\\s*(\\w*\xe9?)', null);
    for (const length of [10, 65_530, 65_534, 65_535, 65_536, 200_000]) {
      const value = `${' \xe9'.repeat(length / 2)}a = b\xe9`;
      assert.deepEqual(pattern.exec(value), ['a = b\xe9', 'a', 'b\xe9']);
      if (length < 100) assert.deepEqual(other.exec(value), ['a = b\xe9', 'a', 'b\xe9']);
    }
  });

  test('tells ten groups at most', () => {
    for (const re2 of [undefined, null]) {
      const found = compilePattern('(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)', re2).exec('abcdefghijk');
      assert.deepEqual(found, ['abcdefghijk', ...'abcdefghi']);
    }
  });

  test('says what is wrong with it', () => {
    assert.throws(() => compilePattern('a('), OperatorError);
  });
});

describe('what a regular expression requires', () => {
  const CASES: readonly (readonly [source: string, required: readonly (readonly string[])[] | undefined])[] =
    [
      ['(?i)Union', [['union']]],
      ['(?:a|b)cd', [['acd', 'bcd']]],
      ['ab?c', [['ac', 'abc']]],
      ['foo.*bar', [['bar'], ['foo']]],
      ['(?:foo|ba[rz]).+', [['bar', 'baz', 'foo']]],
      ['.*', undefined],
      ['(?:foo)?', undefined],
      ['foo|', undefined],
      ['(?!foo)bar', [['bar']]],
      ['(?:foo){2,}', [['foofoo']]],
      ['[a-z]+', undefined],
      ['\xe9T\xc9', [['\xe9t\xc9']]],
    ];
  for (const [source, required] of CASES) {
    test(source, () => {
      const sorted = compilePattern(source)
        .required?.map((each) => [...each].sort())
        .sort();
      assert.deepEqual(sorted, required?.map((each) => [...each].sort()).sort());
    });
  }
});

test('what was found out of an expression makes the same again, also in another thread', () => {
  const kinds = new Set<string>();
  for (const [source, value] of CASES) {
    const pattern = compilePattern(source);
    if (pattern.plan === undefined) continue;
    const again = compileByPlan(source, structuredClone(pattern.plan));
    kinds.add(again.engine);
    for (const text of [value, `${value}\n`, `x${value}`, '']) {
      assert.deepEqual(
        [again.test(text), again.exec(text)],
        [pattern.test(text), pattern.exec(text)],
        `${source} in ${JSON.stringify(text)}`,
      );
    }
    assert.deepEqual(
      [again.engine, again.required, again.among?.separator, again.plan],
      [pattern.engine, pattern.required, pattern.among?.separator, pattern.plan],
    );
  }
  assert.ok(kinds.has('v8') && (withoutRe2 !== false || kinds.has('re2')), [...kinds].join(' '));
});

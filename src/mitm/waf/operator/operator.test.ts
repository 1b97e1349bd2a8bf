import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Dice } from '../../../../test/support/waf/sample-values.ts';
import { loadInjection } from '../../../native/index.ts';
import { LimitError, OPERATORS, OperatorError } from './index.ts';
import { isHarmless, isProse } from './injection.ts';
import { CASES_ENVIRONMENT, OPERATOR_CASES } from './operator-cases.ts';

function compile(rule: string): ReturnType<NonNullable<ReturnType<typeof OPERATORS.get>>['compile']> {
  const space = rule.indexOf(' ');
  const name = space < 0 ? rule : rule.slice(0, space);
  const operator = OPERATORS.get(name.toLowerCase());
  assert.ok(operator, name);
  return operator.compile(space < 0 ? '' : rule.slice(space + 1), CASES_ENVIRONMENT);
}

for (const [rule, matching, others] of OPERATOR_CASES) {
  test(`@${rule}`, () => {
    const compiled = compile(rule);
    for (const value of matching) {
      assert.equal(compiled.matches(value), true, JSON.stringify(value));
      assert.equal(compiled.matches(value, ['old']), true, JSON.stringify(value));
    }
    for (const value of others) {
      assert.equal(compiled.matches(value), false, JSON.stringify(value));
      const captures = ['old'];
      assert.equal(compiled.matches(value, captures), false, JSON.stringify(value));
      assert.deepEqual(captures, ['old']);
    }
  });
}

test('whatever matches holds what the prefilter looks for', () => {
  for (const [rule, matching] of OPERATOR_CASES) {
    for (const literals of compile(rule).required ?? []) {
      for (const value of matching) {
        const lower = value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
        assert.ok(
          literals.some((literal) => lower.includes(literal)),
          `${rule}: ${JSON.stringify(value)}`,
        );
      }
    }
  }
  assert.deepEqual(compile('contains Foo').required, [['foo']]);
  assert.deepEqual(compile('pm Foo b\xc9').required, [['foo', 'b\xc9']]);
  assert.equal(compile('within foo').required, undefined);
  assert.equal(compile('contains ').required, undefined);
});

/** As libmodsecurity 3.0.9 puts them into TX.0, TX.1 ... */
test('captures', () => {
  const cases: readonly [rule: string, value: string, captures: readonly string[]][] = [
    ['rx (a)|(b)', 'xb', ['b', '', 'b']],
    ['rx (a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)', 'abcdefghijk', ['abcdefghijk', ...'abcdefghi']],
    ['rxGlobal (a)(.)', 'ab ac ad', ['ab', 'a', 'b', 'ac', 'a', 'c', 'ad', 'a', 'd']],
    ['rxGlobal a.', 'ab ac ad', ['ab', 'ac', 'ad']],
    ['rxGlobal x*', 'aa', ['', '', '']],
    ['rxGlobal .', 'abcdefghijklmnop', [...'abcdefghij']],
    ['pm foo Bar', 'xbarx', ['Bar']],
    ['pmFromFile phrases.data', 'FOO', ['foo']],
    ['contains a', 'xax', []],
    ['eq 1', '1', []],
    ['verifyCC \\d{13,16}', 'x 15484605089158216 y', ['5484605089158216']],
    ['verifySSN \\d{3}-?\\d{2}-?\\d{4}', '0574578065', ['057457806']],
  ];
  for (const [rule, value, expected] of cases) {
    const captures = ['old', 'older'];
    assert.equal(compile(rule).matches(value, captures), true, rule);
    assert.deepEqual(captures, expected, rule);
  }
});

test('arguments that make no sense are refused', () => {
  const cases: readonly [rule: string, message: RegExp][] = [
    ['ipMatch ', /needs addresses/],
    ['ipMatch 10.0.0.0/33', /"10.0.0.0\/33" is no address/],
    ['ipMatch 10.0.0.0/255.0.0.0', /is no address/],
    ['ipMatch 010.0.0.1', /is no address/],
    ['ipMatch localhost', /is no address/],
    ['ipMatchFromFile broken.txt', /broken\.txt, line 2: "10\.0\.0\.0\/33"/],
    ['ipMatchFromFile https://example.org/list', /fetches nothing/],
    ['ipMatchFromFile missing.txt', /missing\.txt is not there/],
    ['pmFromFile ', /needs the name/],
    ['pm ', /needs phrases/],
    ['validateByteRange ', /is no byte/],
    ['validateByteRange 1-256', /"1-256" is no byte/],
    ['validateByteRange 9-1', /is no byte/],
    ['validateByteRange -1', /is no byte/],
    ['validateByteRange 1,xxx', /"xxx" is no byte/],
    ['verifyCC ', /needs a regular expression/],
    ['geoLookup', /@geoLookup is not offered: .*@ipMatchFromFile/],
    ['rbl sbl.example.org', /not offered/],
    ['gsbLookup x', /not offered/],
    ['inspectFile x', /not offered/],
    ['fuzzyHash x 1', /not offered/],
    ['validateDTD x', /not offered/],
    ['validateSchema x', /not offered/],
    ['rsub s/a/b/', /not offered/],
    ['validateHash x', /not offered/],
  ];
  for (const [rule, message] of cases) {
    assert.throws(
      () => compile(rule),
      (error) => error instanceof OperatorError && message.test(error.message),
      rule,
    );
  }
});

test('every operator has a description and an example that uses it', () => {
  for (const [key, { name, description, example }] of OPERATORS) {
    assert.equal(key, name.toLowerCase());
    assert.match(description, /\.$/);
    assert.match(example, new RegExp(`^SecRule \\S+ "!?@${name}[ "]`));
  }
});

test('long values take no long time', () => {
  const length = 1 << 20;
  const values = ['a', '1', '%41', '\xc3\xa4', ' ', 'ab '].map((unit) => unit.repeat(length / unit.length));
  const rules = [
    'containsWord ab',
    'eq 1',
    'ge 1',
    'pm aab',
    'ipMatch ::1',
    'validateUrlEncoding',
    'validateUtf8Encoding',
    'validateByteRange 0-255',
  ];
  const from = performance.now();
  for (const rule of rules) {
    const compiled = compile(rule);
    for (const value of values) compiled.matches(value);
  }
  // Some 100 ms; anything quadratic takes minutes.
  assert.ok(performance.now() - from < 5000);
  assert.throws(() => compile('verifySSN \\d{9}').matches('1'.repeat(length)), LimitError);
  assert.equal(compile('verifySSN \\d{9}').matches('x'.repeat(length)), false);
});

describe('libinjection', { skip: reasonToSkip() }, () => {
  test('@detectSQLi captures the fingerprint', () => {
    const { matches } = compile('detectSQLi');
    const captures = ['old', 'older'];
    assert.equal(matches('1 union select 1', captures), true);
    assert.deepEqual(captures, ['1UE1']);
    assert.equal(matches("' or 1=1--", captures), true);
    assert.deepEqual(captures, ['s&1c']);
    for (const value of ['', 'x', 'John Doe', 'select your plan', '\0'])
      assert.equal(matches(value), false, value);
  });

  test('@detectXSS captures the value', () => {
    const { matches } = compile('detectXSS');
    const captures: string[] = [];
    assert.equal(matches('<script>alert(1)</script>', captures), true);
    assert.deepEqual(captures, ['<script>alert(1)</script>']);
    assert.equal(matches('" onload="x'), true);
    for (const value of ['', 'x', '1 < 2', '<b>', '\0']) assert.equal(matches(value), false, value);
  });

  test('bytes beyond ASCII, of any length', () => {
    const sqli = compile('detectSQLi');
    const xss = compile('detectXSS');
    for (const length of [4094, 4095, 4096, 4097, 100_000]) {
      assert.equal(sqli.matches(`${'\xe4'.repeat(length)}`), false);
      assert.equal(xss.matches(`${'\xe4'.repeat(length - 8)}<script>`), true);
    }
  });

  test('what is too long is not judged', () => {
    const value = 'a'.repeat((1 << 20) + 1);
    assert.throws(() => compile('detectSQLi').matches(value), LimitError);
    assert.throws(() => compile('detectXSS').matches(value), LimitError);
    assert.equal(compile('detectSQLi').matches(value.slice(1)), false);
  });

  test('a name, which libinjection is not asked about, is no attack to it', () => {
    const loaded = loadInjection();
    assert.ok(loaded.state === 'ready');
    const words =
      'select union or and insert drop table where having like null true sleep benchmark exec xp_cmdshell sp_password ' +
      'concat char cast case when waitfor delay outfile information_schema 1 0 1e1 0x41 0b1 1.1 .5 5. a n1 _utf8 not is ' +
      'in between limit declare if javascript vbscript data onload onerror style src href script xlink base iframe . _ __';
    const pieces = words.split(' ');
    const dice = new Dice(11);
    let asked = 0;
    while (asked < 100_000) {
      let value = '';
      for (let i = dice.roll(5); i >= 0; i--) value += dice.pick(pieces);
      if (!isHarmless(value)) continue;
      asked++;
      assert.equal(loaded.addon.sqli(value), '', value);
      assert.equal(loaded.addon.xss(value), false, value);
    }
    for (const value of ['1or1', 'a-b', 'a b', "a'", '<a', 'a=b'])
      assert.equal(isHarmless(value), false, value);
  });

  test('prose is never asked about for scripts, and libinjection would find none', () => {
    const loaded = loadInjection();
    assert.ok(loaded.state === 'ready');
    const pieces =
      'a onload onclick script svg/onload style href javascript: vbscript: data: xmlns ; : ! ? ( ) @ % + * / - , . \t \n 1 !-- !doctype %00 --'.split(
        ' ',
      );
    const dice = new Dice(12);
    for (let asked = 0; asked < 100_000; asked++) {
      const value = Array.from({ length: dice.roll(8) }, () => dice.pick(pieces)).join(dice.pick(['', ' ']));
      assert.equal(isProse(value), true, value);
      assert.equal(loaded.addon.xss(value), false, value);
    }
    for (const value of ['<', 'a=b', '"', "'", '`', '\0', '>', '&', '\x0b', '\x80']) {
      assert.equal(isProse(value), false, value);
    }
  });

  test('the bridge refuses what is no string', () => {
    const loaded = loadInjection();
    assert.ok(loaded.state === 'ready');
    // @ts-expect-error: not a string
    assert.throws(() => loaded.addon.sqli(5), /not a string/);
    // @ts-expect-error: an argument is missing
    assert.throws(() => loaded.addon.xss(), /too few/);
    assert.throws(() => loaded.addon.xss('x'.repeat(loaded.addon.limit + 1)), /too long/);
  });
});

function reasonToSkip(): string | false {
  const loaded = loadInjection();
  if (loaded.state === 'ready') return false;
  return loaded.state === 'absent'
    ? 'build/weir-injection.node is not built (setup/addon.sh)'
    : loaded.reason;
}

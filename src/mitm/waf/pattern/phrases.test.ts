import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { foldCase } from './automaton.ts';
import { PhraseMatcher } from './phrases.ts';

describe('phrases', () => {
  test('are found anywhere, in any case, and told as they were given', () => {
    const matcher = new PhraseMatcher(['Union Select', 'sleep(', '\xe9t\xe9']);
    assert.equal(matcher.find('1 UNION select 2'), 'Union Select');
    assert.equal(matcher.find('SLEEP(5)'), 'sleep(');
    assert.equal(matcher.find('l\xe9T\xe9'), '\xe9t\xe9');
    assert.equal(matcher.find('l\xc9T\xc9'), undefined);
    assert.equal(matcher.find('union  select'), undefined);
    assert.equal(matcher.find(''), undefined);
  });

  test('the one that ends first counts, of those the longest', () => {
    const matcher = new PhraseMatcher(['abcd', 'bc', 'c', 'x']);
    assert.equal(matcher.find('zabcd'), 'bc');
    assert.equal(matcher.find('zac'), 'c');
    assert.equal(matcher.find('xabcd'), 'x');
  });

  test('there may be none', () => {
    assert.equal(new PhraseMatcher([]).find('anything'), undefined);
    assert.equal(new PhraseMatcher(['']).find('anything'), undefined);
  });

  test('every byte can occur', () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
    const matcher = new PhraseMatcher([bytes.join('')]);
    assert.equal(matcher.find(`\x00\x01${bytes.join('')}`)?.length, 256);
    for (const byte of bytes) {
      const other = String.fromCharCode((byte.charCodeAt(0) + 1) & 255);
      const broken = bytes.map((each) => (each === byte ? other : each)).join('');
      if (foldCase(broken) !== foldCase(bytes.join(''))) assert.equal(matcher.find(broken), undefined);
    }
  });

  test('as one would find them one by one', () => {
    const text = (maxLength: number) =>
      fc.string({ unit: fc.constantFrom('a', 'B', 'b', '\xff', '\0'), maxLength });
    fc.assert(
      fc.property(fc.array(text(4), { maxLength: 8 }), text(30), (phrases, value) => {
        let expected: string | undefined;
        for (let end = 1; end <= value.length && expected === undefined; end++) {
          for (const phrase of phrases) {
            const found = phrase !== '' && foldCase(value.slice(0, end)).endsWith(foldCase(phrase));
            if (found && phrase.length > (expected?.length ?? 0)) expected = phrase;
          }
        }
        const actual = new PhraseMatcher(phrases).find(value);
        assert.equal(actual === undefined ? undefined : foldCase(actual), expected && foldCase(expected));
      }),
      { numRuns: 300 },
    );
  });
});

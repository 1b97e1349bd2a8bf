import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { OperatorError } from '../operator/operator.ts';
import { MOST_SOURCE, parsePattern } from './parse.ts';

/** What is wrong with a source, and where. */
const MISTAKES: readonly (readonly [source: string, message: RegExp])[] = [
  ['a(b', /a \( without its \) at offset 1/],
  ['a)b', /a \) without its \( at offset 1/],
  ['x[a', /a class without its \] at offset 1/],
  ['[]', /a class without its \]/],
  ['[z-a]', /a range out of order at offset 1/],
  ['[[:nope:]]', /no such class: \[:nope:\] at offset 1/],
  ['*a', /nothing for \* to repeat at offset 0/],
  ['a|+', /nothing for \+ to repeat at offset 2/],
  ['a{3,2}', /a quantifier out of order at offset 1/],
  ['a{65536}', /more than 65535 repetitions/],
  ['a\\', /a backslash at the end at offset 1/],
  ['\\x{100}', /above 0xff/],
  ['\\x{zz}', /without hexadecimal digits/],
  ['\\o8', /octal/],
  ['\\p{L}', /\\p is not supported at offset 0/],
  ['\\K', /\\K is not supported/],
  ['\\G', /\\G is not supported/],
  ['[\\p]', /no meaning in a class/],
  ['(?R)', /\(\?R is not supported/],
  ['(?(1)a|b)', /\(\?\( is not supported/],
  ['(?|a|b)', /\(\?\| is not supported/],
  ['(*UTF8)a', /verbs/],
  ['(?#', /a comment without its \)/],
  ['(?<n>a)(?<n>b)', /a second group named n at offset 7/],
  ['\\1', /group 1, which does not exist/],
  ['(?:(a)|b)\\1', /group 1, which may not have matched by then at offset 9/],
  ['(a)?\\1', /may not have matched/],
  ['(a\\1)', /may not have matched/],
  ['\\k<n>', /no group named n precedes/],
  ['(?<=a+)b', /a lookbehind whose length is not fixed at offset 0/],
  ['(?<=a|bc)d(?<!e{2,3})', /at offset 10/],
  [`${'('.repeat(251)}${')'.repeat(251)}`, /nested deeper than 250/],
  ['a'.repeat(MOST_SOURCE + 1), /longer than 65536/],
  ['\u0100', /values are bytes/],
];

describe('the parser', () => {
  for (const [source, message] of MISTAKES) {
    test(`refuses ${source.slice(0, 30)}`, () => {
      assert.throws(
        () => parsePattern(source),
        (error: unknown) => error instanceof OperatorError && message.test(error.message),
      );
    });
  }

  test('counts groups', () => {
    assert.equal(parsePattern('(a)(?:b)(?<n>c(d))(?=(e))').groups, 4);
    assert.equal(parsePattern('\\(a[(]').groups, 0);
  });

  test('knows the offset of each part', () => {
    const { root } = parsePattern('ab(c|d)');
    assert.equal(root.kind, 'sequence');
    assert.deepEqual(root.kind === 'sequence' && root.items.map(({ at }) => at), [0, 1, 2]);
  });

  test('ends on any text, with a tree or with an OperatorError', () => {
    const piece = fc.constantFrom(
      ...[
        '(',
        ')',
        '[',
        ']',
        '{',
        '}',
        '?',
        '*',
        '+',
        '|',
        '\\',
        '^',
        '$',
        '.',
        '-',
        ':',
        '=',
        '!',
        '<',
        '>',
        'P',
      ],
      ...[
        'a',
        'Q',
        'E',
        'x',
        '1',
        ',',
        '#',
        ' ',
        '\n',
        '\xff',
        '(?i)',
        '(?x)',
        '[[:alpha:]]',
        '{2,3}',
        '\\d',
        '(?<=',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
        try {
          parsePattern(pieces.join(''));
        } catch (error) {
          assert.ok(error instanceof OperatorError, String(error));
        }
      }),
      { numRuns: 3000 },
    );
  });
});

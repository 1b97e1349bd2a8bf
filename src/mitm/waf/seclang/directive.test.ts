import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDirectives } from './directive.ts';

/** Directives as lists of words with their line in front; mistakes with theirs. */
function read(text: string): readonly (readonly (string | number)[])[] {
  const { directives, mistakes } = parseDirectives(text, 'x.conf');
  return [
    ...directives.map(({ name, arguments: words, line }) => [line, name, ...words]),
    ...mistakes.map(({ line, message }) => [line, message]),
  ];
}

const CASES: readonly (readonly [title: string, text: string, expected: ReturnType<typeof read>])[] = [
  ['nothing', '', []],
  ['comments and empty lines', '# a\n\n   # b\n\t\n', []],
  [
    'words, with a tab between',
    'SecRuleEngine\tOn\n  SecMarker  X  \n',
    [
      [1, 'SecRuleEngine', 'On'],
      [2, 'SecMarker', 'X'],
    ],
  ],
  ['no end of line', 'SecMarker X', [[1, 'SecMarker', 'X']]],
  [
    'returns before the ends of lines',
    'SecMarker X\r\nSecRule A \\\r\n "b"\r\n',
    [
      [1, 'SecMarker', 'X'],
      [2, 'SecRule', 'A', 'b'],
    ],
  ],
  ['quotes of both kinds', `SecRule "A B" 'c d'`, [[1, 'SecRule', 'A B', 'c d']]],
  ['empty quotes', `SecRule "" ''`, [[1, 'SecRule', '', '']]],
  ['a quote of the other kind', `SecRule "it's" 'say "x"'`, [[1, 'SecRule', "it's", 'say "x"']]],
  ['quotes with a backslash', String.raw`SecRule "a\"b" 'c\'d'`, [[1, 'SecRule', 'a"b', "c'd"]]],
  [
    'other backslashes stay',
    String.raw`SecRule "\\d\n\'" x\y`,
    [[1, 'SecRule', String.raw`\\d\n\'`, String.raw`x\y`]],
  ],
  [
    'a backslash before the closing quote',
    String.raw`SecRule "a\\" b`,
    [[1, 'SecRule', String.raw`a\\`, 'b']],
  ],
  [
    'lines go on',
    'SecRule A \\\n  "@rx \\\nb" \\\n\\\n"id:1"\nSecMarker X',
    [
      [1, 'SecRule', 'A', '@rx b', 'id:1'],
      [6, 'SecMarker', 'X'],
    ],
  ],
  ['a comment does not go on', '# a \\\nSecMarker X', [[2, 'SecMarker', 'X']]],
  ['a hash inside of a line is none', 'SecRule A "#b" #c', [[1, 'SecRule', 'A', '#b', '#c']]],
  ['the last line goes on into nothing', 'SecMarker X\\', [[1, 'SecMarker', 'X\\']]],
  [
    'a quote that is not closed',
    'SecMarker A\nSecRule "abc\nSecMarker B',
    [
      [1, 'SecMarker', 'A'],
      [3, 'SecMarker', 'B'],
      [2, 'the " that begins "abc" is never closed'],
    ],
  ],
  ['a quote that is closed too early', 'SecRule "a"b', [[1, 'after "a" a space is missing']]],
  ['a quote inside of a word', `SecRule ARGS:'a b'`, [[1, 'SecRule', "ARGS:'a", "b'"]]],
  ['bytes above 127', 'SecRule "\u00e9\u00ff"', [[1, 'SecRule', '\u00e9\u00ff']]],
];

for (const [title, text, expected] of CASES) {
  test(title, () => assert.deepEqual(read(text), expected));
}

test('a long word is cut where a mistake shows it', () => {
  assert.deepEqual(read(`SecRule "${'x'.repeat(100)}`), [
    [1, `the " that begins "${'x'.repeat(40)}..." is never closed`],
  ]);
});

test('a megabyte of quotes, backslashes or lines that go on is read in no time', () => {
  for (const text of [
    `SecRule "${'\\"'.repeat(1 << 19)}"`,
    'a\\\n'.repeat(1 << 18),
    '"a" '.repeat(1 << 18),
  ]) {
    const before = process.cpuUsage();
    parseDirectives(text, 'x.conf');
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 2e6, `${user + system} us for ${JSON.stringify(text.slice(0, 12))}`);
  }
});

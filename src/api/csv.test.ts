import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CsvColumn, csvLine, csvTitles } from './csv.ts';

const COLUMNS: readonly CsvColumn<readonly (string | number | undefined)[]>[] = [
  { title: 'a', value: ([a]) => a },
  { title: 'b, c', value: ([, b]) => b },
];

test('texts that need it are quoted, and no text is a formula', () => {
  assert.equal(csvTitles(COLUMNS), 'a,"b, c"\r\n');
  const cases: readonly (readonly [string | number | undefined, string])[] = [
    ['plain', 'plain'],
    ['', ''],
    [undefined, ''],
    [-5, '-5'],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['two\nlines', '"two\nlines"'],
    ['two\r\nlines', '"two\r\nlines"'],
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
    ['\t=1', "'\t=1"],
    ['\r=1', `"'\r=1"`],
    ['a=1', 'a=1'],
  ];
  for (const [value, cell] of cases) assert.equal(csvLine(COLUMNS, [value, 1]), `${cell},1\r\n`);
});

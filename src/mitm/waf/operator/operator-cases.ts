import { compilePattern } from '../pattern/compile.ts';
import { PhraseMatcher } from '../pattern/phrases.ts';
import { type OperatorEnvironment, OperatorError } from './operator.ts';

/** Files that rules name here. */
export const FILES: Readonly<Record<string, string>> = {
  'phrases.data': '# a remark\nfoo\n\n  lead\ntrail  \r\na b\n#x\n\xe4\xd6\n',
  'empty.data': '# nothing\n',
  'addresses.txt': '# lab\n10.0.0.0/8\n\n192.0.2.1, 2001:db8::/32 # two\r\n',
  'broken.txt': '10.0.0.0/8\n10.0.0.0/33\n',
};

/** Gives the files above to operators under test. */
export const CASES_ENVIRONMENT: OperatorEnvironment = {
  readFile(name) {
    const text = FILES[name];
    if (text === undefined) throw new OperatorError(`${name} is not there`);
    return text;
  },
  compilePattern: (source) => compilePattern(source),
  compilePhrases: (phrases) => new PhraseMatcher(phrases),
};

/**
 * Operator with argument, values that match, values that do not. Checked against libmodsecurity
 * by test/conformance/modsecurity/operators.test.ts.
 */
export const OPERATOR_CASES: readonly (readonly [
  rule: string,
  matching: readonly string[],
  others: readonly string[],
])[] = [
  ['beginsWith a', ['a', 'ab'], ['', 'ba', 'A']],
  ['beginsWith ', ['', 'a'], []],
  ['endsWith b', ['b', 'ab'], ['', 'ba', 'B']],
  ['contains bc', ['bc', 'abcd', 'a\0bc'], ['', 'b', 'BC']],
  ['strmatch bc', ['bc', 'abcd'], ['', 'b', 'BC']],
  ['streq GET', ['GET'], ['', 'get', 'GET ', 'GET\0']],
  ['within GET,POST', ['', 'GET', 'T,P', ','], ['get', 'GET\0', 'GET,POST,']],
  ['containsWord ', ['', 'x'], []],
  [
    'containsWord abc',
    ['abc', 'abc def', 'abc\0def', '1abc2', '\xe9abc', 'abc_'],
    ['', 'abcdefghi', 'xabc', 'ab'],
  ],
  ['containsWord def', ['abc def ghi', 'abc\0def ghi'], ['abcdefghi', 'DEF']],
  ['containsWord y', ['x y', 'xy y'], ['xyz', 'yy']],
  ['containsWord hiding', ['hidingX<-not on word boundary, but is later on->hiding'], ['hidingX']],
  ['containsWord aa', ['xaa aa'], ['aaa']],
  ['eq 5', ['5', ' 5', '+5', '5x', '5.9', '005'], ['', 'x', '0x5', '-5', '4294967301', '99999999999']],
  ['eq 0', ['', 'x', '0', '-0', '99999999999', '2147483648', '-'], ['1', '2147483647']],
  ['eq -2147483648', ['-2147483648'], ['-2147483649', '2147483648']],
  ['ge 5', ['5', '6', '5.9', '4294967301', '99999999999999999999'], ['4', '', 'x', '-99999999999999999999']],
  ['gt 5', ['6', '4294967301'], ['5', '5.9', '']],
  ['le 5', ['5', '4', '5.9', '', '-99999999999999999999'], ['6', '4294967301']],
  ['lt 5', ['4', '', 'x', '-1'], ['5', '99999999999']],
  ['ge 9223372036854775806', ['9223372036854775806', '9223372036854775808'], ['9223372036854775805']],
  ['gt 9007199254740992', ['9007199254740993'], ['9007199254740992']],
  ['lt 9007199254740993', ['9007199254740992', '1'], ['9007199254740993']],
  ['gt x', ['1'], ['0', '', '-1']],
  ['le 0', ['', 'abc', '-1', '\v\f 0'], ['1', '\v1']],
  ['unconditionalMatch', ['', 'x'], []],
  ['noMatch', [], ['', 'x']],
  ['pm a bc', ['a', 'xA', 'Bc', 'xbcx'], ['', 'b c', 'x']],
  ['pm x\xe9', ['x\xe9', 'X\xe9'], ['x\xc9']],
  ['pm foo|41 42|bar baz', ['fooABbar', 'FOOabBAR', 'baz'], ['foo', 'AB', '41', '|']],
  ['pm a|20|b|0A|', ['a b\n'], ['a b', 'a']],
  ['pm q|r s', ['q|r', 's'], ['q', 'r', '|']],
  ['pm |4| |zz|', ['|4|', '|zz|'], ['4', 'zz']],
  ['pm a\\;b \\"c', ['a;b', '"c'], ['a\\;b']],
  ['pm a\\b c', ['a\\b', 'c'], ['ab']],
  ['pm  "foo bar"', ['foo', 'bar'], ['"fo']],
  [
    'pmFromFile phrases.data',
    ['foo', 'x  lead', 'trail  ', 'a b', '\xe4\xd6'],
    ['lead', 'trail', '#x', '# a remark', '\xc4\xd6'],
  ],
  ['pmf phrases.data', ['FOO'], ['fo']],
  ['pmFromFile empty.data', [], ['', 'x']],
  [
    'ipMatch 10.0.0.0/8,192.0.2.1,,2001:DB8::/33',
    ['10.1.1.1', '192.0.2.1', '2001:db8::1', '2001:0db8:0:0:0:0:0:1'],
    [
      '',
      'x',
      '11.0.0.1',
      ' 10.1.1.1',
      '10.1.1.1 ',
      '010.1.1.1',
      '10.1.1',
      '::ffff:10.0.0.1',
      '2001:db8:8000::1',
      '10.1.1.1/32',
    ],
  ],
  ['ipMatch 10.0.0.0/8, ::1', ['::1'], ['::2']],
  ['ipMatchFromFile addresses.txt', ['10.255.0.1', '192.0.2.1', '2001:db8::5'], ['192.0.2.2', '']],
  ['ipMatchF addresses.txt', ['10.255.0.1'], ['11.0.0.1']],
  ['rx ab+', ['xabb'], ['', 'a']],
  ['rx ^a.c$', ['a\nc', 'x\na\nc\n'], ['xa\nc']],
  ['rxGlobal a', ['xa'], ['x']],
  ['validateByteRange 0-255', [], ['', 'abc\xff\0']],
  ['validateByteRange 97-105', ['abcdefghij'], ['', 'abcdefghi']],
  ['validateByteRange 10, 13 , 32 - 126', ['\t', 'a\xff', '\0'], ['', 'a b\r\n']],
  ['validateUrlEncoding', ['%', '%4', '%zz', 'a%41%4', '%4g', '%\xc1\xc1'], ['', 'a', '%41', '%aF%00']],
  [
    'validateUtf8Encoding',
    [
      '\xe4',
      '\0\xe4',
      '\x03\xbf',
      '\xc9;',
      '\xff\0',
      '\xc0\x80',
      '\xc1\xbf',
      '\xe0\x9f\xbf',
      '\xed\xa0\x80',
      '\xf0\x8f\xbf\xbf',
      '\xf5\x80\x80\x80',
      '\x80',
      '\xe2\x82',
    ],
    [
      '',
      'abc',
      '\xc3\xa4',
      '\xe2\x82\xac',
      '\xf0\x9f\x98\x80',
      '\xef\xbf\xbf',
      '\xed\x9f\xbf',
      '\xf4\x90\x80\x80',
    ],
  ],
  [
    'verifyCC (?:^|[^\\d])(\\d+)(?:[^\\d]|$)',
    [
      '5484605089158216',
      '4067482954141',
      '343918934573386',
      '30162519308318',
      '201427829075664',
      'x 5484605089158216 y',
    ],
    ['', 'TestCase', 'no 4408041234567894 here'],
  ],
  [
    'verifyCC (?:^|[^\\d])(\\d{4}\\-?\\d{4}\\-?\\d{2}\\-?\\d{2}\\-?\\d{1,4})(?:[^\\d]|$)',
    ['4417123456789113', 'a5484605089158216b', '5484-6050-8915-8216', '1 5484605089158216'],
    [
      '4408041234567890',
      '5-484-6050-8915-8216',
      '5484 6050 8915 8216',
      '15484605089158216',
      '154846050891582162',
    ],
  ],
  ['verifyCC \\d{13,16}', ['x 15484605089158216 y', '0000000000000'], ['548460508915', '1'.repeat(12)]],
  ['verifyCC .*', ['5484605089158216'], ['', 'TestCase']],
  ['verifyCC (?<=x)\\d{16}', ['5484605089158216 x5484605089158216'], ['5484605089158216']],
  ['verifyCC ^\\d{16}', ['5484605089158216', 'x\n5484605089158216'], ['x5484605089158216']],
  [
    'verifyCPF ([0-9]{3}\\.){2}[0-9]{3}-[0-9]{2}',
    ['asdf 010.817.514-60 asdf', '123.456.789-09'],
    ['', 'asdf 010.817 asdf', '000.000.000-00', '111.111.111-11', '012.345.678-90', '123.456.789-08'],
  ],
  [
    'verifySSN \\d{3}-?\\d{2}-?\\d{4}',
    ['574-57-8065', 'x 1574-57-8065', '574578065'],
    [
      '',
      '800-57-8065',
      '123-45-6789',
      '666-57-8065',
      '574-00-8065',
      '574-57-0000',
      '000-57-8065',
      '111111111',
    ],
  ],
  [
    'verifySVNR ([0-9]{4} ?[0-9]{6})',
    ['asdf 1237 010180 asdf'],
    ['', 'asdf 0100817 asdf', '0000000000', '1238 010180'],
  ],
];

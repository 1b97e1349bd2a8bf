import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type CompiledOperator, OPERATORS } from '../../../src/mitm/waf/operator/index.ts';
import { CASES_ENVIRONMENT, FILES, OPERATOR_CASES } from '../../../src/mitm/waf/operator/operator-cases.ts';
import { buildOracle, type OracleRequest, type OracleVerdict } from './oracle.ts';

/** Random values beside those of the table. */
const RANDOM_VALUES = 1500;
const MOST_PIECES = 6;
const SEED = 4;

/** Rules of the table that libmodsecurity 3.0.9 does not take, or takes differently, with the reason. */
const DIFFERENT: readonly (readonly [rule: RegExp, reason: string])[] = [
  [/^\w+ $/, 'an empty argument is a syntax error there'],
  [/^ipMatch .*, /, 'spaces in the list are refused there'],
  [/^ipMatchF(?:romFile)? /, 'spaces in the list are refused there'],
  [/^pm .*[|\\"]/, 'escapes are broken until 3.0.13'],
  [/^verifySVNR /, 'numbers of eights or nines alone count there'],
  [/^pm(?:f|FromFile) phrases/, 'there the return of a DOS line belongs to the phrase'],
];

/** More rules than the table has: what reads numbers and addresses, at their edges. */
const MORE_RULES = [
  'eq -1',
  'eq 2147483647',
  'ge -1',
  'gt 2147483648',
  'le -9223372036854775808',
  'lt 9223372036854775807',
  'containsWord a',
  'containsWord 1',
  'within a1 ,.:',
  'contains 1.',
  'ipMatch 1.0.0.0/8,::/1,1.1.1.1',
  'pm 1.1 aa ::',
  'validateByteRange 32-126',
  'verifyCC \\d{2,16}',
  'verifyCC \\b\\d{2,4}',
  'verifySSN \\d{9}',
  'detectSQLi',
  'detectXSS',
];

/** What random values are made of. */
const PIECES = [
  ...[
    '0',
    '1',
    '9',
    '11',
    '42',
    '018',
    '-',
    '+',
    '.',
    '1.',
    ':',
    '::',
    ' ',
    '\t',
    '\v',
    '2147483648',
    '9223372036854775807',
  ],
  ...[
    'a',
    'A',
    'aa',
    'ab',
    '_',
    '%',
    '%4',
    '%41',
    '%g',
    ',',
    '\0',
    '\n',
    '\r',
    '\xe4',
    '\xc3\xa4',
    '\xe2\x82\xac',
    '\xed\xa0\x80',
    '\xf0\x90',
  ],
  ...[
    "'",
    '"',
    'or',
    '=',
    '--',
    '/*',
    '*/',
    'union',
    'select',
    '(',
    ')',
    ';',
    '<',
    '>',
    '<a',
    'script',
    'href=',
    'onload=',
    '`',
    '#',
    '\\',
  ],
];

const oracle = buildOracle();
const skip = typeof oracle === 'string' ? oracle : false;

describe('operators as libmodsecurity has them', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-operators-'));
  const rules = [...OPERATOR_CASES.map(([rule]) => rule), ...MORE_RULES].filter(
    (rule) => !DIFFERENT.some(([different]) => different.test(rule)),
  );
  const values = [
    ...new Set([
      ...OPERATOR_CASES.flatMap(([, matching, others]) => [...matching, ...others]),
      ...randomValues(),
    ]),
  ];
  let verdicts: readonly OracleVerdict[] = [];
  before(() => {
    if (typeof oracle === 'string') return;
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text, 'latin1');
    const text = rules.map((rule, index) => secRule(rule, index + 1, folder)).join('');
    verdicts = oracle.run({ text: `SecRuleEngine DetectionOnly\n${text}` }, values.map(request));
  });
  after(() => {
    rmSync(folder, { recursive: true });
    if (typeof oracle !== 'string') oracle.close();
  });

  for (const [index, rule] of rules.entries()) {
    test(`@${rule}`, (context) => {
      const compiled = compile(rule);
      if (typeof compiled === 'string') return context.skip(compiled);
      for (const [i, value] of values.entries()) {
        // There an address ends at a byte 0.
        if (/^ipMatch/.test(rule) && value.includes('\0')) continue;
        const theirs = verdicts[i]?.matches.find(({ id }) => id === index + 1);
        const captures: string[] = [];
        const ours = compiled.matches(value, captures);
        assert.equal(ours, theirs !== undefined, JSON.stringify(value));
        const [captured] = captures;
        // Of several numbers in a value they may find another first.
        if (captured !== undefined && isPlain(captured) && !/^verify/.test(rule))
          assert.equal(theirs?.data, captured, JSON.stringify(value));
      }
    });
  }
});

test('every rule that is left out is in the table', () => {
  for (const [different] of DIFFERENT)
    assert.ok(
      OPERATOR_CASES.some(([rule]) => different.test(rule)),
      String(different),
    );
});

function compile(rule: string): CompiledOperator | string {
  const [, name = '', argument = ''] = /^(\S+) ?(.*)$/s.exec(rule) ?? [];
  const operator = OPERATORS.get(name.toLowerCase());
  assert.ok(operator);
  try {
    return operator.compile(argument, CASES_ENVIRONMENT);
  } catch (error) {
    if (/^detect/.test(name) && error instanceof Error) return error.message;
    throw error;
  }
}

function secRule(rule: string, id: number, folder: string): string {
  const operator = rule.replace(/^(pmf|pmFromFile) (.*)$/, `$1 ${folder}/$2`).replaceAll('"', '\\"');
  return `SecRule REQUEST_HEADERS:x "@${operator}" "id:${id},phase:1,pass,log,capture,logdata:'%{TX.0}'"\n`;
}

function request(value: string): OracleRequest {
  return { method: 'GET', uri: '/', headers: [['x', value]] };
}

/** Whether the log holds it as it is. */
function isPlain(text: string): boolean {
  return text.length < 200 && /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/.test(text);
}

function randomValues(): string[] {
  // A linear congruential generator (Numerical Recipes): the same values in every run.
  let state = SEED;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return Array.from({ length: RANDOM_VALUES }, () =>
    Array.from({ length: 1 + below(MOST_PIECES) }, () => PIECES[below(PIECES.length)]).join(''),
  );
}

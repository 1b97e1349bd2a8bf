import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseActions } from './action.ts';
import { DirectiveError } from './mistake.ts';

function read(text: string): readonly (readonly [string, string])[] {
  return parseActions(text).map(({ name, value }) => [name, value] as const);
}

const CASES: readonly (readonly [text: string, expected: ReturnType<typeof read>])[] = [
  ['', []],
  ['deny', [['deny', '']]],
  [
    'id:1,phase:2',
    [
      ['id', '1'],
      ['phase', '2'],
    ],
  ],
  [
    ' id : 1 ,\t phase:2 , deny ',
    [
      ['id', '1'],
      ['phase', '2'],
      ['deny', ''],
    ],
  ],
  [
    'id:1,,deny,',
    [
      ['id', '1'],
      ['deny', ''],
    ],
  ],
  [
    'Deny,T:lowerCase',
    [
      ['deny', ''],
      ['t', 'lowerCase'],
    ],
  ],
  [
    "msg:'a, b',log",
    [
      ['msg', 'a, b'],
      ['log', ''],
    ],
  ],
  [String.raw`msg:'it\'s'`, [['msg', "it's"]]],
  [String.raw`msg:'a\\b\n'`, [['msg', String.raw`a\\b\n`]]],
  ["msg:''", [['msg', '']]],
  ["setvar:'tx.a=%{tx.b},c'", [['setvar', 'tx.a=%{tx.b},c']]],
  ['setvar:tx.a=+1', [['setvar', 'tx.a=+1']]],
  ['setvar:!tx.a', [['setvar', '!tx.a']]],
  ['ctl:ruleRemoveTargetById=1;ARGS:a', [['ctl', 'ruleRemoveTargetById=1;ARGS:a']]],
  ['redirect:http://a/b?c=d:e', [['redirect', 'http://a/b?c=d:e']]],
  [
    "logdata:'%{TX.0} found within %{MATCHED_VAR_NAME}: %{MATCHED_VAR}'",
    [['logdata', '%{TX.0} found within %{MATCHED_VAR_NAME}: %{MATCHED_VAR}']],
  ],
  [
    "tag:'a/b',tag:c",
    [
      ['tag', 'a/b'],
      ['tag', 'c'],
    ],
  ],
  [
    "msg:'a'  ,deny",
    [
      ['msg', 'a'],
      ['deny', ''],
    ],
  ],
];

for (const [text, expected] of CASES) {
  test(`actions ${JSON.stringify(text)}`, () => assert.deepEqual(read(text), expected));
}

const MISTAKES: readonly (readonly [text: string, message: RegExp])[] = [
  ["msg:'abc", /^the ' before "abc" is never closed$/],
  ["msg:'a'b", /^after 'a' a comma is missing$/],
  ['deny log', /^after the action deny a comma is missing: "log"$/],
  ['id:1,!deny', /^"!deny" is no action$/],
  ["'deny'", /is no action$/],
];

for (const [text, message] of MISTAKES) {
  test(`mistake in ${text}`, () => {
    assert.throws(
      () => parseActions(text),
      (error: unknown) => error instanceof DirectiveError && message.test(error.message),
    );
  });
}

test('a megabyte of actions is read in no time', () => {
  for (const text of ["tag:'a',".repeat(1 << 17), `msg:'${"\\'".repeat(1 << 19)}'`, ' '.repeat(1 << 20)]) {
    const before = process.cpuUsage();
    parseActions(text);
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 2e6, `${user + system} us for ${JSON.stringify(text.slice(0, 12))}`);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadRules } from '../engine/load.ts';
import { DIRECTIVE_NAMES } from './directive-names.ts';
import { RulesError } from './mistake.ts';
import { nearMiss } from './near-miss.ts';

const KNOWN = ['lowercase', 'urlDecodeUni', 'rx', 'ARGS', 'ARGS_NAMES', 'SecRule'];

const CASES: readonly (readonly [name: string, meant: string])[] = [
  ['lowercas', 'lowercase'],
  ['urldecodeuni', 'urlDecodeUni'],
  ['urlDeocdeUni', 'urlDecodeUni'],
  ['rxx', 'rx'],
  ['ARG', 'ARGS'],
  ['ARGS_NAME', 'ARGS_NAMES'],
  ['SecRul', 'SecRule'],
  ['zebra', ''],
  ['', ''],
  ['x'.repeat(100_000), ''],
];

for (const [name, meant] of CASES) {
  test(`'${name.slice(0, 20)}' is near '${meant}'`, () => {
    assert.equal(nearMiss(name, KNOWN), meant === '' ? '' : ` (did you mean ${meant}?)`);
  });
}

test('every directive that is suggested is known', () => {
  for (const name of DIRECTIVE_NAMES) {
    assert.doesNotMatch(messagesOf(`${name} 1\n`), /is no directive/, name);
  }
});

test('names that are not known come with what is meant', () => {
  const rules = `SecRul ARGS "@rx a" "id:1"
SecRule ARGS "@rxx a" "id:2"
SecRule ARG "@rx a" "id:3"
SecRule ARGS "@rx a" "id:4,t:lowercas"
SecRule ARGS "@rx a" "id:5,denny"
SecRule ARGS "@rx a" "id:6,skipAfter:ENDX"
SecMarker ENDY
`;
  const meant = ['SecRule', 'rx', 'ARGS', 'lowercase', 'deny', 'ENDY'];
  const lines = messagesOf(rules).split('\n').sort();
  assert.deepEqual(
    lines.map((line) => /\(did you mean (\w+)\?\)$/.exec(line)?.[1]),
    meant,
  );
});

function messagesOf(text: string): string {
  try {
    loadRules([{ kind: 'text', name: 'rules', text }]);
    return '';
  } catch (error) {
    if (error instanceof RulesError) return error.message;
    throw error;
  }
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadRules } from './load.ts';
import { parseMacro } from './macro.ts';
import { Waf } from './waf.ts';

/** Rules that match a request for a target. */
function matching(rules: string, target: string): number[] {
  const waf = new Waf(
    loadRules([{ kind: 'text', name: 'rules', text: `SecRuleEngine DetectionOnly\n${rules}` }]),
  );
  const { matches } = waf.inspect({ method: 'GET', target, protocol: 'HTTP/1.1', headers: [], body: '' });
  return matches.map(({ id }) => id);
}

test('a pattern may hold macros', () => {
  const rules = `SecAction "id:1,phase:1,pass,nolog,setvar:'tx.allowed=utf-8|latin-1'"
SecRule ARGS:a "!@rx ^(?:%{tx.allowed})$" "id:2,phase:1,pass,log"
SecRule ARGS:a "@rxGlobal ^%{TX:allowed}" "id:3,phase:1,pass,log"
`;
  assert.deepEqual(matching(rules, '/?a=utf-8'), [3]);
  assert.deepEqual(matching(rules, '/?a=utf-80'), [2, 3]);
  assert.deepEqual(matching(rules, '/?a=latin-1'), [3]);
  assert.deepEqual(matching(rules, '/?a=x'), [2]);
});

test('counts and classes of a pattern are no macros', () => {
  const rules = `SecRule ARGS:a "@rx ^%{2}$" "id:1,phase:1,pass,log"
SecRule ARGS:a "@rx ^%{1,3}x$" "id:2,phase:1,pass,log"
SecRule ARGS:a "@rx ^%{nothing}$" "id:3,phase:1,pass,log"
`;
  assert.deepEqual(matching(rules, '/?a=%25%25'), [1]);
  assert.deepEqual(matching(rules, '/?a=%25x'), [2]);
  assert.deepEqual(matching(rules, '/?a=%25%7bnothing%7d'), [3]);
});

test('what a macro makes of a pattern may make no sense: it matches nothing', () => {
  const rules = `SecAction "id:1,phase:1,pass,nolog,setvar:'tx.x=(('"
SecRule ARGS:a "@rx %{tx.x}" "id:2,phase:1,pass,log"
SecRule ARGS:a "!@rx %{tx.x}" "id:3,phase:1,pass,log"
SecRule ARGS:a "@ipMatch %{tx.x}" "id:4,phase:1,pass,log"
`;
  assert.deepEqual(matching(rules, '/?a=x'), [3]);
});

test('phrases hold no macros', () => {
  const rules = `SecAction "id:1,phase:1,pass,nolog,setvar:'tx.x=evil'"
SecRule ARGS:a "@pm %{tx.x}" "id:2,phase:1,pass,log"
`;
  assert.deepEqual(matching(rules, '/?a=evil'), []);
  assert.deepEqual(matching(rules, '/?a=%25%7btx.x%7d'), [2]);
});

test('a text falls into its parts', () => {
  assert.deepEqual(parseMacro('a%{TX.B}c').parts, ['a', { variable: 'TX', key: 'b' }, 'c']);
  assert.deepEqual(parseMacro('%{RULE.id}%{UNIQUE_ID}').parts, [
    { variable: 'RULE', key: 'id' },
    { variable: 'UNIQUE_ID', key: undefined },
  ]);
  assert.deepEqual(parseMacro('a%{2}', (name) => name === 'TX').parts, ['a%{2}']);
});

test('RULE is the rule that runs, as far as it says something of itself; macros know nothing of it', () => {
  const text = `SecRule ARGS "@streq x" "id:7,phase:2,pass,log,severity:CRITICAL,msg:'m',logdata:'%{RULE.id} %{RULE.severity} %{RULE.msg}'"
SecRule RULE:id "@eq 8" "id:8,phase:2,pass,log,logdata:'%{MATCHED_VAR_NAME}'"
SecRule &RULE "@gt 0" "id:9,phase:2,pass,log,logdata:'%{MATCHED_VAR}'"
SecRule RULE:severity "@gt 0" "id:10,phase:2,pass,log"
`;
  const waf = new Waf(loadRules([{ kind: 'text', name: 'rules', text }]));
  const { matches } = waf.inspect({
    method: 'GET',
    target: '/?a=x',
    protocol: 'HTTP/1.1',
    headers: [],
    body: '',
  });
  // As libmodsecurity answers.
  assert.deepEqual(
    matches.map(({ id, data }) => [id, data]),
    [
      [7, '  '],
      [8, 'RULE:id'],
      [9, '2'],
    ],
  );
});

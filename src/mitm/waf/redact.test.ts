import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadRules, Waf } from './index.ts';
import { matchedPart } from './matched-part.ts';
import { isSecretVariable, redactMatch } from './redact.ts';
import { requestSecrets } from './secrets.ts';
import { terminalJson, terminalText } from './terminal-text.ts';
import type { Match } from './verdict.ts';

const MATCH: Match = {
  id: 1,
  phase: 2,
  message: 'found',
  data: '',
  severity: 'CRITICAL',
  tags: [],
  version: '',
  file: 'a.conf',
  line: 1,
  variable: 'ARGS:q',
  value: '',
  operator: '@rx x',
};

test('variables are secret by their members', () => {
  for (const name of [
    'ARGS:password',
    'REQUEST_HEADERS:Authorization',
    'REQUEST_COOKIES:sid',
    'MATCHED_VARS:ARGS:token',
  ]) {
    assert.ok(isSecretVariable(name), name);
  }
  for (const name of [
    'ARGS:q',
    'ARGS_NAMES:password',
    '&ARGS:password',
    'REQUEST_BODY',
    'RULE:sid',
    'FILES_SIZES:key',
  ]) {
    assert.ok(!isSecretVariable(name), name);
  }
});

test('of a secret variable the value is gone from all texts', () => {
  const shown = redactMatch({
    ...MATCH,
    variable: 'ARGS:password',
    value: "hunter2' or 1=1",
    data: "Matched Data: r2' or found within ARGS:password: hunter2' or 1=1",
    message: "bad hunter2' value",
  });
  assert.equal(shown.value, '[redacted]');
  assert.equal(shown.data, 'Matched Data: [redacted] found within ARGS:password');
  assert.equal(shown.message, 'bad [redacted]value');
  assert.equal(shown.part, undefined);
});

test('data that names a secret variable, or is a piece of a secret, is redacted', () => {
  const chained = { ...MATCH, variable: 'REQUEST_METHOD', value: 'POST' };
  assert.equal(redactMatch({ ...chained, data: 'ARGS:password=hunter2' }).data, '[redacted]');
  assert.equal(redactMatch({ ...chained, data: 'hunter' }, { secrets: ['hunter2'] }).data, '[redacted]');
  assert.equal(
    redactMatch({ ...chained, data: 'Matched Data: unter' }, { secrets: ['hunter2'] }).data,
    '[redacted]',
  );
  assert.equal(redactMatch({ ...chained, data: 'ARGS:q=hunter2' }).data, 'ARGS:q=hunter2');
});

test('values are cut to what stands around the match, and it stays marked', () => {
  const value = `${'a'.repeat(500)}<script>${'b'.repeat(100_000)}`;
  const shown = redactMatch({ ...MATCH, value }, { part: { start: 500, length: 8 } });
  assert.ok(shown.value.length <= 206);
  assert.ok(shown.part !== undefined);
  assert.equal(shown.value.slice(shown.part.start, shown.part.start + shown.part.length), '<script>');
});

test('the mark moves with what is redacted before it, and is dropped where it touches a secret', () => {
  const value = 'password=hunter2&q=<script>';
  const shown = redactMatch(
    { ...MATCH, variable: 'REQUEST_BODY', value },
    { part: { start: 19, length: 8 } },
  );
  assert.equal(shown.value, 'password=[redacted]&q=<script>');
  assert.deepEqual(shown.part, { start: 22, length: 8 });
  const inside = redactMatch(
    { ...MATCH, variable: 'REQUEST_BODY', value },
    { part: { start: 10, length: 4 } },
  );
  assert.equal(inside.part, undefined);
});

test('no secret of a request is in what is shown of its verdict', () => {
  const rules = loadRules([
    {
      kind: 'text',
      name: 'rules',
      text: `SecRule ARGS|REQUEST_HEADERS|REQUEST_COOKIES|QUERY_STRING|REQUEST_LINE "@rx or" \\
  "id:1,phase:2,pass,log,capture,msg:'%{MATCHED_VAR}',logdata:'%{TX.0} in %{MATCHED_VAR_NAME}: %{MATCHED_VAR}'"
SecRule REQUEST_METHOD "@streq GET" "id:2,phase:2,pass,log,chain,logdata:'%{MATCHED_VAR}'"
  SecRule ARGS:password "@contains or" ""
`,
    },
  ]);
  const inspection = new Waf(rules).begin({
    method: 'GET',
    target: '/?q=orange&password=zorro-wins',
    protocol: 'HTTP/1.1',
    headers: [
      ['Authorization', 'Basic bored0000000'],
      ['Cookie', 'sid=forty2; theme=orange'],
    ],
    body: '',
  });
  inspection.requestHeaders();
  inspection.requestBody();
  const { matches } = inspection.end();
  assert.deepEqual(
    matches.map(({ id }) => id),
    [1, 2],
  );
  const secrets = requestSecrets(inspection.transaction);
  const shown = matches.map((match) => redactMatch(match, { secrets, part: matchedPart(rules, match) }));
  assert.doesNotMatch(JSON.stringify(shown), /zorro|bored0|forty2/);
});

test('what matched is found in the value', () => {
  const text = `SecRule ARGS "@rx b+" "id:1,phase:2,pass,log"
SecRule ARGS "@pm XX BBB" "id:2,phase:2,pass,log"
SecRule ARGS "@contains bc" "id:3,phase:2,pass,log"
SecRule ARGS "!@rx x" "id:4,phase:2,pass,log"
SecRule &ARGS "@eq 1" "id:5,phase:2,pass,log"
`;
  const rules = loadRules([{ kind: 'text', name: 'rules', text }]);
  const { matches } = new Waf(rules).inspect({
    method: 'GET',
    target: '/?a=abbbc',
    protocol: 'HTTP/1.1',
    headers: [],
    body: '',
  });
  assert.deepEqual(
    matches.map((match) => matchedPart(rules, match)),
    [{ start: 1, length: 3 }, { start: 1, length: 3 }, { start: 3, length: 2 }, undefined, undefined],
  );
});

test('a terminal gets no commands', () => {
  assert.equal(terminalText('a\x1b[31m\r\n\t\x9b\xff'), 'a\\x1b[31m\\r\\n\\t\\x9b\\xff');
  assert.equal(terminalText('\xc3\xbc \xe2\x80\xae \xc2\x9b'), 'ü \\u202e \\x9b');
  assert.equal(terminalText('plain'), 'plain');
  const json = terminalJson({ a: '\x1b\x9b\u202e\n' });
  assert.equal(json, '{\n  "a": "\\u001b\\u009b\\u202e\\n"\n}');
  assert.deepEqual(JSON.parse(json), { a: '\x1b\x9b\u202e\n' });
});

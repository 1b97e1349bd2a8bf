import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FtwTest, parseTestFile, TestFileError } from './test-file.ts';
import { rawRequest } from './test-request.ts';

const HEAD = 'rule_id: 1000\ntests:\n';

function only(text: string): FtwTest {
  const [first, ...rest] = parseTestFile(text, 'x.yaml');
  assert.ok(first !== undefined && rest.length === 0);
  return first;
}

/** A test whose input has these lines. */
function withInput(...lines: readonly string[]): FtwTest {
  const input = lines.map((line) => `          ${line}\n`).join('');
  return only(`${HEAD}  - test_id: 1\n    stages:\n      - input:\n${input}        output: {}\n`);
}

function sent(...lines: readonly string[]): string {
  const [stage] = withInput(...lines).stages;
  assert.ok(stage !== undefined);
  return rawRequest(stage.input);
}

test('a test of schema version 2', () => {
  const { stages, ...about } = only(`---
meta:
  author: someone
rule_id: 1000
tests:
  - test_id: 7
    desc: what it does
    stages:
      - input:
          method: POST
          headers: {Host: a}
        output:
          status: 403
          response_contains: no
          expect_error: false
          isolated: true
          log:
            expect_ids: [1, 2]
            no_expect_ids: [3]
            match_regex: 'a.c'
            no_match_regex: '^é'
`);
  assert.deepEqual(about, { id: '1000-7', title: 'what it does', file: 'x.yaml', enabled: true });
  assert.deepEqual(stages[0]?.output, {
    status: [403],
    responseContains: 'no',
    expectError: false,
    isolated: true,
    expectIds: [1, 2],
    noExpectIds: [3],
    matches: ['a.c'],
    noMatches: ['^\xc3\xa9'],
  });
});

test('a test of schema version 1', () => {
  const { id, enabled, stages } = only(`---
meta:
  enabled: false
tests:
  - test_title: 1000-3
    stages:
      - stage:
          input:
            stop_magic: true
            data: [a, b]
          output:
            status: [400, 403]
            log_contains: id "1000"
            no_log_contains: id "1001"
`);
  assert.deepEqual([id, enabled], ['1000-3', false]);
  const [stage] = stages;
  assert.ok(stage !== undefined);
  assert.deepEqual(stage.output.status, [400, 403]);
  assert.deepEqual(stage.output.matches, ['id "1000"']);
  assert.deepEqual(stage.output.noMatches, ['id "1001"']);
  assert.equal(rawRequest(stage.input), 'GET / HTTP/1.1\r\n\r\na\r\nb');
});

test('a test without an id has its place in the file', () => {
  const tests = parseTestFile(`${HEAD}  - {stages: []}\n  - {stages: []}\n`, 'x.yaml');
  assert.deepEqual(
    tests.map(({ id }) => id),
    ['1000-1', '1000-2'],
  );
});

for (const text of ['a: [', 'rule_id: 1', `${HEAD}  - test_id: 1\n`, 'tests: 1', '[]', '']) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseTestFile(text, 'x.yaml'), TestFileError);
  });
}

const SENT: readonly (readonly [title: string, input: readonly string[], request: string])[] = [
  ['nothing said', [], 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
  [
    'headers in the order of their names',
    ['headers: {Host: a, Accept: b, connection: c}'],
    'GET / HTTP/1.1\r\nAccept: b\r\nHost: a\r\nconnection: c\r\n\r\n',
  ],
  [
    'a method that may have a body',
    ['method: PUT', 'uri: "/a b?c"', 'version: "HTTP/1.0"'],
    'PUT /a b?c HTTP/1.0\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
  ],
  ['no headers of its own', ['autocomplete_headers: false', 'data: a=b c'], 'GET / HTTP/1.1\r\n\r\na=b c'],
  [
    'a form that is not encoded',
    ['data: "a=b c&é=~-_.&d&"'],
    'GET / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\nContent-Length: 22\r\n\r\na=b+c&%C3%A9=~-_.&d'.replace(
      '22',
      '19',
    ),
  ],
  [
    'a form that is encoded',
    ['data: "a=%20&b=c d"'],
    'GET / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\nContent-Length: 11\r\n\r\na=%20&b=c d',
  ],
  [
    'a body that is no form',
    ['headers: {Content-Type: text/plain}', 'data: "a=b c"'],
    'GET / HTTP/1.1\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 5\r\n\r\na=b c',
  ],
  [
    'line ends of multipart bodies',
    ['headers: {Content-Type: "multipart/form-data; boundary=b"}', 'data: "--b\\n--b--\\n"'],
    'GET / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\nConnection: close\r\nContent-Length: 12\r\n\r\n--b\r\n--b--\r\n',
  ],
  [
    'a Content-Length of its own',
    ['headers: {Content-Length: 3}', 'data: "a%20"'],
    'GET / HTTP/1.1\r\nContent-Length: 3\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\na%20',
  ],
  [
    'a template',
    [
      'autocomplete_headers: false',
      'data: \'{{ "ab" | repeat 3 }}-{{ upper `c` | repeat 2 }}-{{"x" | b64enc}}\'',
    ],
    'GET / HTTP/1.1\r\n\r\nababab-CC-eA==',
  ],
  [
    'what only looks like a template',
    ['autocomplete_headers: false', 'data: \'{{7*7}}{{ "a" | repeat 2 }}{{constructor}}\''],
    'GET / HTTP/1.1\r\n\r\n{{7*7}}{{ "a" | repeat 2 }}{{constructor}}',
  ],
  ['an encoded body', ['autocomplete_headers: false', 'encoded_data: /wA='], 'GET / HTTP/1.1\r\n\r\n\xff\0'],
  ['an encoded request', ['method: PUT', 'encoded_request: "R0VU\\nIC8K"'], 'GET /\n'],
  [
    'headers in an order',
    [
      'autocomplete_headers: false',
      'ordered_headers: [{name: B, value: 1}, {name: A, value: 2}, {name: B, value: 3}]',
    ],
    'GET / HTTP/1.1\r\nB: 1\r\nA: 2\r\nB: 3\r\n\r\n',
  ],
];

for (const [title, input, request] of SENT) {
  test(`sends ${title}`, () => assert.equal(sent(...input), request));
}

test('fields that want more than a request are told', () => {
  assert.deepEqual(withInput('follow_redirect: true', 'save_cookie: false').stages[0]?.input.unsupported, [
    'follow_redirect',
  ]);
});

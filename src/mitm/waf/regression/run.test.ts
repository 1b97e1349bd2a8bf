import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { RulesError } from '../seclang/mistake.ts';
import { type RegressionSummary, RulesFolderError, runRegression, TestFileError } from './index.ts';

const RULES = `
SecRule ARGS:a "@streq x" "id:1,phase:2,deny,log,msg:'say \\"no\\"',logdata:'%{MATCHED_VAR}',severity:2,tag:'t'"
SecRule REQUEST_HEADERS:Host "@unconditionalMatch" "id:2,phase:1,pass,log,msg:'host'"
SecRule RESPONSE_BODY "@contains secret" "id:3,phase:4,deny,log,msg:'leak'"
SecRule ARGS:a "@streq \xe9" "id:4,phase:2,pass,log,logdata:'%{MATCHED_VAR}'"
SecRule REQUEST_METHOD "@streq GET" "id:5,phase:5,pass,log,msg:'last'"
SecRule TX:blocking_paranoia_level "@eq 4" "id:6,phase:1,pass,nolog,setvar:tx.seen=1"
SecRule TX:seen "@eq 1" "id:7,phase:2,pass,log,msg:'all levels'"
`;

const folder = mkdtempSync(join(tmpdir(), 'weir-regression-'));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'rules'));
writeFileSync(join(folder, 'crs-setup.conf.example'), 'SecAction "id:100,phase:1,pass,nolog"\n');
writeFileSync(join(folder, 'rules', 'a.conf'), RULES, 'latin1');

let files = 0;

/** The summary of one test with this input and output, each on one line of YAML. */
async function outcome(input: string, output: string, more = ''): Promise<RegressionSummary> {
  const path = join(folder, `${files++}.yaml`);
  writeFileSync(
    path,
    `${more}rule_id: 1\ntests:\n  - test_id: 1\n    stages:\n      - input: ${input}\n        output: ${output}\n`,
  );
  return runRegression({ tests: [path], rules: folder });
}

const GET = '{headers: {Host: localhost}, uri: "/?a=x"}';
const REFLECT =
  '{method: POST, uri: /reflect, headers: {Host: localhost, Content-Type: application/json}, data: \'{"status": 201, "body": "a secret"}\'}';

const PASSING: readonly (readonly [input: string, output: string])[] = [
  [GET, '{log: {expect_ids: [1, 2, 5, 7], no_expect_ids: [3, 4, 6]}}'],
  [GET, '{status: 200, log: {expect_ids: [1]}}'],
  [GET, '{log: {match_regex: \'id "1".*msg "say \\\\"no\\\\"".*data "x".*CRITICAL.*tag "t"\'}}'],
  [GET, '{log: {no_match_regex: "^x|nothing"}}'],
  [GET, '{log_contains: \'\\[id "2"\\]\', no_log_contains: \'id "3"\'}'],
  ['{headers: {Host: localhost}, uri: "/?a=%E9"}', '{log: {match_regex: \'data "\\\\xe9"\'}}'],
  [REFLECT, '{status: 201, response_contains: "X?secret", log: {expect_ids: [3]}}'],
  ['{version: "", headers: {Host: localhost}}', '{expect_error: true, log: {expect_ids: [999]}}'],
  ['{version: "TEST"}', '{status: 400, log: {no_expect_ids: [2]}}'],
  [
    '{uri: "\\\\", headers: {Host: localhost}}',
    '{status: [400, 403], log: {expect_ids: [2, 5], no_expect_ids: [7]}}',
  ],
];

for (const [input, output] of PASSING) {
  test(`passes ${input} ${output}`, async () => {
    const { passed, failed, failures } = await outcome(input, output);
    assert.deepEqual(failures, []);
    assert.deepEqual([passed, failed], [1, 0]);
  });
}

const FAILING: readonly (readonly [input: string, output: string, expected: RegExp, got: RegExp])[] = [
  [GET, '{log: {expect_ids: [1, 3, 4]}}', /^rules 3 4$/, /^rules 1 2 5 7$|^rules 2 1 7 5$/],
  [GET, '{log: {no_expect_ids: [2, 3]}}', /^no rules 2$/, /^rules /],
  [GET, '{status: 403}', /^status 403$/, /^status 200$/],
  [GET, '{log: {match_regex: "nothing"}}', /^a log line with nothing$/, /id "1"/],
  [GET, '{log: {no_match_regex: "say"}}', /^no log line with say$/, /id "1"/],
  [GET, '{response_contains: secret}', /^an answer with secret$/, /^HTTP\/1.1 200/],
  [GET, '{isolated: true}', /^a single rule$/, /^rules /],
  ['{version: "", headers: {Host: localhost}}', '{}', /^an answer$/, /^none/],
];

for (const [input, output, expected, got] of FAILING) {
  test(`fails ${input} ${output}`, async () => {
    const { passed, failures } = await outcome(input, output);
    const [failure] = failures;
    assert.ok(passed === 0 && failure !== undefined);
    assert.equal(failure.id, '1-1');
    assert.match(failure.expected, expected);
    assert.match(failure.got, got);
  });
}

test('what is skipped has a reason', async () => {
  const disabled = await outcome(GET, '{}', 'meta: {enabled: false}\n');
  assert.deepEqual(disabled.skipped, [{ id: '1-1', reason: 'the file says so (enabled: false)' }]);
  const redirected = await outcome('{follow_redirect: true}', '{}');
  assert.deepEqual(redirected.skipped, [{ id: '1-1', reason: 'it wants follow_redirect' }]);
  assert.equal(redirected.passed + redirected.failed, 0);
});

test('a folder with other files beside the tests', async () => {
  const tests = join(folder, 'tests');
  mkdirSync(join(tests, 'deep'), { recursive: true });
  writeFileSync(join(tests, 'overrides.yaml'), 'test_overrides: []\n');
  const text = (rule: number): string =>
    `rule_id: ${rule}\ntests:\n  - stages: [{input: ${GET}, output: {log: {expect_ids: [1]}}}]\n`;
  writeFileSync(join(tests, 'deep', '1.yaml'), text(1));
  writeFileSync(join(tests, 'deep', '2.yml'), text(2));
  assert.equal((await runRegression({ tests: [tests], rules: folder })).passed, 2);
  assert.equal(
    (await runRegression({ tests: [tests], rules: join(folder, 'rules'), only: /^2-/ })).passed,
    1,
  );
});

test('what cannot be read is told', async () => {
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  await assert.rejects(runRegression({ tests: [empty], rules: folder }), TestFileError);
  await assert.rejects(runRegression({ tests: [folder], rules: empty }), RulesFolderError);
  await assert.rejects(runRegression({ tests: [folder], rules: join(folder, 'none') }), RulesFolderError);
  mkdirSync(join(empty, 'rules'));
  writeFileSync(join(empty, 'rules', 'a.conf'), '');
  await assert.rejects(runRegression({ tests: [folder], rules: empty }), RulesFolderError);
  writeFileSync(join(empty, 'crs-setup.conf'), 'SecNonsense\n');
  await assert.rejects(runRegression({ tests: [folder], rules: empty }), RulesError);
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const MAIN = join(import.meta.dirname, 'main.ts');
const folder = mkdtempSync(join(tmpdir(), 'weir-waf-regression-'));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'rules'));
writeFileSync(join(folder, 'crs-setup.conf'), '');
writeFileSync(join(folder, 'rules', 'a.conf'), 'SecRule ARGS "@streq x" "id:1,phase:2,deny,log"\n');
const tests = join(folder, 'tests.yaml');
writeFileSync(
  tests,
  `rule_id: 1
tests:
  - stages: [{input: {uri: "/?a=x", headers: {Host: a}}, output: {log: {expect_ids: [1]}}}]
  - desc: another
    stages: [{input: {uri: "/?a=y", headers: {Host: a}}, output: {log: {expect_ids: [1]}}}]
`,
);

function run(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [MAIN, 'waf', 'regression', ...args], { encoding: 'utf8' });
}

test('prints a summary, and fails with a test', () => {
  const { status, stdout, stderr } = run(tests, '--crs', folder);
  assert.deepEqual(JSON.parse(stdout), {
    passed: 1,
    failed: 1,
    skipped: [],
    failures: [{ id: '1-2', title: 'another', expected: 'rules 1', got: 'rules ' }],
  });
  assert.match(stderr, /1 passed, 1 failed, 0 skipped/);
  assert.equal(status, 1);
});

test('runs what it is told to', () => {
  const { status, stdout } = run(tests, '--crs', folder, '--only', '1-1$');
  assert.deepEqual(JSON.parse(stdout), { passed: 1, failed: 0, skipped: [], failures: [] });
  assert.equal(status, 0);
});

test('says what is wrong', () => {
  for (const [args, status, message] of [
    [[], 2, /takes a folder with tests/],
    [[tests], 2, /wants --crs/],
    [[tests, '--crs', folder, '--only', '('], 2, /--only is no regular expression/],
    [[join(folder, 'none'), '--crs', folder], 1, /no such file/],
    [[tests, '--crs', folder, '--only', 'x'], 1, /no test's id matches x/],
    [[tests, '--crs', join(folder, 'none')], 1, /is no folder/],
    [[join(folder, 'rules'), '--crs', folder], 1, /there are no tests/],
  ] as const) {
    const ran = run(...args);
    assert.match(ran.stderr, message);
    assert.equal(ran.status, status, ran.stderr);
    assert.equal(ran.stdout, '');
  }
  const help = run('--help');
  assert.equal(help.status, 0);
  assert.match(help.stdout, /^usage: weir waf regression/);
});

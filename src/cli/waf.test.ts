import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildOracle } from '../../test/conformance/modsecurity/oracle.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const folder = mkdtempSync(join(tmpdir(), 'weir-waf-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content, 'latin1');
  return path;
}

const RULES = file(
  'rules.conf',
  `SecRule ARGS "@rx (?i)union\\s+select" "id:1,phase:2,deny,log,capture,t:none,t:lowercase,\\
  msg:'SQL',logdata:'Matched Data: %{TX.0} found within %{MATCHED_VAR_NAME}: %{MATCHED_VAR}',severity:CRITICAL,tag:'attack-sqli'"
SecRule RESPONSE_BODY "@contains leak" "id:2,phase:4,deny,status:502,log,msg:'leak'"
`,
);
const PLAIN = file('plain.http', 'GET /?q=chair HTTP/1.1\nHost: a\n\n');
const ATTACK = file('attack.http', 'GET /?q=1+UNION+SELECT+x&password=hunter2 HTTP/1.1\nHost: a\n\n');
const SECRET = file('secret.http', 'GET /?password=union+select+hunter2 HTTP/1.1\nHost: a\n\n');
const HOSTILE = file('hostile.http', 'GET /?q=union+select%1b[2J%9b HTTP/1.1\nHost: a\x1b[31m\n\n');
const GARBAGE = file('garbage', '\x00\x1b[2J\xff\xfe"\n\x07 \x9b');
const EMPTY = file('empty', '');
const MISTAKES = file('mistakes.conf', 'SecRule ARGS "@rxx a" "id:1"\nSecRul ARGS "@rx a" "id:2"\n');
mkdirSync(join(folder, 'none'));

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function weir(args: readonly string[], input = ''): Run {
  return spawnSync(process.execPath, [MAIN, 'waf', ...args], { encoding: 'utf8', input });
}

const rules = ['--rules', RULES];

test('every operation tells of itself', () => {
  for (const operation of ['check', 'test', 'explain', 'bench']) {
    const { status, stdout } = weir([operation, '--help']);
    assert.equal(status, 0);
    assert.match(stdout, new RegExp(`^usage: weir waf ${operation} `));
  }
  assert.match(weir(['--help']).stdout, /^usage: weir waf OPERATION/);
});

test('a standard output that is full is told of', {
  skip: !existsSync('/dev/full') && 'there is no /dev/full',
}, () => {
  const full = openSync('/dev/full', 'w');
  try {
    const stdio = ['ignore', full, 'pipe'] as const;
    const { status, stderr } = spawnSync(process.execPath, [MAIN, 'waf', 'test', PLAIN, ...rules], {
      encoding: 'utf8',
      stdio: [...stdio],
    });
    assert.equal(status, 1);
    assert.match(String(stderr), /^weir: standard output: ENOSPC/m);
    assert.doesNotMatch(String(stderr), /at writeSync/);
  } finally {
    closeSync(full);
  }
});

const WRONG: readonly (readonly [args: readonly string[], status: number, message: RegExp])[] = [
  [[], 2, /waf takes what to do/],
  [['judge'], 2, /not 'judge'/],
  [['test'], 2, /takes files with requests/],
  [['test', PLAIN, PLAIN, '--response', PLAIN], 2, /answer to one request/],
  [['test', '-', '-'], 2, /can be read once/],
  [['test', PLAIN, '--paranoia', '5'], 2, /--paranoia takes a number from 1 to 4/],
  [['test', PLAIN, '--expect', 'good'], 2, /--expect takes blocked, passed/],
  [['test', PLAIN, '--client', 'nobody'], 2, /--client takes an address/],
  [['test', PLAIN, '--rules', join(folder, 'nowhere')], 1, /nowhere is not there/],
  [['test', PLAIN, '--rules', join(folder, 'none')], 1, /holds no rule files/],
  [['test', PLAIN, '--rules', EMPTY], 1, /there are no rules in /],
  [['test', PLAIN, '--rules', GARBAGE], 1, /garbage:1: [\s\S]*mistakes?\n$/],
  [
    ['test', PLAIN, '--crs', join(folder, 'none')],
    1,
    /holds no Core Rule Set.*apt-get install modsecurity-crs/,
  ],
  [['test', join(folder, 'nowhere.http'), ...rules], 1, /nowhere\.http cannot be read/],
  [['test', EMPTY, ...rules], 1, /empty:1: there is no request/],
  [['test', GARBAGE, ...rules], 1, /garbage:1: a request begins with its method/],
  [['test', PLAIN, '--response', PLAIN, ...rules], 1, /an answer begins with its status/],
  [['explain'], 2, /takes the id of a rule/],
  [['explain', 'one'], 2, /'one' is no id/],
  [['explain', '1', '--response', PLAIN], 2, /name that as well/],
  [['explain', '99', ...rules], 1, /there is no rule 99 in /],
  [['explain', '1', EMPTY, ...rules], 1, /there is no request/],
  [['check', join(folder, 'nowhere')], 1, /nowhere is not there/],
  [['check', EMPTY], 1, /there are no rules in it/],
  [['check', GARBAGE], 1, /garbage:1: /],
  [['bench', '--rounds', '1', ...rules], 2, /--rounds takes a number from 10/],
  [['bench', EMPTY, ...rules], 1, /there is no request/],
];

for (const [args, status, message] of WRONG) {
  test(`waf ${args.map((arg) => arg.replace(folder, '')).join(' ')}: says what is wrong`, () => {
    const run = weir(args);
    assert.match(run.stderr, message);
    assert.equal(run.status, status, run.stderr);
    assert.doesNotMatch(run.stderr, COMMANDS);
  });
}

/** What could command a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const COMMANDS = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/;

test('check finds mistakes with file and line, and what is meant', () => {
  const { status, stderr } = weir(['check', MISTAKES]);
  assert.equal(status, 1);
  assert.equal(
    stderr,
    `${MISTAKES}:1: rule 1: @rxx is no operator (did you mean rx?)\n${MISTAKES}:2: SecRul is no directive that weir knows (did you mean SecRule?)\nweir: 2 mistakes\n`,
  );
  const json = JSON.parse(weir(['check', MISTAKES, '--json']).stdout);
  assert.equal(json.good, false);
  assert.equal(json.mistakes.length, 2);
});

test('check counts what is in rule files', () => {
  const { status, stdout } = weir(['check', RULES]);
  assert.equal(status, 0);
  assert.match(
    stdout,
    /: good\n +rules +2 from 1 file\n +phases +request body 1, response body 1\n +patterns +1 in V8, 0 in RE2/,
  );
  const json = JSON.parse(weir(['check', RULES, '--json']).stdout);
  assert.deepEqual(
    [json.good, json.rules, json.patterns, json.mistakes],
    [true, 2, { v8: 1, re2: 0, bounded: 0 }, []],
  );
});

test('test tells verdict, rules and what matched, and hides secrets', () => {
  const { status, stdout } = weir(['test', ATTACK, PLAIN, SECRET, ...rules]);
  assert.equal(status, 0);
  assert.match(
    stdout,
    /attack\.http: blocked with 403 by rule 1\n {2}GET \/\?q=1\+UNION\+SELECT\+x&password=\[redacted\]\n {2}sqli 5/,
  );
  assert.match(stdout, /\n {2}1 +critical +sqli +SQL\n +ARGS:q {2}1 union select x\n/);
  assert.match(stdout, /plain\.http: passed, no rule matched/);
  assert.match(stdout, /ARGS:password {2}\[redacted\]/);
  assert.match(stdout, /3 requests: 2 blocked, 1 passed\n$/);
  assert.doesNotMatch(stdout, /hunter2/);
  assert.match(weir(['test', SECRET, ...rules, '--show-secrets']).stdout, /union select hunter2/);
});

test('test as JSON', () => {
  const run = weir(['test', '-', ...rules, '--json'], 'GET /?q=union+select HTTP/1.1\n\n');
  const [request] = JSON.parse(run.stdout).requests;
  assert.deepEqual([request.action, request.status, request.ruleId], ['deny', 403, 1]);
  assert.deepEqual(request.categories, [{ category: 'sqli', matches: 1, points: 5 }]);
  assert.equal(request.matches[0].value, 'union select');
  assert.deepEqual(request.matches[0].part, { start: 0, length: 12 });
  assert.equal(request.matches[0].category, 'sqli');
});

test('test with an answer', () => {
  const answer = file(
    'answer.http',
    'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\na leak',
  );
  assert.match(weir(['test', PLAIN, '--response', answer, ...rules]).stdout, /blocked with 502 by rule 2/);
});

test('test --expect and --detection-only', () => {
  assert.equal(weir(['test', ATTACK, ...rules, '--expect', 'blocked']).status, 0);
  const run = weir(['test', ATTACK, ...rules, '--detection-only', '--expect', 'blocked']);
  assert.equal(run.status, 1);
  assert.match(run.stderr, /attack\.http is passed, not blocked/);
  assert.match(run.stdout, /passed, detection only, 1 rule matched/);
});

test('a hostile request commands no terminal', () => {
  for (const args of [
    ['test', HOSTILE],
    ['test', HOSTILE, '--json'],
    ['explain', '1', HOSTILE],
    ['explain', '1', HOSTILE, '--json'],
  ]) {
    const { stdout, status } = weir([...args, ...rules]);
    assert.equal(status, 0);
    assert.match(stdout, /2J/);
    assert.doesNotMatch(stdout, COMMANDS);
  }
});

test('explain shows the rule, and with a request what it did', () => {
  const alone = weir(['explain', '1', ...rules]);
  assert.equal(alone.status, 0);
  for (const line of [
    /rule 1 {2}phase 2, critical/,
    /at +\S+rules\.conf:1\n/,
    /looks at +ARGS\n/,
    /transforms +lowercase/,
    /looks for +@rx/,
    /pattern +\(\?i\)union/,
    /runs on +V8/,
    /prefilter +holds .*"union/s,
    /denies with status 403/,
  ]) {
    assert.match(alone.stdout, line);
  }
  const { stdout } = weir(['explain', '1', ATTACK, ...rules]);
  assert.match(stdout, /it matched/);
  assert.match(stdout, /✗ ARGS:q {2}matches\n +1 UNION SELECT x\n +lowercase +1 union select x\n/);
  assert.match(stdout, /· ARGS:password {2}not tried[^\n]*\n +\[redacted\]\n/);
  const json = JSON.parse(weir(['explain', '1', ATTACK, ...rules, '--json']).stdout);
  assert.equal(json.rule.links[0].operator.engine, 'v8');
  assert.deepEqual(
    json.request.links[0].values.map(({ outcome }: { outcome: string }) => outcome),
    ['matched', 'prefilter'],
  );
});

test('bench measures, with its own requests and those it is given', () => {
  const run = weir(['bench', ...rules, '--rounds', '10', '--no-peer', '--json']);
  assert.equal(run.status, 0, run.stderr);
  const { requests } = JSON.parse(run.stdout);
  assert.equal(requests.length, 4);
  for (const { weir: times, modsecurity } of requests) {
    assert.ok(times.cpu > 0 && times.p50 > 0 && times.p50 <= times.p99 && times.p99 <= times.max);
    assert.deepEqual([times.rounds, modsecurity], [10, undefined]);
  }
  const given = weir(['bench', ATTACK, ...rules, '--rounds', '10', '--no-peer']);
  assert.match(given.stdout, /attack\.http +weir [^\n]* 10\/10/);
});

const oracle = buildOracle();
if (typeof oracle !== 'string') oracle.close();

test('bench measures libmodsecurity beside', { skip: typeof oracle === 'string' ? oracle : false }, () => {
  const { stdout, stderr } = weir(['bench', ATTACK, ...rules, '--rounds', '20', '--json']);
  assert.equal(stderr, '');
  const [{ modsecurity, ratio, blocked }] = JSON.parse(stdout).requests;
  assert.ok(modsecurity.p50 > 0 && ratio > 0);
  assert.deepEqual([modsecurity.rounds, modsecurity.blocked, blocked], [10, 10, 20]);
});

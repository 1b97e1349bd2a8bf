import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpRequest } from '../request.ts';
import { loadRules } from './load.ts';
import { Waf, type WafOptions } from './waf.ts';

function waf(text: string, options: WafOptions = {}): Waf {
  return new Waf(loadRules([{ kind: 'text', name: 'x', text }]), options);
}

function post(body: string): HttpRequest {
  const headers = [['Content-Type', 'application/x-www-form-urlencoded']] as const;
  return { method: 'POST', target: '/', protocol: 'HTTP/1.1', headers, body };
}

const MANY = Array.from({ length: 500 }, (_, i) => `a${i}=x`).join('&');

test('a variable that doubles itself with every value meets its bound', () => {
  const rules = `SecAction "id:1,phase:1,pass,nolog,setvar:tx.a=aaaaaaaa"
SecRule ARGS "@rx x" "id:2,phase:2,pass,nolog,setvar:tx.a=%{tx.a}%{tx.a}"`;
  const verdict = waf(rules).inspect(post(MANY));
  assert.deepEqual([verdict.action, verdict.status], ['deny', 403]);
  assert.match(verdict.limit, /more than 16777216 bytes/);
  assert.equal(waf(rules, { onLimit: 'pass' }).inspect(post(MANY)).action, 'pass');
  assert.equal(waf(`SecRuleEngine DetectionOnly\n${rules}`).inspect(post(MANY)).action, 'pass');
});

test('a text that encodings make too long meets its bound', () => {
  const growing = `SecRule REQUEST_BODY "@contains z" "id:1,phase:2,deny${',t:hexEncode'.repeat(40)}"`;
  const verdict = waf(growing, { budgetMs: 60_000 }).inspect(post('a'.repeat(1 << 16)));
  assert.equal(verdict.action, 'deny');
  assert.match(verdict.limit, /t:hexEncode made a text of more than/);
});

test('rules that take too long end soon after their time, long values or not', () => {
  const slow = Array.from(
    { length: 400 },
    (_, i) =>
      `SecRule REQUEST_BODY "@rx [a-w][b-x]{${(i % 9) + 2}}[0-9]{${i + 1}}[c-y]" "id:${i + 1},phase:2,deny"`,
  ).join('\n');
  const verdict = waf(slow, { budgetMs: 50 }).inspect(post('abcdefgh1'.repeat(200_000)));
  assert.equal(verdict.action, 'deny');
  const spent = Number(/the rules took (\d+) ms/.exec(verdict.limit)?.[1]);
  assert.ok(spent >= 50 && spent < 1000, verdict.limit);
});

test('arguments are bounded in number: what is beyond is not looked at, and told', () => {
  const rules = 'SecArgumentsLimit 10\nSecRule &ARGS "@eq 10" "id:2,phase:2,pass"';
  const denied = waf(rules).inspect(post(MANY));
  assert.deepEqual([denied.action, denied.limit], ['deny', 'there are more than 10 arguments']);
  const passed = waf(rules, { onLimit: 'pass' }).inspect(post(MANY));
  assert.deepEqual([passed.action, passed.matches.map(({ id }) => id)], ['pass', [2]]);
});

test('bodies that are too long are refused or looked at in part', () => {
  const body = `${'a'.repeat(100)}=evil`;
  const rule = 'SecRule ARGS_NAMES|ARGS "@rx ." "id:1,phase:2,pass"\nSecRequestBodyLimit 100\n';
  const refused = waf(rule).inspect(post(body));
  assert.deepEqual(
    [refused.action, refused.status, refused.limit],
    ['deny', 413, 'the body is longer than 100 bytes'],
  );
  const partial = waf(`${rule}SecRequestBodyLimitAction ProcessPartial`).inspect(post(body));
  assert.equal(partial.action, 'pass');
  assert.equal(partial.matches[0]?.variable, `ARGS_NAMES:${'a'.repeat(100)}`);
});

test('values of a request whose look-up met a bound are not those of the next one', () => {
  const judge = waf(
    'SecRule ARGS_NAMES|ARGS:/^((a+)+)\\1$/ "@contains secret" "id:1,phase:2,deny,status:403"',
  );
  const get = (target: string): HttpRequest => ({
    method: 'GET',
    target,
    protocol: 'HTTP/1.1',
    headers: [],
    body: '',
  });
  assert.match(judge.inspect(get(`/?secret=1&${'a'.repeat(100_000)}b=1`)).limit, /takes more than/);
  assert.deepEqual(judge.inspect(get('/?harmless=1')).matches, []);
});

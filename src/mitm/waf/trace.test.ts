import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { CORPUS, withoutCorpus } from '../../../test/support/corpus.ts';
import { explainRule } from './explain.ts';
import { type HttpRequest, type HttpResponse, loadRules, type RuleSet, Waf } from './index.ts';
import { ruleById } from './matched-part.ts';
import { chooseRules } from './rule-sources.ts';
import { type NotRun, type RuleTrace, traceRule } from './trace.ts';

const RULES = loadRules([
  {
    kind: 'text',
    name: 'rules.conf',
    text: `SecAction "id:1,phase:1,pass,nolog,setvar:tx.level=2,setvar:tx.word=evil"
SecRule ARGS:jump "@streq 1" "id:2,phase:2,pass,nolog,skipAfter:END"
SecRule ARGS:remove "@streq 1" "id:3,phase:2,pass,nolog,ctl:ruleRemoveById=10"
SecRule ARGS:take "@streq 1" "id:4,phase:2,pass,nolog,ctl:ruleRemoveTargetById=10;ARGS:b"
SecRule ARGS:stop "@streq 1" "id:5,phase:2,deny,log"
SecRule ARGS:next "@streq 1" "id:6,phase:2,pass,nolog,skip:1"
SecRule ARGS|!ARGS:c "@rx union\\s+select" "id:10,phase:2,deny,t:none,t:urlDecodeUni,t:lowercase,log,chain,severity:CRITICAL,tag:'paranoia-level/2',msg:'m'"
  SecRule MATCHED_VAR|TX:level "@contains %{tx.word}" "setvar:tx.score=+5"
SecRule ARGS:m "@rx ^a$" "id:11,phase:2,pass,nolog,multiMatch,t:lowercase,t:trim"
SecMarker END
SecRule RESPONSE_STATUS "@streq 500" "id:12,phase:3,pass,log"
SecRule ARGS "@rx x" "id:13,phase:5,pass,log"
SecAction "id:14,phase:2,pass,nolog"
`,
  },
]);

function request(query: string): HttpRequest {
  return { method: 'GET', target: `/?${query}`, protocol: 'HTTP/1.1', headers: [['Host', 'a']], body: '' };
}

function trace(id: number, query: string, response?: HttpResponse, rules: RuleSet = RULES): RuleTrace {
  const rule = ruleById(rules, id);
  assert.ok(rule !== undefined);
  return traceRule(rules, rule, request(query), response);
}

function outcomes({ links }: RuleTrace): (readonly string[])[] {
  return links.map(({ values }) => values.map(({ variable, outcome }) => `${variable} ${outcome}`));
}

test('each value with what became of it', () => {
  const found = trace(10, 'a=UNION%2520SELECT+evil&b=union+all+selected&c=union+select&d=plain');
  assert.equal(found.matched, true);
  assert.deepEqual(outcomes(found), [
    ['ARGS:a matched', 'ARGS:b operator', 'ARGS:c excluded', 'ARGS:d prefilter'],
    ['MATCHED_VAR matched', 'TX:level operator'],
  ]);
  assert.deepEqual(found.links[0]?.values[0]?.steps, [
    { name: 'urlDecodeUni', text: 'UNION SELECT evil', changed: true },
    { name: 'lowercase', text: 'union select evil', changed: true },
  ]);
  assert.equal(found.links[0]?.argument, undefined);
  assert.equal(found.links[1]?.argument, 'evil');
  assert.equal(found.verdict.ruleId, 10);
});

test('values that an operator is asked about together', () => {
  const many = 'a=1x&b=2x&c=3x&d=4x&e=5x';
  const rules = loadRules([
    { kind: 'text', name: 'r', text: 'SecRule ARGS "@rx ^[a-c]+$" "id:1,phase:2,pass,log"' },
  ]);
  assert.deepEqual(outcomes(trace(1, many, undefined, rules)), [
    ['a', 'b', 'c', 'd', 'e'].map((name) => `ARGS:${name} operator`),
  ]);
  assert.deepEqual(outcomes(trace(1, `${many}&f=abc`, undefined, rules))[0]?.at(-1), 'ARGS:f matched');
});

test('a chain that ends at its second link', () => {
  const found = trace(10, 'a=union+select');
  assert.equal(found.matched, false);
  assert.equal(found.notRun, undefined);
  assert.deepEqual(outcomes(found)[1], ['MATCHED_VAR operator', 'TX:level operator']);
});

test('a target that another rule took out for this request', () => {
  assert.deepEqual(outcomes(trace(10, 'take=1&b=union+select+evil')), [
    ['ARGS:take prefilter', 'ARGS:b removed'],
  ]);
});

test('a value is asked about after each step of multiMatch', () => {
  assert.deepEqual(outcomes(trace(11, 'm=A')), [['ARGS:m matched']]);
  assert.deepEqual(outcomes(trace(11, 'm=+A+')), [['ARGS:m matched']]);
  assert.deepEqual(outcomes(trace(11, 'm=+BA+')), [['ARGS:m operator']]);
  assert.deepEqual(outcomes(trace(11, 'm=+B+')), [['ARGS:m prefilter']]);
});

const NOT_RUN: readonly (readonly [id: number, query: string, why: NotRun['why'], by: number | undefined])[] =
  [
    [10, 'jump=1', 'skipped', 2],
    [11, 'jump=1', 'skipped', 2],
    [10, 'next=1', 'skipped', 6],
    [10, 'remove=1', 'removed', 3],
    [10, 'stop=1', 'decided', 5],
    [12, 'a=1', 'noAnswer', undefined],
  ];

for (const [id, query, why, by] of NOT_RUN) {
  test(`rule ${id} does not run with ${query}: ${why}`, () => {
    const { notRun, links, matched } = trace(id, query);
    assert.equal(notRun?.why, why);
    assert.equal(
      notRun !== undefined && 'by' in notRun
        ? typeof notRun.by === 'object'
          ? notRun.by.id
          : notRun.by
        : undefined,
      by,
    );
    assert.deepEqual([links, matched], [[], false]);
  });
}

test('rules of answers and of logging', () => {
  const response = { status: 500, protocol: 'HTTP/1.1', headers: [], body: '' };
  assert.equal(trace(12, 'a=1', response).matched, true);
  assert.equal(trace(13, 'a=x').matched, true);
  assert.equal(trace(14, 'a=x').matched, true);
  assert.equal(trace(14, 'stop=1').notRun?.why, 'decided');
});

test('what is told of only because of the watch is left out of the verdict', () => {
  assert.deepEqual(trace(11, 'm=a&jump=1').verdict.matches, []);
  assert.deepEqual(trace(11, 'm=a').verdict.matches, []);
});

test('a rule is told link by link', () => {
  const rule = ruleById(RULES, 10);
  assert.ok(rule !== undefined);
  const { links, ...about } = explainRule(rule);
  assert.deepEqual(about, {
    id: 10,
    phase: 2,
    file: 'rules.conf',
    line: 7,
    message: 'm',
    severity: 'CRITICAL',
    tags: ['paranoia-level/2'],
    paranoia: 2,
    disruption: 'denies with status 403',
    log: true,
  });
  assert.deepEqual(links[0]?.targets, ['ARGS', '!ARGS:c']);
  assert.deepEqual(
    links[0]?.transformations.map(({ name }) => name),
    ['urlDecodeUni', 'lowercase'],
  );
  assert.equal(links[0]?.operator?.engine, 'v8');
  assert.ok((links[0]?.operator?.literals.length ?? 0) > 0);
  assert.deepEqual(links[1]?.changes, ['TX:score += 5']);
  assert.equal(links[1]?.operator?.macro, true);
});

test('the Core Rule Set: a watched rule changes no verdict', { skip: withoutCorpus('crs/rules') }, () => {
  const { sources, options } = chooseRules({ crs: join(CORPUS, 'crs') });
  const rules = loadRules(sources, options);
  const query = "id=1'+or+1=1--+&x=<script>alert(1)</script>&f=../../../etc/passwd";
  const { matches, ...plain } = new Waf(rules).inspect(request(query));
  const ids = matches.map(({ id }) => id);
  for (const id of [920170, 930110, 941110, 942100, 942440, 949110, 980170]) {
    const { verdict, matched } = trace(id, query, undefined, rules);
    const { matches: told, ...rest } = verdict;
    assert.deepEqual(rest, plain, String(id));
    assert.deepEqual(
      told.map((match) => match.id),
      ids,
      String(id),
    );
    assert.equal(matched, ids.includes(id), String(id));
  }
});

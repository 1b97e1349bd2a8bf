import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Policy } from '../policy.ts';
import type { PolicyEntry } from '../policy-options.ts';
import type { HttpRequest } from '../request.ts';
import { loadRules } from './load.ts';
import { Waf } from './waf.ts';

function get(host: string, type = 'text/plain'): HttpRequest {
  const headers = [
    ['Host', host],
    ['Content-Type', type],
  ] as const;
  return { method: 'GET', target: '/?a=1', protocol: 'HTTP/1.1', headers, body: '' };
}

function waf(text: string, entries: readonly PolicyEntry[] = []): Waf {
  const rules = loadRules([{ kind: 'text', name: 'case.conf', text: `SecRuleEngine On\n${text}` }]);
  return new Waf(rules, { policy: new Policy({ entries }) });
}

/** What comes of the same request three times: the opening runs for the first, and is copied for the others. */
function thrice(judge: Waf, request: HttpRequest): string[] {
  return [1, 2, 3].map(() => {
    const { action, ruleId, matches } = judge.inspect(request);
    return [action, ruleId, ...matches.map(({ id, message }) => `${id} ${message}`)].join(' ');
  });
}

const SETTINGS = `SecRule REQUEST_HEADERS:Content-Type "@contains json" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"
SecAction "id:2,phase:1,pass,nolog,setvar:tx.level=1,setvar:tx.sum=4"
SecRule &TX:limit "@eq 0" "id:3,phase:1,pass,nolog,setvar:tx.limit=%{tx.sum}%{tx.level}"
SecRule TX:level "@ge 1" "id:4,phase:1,pass,nolog,chain"
  SecRule TX:limit "@streq 41" "setvar:tx.sum=+10"
`;

test('what the opening rules set is the same for every request, and what they matched last', () => {
  const judge = waf(`${SETTINGS}
SecRule ARGS "@streq 1" "id:10,phase:1,pass,log,msg:'%{tx.level} %{tx.sum} %{tx.limit} %{REQBODY_PROCESSOR}'"`);
  const expected = (processor: string): string[] => new Array(3).fill(`pass 0 10 1 14 41 ${processor}`);
  assert.deepEqual(thrice(judge, get('a')), expected(''));
  assert.deepEqual(thrice(judge, get('a', 'application/json')), expected('JSON'));
  const last = waf(`${SETTINGS}
SecRule MATCHED_VAR_NAME "@streq TX:limit" "id:10,phase:1,pass,log,msg:'%{MATCHED_VAR}'"`);
  assert.deepEqual(thrice(last, get('a')), new Array(3).fill('pass 0 10 TX:limit'));
});

test('an opening rule that tells or ends does so for every request', () => {
  const denies = `SecAction "id:1,phase:1,pass,nolog,setvar:tx.level=1"
SecRule TX:level "@eq 1" "id:2,phase:1,deny,status:403,nolog"`;
  const entries: PolicyEntry[] = [{ host: 'watched', mode: 'detection' }];
  const judge = waf(denies, entries);
  assert.deepEqual(thrice(judge, get('watched')), ['pass 0', 'pass 0', 'pass 0']);
  assert.deepEqual(thrice(judge, get('a')), ['deny 2', 'deny 2', 'deny 2']);
  const tells = waf(`SecAction "id:1,phase:1,pass,log,msg:'told'"`);
  assert.deepEqual(thrice(tells, get('a')), ['pass 0 1 told', 'pass 0 1 told', 'pass 0 1 told']);
});

test('variables that a policy pins, and rules that it leaves out, count for their requests alone', () => {
  const entries: PolicyEntry[] = [
    { host: 'strict', inboundThreshold: 3 },
    { host: 'without', excludedRules: ['2'] },
  ];
  const judge = waf(
    `SecRule &TX:inbound_anomaly_score_threshold "@eq 0" "id:1,phase:1,pass,nolog,setvar:tx.inbound_anomaly_score_threshold=5"
SecAction "id:2,phase:1,pass,nolog,setvar:tx.two=two"
SecRule ARGS "@streq 1" "id:10,phase:1,pass,log,msg:'%{tx.inbound_anomaly_score_threshold}%{tx.two}'"`,
    entries,
  );
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(thrice(judge, get('a')), new Array(3).fill('pass 0 10 5two'));
    assert.deepEqual(thrice(judge, get('strict')), new Array(3).fill('pass 0 10 3two'));
    assert.deepEqual(thrice(judge, get('without')), new Array(3).fill('pass 0 10 5'));
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KnownTexts } from './known-texts.ts';
import { loadRules } from './load.ts';
import { SEMANTICS_HEAD, type SemanticsRequest } from './semantics-case.ts';
import { outcome } from './semantics-outcome.ts';
import { Changes, type Text, Texts } from './value.ts';
import { Waf } from './waf.ts';

const RULES = loadRules([
  {
    kind: 'text',
    name: 'case.conf',
    text: `${SEMANTICS_HEAD}
SecAction "id:1,phase:1,pass,nolog,setvar:tx.score=0,setvar:tx.limit=5"
SecRule TX:limit "@eq 5" "id:2,phase:1,pass,nolog,setvar:tx.double=%{tx.limit}%{tx.limit}"
SecRule &TX:absent "@eq 0" "id:3,phase:1,pass,nolog,setvar:tx.absent=none"
SecRule REQUEST_HEADERS:X-Skip "@streq yes" "id:4,phase:1,pass,nolog,ctl:ruleRemoveTargetById=11;ARGS:a"
SecRule REQUEST_HEADERS:X-Skip "@streq all" "id:5,phase:1,pass,nolog,ctl:ruleRemoveById=12"
SecRule ARGS|REQUEST_COOKIES "@rx (?i)union\\s+select" "id:11,phase:2,pass,log,capture,msg:'%{MATCHED_VAR_NAME}',logdata:'%{TX.0}',setvar:tx.score=+2"
SecRule ARGS|REQUEST_HEADERS "@rx ^[a-z]+=[0-9]{3}$" "id:12,phase:2,pass,log,msg:'%{TX.double} %{TX.absent}'"
SecRule ARGS "!@rx ^[a-z0-9 %+=<>'.-]*$" "id:13,phase:2,pass,log"
SecRule ARGS "@pm hello script" "id:14,phase:2,pass,log,t:none,t:urlDecodeUni,t:lowercase"
SecRule ARGS|ARGS_NAMES "@detectSQLi" "id:15,phase:2,pass,log,multiMatch,t:none,t:urlDecodeUni,t:removeNulls"
SecRule ARGS "@rx <script" "id:16,phase:2,pass,log,multiMatch,t:none,t:urlDecodeUni,t:base64Decode,setvar:tx.score=+3"
SecRule REQUEST_HEADERS:User-Agent "@contains bot" "id:17,phase:2,pass,log,chain"
  SecRule ARGS "@rx [0-9]{2}" "t:none"
SecRule ARGS "@within hello twelve %{tx.limit}" "id:18,phase:2,pass,log"
SecRule TX:score "@ge %{tx.limit}" "id:19,phase:2,deny,status:403,log,msg:'%{tx.score}'"
`,
  },
]);

const TEXTS = [
  '1%27+union+select+2',
  'union select',
  'hello',
  'HELLO',
  'abc=123',
  '%3Cscript%3Ealert(1)',
  'PHNjcmlwdD4=',
  "1' or 1=1--",
  'twelve',
  '42',
  '',
  'ünder',
  'x'.repeat(3000),
];
const AGENTS = ['Firefox 128', 'a bot', 'abc=123'];

const REQUEST: fc.Arbitrary<SemanticsRequest> = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom('a', 'b', 'id'), fc.constantFrom(...TEXTS)), { maxLength: 8 }),
    fc.constantFrom(...AGENTS),
    fc.constantFrom('no', 'yes', 'all'),
    fc.constantFrom(...TEXTS),
  )
  .map(([query, agent, skip, cookie]) => ({
    uri: `/shop?${query.map(([name, value]) => `${name}=${value}`).join('&')}`,
    headers: [
      ['User-Agent', agent],
      ['X-Skip', skip],
      ['Cookie', `c=${cookie}`],
    ] as const,
  }));

test('what is known of texts from other requests changes no verdict', () => {
  const seasoned = new Waf(RULES);
  const matched = new Set<string>();
  fc.assert(
    fc.property(REQUEST, (request) => {
      const expected = outcome(new Waf(RULES), request);
      assert.equal(outcome(seasoned, request), expected);
      for (const [id] of expected.matchAll(/\b1[1-9]\b/g)) matched.add(id);
    }),
    { numRuns: 1500, seed: 7 },
  );
  assert.equal(matched.size, 9, `only ${[...matched].join(' ')} matched: the others were not compared`);
});

const CHANGES = new Changes();

function find(known: KnownTexts, text: string, request: number): Text | undefined {
  return known.find(text, Buffer.from(text, 'latin1'), request, CHANGES);
}

test('a text is known from the second request on that it comes with; long ones never', () => {
  const known = new KnownTexts(2);
  assert.equal(find(known, 'a value', 1), undefined);
  assert.equal(find(known, 'a value', 1), undefined);
  const found = find(known, 'a value', 2);
  assert.equal(found?.text, 'a value');
  assert.equal(find(known, 'a value', 2), found);
  assert.equal(find(known, 'a value', 3), found);
  assert.equal(find(known, 'a valu3', 3), undefined);
  const long = 'x'.repeat(5000);
  for (let i = 0; i < 3; i++) assert.equal(find(known, long, i), undefined);
});

test('a text that comes twice with one request is looked at once', () => {
  const texts = new Texts(new Changes(), new KnownTexts(2));
  texts.enter(1);
  const first = texts.of('a value');
  assert.equal(texts.of('a value'), first);
  assert.ok(!first.isKnown);
  texts.enter(2);
  const second = texts.of('a value');
  assert.notEqual(second, first);
  assert.ok(second.isKnown);
});

test('what is known stays within its bound', () => {
  const known = new KnownTexts(16);
  let largest = 0;
  for (let i = 0; i < 40_000; i++) {
    const text = String(i).padStart(1000, 'value');
    find(known, text, 2 * i);
    find(known, text, 2 * i + 1);
    largest = Math.max(largest, known.bytes);
  }
  assert.ok(largest > 1 << 20, 'nothing was kept');
  assert.ok(largest <= 4 << 20, `${largest} bytes`);
});

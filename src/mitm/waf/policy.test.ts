import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadRules } from './engine/load.ts';
import { Waf } from './engine/waf.ts';
import { Policy } from './policy.ts';
import { type PolicyEntry, PolicyError } from './policy-options.ts';
import type { HttpRequest } from './request.ts';

function to(host: string, target: string, address = '192.0.2.7'): HttpRequest {
  const client = { address, port: 40000 };
  return { method: 'GET', target, protocol: 'HTTP/1.1', headers: [['Host', host]], body: '', client };
}

const RULES = loadRules([
  {
    kind: 'text',
    name: 'rules.conf',
    text: `SecAction "id:1,phase:1,pass,nolog,setvar:tx.blocking_paranoia_level=1,setvar:tx.inbound_anomaly_score_threshold=5"
SecRule ARGS "@contains evil" "id:10,phase:2,deny,tag:attack-a,msg:'argument'"
SecRule REQUEST_URI "@contains evil" "id:20,phase:2,deny,tag:attack-b,msg:'target'"
SecRule TX:blocking_paranoia_level "@ge 3" "id:30,phase:2,pass,msg:'strict %{tx.inbound_anomaly_score_threshold}'"
`,
  },
]);

function verdict(entries: readonly PolicyEntry[], request: HttpRequest) {
  const { action, ruleId, matches } = new Waf(RULES, { policy: new Policy({ entries }) }).inspect(request);
  return [action, ruleId, ...matches.map(({ message }) => message)];
}

test('the first entry whose host and path are meant counts', () => {
  const policy = new Policy({
    entries: [
      { host: 'www.example.org', path: '/static/', mode: 'off' },
      { host: 'www.example.org', mode: 'detection' },
      { host: '*.example.org', paranoiaLevel: 2 },
      { path: '/admin', paranoiaLevel: 4 },
    ],
  });
  const levels: readonly (readonly [HttpRequest, unknown])[] = [
    [to('www.example.org', '/static/a.css'), 'off'],
    [to('WWW.Example.org.:8080', '/static/a.css?x=/admin'), 'off'],
    [to('www.example.org', '/static'), 'detection'],
    [to('www.example.org', '/staticx'), 'detection'],
    [to('api.example.org', '/admin'), 2],
    [to('a.b.example.org', '/'), 2],
    [to('example.org', '/'), undefined],
    [to('notexample.org', '/admin'), 4],
    [to('other', '/admin/users'), 4],
    [to('other', '/administrator'), undefined],
    [to('ignored', 'http://other/admin'), 4],
    [to('[2001:db8::1]:443', '/admin'), 4],
  ];
  for (const [request, expected] of levels) {
    const { mode, paranoiaLevel } = policy.settingsFor(request);
    assert.equal(mode ?? paranoiaLevel, expected, JSON.stringify(request));
  }
});

test('a request that can be read in two ways gets the stricter reading', () => {
  const policy = new Policy({
    entries: [
      { path: '/static/', mode: 'off' },
      { path: '/admin', mode: 'on', paranoiaLevel: 3, inboundThreshold: 3 },
      { host: 'lax', mode: 'off', paranoiaLevel: 1, excludedRules: ['1-9'] },
      { mode: 'detection', paranoiaLevel: 1, inboundThreshold: 9, excludedRules: ['1-9'] },
    ],
  });
  for (const target of [
    '/static/../admin',
    '/static/..%2fadmin',
    '/static/%252e%252e/admin',
    '/static/..;/admin/x',
    '/static\\..\\..\\admin',
    '/admin/..%2fstatic/x',
    '/%61dmin',
    '//admin',
  ]) {
    const { mode, paranoiaLevel, inboundThreshold, excludedRules } = policy.settingsFor(to('x', target));
    assert.deepEqual(
      { mode, paranoiaLevel, inboundThreshold, excludedRules },
      { mode: 'on', paranoiaLevel: 3, inboundThreshold: 3, excludedRules: [] },
      target,
    );
  }
  const twice: HttpRequest = {
    ...to('lax', '/'),
    headers: [
      ['Host', 'lax'],
      ['host', 'strict'],
    ],
  };
  assert.equal(policy.settingsFor(twice).mode, 'detection');
  assert.equal(policy.settingsFor(to('lax', 'http://strict/')).mode, 'detection');
  assert.equal(policy.settingsFor(to('lax', '/')).mode, 'off');
  const many: HttpRequest = {
    ...to('lax', '/'),
    headers: [...'abcdef'].map((host) => ['Host', host] as const),
  };
  assert.equal(policy.settingsFor(many).mode, 'detection');
});

test('modes, exclusions and levels reach the rules', () => {
  const evil = to('www.example.org', '/?q=evil&other=x');
  assert.deepEqual(verdict([], evil), ['deny', 10, 'argument']);
  assert.deepEqual(verdict([{ mode: 'detection' }], evil), ['pass', 0, 'argument', 'target']);
  assert.deepEqual(verdict([{ mode: 'off' }], evil), ['pass', 0]);
  assert.deepEqual(verdict([{ excludedRules: ['10'] }], evil), ['deny', 20, 'target']);
  assert.deepEqual(verdict([{ excludedRules: ['10-20'] }], evil), ['pass', 0]);
  assert.deepEqual(verdict([{ excludedRules: ['tag:attack-a', 'tag:attack-b'] }], evil), ['pass', 0]);
  const target = (rules: string, targets: string) => [{ excludedTargets: [{ rules: [rules], targets }] }];
  assert.deepEqual(verdict(target('10', 'ARGS:q'), evil), ['deny', 20, 'target']);
  assert.deepEqual(verdict(target('tag:attack-a', 'ARGS:/^Q$/'), evil), ['deny', 20, 'target']);
  assert.deepEqual(verdict(target('1-999', 'ARGS|REQUEST_URI'), evil), ['pass', 0]);
  assert.deepEqual(verdict(target('10', 'ARGS:other'), evil), ['deny', 10, 'argument']);
});

test('rules cannot change what the policy sets', () => {
  const plain = to('www.example.org', '/');
  assert.deepEqual(verdict([{ paranoiaLevel: 3, inboundThreshold: 7 }], plain), ['pass', 0, 'strict 7']);
  assert.deepEqual(verdict([{ paranoiaLevel: 3 }], plain), ['pass', 0, 'strict 5']);
  assert.deepEqual(verdict([{ paranoiaLevel: 2 }], plain), ['pass', 0]);
});

test('a client is in the sample or it is not, and the shares are right', () => {
  const policy = new Policy({ entries: [{ samplePercent: 25 }], sampleSalt: 'salt' });
  const judged = (i: number): boolean => {
    const request = to('x', '/', `10.0.${i >> 8}.${i & 255}`);
    return policy.isJudged(policy.settingsFor(request), request);
  };
  const first = Array.from({ length: 4000 }, (_, i) => judged(i));
  const counts = policy.counts;
  assert.ok(Math.abs(counts.judged - 1000) < 100, `${counts.judged} of 4000`);
  assert.equal(counts.judged + counts.unsampled, 4000);
  assert.deepEqual(
    Array.from({ length: 4000 }, (_, i) => judged(i)),
    first,
  );
  const never = new Policy({ entries: [{ samplePercent: 0 }] });
  const waf = new Waf(RULES, { policy: never });
  assert.equal(waf.inspect(to('x', '/?q=evil')).action, 'pass');
  assert.deepEqual(never.counts, { judged: 0, unsampled: 1, off: 0 });
});

test('every mistake of a policy is told with its place', () => {
  const entries = [
    { host: 'a b', path: 'x', mode: 'loud' as 'on', samplePercent: 101 },
    { host: '*.*', path: '/a/../b', paranoiaLevel: 5, inboundThreshold: 0, outboundThreshold: 1.5 },
    { detectionParanoiaLevel: 1, paranoiaLevel: 2, excludedRules: ['x', 'tag:', '', '1-2'] },
    {
      excludedTargets: [
        { rules: [], targets: 'NOTHING' },
        { rules: ['1'], targets: '!ARGS' },
      ],
    },
  ];
  assert.throws(
    () => new Policy({ entries }),
    (error: unknown) => {
      assert.ok(error instanceof PolicyError);
      assert.deepEqual(
        error.faults.map((fault) => fault.split(': ')[0]),
        [
          'entries[0].host',
          'entries[0].path',
          'entries[0].mode',
          'entries[0].samplePercent',
          'entries[1].host',
          'entries[1].path',
          'entries[1].paranoiaLevel',
          'entries[1].inboundThreshold',
          'entries[1].outboundThreshold',
          'entries[2].detectionParanoiaLevel',
          'entries[2].excludedRules[0]',
          'entries[2].excludedRules[1]',
          'entries[2].excludedRules[2]',
          'entries[3].excludedTargets[0].rules',
          'entries[3].excludedTargets[0].targets',
          'entries[3].excludedTargets[1].targets',
        ],
      );
      return true;
    },
  );
});

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CORPUS, withoutCorpus } from '../../../../test/support/corpus.ts';
import { chooseRules } from '../../waf/rule-sources.ts';
import { createAnalyser } from './index.ts';
import { testTransaction } from './test-transaction.ts';

const CRS = join(CORPUS, 'crs');

test('all rules at full paranoia judge again, in detection mode, off the live path', {
  skip: withoutCorpus('crs/rules'),
}, async () => {
  assert.ok(existsSync(CRS));
  const { sources } = chooseRules({ crs: CRS, paranoia: 4 });
  const analyser = await createAnalyser({ waf: { sources } });
  const loaded = (): unknown => (analyser.statistics().waf as { loaded: boolean }).loaded;
  assert.equal(loaded(), false, 'the rules are loaded when they are needed');
  const headers = [
    ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'],
    ['Accept', '*/*'],
  ] as const;
  const attack = await analyser.analyse(
    testTransaction({ target: "/item?id=1'+UNION+SELECT+password+FROM+users--", headers }),
  );
  assert.equal(loaded(), true);
  const sqli = attack.findings.find(({ category }) => category === 'sqli');
  assert.equal(sqli?.kind, 'waf');
  assert.ok(sqli.ruleIds.includes(942100), String(sqli.ruleIds));
  assert.match(sqli.reason, /^SQL injection \(rules .*paranoia level 1.*\): /);
  assert.equal(attack.categories[0], 'sqli');
  assert.ok(attack.score >= 50);
  const benign = await analyser.analyse(testTransaction({ target: '/item?id=1', headers }));
  assert.ok(benign.score < 20, JSON.stringify(benign));
  const odd = await analyser.analyse(testTransaction({ target: '/search?q=50%25+rabatt+(heute)', headers }));
  assert.ok(odd.score < 50, JSON.stringify(odd));
  await analyser.close();
});

test('reasons hold no secrets of the request', { skip: withoutCorpus('crs/rules') }, async () => {
  const { sources } = chooseRules({ crs: CRS, paranoia: 4 });
  const analyser = await createAnalyser({ waf: { sources } });
  const secret = "Gehe1m'+OR+'1'='1";
  const body = `user=anna&password=${secret}`;
  const { findings } = await analyser.analyse(
    testTransaction({ method: 'POST', target: '/login', type: 'application/x-www-form-urlencoded', body }),
  );
  assert.ok(findings.some(({ kind }) => kind === 'waf'));
  for (const { reason } of findings) assert.doesNotMatch(reason, /Gehe1m/);
});

test('without rules of its own the live verdict counts', async () => {
  const analyser = await createAnalyser({});
  const match = {
    id: 942100,
    phase: 2,
    message: 'SQL Injection',
    data: '',
    severity: 'CRITICAL',
    tags: ['attack-sqli', 'paranoia-level/1'],
    version: '',
    file: '',
    line: 1,
    variable: 'ARGS:id',
    value: 'x',
    operator: '@detectSQLi',
  };
  const verdict = {
    action: 'deny',
    status: 403,
    location: '',
    ruleId: 949110,
    matches: [match],
    limit: '',
    score: { inbound: 5, outbound: 0 },
  } as const;
  const judgement = {
    action: 'deny',
    status: 403,
    location: '',
    reason: 'x',
    retryAfter: 0,
    verdict,
  } as const;
  const { score, categories, findings } = await analyser.analyse(testTransaction({ judgement }));
  assert.deepEqual([score, categories, findings[0]?.ruleIds], [50, ['sqli'], [942100]]);
});

test('rules that cannot be used are an error that says what is wrong', async () => {
  const analyser = await createAnalyser({
    waf: { sources: [{ kind: 'text', name: 'mine', text: 'SecRule ARGS "@nonsense x" "id:1"' }] },
  });
  await assert.rejects(analyser.analyse(testTransaction({})), /mine/);
});

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CORPUS, withoutCorpus } from '../../../test/support/corpus.ts';
import { curl } from '../../../test/support/mitmproxy/curl.ts';
import {
  startBackend,
  startMitmdump,
  temporaryFolder,
  withoutMitmdump,
} from '../../../test/support/mitmproxy/mitmdump.ts';
import { until } from '../../../test/support/mitmproxy/until.ts';
import { LiveJudge } from '../live/index.ts';
import type { WebTransaction } from '../transaction.ts';
import { type RuleSource, WafPool } from '../waf/index.ts';
import { chooseRules } from '../waf/rule-sources.ts';
import { MitmproxyBridge } from './bridge.ts';

const CRS = join(CORPUS, 'crs');
const OWN = `
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess On
SecRule ARGS "@contains evil" "id:1,phase:2,deny,status:406,msg:'evil'"
SecRule REQUEST_URI "@beginsWith /moved" "id:2,phase:1,redirect:https://www.example.org/here"
SecRule REQUEST_URI "@beginsWith /gone" "id:3,phase:1,drop"
SecRule RESPONSE_BODY "@contains secret key" "id:4,phase:4,deny,status:502,msg:'leak'"
`;

interface Place {
  readonly url: string;
  readonly transactions: readonly WebTransaction[];
}

/** mitmdump before a server, with the live path and rules behind the bridge. */
async function place(t: TestContext, sources: readonly RuleSource[]): Promise<Place> {
  const waf = await WafPool.start({ sources, workers: 1, settings: { mode: 'on' } });
  t.after(() => waf.close());
  const transactions: WebTransaction[] = [];
  const judge = new LiveJudge({
    waf,
    gates: [],
    sinks: [{ take: (transaction) => void transactions.push(transaction) }],
    requestBodyLimit: 100_000,
    responseBodyLimit: 65536,
    refusesLongBodies: true,
    judgesResponses: true,
  });
  const socket = join(temporaryFolder(t), 'weir.sock');
  const bridge = await MitmproxyBridge.listen({ judge, socket });
  t.after(() => bridge.close());
  const port = await startBackend(t, (request, response) => {
    request.resume();
    response.setHeader('content-type', 'text/html');
    response.end(request.url === '/leak' ? 'the secret key is 42' : `<p>${request.method}</p>`);
  });
  const mitmdump = await startMitmdump(
    t,
    socket,
    ['--mode', `reverse:http://127.0.0.1:${port}`],
    // The first request warms the rules up.
    ['weir_fail=closed', 'weir_timeout=10', 'keep_host_header=true'],
  );
  await mitmdump.running.says('connected to');
  return { url: `http://127.0.0.1:${mitmdump.port}`, transactions };
}

const skip = withoutMitmdump();

test('rules: requests and answers are blocked, redirected and dropped', { skip }, async (t) => {
  const { url, transactions } = await place(t, [{ kind: 'text', name: 'own', text: OWN }]);
  assert.equal((await curl(`${url}/?q=good`)).body.toString(), '<p>GET</p>');
  const denied = await curl(`${url}/?q=evil`);
  assert.equal(denied.status, 406);
  assert.equal((await curl('--data', 'q=evil', url)).status, 406);
  const moved = await curl(`${url}/moved`);
  assert.deepEqual([moved.status, moved.headers.location], [302, 'https://www.example.org/here']);
  assert.equal((await curl(`${url}/gone`)).code, 52);
  const leak = await curl(`${url}/leak`);
  assert.equal(leak.status, 502);
  assert.doesNotMatch(leak.body.toString(), /secret/);
  assert.equal((await curl('--data', 'x'.repeat(100_001), url)).status, 413);
  await until('transactions', () => transactions.length === 7);
  const [, second] = transactions;
  assert.ok(second !== undefined && denied.body.toString().includes(second.reference));
  assert.deepEqual(
    transactions.map(({ judgement, responseJudgement }) => [judgement.action, responseJudgement?.action]),
    [
      ['pass', 'pass'],
      ['deny', undefined],
      ['deny', undefined],
      ['redirect', undefined],
      ['drop', undefined],
      ['pass', 'deny'],
      ['deny', undefined],
    ],
  );
});

test('the Core Rule Set blocks attacks and lets the rest pass', {
  skip: skip || withoutCorpus('crs'),
}, async (t) => {
  const { url, transactions } = await place(t, chooseRules({ crs: CRS, paranoia: 1 }).sources);
  // The rule set does not like addresses for names.
  const host = ['-H', 'Host: www.example.org', '-A', 'Mozilla/5.0 (X11; Linux x86_64)'];
  const attacks: readonly (readonly string[])[] = [
    [`${url}/?id=1%27%20OR%20%271%27=%271%27%20--%20`],
    [`${url}/?q=%3Cscript%3Ealert(1)%3C/script%3E`],
    [`${url}/?file=../../../../etc/passwd`],
    ['--data-urlencode', "name=x'; DROP TABLE users; SELECT * FROM users --", `${url}/form`],
  ];
  for (const attack of attacks) {
    const { status, body } = await curl(...host, ...attack);
    assert.equal(status, 403, attack.join(' '));
    const last = transactions.at(-1);
    assert.ok(last !== undefined && body.toString().includes(`<code>${last.reference}</code>`));
    assert.ok((last.judgement.verdict?.matches.length ?? 0) > 0);
  }
  const benign: readonly (readonly string[])[] = [
    [`${url}/`],
    [`${url}/search?q=blue+shoes&page=2`],
    ['--data-urlencode', 'comment=I liked it, thank you!', `${url}/form`],
    ['--json', '{"name":"Ann","items":[1,2,3]}', `${url}/api`],
  ];
  for (const one of benign) assert.equal((await curl(...host, ...one)).status, 200, one.join(' '));
});

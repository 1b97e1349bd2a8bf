import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  coreRuleSet,
  curl,
  ownFolder,
  withoutCoreRuleSet,
  withoutPrograms,
} from '../../../test/support/web-parts.ts';
import { parseConfiguration, plan } from '../../config/index.ts';
import { chooseRules, DEBIAN_CRS, loadRules, NoRulesError, Waf } from '../waf/index.ts';
import { EXCLUSIONS, withExclusions } from './exclusions.ts';
import { Gateway, GatewayError } from './index.ts';
import { application, optionsIn, started } from './testing.ts';

/** Queries as clients send them. */
const QUERIES: readonly string[] = [
  'query { user(id: 1) { name } }',
  'query User($id: ID!) { user(id: $id) { id name posts(first: 10) { edges { node { title } } } } }',
  'query List($first: Int, $filter: F, $size: Int) { items(first: $first, filter: $filter, size: $size) { id } }',
  'mutation Set($set: S!, $type: String) { set(input: $set, type: $type) { ok } }',
  '{ me { name } }',
  '{ ...Part }\nfragment Part on Query { count sum { x } }',
  'query Q($a: Boolean!) { me { ...Part @include(if: $a) ... on User { id } } }\nfragment Part on User { name }',
  '\n  # of the shop\n  query Search($search: String!, $sort: S) {\n    search(q: $search, orderBy: {field: NAME}, sort: $sort) {\n      __typename\n id\n }\n}\n',
  'subscription On($in: [ID!]) { changed(ids: $in) { id } }',
];

/** Bodies that are none, or have an attack beside or within the query. */
const ATTACKS: readonly string[] = [
  JSON.stringify({
    query: 'query U($id: ID!) { user(id: $id) { name } }',
    variables: { id: "1' OR '1'='1' -- " },
  }),
  JSON.stringify({ query: '{ user(name: "<script>alert(1)</script>") { name } }' }),
  JSON.stringify({ query: '{ file(path: "../../../../etc/passwd") { text } }' }),
  JSON.stringify({ query: '{"name": {"$gt": "", "$where": "sleep(1000)"}}' }),
  JSON.stringify({ query: '{ $where: "sleep(1000)" }' }),
  JSON.stringify({ query: 'select; user(); query { a }' }),
  JSON.stringify({
    query: 'query U($a: A) { one(with: $a) { name } }',
    variables: { a: { $ne: null, $gt: '' } },
  }),
  // Which of the two an application reads nobody knows.
  '{"query": "query { a }", "query": "{$where: user()}"}',
  JSON.stringify({ search: 'query { user(id: 1) { name } }' }),
  JSON.stringify([{ query: '{$where: user()}' }, { query: 'query { a }' }]),
];

/** What the rules say of bodies, with the exclusions and without. */
function judge(crs: string, isExcluded: boolean): (body: string, type?: string) => boolean {
  const chosen = withExclusions(chooseRules({ crs, paranoia: 1 }), isExcluded ? EXCLUSIONS : []);
  const rules = loadRules(chosen.sources, { ...chosen.options, settings: { mode: 'on' } });
  const waf = new Waf(rules, {});
  return (body, type = 'application/json') => {
    const headers = Object.entries({
      Host: 'shop.example',
      'User-Agent': 'Mozilla/5.0',
      Accept: '*/*',
      'Content-Type': type,
      'Content-Length': String(body.length),
    });
    const client = { address: '192.0.2.1', port: 40_000 };
    const request = { method: 'POST', target: '/graphql', protocol: 'HTTP/1.1', headers, body, client };
    return waf.inspect(request).action === 'deny';
  };
}

for (const crs of new Set([coreRuleSet() ?? DEBIAN_CRS, DEBIAN_CRS])) {
  test(`queries of GraphQL pass the rules of ${crs}, attacks do not`, { skip: withoutRules(crs) }, () => {
    const bodies = QUERIES.map((query) => JSON.stringify({ query, variables: { search: 'red shoes' } }));
    const before = judge(crs, false);
    assert.ok(
      bodies.some((body) => before(body)),
      'there is something to exclude',
    );
    const after = judge(crs, true);
    assert.deepEqual(
      bodies.filter((body) => after(body)),
      [],
    );
    assert.deepEqual(
      bodies.filter((body) => after(body, 'application/json; charset=utf-8')),
      [],
    );
    for (const body of ATTACKS) assert.equal(after(body), before(body), body);
    assert.ok(ATTACKS.slice(0, 4).every((body) => after(body)));
  });
}

function withoutRules(crs: string): string | false {
  try {
    chooseRules({ crs });
    return false;
  } catch (error) {
    if (error instanceof NoRulesError) return error.message;
    throw error;
  }
}

test('exclusions are said, and their mistakes told', async (t) => {
  const text = 'web: {enabled: true, waf: {exclusions: [graphql]}, haproxy: {listen: ":1"}}\n';
  assert.ok(plan(parseConfiguration(text, 'w.yaml')).some((line) => line.endsWith('are left out: graphql.')));
  assert.throws(
    () => parseConfiguration('web: {waf: {exclusions: [graphq]}}\n', 'w.yaml'),
    /w\.yaml:1:\d+: web\.waf\.exclusions takes graphql, not 'graphq'; did you mean 'graphql'/,
  );
  const base = optionsIn(ownFolder(t));
  await assert.rejects(
    Gateway.start(
      { ...base, waf: { ...base.waf, exclusions: ['graphql'] } },
      { records: undefined, report: () => undefined },
    ),
    (error) =>
      error instanceof GatewayError &&
      /exclusions \(graphql\) are from the Core Rule Set/.test(error.message),
  );
});

test('a query passes through the proxy to the application', {
  skip: withoutCoreRuleSet() || withoutPrograms('curl'),
  timeout: 60_000,
}, async (t) => {
  const base = optionsIn(ownFolder(t));
  const { url: to, seen } = await application(t);
  const { url } = await started(t, {
    ...base,
    reverse: { ...base.reverse, listen: '127.0.0.1:0', to },
    waf: { ...base.waf, crs: coreRuleSet() ?? '', rules: [], exclusions: ['graphql'] },
  });
  const ask = (body: string) =>
    curl('-A', 'Mozilla/5.0', '-H', 'Host: shop.example', '--json', body, `${url}/graphql`);
  assert.equal((await ask(JSON.stringify({ query: QUERIES[1] }))).status, 200);
  assert.equal((await ask(ATTACKS[0] as string)).status, 403);
  assert.equal(seen.length, 1);
});

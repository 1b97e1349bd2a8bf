import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Analysis } from '../../analysis.ts';
import { createAnalyser, type LearningAnalyser } from '../index.ts';
import { START_MS, type TestTransaction, testTransaction } from '../test-transaction.ts';

/** Sends requests of so many clients in turn, one every `stepMs`; gives what was said of each. */
async function send(
  analyser: LearningAnalyser,
  count: number,
  wish: (i: number) => TestTransaction,
  { clients = 50, fromMs = START_MS, stepMs = 2000 } = {},
): Promise<Analysis[]> {
  const said: Analysis[] = [];
  for (let i = 0; i < count; i++) {
    const client = `192.0.2.${i % clients}`;
    said.push(await analyser.analyse(testTransaction({ client, atMs: fromMs + i * stepMs, ...wish(i) })));
  }
  return said;
}

const ITEM = (i: number): TestTransaction => ({
  target: `/item/${i * 7}?id=${i}&sort=${i % 2 === 0 ? 'up' : 'down'}`,
});
const LATER_MS = START_MS + 3_600_000;

async function taught(): Promise<LearningAnalyser> {
  const analyser = await createAnalyser({});
  await send(analyser, 400, ITEM);
  return analyser;
}

async function judged(analyser: LearningAnalyser, wish: TestTransaction): Promise<Analysis> {
  return analyser.analyse(testTransaction({ client: '198.18.0.9', atMs: LATER_MS, ...wish }));
}

function reasons({ findings }: Analysis): string {
  return findings.map(({ reason }) => reason).join('\n');
}

test('findings say what was seen and what is usual', async () => {
  const analyser = await taught();
  const long = await judged(analyser, { target: `/item/5?id=${'9'.repeat(480)}&sort=up` });
  assert.match(
    reasons(long),
    /^parameter id of GET \/item\/\{n\}: 480 characters, usually 1 to 3 \(99 % of \d{3} requests\)/,
  );
  const text = await judged(analyser, { target: '/item/5?id=1+union+select+1&sort=up' });
  assert.match(
    reasons(text),
    /text, as in none of \d{3} requests \(usually a number\); has small letters and spaces/,
  );
  assert.ok(text.score >= 50, String(text.score));
  const few = await judged(analyser, { target: '/item/5?id=1&sort=sideways' });
  assert.match(reasons(few), /parameter sort of GET .* a new value where 2 are usual/);
  assert.ok(few.score < 50);
  const unknown = await judged(analyser, { target: '/item/5?id=1&sort=up&debug=1' });
  assert.match(reasons(unknown), /parameter debug of GET \/item\/\{n\}: not seen in \d{3} requests/);
  const path = await judged(analyser, { target: "/item/1'%20OR%20'1'='1?id=1&sort=up", status: 404 });
  assert.match(reasons(path), /path below \/item: .*text, as in none of \d{3} requests \(usually a number\)/);
  assert.ok(path.score >= 50);
  const method = await judged(analyser, { method: 'DELETE', target: '/item/5' });
  assert.match(reasons(method), /DELETE \/item\/\{n\}: usually GET there/);
  assert.deepEqual((await judged(analyser, { target: '/item/77?id=31&sort=down' })).findings, []);
});

test('bodies: types, lengths, members of JSON, and their paths', async () => {
  const analyser = await createAnalyser({});
  const body = (quantity: unknown, i: number): string =>
    JSON.stringify({
      items: [
        { id: i, quantity },
        { id: i + 1, quantity: 2 },
      ],
    });
  const put = (text: string, type = 'application/json'): TestTransaction => ({
    method: 'PUT',
    target: '/api/cart',
    type,
    body: text,
  });
  await send(analyser, 300, (i) => put(body(1 + (i % 3), i)));
  assert.match(
    reasons(await judged(analyser, put(body('1;ls', 4)))),
    /JSON member items\.\[\]\.quantity of PUT \/api\/cart: .*text/,
  );
  assert.match(
    reasons(await judged(analyser, put('<a/>', 'text/xml'))),
    /content type text\/xml of PUT \/api\/cart: usually application\/json/,
  );
  const bloated = await judged(analyser, put(`${body(1, 4).slice(0, -1)},"x":${' '.repeat(20_000)}1}`));
  assert.match(reasons(bloated), /body of PUT \/api\/cart: 20,\d\d\d bytes, usually up to/);
  assert.match(
    reasons(await judged(analyser, put(''))),
    /quantity of PUT \/api\/cart: missing, it is in (?:99|100) % of/,
  );
});

test('nothing is said while an endpoint is learned, nor from what a single client does', async () => {
  const analyser = await createAnalyser({});
  for (const { findings } of await send(analyser, 49, ITEM)) assert.deepEqual(findings, []);
  const alone = await createAnalyser({});
  await send(alone, 3000, ITEM, { clients: 1 });
  assert.deepEqual((await judged(alone, { target: "/item/5?id='or'1&sort=up" })).findings, []);
});

test('one client alone cannot make its attacks usual, however often it comes', async () => {
  const analyser = await taught();
  const attack: TestTransaction = { target: "/item/5?id=1'+or+'1'%3D'1&sort=up" };
  const before = await judged(analyser, attack);
  await send(analyser, 10_000, () => attack, { clients: 1, fromMs: LATER_MS, stepMs: 1000 });
  const after = await judged(analyser, { ...attack, atMs: LATER_MS + 10_000_000 });
  assert.ok(before.score >= 50 && after.score >= 50, `${before.score}, then ${after.score}`);
});

test('what was blocked, what the application did not know and what attackers do teaches nothing', async () => {
  const analyser = await taught();
  const learned = (): unknown => (analyser.statistics().endpoints as { learned: number }).learned;
  const before = learned();
  const judgement = {
    action: 'deny',
    status: 403,
    location: '',
    reason: 'x',
    retryAfter: 0,
    verdict: undefined,
  } as const;
  await judged(analyser, { target: '/item/1?id=1&sort=up', judgement });
  await judged(analyser, { target: '/new/place', status: 404 });
  await judged(analyser, { target: '/new/place', status: 500 });
  for (const path of ['/.env', '/.git/config', '/wp-login.php'])
    await judged(analyser, { target: path, status: 404 });
  assert.equal(learned(), before);
});

test('a change that many clients make is followed', async () => {
  const analyser = await taught();
  const changed = (i: number): TestTransaction => ({ target: `/item/${i}?id=sku_${i}&sort=up&tab=info` });
  const first = await judged(analyser, changed(1));
  assert.ok(first.findings.length > 0);
  await send(analyser, 2000, changed, { clients: 200, fromMs: LATER_MS, stepMs: 3000 });
  const last = await judged(analyser, { ...changed(5), atMs: LATER_MS + 7_000_000 });
  assert.deepEqual(last.findings, []);
});

test('names of which there are many become one endpoint, with their ending', async () => {
  const analyser = await createAnalyser({});
  const name = (i: number): string => [...String(i)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
  await send(
    analyser,
    2000,
    (i) => ({ target: i % 3 === 0 ? '/articles/index' : `/articles/${name(i)}.html` }),
    { clients: 200 },
  );
  const keys = analyser.snapshot().endpoints.map((one) => one.name);
  assert.ok(
    keys.includes('GET /articles/{*}.html') && keys.includes('GET /articles/index'),
    keys.slice(0, 5).join(),
  );
});

test('what is learned can be saved and loaded, and holds no values', async () => {
  const analyser = await createAnalyser({});
  await send(analyser, 400, (i) => ({
    ...ITEM(i),
    headers: [
      ['Cookie', `sid=SECRETVALUE${i % 9}`],
      ['User-Agent', 'AGENTVALUE'],
    ],
  }));
  const text = JSON.stringify(analyser.snapshot());
  assert.doesNotMatch(text, /SECRETVALUE|AGENTVALUE|192\.0\.2/);
  const other = await createAnalyser({});
  other.restore(JSON.parse(text));
  const attack: TestTransaction = { target: '/item/5?id=1+union+select+1&sort=up' };
  assert.deepEqual(await judged(other, attack), await judged(analyser, attack));
  assert.deepEqual(
    (await judged(other, { target: '/item/9?id=12&sort=down', headers: [['User-Agent', 'AGENTVALUE']] }))
      .findings,
    [],
  );
});

test('a snapshot that is broken changes nothing and says where it is', async () => {
  const analyser = await taught();
  const good = JSON.parse(JSON.stringify(analyser.snapshot()));
  const broken: readonly (readonly [unknown, RegExp])[] = [
    [null, /snapshot is no object/],
    [{ version: 2 }, /snapshot\.version is 2, this reads 1/],
    [{ ...good, salt: 'x' }, /salt is no number/],
    [{ ...good, hosts: {} }, /hosts is no list/],
    [{ ...good, hosts: [{ ...good.hosts[0], fields: 1 }] }, /hosts\[0\]\.fields is no object/],
    [
      { ...good, endpoints: [{ ...good.endpoints[0], bodyLengths: [48, 1] }] },
      /endpoints\[0\]\.bodyLengths has no place 48/,
    ],
    [
      { ...good, endpoints: [{ ...good.endpoints[0], bodies: -1 }] },
      /endpoints\[0\]\.bodies is no number from 0 on/,
    ],
  ];
  for (const [snapshot, message] of broken)
    assert.throws(() => analyser.restore(snapshot), { name: 'SnapshotError', message });
  assert.ok((await judged(analyser, { target: '/item/5?id=1+union+select+1&sort=up' })).score >= 50);
});

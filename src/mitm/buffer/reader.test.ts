import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PASSED } from '../judge.ts';
import type { WebTransaction } from '../transaction.ts';
import { handOver, pack } from './handover.ts';
import { MODELS_FILE } from './models.ts';
import { OWNER_ONLY, PrivateFolder } from './private-folder.ts';
import type { BufferReader } from './reader.ts';
import { loadKey, Ring } from './ring/index.ts';
import { denied, temporaryFolder, transaction, verdict } from './testing.ts';
import { ask, LIMITS, list, opened, put } from './testing-reader.ts';

test('an entry tells what was sent, without its secrets; raw it has them', async (t) => {
  const reader = await opened(t);
  const body = `user=jo&password=hunter2secret&q=evil&rest=${'r'.repeat(5000)}`;
  const sent = transaction({
    method: 'POST',
    target: '/login/../admin?token=abcdef0123456789&page=2&x=%3Cb%3E',
    host: 'Shop.Example:8443',
    headers: [
      ['Authorization', 'Basic am86aHVudGVyMg=='],
      ['Cookie', 'theme=dark0000; SESSIONID=cafe1234cafe'],
      ['Content-Type', 'application/x-www-form-urlencoded'],
      ['Referer', 'https://shop.example/?token=abcdef0123456789'],
      ['X-Echo', 'cafe1234cafe'],
    ],
    body,
  });
  await put(reader, sent);
  const entry = await ask(reader, { kind: 'entry', reference: sent.reference, isRaw: false });
  assert.ok(entry !== undefined);
  const { client, server, communityId, method, host, port, path, query, analysed, score, categories } = entry;
  assert.deepEqual(
    { client, server, communityId, method, host, port, path, query, analysed, score, categories },
    {
      client: { address: '203.0.113.9', port: 40_000 },
      server: { address: '192.0.2.80', port: 80 },
      communityId: sent.request.connection.communityId,
      method: 'POST',
      host: 'shop.example',
      port: 8443,
      path: '/login/../admin',
      query: [
        ['token', '[redacted]'],
        ['page', '2'],
        ['x', '<b>'],
      ],
      analysed: true,
      score: 70,
      categories: ['sqli'],
    },
  );
  assert.deepEqual(entry.response, { status: 200, bytes: 4, type: 'text/html', latencyMs: 3 });
  assert.equal(entry.findings[0]?.ruleIds[0], 942100);
  assert.equal(entry.body.preview.length, 500);
  assert.equal(entry.body.bytes, body.length);
  assert.equal(entry.body.hashedBytes, LIMITS.requestBodyBytes);
  assert.equal(entry.body.hash, createHash('sha256').update(body.slice(0, 4096)).digest('hex'));
  const shown = JSON.stringify(entry);
  for (const secret of ['hunter2', 'am86', 'cafe1234', 'dark0000', 'abcdef0123456789']) {
    assert.ok(!shown.includes(secret), secret);
  }
  assert.ok(entry.body.preview.startsWith('user=jo&password=[redacted]&q=evil'));
  const raw = await ask(reader, { kind: 'entry', reference: sent.reference, isRaw: true });
  assert.ok(raw?.body.preview.includes('password=hunter2secret'));
  assert.deepEqual(raw?.headers.slice(2), sent.request.headers.slice(2));
  assert.equal(await ask(reader, { kind: 'entry', reference: 'none', isRaw: false }), undefined);
});

test('secrets of JSON and of multipart bodies are not shown', async (t) => {
  const reader = await opened(t);
  const part = (name: string, value: string): string =>
    `--BOUND\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const json = transaction({
    headers: [['Content-Type', 'application/json']],
    body: '{"name": "jo", "password": "hunter2secret", "card": "4111 1111 1111 1111"}',
  });
  const multipart = transaction({
    headers: [['Content-Type', 'multipart/form-data; boundary=BOUND']],
    body: `${part('comment', 'fine weather')}${part('password', 'hunter2secret')}--BOUND--`,
  });
  await put(reader, json, multipart);
  const previews = (await list(reader)).map(({ body }) => body.preview);
  assert.ok(previews.every((preview) => !preview.includes('hunter2') && !preview.includes('4111')));
  assert.ok(
    previews.some((preview) => preview.includes('fine weather') && preview.includes('name="password"')),
  );
});

test('no body, header or secret is readable in any file on disk', async (t) => {
  const folder = temporaryFolder(t);
  const reader = await opened(t, {
    folder: join(folder, 'ring'),
    statusFiles: { folder: join(folder, 'status') },
    forensicLog: {},
  });
  const secrets = ['body-content-4711', 'hunter2secret', 'cookie-value-0815', 'answer-content-99'];
  await put(
    reader,
    transaction({
      method: 'POST',
      target: '/evil?password=hunter2secret',
      headers: [['Cookie', 'a=cookie-value-0815']],
      body: 'body-content-4711',
      answer: 'answer-content-99',
    }),
  );
  await reader.close();
  let files = 0;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    if (!statSync(path).isFile()) continue;
    files++;
    const bytes = readFileSync(path, 'latin1');
    for (const secret of secrets) assert.ok(!bytes.includes(secret), `${secret} in ${name}`);
  }
  // The segment, the key, the log of findings, and dpi-dual's two.
  assert.equal(files, 5);
});

test('entries are found by address, network, reference, time, score and host, the newest first', async (t) => {
  const reader = await opened(t);
  const at = Date.now() * 1000 - 60e6;
  await put(
    reader,
    transaction({ reference: 'a', client: '192.0.2.1', timeUs: at, host: 'one.example' }),
    transaction({ reference: 'b', client: '192.0.2.2', timeUs: at + 1e6, target: '/evil' }),
    transaction({ reference: 'c', client: '2001:DB8::7', timeUs: at + 2e6, judgement: denied(941100) }),
    transaction({ reference: 'd', client: '::ffff:192.0.2.1', timeUs: at + 3e6 }),
  );
  const found = async (selection: object): Promise<string> =>
    (await list(reader, selection)).map(({ reference }) => reference).join('');
  assert.equal(await found({}), 'dcba');
  assert.equal(await found({ most: 2 }), 'dc');
  assert.equal(await found({ address: '192.0.2.1' }), 'da');
  assert.equal(await found({ address: '192.0.2.0/24' }), 'dba');
  assert.equal(await found({ address: '2001:db8:0::7' }), 'c');
  assert.equal(await found({ reference: 'b' }), 'b');
  assert.equal(await found({ reference: 'b', address: '192.0.2.1' }), '');
  assert.equal(await found({ fromUs: at + 1e6, toUs: at + 3e6 }), 'cb');
  assert.equal(await found({ minimalScore: 70 }), 'b');
  assert.equal(await found({ blocked: true }), 'c');
  assert.equal(await found({ host: 'ONE.example' }), 'a');
  await assert.rejects(list(reader, { address: '192.0.2.300' }), /"192\.0\.2\.300" is no address/);
});

test('the context of an address: what it asked for, and its sessions', async (t) => {
  const reader = await opened(t);
  const at = Date.now() * 1000 - 3000e6;
  const cookie = (value: string): readonly [string, string] => ['Cookie', `sessionid=${value}`];
  await put(
    reader,
    transaction({ timeUs: at, target: '/a?x=1', headers: [cookie('1')] }),
    transaction({ timeUs: at + 1e6, target: '/a?x=2', headers: [cookie('1')] }),
    transaction({ timeUs: at + 2e6, target: '/evil', headers: [cookie('2')] }),
    transaction({ timeUs: at + 2900e6, target: '/b', headers: [cookie('1')], judgement: denied(942100) }),
    transaction({ client: '203.0.113.10' }),
  );
  const question = { kind: 'context', address: '203.0.113.9' } as const;
  const context = await ask(reader, { ...question, windowSeconds: 3600 });
  assert.equal(context.requests, 4);
  assert.equal(context.blocked, 1);
  assert.equal(context.highestScore, 70);
  assert.deepEqual([context.firstUs, context.lastUs], [at, at + 2900e6]);
  assert.deepEqual(context.hosts, [{ name: 'www.example.org', count: 4 }]);
  assert.deepEqual(context.paths[0], { name: '/a', count: 2 });
  assert.deepEqual(context.categories, [{ name: 'sqli', count: 2 }]);
  assert.equal(context.sessionCount, 3);
  assert.deepEqual(
    context.sessions.map(({ requests }) => requests),
    [1, 1, 2],
  );
  assert.equal((await ask(reader, { ...question, windowSeconds: 120 })).requests, 1);
});

test('faults of the analyser are counted and cost nothing else', async (t) => {
  const reader = await opened(t, { analysisTimeoutMs: 50 });
  await put(
    reader,
    transaction({ target: '/fail' }),
    transaction({ target: '/late' }),
    transaction({ target: '/fine' }),
  );
  const { stored, analysed, analysisFailures, analysisProblem, ring } = reader.statistics;
  assert.deepEqual([stored, analysed, analysisFailures, ring.entries], [3, 1, 2, 3]);
  assert.match(analysisProblem, /it took longer than 50 ms/);
  assert.deepEqual((await list(reader)).map(({ path, analysed: done }) => [path, done]).toSorted(), [
    ['/fail', false],
    ['/fine', true],
    ['/late', false],
  ]);
});

test('without an analyser the live verdict gives score and categories', async (t) => {
  const reader = await opened(t, { analyser: undefined });
  await put(reader, transaction({ judgement: denied(942100, 5) }), transaction({}));
  assert.deepEqual(
    (await list(reader))
      .map(({ score, categories, blocked }) => ({ score, categories, blocked }))
      .toSorted((a, b) => a.score - b.score),
    [
      { score: 0, categories: [], blocked: false },
      { score: 50, categories: ['sqli'], blocked: true },
    ],
  );
});

test('what is long is cut before it is stored, and what was cut is said', async (t) => {
  const reader = await opened(t);
  const long = transaction({
    target: `/${'p'.repeat(100_000)}`,
    headers: Array.from({ length: 500 }, (_, i): [string, string] => [`X-${i}`, 'v'.repeat(1000)]),
    body: 'b'.repeat(100_000),
    judgement: { ...PASSED, verdict: { ...verdict(1), matches: new Array(500).fill(verdict(1).matches[0]) } },
  });
  const handed = handOver(long, LIMITS);
  assert.ok(handed.head.length < 200_000 && handed.requestBody.length === 4096);
  await put(reader, long);
  const [entry] = await list(reader);
  assert.equal(entry?.isCut, true);
  assert.equal(entry?.body.bytes, 100_000);
});

test('an address can be forgotten, and everything wiped', async (t) => {
  const folder = join(temporaryFolder(t), 'ring');
  const options = { folder, forensicLog: {}, statusFiles: { folder: join(folder, '..', 'status') } };
  const alerts = (): string => readFileSync(join(folder, '..', 'status', 'waf-alerts.json'), 'utf8');
  const log = (): string => readFileSync(join(folder, 'findings.jsonl'), 'utf8');
  const reader = await opened(t, options);
  const from = (client: string): WebTransaction => transaction({ client, target: '/evil' });
  await put(reader, from('192.0.2.1'), from('192.0.2.2'), from('192.0.2.1'));
  assert.ok(log().includes('192.0.2.1"'));
  assert.equal(await ask(reader, { kind: 'forget', address: '192.0.2.1' }), 2);
  assert.ok(!log().includes('192.0.2.1"') && log().includes('192.0.2.2"'));
  await put(reader, from('192.0.2.3'));
  assert.equal(log().trimEnd().split('\n').length, 2);
  await reader.close();
  assert.ok(!alerts().includes('192.0.2.1"') && alerts().includes('192.0.2.2"'));
  const again = await opened(t, options);
  assert.deepEqual(
    (await list(again)).map(({ client }) => client.address),
    ['192.0.2.3', '192.0.2.2'],
  );
  assert.deepEqual(await ask(again, { kind: 'wipe' }), { entries: 2, isKeyReplaced: true });
  assert.deepEqual(await list(again), []);
  assert.deepEqual(readdirSync(folder).sort(), ['buffer.key', 'lock']);
});

test('what the analyser learned is kept for the next start, unless it is wiped or broken', async (t) => {
  const folder = join(temporaryFolder(t), 'ring');
  const models = join(folder, MODELS_FILE);
  const analyser = { url: new URL('./analysis/index.ts', import.meta.url).href, options: {} };
  const endpoints = (reader: BufferReader): unknown => {
    const { analyser: known } = reader.statistics;
    return (known.endpoints as Readonly<Record<string, unknown>> | undefined)?.endpoints;
  };
  const first = await opened(t, { folder, analyser });
  await put(first, transaction({ target: '/item/1?id=5' }), transaction({ target: '/cart' }));
  const learned = endpoints(first);
  assert.ok(Number(learned) >= 2, JSON.stringify(first.statistics.analyser));
  await first.close();
  assert.equal(statSync(models).mode & 0o777, 0o600);
  const second = await opened(t, { folder, analyser });
  assert.deepEqual([endpoints(second), second.statistics.modelProblem], [learned, '']);
  await ask(second, { kind: 'wipe' });
  assert.ok(!readdirSync(folder).includes(MODELS_FILE));
  assert.equal(endpoints(second), 0);
  await second.close();
  writeFileSync(models, '{"version": 77}', { mode: 0o600 });
  const third = await opened(t, { folder, analyser });
  assert.equal(endpoints(third), 0);
  assert.match(third.statistics.modelProblem, /what was learned before cannot be used/);
});

test('an entry of another form is left out and counted; the others are read', async (t) => {
  const folder = join(temporaryFolder(t), 'ring');
  const before = await opened(t, { folder });
  await put(before, transaction({ reference: 'before' }));
  await before.close();
  const own = new PrivateFolder(folder, OWNER_ONLY);
  const bounds = { entries: 1000, bytes: 1 << 24, ageMs: 3_600_000, memoryBytes: 1 << 20 };
  const listener = { stored: () => undefined, noted: () => undefined, removed: () => undefined };
  const ring = new Ring(own, own, loadKey(own, undefined), bounds, listener, Date.now);
  const other = { head: '{"another":"version"}', requestBody: '', responseBody: '' };
  assert.ok(ring.append(Date.now() * 1000, pack(other)));
  ring.close();
  own.close();
  const reader = await opened(t, { folder });
  assert.deepEqual(
    (await list(reader)).map(({ reference }) => reference),
    ['before'],
  );
  assert.equal(reader.statistics.unreadable, 1);
});

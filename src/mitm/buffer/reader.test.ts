import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PASSED } from '../judge.ts';
import type { WebTransaction } from '../transaction.ts';
import type { RuleSource } from '../waf/index.ts';
import { handOver, pack } from './handover.ts';
import type { Answers, Question } from './messages.ts';
import { MODELS_FILE } from './models.ts';
import { OWNER_ONLY, PrivateFolder } from './private-folder.ts';
import { BufferReader, type ReaderOptions } from './reader.ts';
import { loadKey, Ring } from './ring/index.ts';
import { denied, temporaryFolder, transaction, verdict } from './testing.ts';

const ANALYSER = { url: new URL('./testing-analyser.ts', import.meta.url).href, options: {} };
const LIMITS = { requestBodyBytes: 4096, responseBodyBytes: 4096 };
/** One rule with this id. */
function ruleOf(id: number): readonly RuleSource[] {
  const text = `SecRule ARGS "@contains evil" "id:${id},phase:2,deny,status:403,msg:'evil'"`;
  return [{ kind: 'text', name: 'candidate.conf', text }];
}

/** A reader over a folder, closed after the test. */
async function opened(
  t: TestContext,
  options: Partial<ReaderOptions> = {},
  clock?: () => number,
): Promise<BufferReader> {
  const all: ReaderOptions = {
    folder: options.folder ?? join(temporaryFolder(t), 'ring'),
    bounds: { entries: 1000, bytes: 1 << 24, ageMs: 3_600_000, memoryBytes: 1 << 20 },
    previewBytes: 500,
    analysisTimeoutMs: 2000,
    upstreams: [],
    analyser: ANALYSER,
    ...options,
  };
  const reader = await BufferReader.open(all, clock);
  let closed = false;
  const close = reader.close.bind(reader);
  reader.close = async () => {
    if (!closed) await close();
    closed = true;
  };
  t.after(() => reader.close());
  return reader;
}

async function put(reader: BufferReader, ...transactions: readonly WebTransaction[]): Promise<void> {
  for (const one of transactions) assert.ok(await reader.take(handOver(one, LIMITS)));
}

async function ask<Kind extends Question['kind']>(
  reader: BufferReader,
  question: Extract<Question, { readonly kind: Kind }>,
): Promise<Answers[Kind]> {
  return (await reader.answer(question)) as Answers[Kind];
}

async function list(reader: BufferReader, selection = {}): Promise<Answers['list']> {
  return ask(reader, { kind: 'list', selection });
}

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

test('statistics and status files after a restart are those of what is there', async (t) => {
  const folder = temporaryFolder(t);
  const options = {
    folder: join(folder, 'ring'),
    statusFiles: { folder: join(folder, 'status') },
  };
  const first = await opened(t, options);
  await put(
    first,
    transaction({ reference: 'one', target: '/evil\u001b[31m?secret=1', host: 'shop.example' }),
    transaction({ reference: 'two', judgement: denied(930100, 3) }),
    transaction({ reference: 'three' }),
  );
  await first.close();
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, 'status', name), 'utf8'));
  const status = read('dpi-buffer.json') as Record<string, unknown>;
  assert.match(String(status.timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
  assert.deepEqual(status, {
    timestamp: status.timestamp,
    entries: 3,
    max_size: 1000,
    requests_total: 3,
    threats_detected: 1,
    blocked_count: 1,
    high_threat_in_buffer: 1,
    threat_distribution: { path_traversal: 1, sqli: 1 },
    top_hosts: { 'www.example.org': 2, 'shop.example': 1 },
    analysis_enabled: true,
    replay_enabled: false,
  });
  const alerts = read('waf-alerts.json') as Record<string, unknown>[];
  assert.deepEqual(
    alerts.map(({ timestamp: _, ...rest }) => rest),
    [
      {
        id: 'one',
        client_ip: '203.0.113.9',
        host: 'shop.example',
        path: '/evil\\x1b[31m',
        method: 'GET',
        threat_score: 70,
        categories: ['sqli'],
        blocked: false,
        rule: 'sqli',
      },
      {
        id: 'two',
        client_ip: '203.0.113.9',
        host: 'www.example.org',
        path: '/',
        method: 'GET',
        threat_score: 30,
        categories: ['path_traversal'],
        blocked: true,
        rule: '930100',
      },
    ],
  );
  assert.equal(statSync(join(folder, 'status', 'dpi-buffer.json')).mode & 0o777, 0o640);
  const second = await opened(t, options);
  await second.close();
  assert.deepEqual(read('waf-alerts.json'), alerts);
  assert.equal((read('dpi-buffer.json') as Record<string, unknown>).entries, 3);
});

test('a status folder that is gone is made again; one that is a link now is not followed', async (t) => {
  const folder = temporaryFolder(t);
  const status = join(folder, 'status');
  const reader = await opened(t, {
    folder: join(folder, 'ring'),
    statusFiles: { folder: status, intervalSeconds: 0 },
  });
  await reader.tick();
  assert.deepEqual([reader.statistics.statusProblem, readdirSync(status).length], ['', 2]);
  rmSync(status, { recursive: true });
  await reader.tick();
  assert.deepEqual([reader.statistics.statusProblem, readdirSync(status).length], ['', 2]);
  rmSync(status, { recursive: true });
  mkdirSync(join(folder, 'trap'));
  symlinkSync(join(folder, 'trap'), status);
  await reader.tick();
  assert.match(reader.statistics.statusProblem, /cannot be written: .* is a link or no folder/);
  assert.deepEqual(readdirSync(join(folder, 'trap')), []);
});

test('the log of findings is redacted, and rotates within its bounds', async (t) => {
  const folder = join(temporaryFolder(t), 'ring');
  const reader = await opened(t, { folder, forensicLog: { fileBytes: 4096, files: 2 } });
  const sent = Array.from({ length: 60 }, (_, i) => transaction({ target: `/evil${i}?token=hunter2secret` }));
  await put(reader, ...sent, transaction({ target: '/fine' }));
  const names = readdirSync(folder)
    .filter((name) => name.startsWith('findings'))
    .sort();
  assert.deepEqual(names, ['findings.jsonl', 'findings.jsonl.1', 'findings.jsonl.2']);
  const lines = names.reverse().flatMap((name) => {
    const path = join(folder, name);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.ok(statSync(path).size <= 4096);
    return readFileSync(path, 'utf8').trimEnd().split('\n');
  });
  const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(records.at(-1)?.reference, sent.at(-1)?.reference);
  assert.equal(records.at(-1)?.community_id, sent[0]?.request.connection.communityId);
  assert.deepEqual(records.at(-1)?.rule_ids, [942100]);
  assert.ok(!lines.join('').includes('hunter2'));
  assert.deepEqual(reader.statistics.forensicLog, { lines: 60, dropped: 0, problem: '' });
});

test('the log of findings keeps lines for so long, and no keys of paths', async (t) => {
  const folder = join(temporaryFolder(t), 'ring');
  let nowMs = Date.parse('2026-05-01T00:00:00Z');
  const options = { folder, forensicLog: { fileBytes: 4096, files: 2, ageMs: 3_600_000 } };
  const reader = await opened(t, options, () => nowMs);
  const files = (): readonly string[] =>
    readdirSync(folder)
      .filter((name) => name.startsWith('findings'))
      .sort();
  const paths = (): readonly string[] =>
    files()
      .toReversed()
      .flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
      .map((line) => (JSON.parse(line) as { http: { path: string } }).http.path);
  const token = 'k3J9xQ2mZ8vL5nB7wR4t';
  for (let minute = 0; minute < 50; minute += 10) {
    await put(reader, transaction({ target: `/evil${minute}/${token}`, timeUs: nowMs * 1000 }));
    nowMs += 10 * 60_000;
  }
  const left = (...minutes: readonly number[]): readonly string[] =>
    minutes.map((one) => `/evil${one}/{token}`);
  await reader.tick();
  assert.deepEqual(paths(), left(0, 10, 20, 30, 40));
  nowMs += 25 * 60_000;
  await reader.tick();
  assert.deepEqual(paths(), left(20, 30, 40));
  assert.equal(statSync(join(folder, 'findings.jsonl')).mode & 0o777, 0o600);
  // What follows is added to what is left; several files, of which the oldest goes as a whole.
  for (let i = 0; i < 15; i++) {
    await put(
      reader,
      transaction({ target: '/evil75/3f2504e0-4f89-11d3-9a0c-0305e82c3301', timeUs: nowMs * 1000 }),
    );
  }
  assert.deepEqual(files(), ['findings.jsonl', 'findings.jsonl.1', 'findings.jsonl.2']);
  assert.equal(paths().at(-1), '/evil75/{uuid}');
  nowMs += 45 * 60_000;
  await reader.tick();
  assert.deepEqual(new Set(paths()), new Set(['/evil75/{uuid}']));
  nowMs += 16 * 60_000;
  await reader.tick();
  assert.deepEqual(files(), []);
  await put(reader, transaction({ target: '/evil/again', timeUs: nowMs * 1000 }));
  assert.deepEqual(paths(), ['/evil/again']);
  assert.equal(reader.statistics.forensicLog?.problem, '');
});

test('findings of transactions with a low score are not written, where the log is told so', async (t) => {
  const reader = await opened(t, { forensicLog: { minimalScore: 71 } });
  await put(reader, transaction({ target: '/evil' }));
  assert.equal(reader.statistics.forensicLog?.lines, 0);
});

test('judged again with candidate rules: what would be denied, what no longer, and by which rules', async (t) => {
  const reader = await opened(t, { analyser: undefined });
  await put(
    reader,
    transaction({ reference: 'new', target: '/?q=evil&password=hunter2secret' }),
    transaction({ reference: 'old', target: '/?q=mild', judgement: denied(942100) }),
    transaction({ reference: 'both', target: '/?q=evil', judgement: denied(942100) }),
    transaction({ reference: 'none', target: '/?q=mild' }),
    transaction({ reference: 'banned', target: '/', judgement: { ...PASSED, action: 'drop' } }),
    transaction({ reference: 'part', method: 'POST', body: 'a', bodyBytes: 99 }),
  );
  const question = { kind: 'rejudge', selection: {}, rules: { sources: ruleOf(77) } } as const;
  const report = await ask(reader, { ...question, budgetMs: 20_000 });
  const { newlyDenied, noLongerDenied, rules, tookMs: _, ...counts } = report;
  assert.deepEqual(counts, {
    judged: 6,
    left: 0,
    partial: 1,
    limited: 0,
    unjudgedBefore: 1,
    deniedBefore: 2,
    deniedAfter: 2,
    highestScore: 0,
    newlyDeniedCount: 1,
    noLongerDeniedCount: 1,
  });
  assert.deepEqual(
    newlyDenied.map(({ reference, path, before, after, ruleId }) => ({
      reference,
      path,
      before,
      after,
      ruleId,
    })),
    [{ reference: 'new', path: '/', before: [], after: [77], ruleId: 77 }],
  );
  assert.deepEqual(
    noLongerDenied.map(({ reference, before }) => ({ reference, before })),
    [{ reference: 'old', before: [942100] }],
  );
  assert.deepEqual(rules, [
    { id: 77, before: 0, after: 2 },
    { id: 942100, before: 2, after: 0 },
  ]);
  assert.equal((await ask(reader, { ...question, budgetMs: 0 })).left, 6);
  const wrong = { sources: [{ kind: 'text', name: 'wrong.conf', text: 'SecRule' }] } as const;
  await assert.rejects(ask(reader, { ...question, rules: wrong, budgetMs: 1000 }), /wrong\.conf/);
});

test('an alert has what its address sent before judged again, once', async (t) => {
  const folder = join(temporaryFolder(t), 'ring');
  const reader = await opened(t, {
    folder,
    alertReplay: { rules: { sources: ruleOf(942100) } },
    forensicLog: {},
  });
  // The analyser does not see it, because it is encoded; the rules do.
  const earlier = transaction({ reference: 'earlier', target: '/?q=%65vil' });
  await put(reader, earlier, transaction({ client: '198.51.100.7', target: '/?q=%65vil' }));
  // What the analyser found by the same rule is no news.
  await put(reader, transaction({ target: '/evil?q=evil' }), transaction({ target: '/evil' }));
  await reader.settled();
  const { alertReplay } = reader.statistics;
  assert.equal(alertReplay?.problem, '');
  assert.deepEqual([alertReplay?.alerts, alertReplay?.repeated, alertReplay?.found], [2, 1, 1]);
  const entry = await ask(reader, { kind: 'entry', reference: 'earlier', isRaw: false });
  assert.equal(entry?.score, 50);
  assert.match(
    entry?.findings[0]?.reason ?? '',
    /judged again after an alert of its address: rule 942100 denies it/,
  );
  assert.equal((await list(reader, { address: '198.51.100.7' }))[0]?.score, 0);
  assert.match(readFileSync(join(folder, 'findings.jsonl'), 'utf8'), /"reference":"earlier"/);
});

test('sent again to a sandbox: what it got, and what differs', async (t) => {
  const got: { target: string; headers: Record<string, unknown>; body: string }[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  const server = createServer((request, response) => {
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    let body = '';
    request.setEncoding('latin1').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      got.push({ target: request.url ?? '', headers: request.headers, body });
      setTimeout(() => {
        atOnce--;
        if (request.url === '/broken') return request.socket.destroy();
        response
          .writeHead(request.url === '/gone' ? 404 : 200, { Location: 'http://192.0.2.80/' })
          .end('fine');
      }, 5);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const reader = await opened(t, { analyser: undefined });
  await put(
    reader,
    transaction({
      reference: 'post',
      method: 'POST',
      target: 'http://www.example.org/form?a=%41',
      headers: [
        ['Authorization', 'Basic xyz'],
        ['Cookie', 'a=b'],
        ['Connection', 'close, X-Hop'],
        ['X-Hop', '1'],
        ['Transfer-Encoding', 'chunked'],
        ['X-Weir-Replay', 'forged'],
        ['X-Kept', 'caf\u00e9'],
      ],
      body: '\u00e9\u0000body',
    }),
    transaction({ reference: 'gone', target: '/gone', answer: 'another length' }),
    transaction({ reference: 'broken', target: '/broken' }),
    transaction({ reference: 'bad', target: '/a b' }),
    transaction({ reference: 'part', method: 'POST', body: 'a', bodyBytes: 99 }),
    transaction({ reference: 'tunnel', method: 'CONNECT', target: 'x:443' }),
  );
  const question = { kind: 'resend', selection: {}, origin: `http://127.0.0.1:${port}` } as const;
  const report = await ask(reader, { ...question, bounds: { ratePerSecond: 500, concurrency: 2 } });
  const { comparisons, tookMs: _, ...counts } = report;
  assert.deepEqual(counts, {
    sent: 4,
    answered: 2,
    failed: 2,
    otherStatus: 1,
    otherLength: 1,
    skipped: 2,
    left: 0,
  });
  const post = got.find(({ target }) => target.startsWith('/form'));
  assert.equal(post?.target, '/form?a=%41');
  assert.equal(post?.body, '\u00e9\u0000body');
  const { headers = {} } = post ?? {};
  assert.equal(headers['x-weir-replay'], 'post');
  assert.equal(headers['x-kept'], 'caf\u00e9');
  assert.equal(headers.host, 'www.example.org');
  for (const name of ['authorization', 'cookie', 'x-hop', 'transfer-encoding'])
    assert.equal(headers[name], undefined);
  const gone = comparisons.find(({ reference }) => reference === 'gone');
  assert.deepEqual([gone?.recorded?.status, gone?.replayed?.status, gone?.isSameStatus], [200, 404, false]);
  assert.match(comparisons.find(({ reference }) => reference === 'bad')?.error ?? '', /unescaped/);
  assert.ok(mostAtOnce <= 2);

  got.length = 0;
  const again = { ...question, selection: { reference: 'post' } };
  await ask(reader, { ...again, bounds: { withCredentials: true } });
  assert.equal(got[0]?.headers.cookie, 'a=b');
  const late = await ask(reader, {
    ...question,
    bounds: { ratePerSecond: 10, budgetMs: 150, concurrency: 1 },
  });
  assert.ok(late.left > 0 && late.sent < 4);
});

test('nothing is sent to where requests really go, by any of its names', async (t) => {
  const upstreams = ['back-end.example:3000', '127.0.0.1:3001', '[::1]:3002'];
  const reader = await opened(t, { analyser: undefined, upstreams });
  await put(
    reader,
    transaction({ host: 'localhost:8080', server: '127.0.0.1:8080' }),
    transaction({ host: 'www.example.org', server: '192.0.2.80:80' }),
  );
  const refusal = async (origin: string): Promise<string> => {
    try {
      await ask(reader, { kind: 'resend', selection: {}, origin, bounds: { budgetMs: 1 } });
      return '';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  for (const origin of [
    'http://127.0.0.1:8080',
    'http://127.1:8080',
    'http://127.0.0.2:8080',
    'http://[::ffff:127.0.0.1]:8080',
    'http://[::1]:8080',
    'http://LOCALHOST.:8080',
    'https://localhost:8080/',
    'http://192.0.2.80',
    'http://3221226064',
    'http://localhost:3001',
    'http://127.0.0.1:3002',
  ]) {
    assert.match(await refusal(origin), /is no sandbox: requests really go to/, origin);
  }
  for (const origin of [
    '',
    'localhost:80',
    'ftp://localhost',
    'http://u:p@localhost',
    'http://localhost/x',
    'http://[::]:1',
  ]) {
    assert.match(await refusal(origin), /is no origin/, origin);
  }
  assert.match(
    await refusal('http://no-such-host.invalid:1'),
    /the address of no-such-host\.invalid is not known/,
  );
  assert.equal(await refusal('http://127.0.0.1:9'), '');
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

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { PASSED } from '../judge.ts';
import { denied, temporaryFolder, transaction } from './testing.ts';
import { ask, list, opened, put, ruleOf } from './testing-reader.ts';

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

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { denied, temporaryFolder, transaction } from './testing.ts';
import { opened, put } from './testing-reader.ts';

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

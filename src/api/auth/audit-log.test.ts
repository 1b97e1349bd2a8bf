import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Value } from 'typebox/value';
import { AuditEntrySchema } from '../schema/audit.ts';
import { AuditLog } from './audit-log.ts';
import { sentSummary } from './sent-summary.ts';
import { ListeningApi } from './testing.ts';

const CHANGE = {
  name: 'alice',
  role: 'admin',
  by: 'token',
  address: '127.0.0.1',
  method: 'POST',
  route: '/api/v1/decisions',
  params: {},
  status: 200,
  sent: { value: '203.0.113.9' },
} as const;

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-audit-'));
  context.after(() => {
    // One of the tests mounts a disk of its own there.
    spawnSync('umount', ['--lazy', '--quiet', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

test('entries count up over rotations and new starts, the oldest files go', async (context) => {
  const folder = folderOf(context);
  const reported: string[] = [];
  const open = (): AuditLog =>
    new AuditLog(
      folder,
      () => 1_000_000,
      (line) => void reported.push(line),
      2000,
    );
  let log = open();
  for (let i = 0; i < 40; i++) log.write(CHANGE);
  log.close();
  // The end of a line that the machine's end cut off.
  appendFileSync(join(folder, 'audit.jsonl'), '{"id":41,"timeUs":1');
  log = open();
  log.write(CHANGE);
  assert.deepEqual(
    (await log.newest(2)).map(({ id }) => id),
    [41, 40],
  );
  for (let i = 0; i < 59; i++) log.write(CHANGE);
  const ids = (await log.newest(1000)).map(({ id }) => id);
  assert.equal(ids[0], 100);
  assert.deepEqual(
    ids,
    ids.toSorted((one, other) => other - one),
  );
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(
    (await log.newest(3, 98)).map(({ id }) => id),
    [97, 96, 95],
  );
  assert.deepEqual(await log.newest(10, ids.at(-1)), []);
  log.close();
  assert.equal(readdirSync(folder).length, 5);
  assert.ok(statSync(join(folder, 'audit.jsonl.1')).size < 2500);
  assert.deepEqual(reported, []);
});

test('failed logins cannot push the changes out', async (context) => {
  let nowUs = 60_000_000;
  const log = new AuditLog(
    folderOf(context),
    () => nowUs,
    () => undefined,
  );
  log.write(CHANGE);
  for (let i = 0; i < 500; i++) log.write({ ...CHANGE, name: '', by: 'nobody', status: 401 });
  assert.equal((await log.newest(1000)).length, 31);
  nowUs += 60_000_000;
  log.write({ ...CHANGE, name: '', by: 'nobody', status: 401 });
  const [newest] = await log.newest(1);
  assert.equal(newest?.left, 470);
  log.close();
});

test('neither viewers nor what is refused can push the changes out', async (context) => {
  const log = new AuditLog(
    folderOf(context),
    () => 60_000_000,
    () => undefined,
  );
  log.write(CHANGE);
  for (let i = 0; i < 100; i++) log.write({ ...CHANGE, name: 'bob', role: 'viewer' });
  for (let i = 0; i < 100; i++) log.write({ ...CHANGE, status: 403 });
  assert.equal((await log.newest(1000)).length, 31);
  // What weir failed at may have changed something.
  log.write({ ...CHANGE, status: 503 });
  const [newest] = await log.newest(1);
  assert.deepEqual([newest?.status, newest?.left], [503, 170]);
  log.close();
});

test('an entry that the disk took a part of spoils no other', {
  skip: process.getuid?.() !== 0 && 'needs root to mount',
}, async (context) => {
  const folder = folderOf(context);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', folder]).status !== 0) {
    context.skip('nothing can be mounted here');
    return;
  }
  const reported: string[] = [];
  const log = new AuditLog(
    folder,
    () => 1_000_000,
    (line) => void reported.push(line),
  );
  writeFileSync(join(folder, 'other'), 'x'.repeat(20_000));
  for (let i = 0; i < 100; i++) log.write(CHANGE);
  assert.equal(reported.length, 1);
  const [before] = await log.newest(1);
  assert.ok(before !== undefined && before.id < 100);
  rmSync(join(folder, 'other'));
  log.write(CHANGE);
  assert.deepEqual(
    (await log.newest(2)).map(({ id }) => id),
    [101, before.id],
  );
  log.close();
});

test('a folder that cannot be written is said once, and keeps nobody from working', () => {
  const reported: string[] = [];
  const log = new AuditLog(
    '/proc/none',
    () => 0,
    (line) => void reported.push(line),
  );
  log.write(CHANGE);
  log.write(CHANGE);
  assert.equal(reported.length, 1);
  assert.match(reported[0] ?? '', /^\/proc\/none\/audit\.jsonl: /);
});

test('what was sent is shortened, and tells no secret', () => {
  const sent = sentSummary({
    value: 'x'.repeat(500),
    token: 'weir_secret',
    newPassword: 'p',
    apiKey: 'k',
    limit: 5,
    nested: { token: 'weir_secret' },
    list: [1, 2],
    ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`field${i}`, i])),
  });
  const text = JSON.stringify(sent);
  assert.ok(!text.includes('weir_secret') && !text.includes('"p"') && !text.includes('"k"'));
  assert.ok(text.length < 1000);
  assert.equal(sent.value, '(500 characters)');
  assert.equal(sentSummary({ yaml: 'smtp:\n  word: x' }).yaml, '(15 characters)');
  assert.equal(sent.list, '(list of 2)');
  assert.equal(sent['...'], '11 more');
  assert.deepEqual(sentSummary('plain'), { '': 'plain' });
});

test('every change and every failed login is on record, and administrators read it by pages', async (context) => {
  const listening = await ListeningApi.open('{rate: 100000}');
  context.after(() => listening.close());
  const secret = await listening.token('boss', 'admin');
  const headers = { authorization: `Bearer ${secret}` };
  for (const name of ['one', 'two']) {
    await listening.ask({ method: 'POST', path: '/api/v1/tokens', headers, body: { name, role: 'viewer' } });
  }
  await listening.ask({ method: 'DELETE', path: '/api/v1/tokens/one', headers });
  await listening.ask({ path: '/api/v1/tokens', headers });
  const { cookie } = await listening.login({ token: secret });
  await listening.ask({
    method: 'POST',
    path: '/api/v1/tokens',
    headers: { cookie },
    body: { name: 'forged' },
  });
  await listening.ask({ path: '/api/v1/tokens', headers: { authorization: 'Bearer weir_wrong' } });
  await listening.ask({ method: 'POST', path: '/api/v1/session', body: { token: 'weir_guess' } });
  const first = await listening.ask({ path: '/api/v1/audit?limit=4', headers });
  const rest = await listening.ask({ path: `/api/v1/audit?limit=4&cursor=${first.json.next}`, headers });
  const items = [...(first.json.items as object[]), ...(rest.json.items as object[])] as Record<
    string,
    unknown
  >[];
  assert.equal(rest.json.next, undefined);
  assert.deepEqual(
    items.map(({ name, by, method, route, status }) => `${name} ${by} ${method} ${route} ${status}`),
    [
      ' nobody POST /api/v1/session 401',
      ' nobody GET /api/v1/tokens 401',
      'boss session POST /api/v1/tokens 403',
      'boss session POST /api/v1/session 200',
      'boss token DELETE /api/v1/tokens/:name 204',
      'boss token POST /api/v1/tokens 201',
      'boss token POST /api/v1/tokens 201',
    ],
  );
  assert.deepEqual(items[4]?.params, { name: 'one' });
  for (const item of items) assert.deepEqual([...Value.Errors(AuditEntrySchema, item)], []);
  const text = readFileSync(join(listening.folder, 'audit.jsonl'), 'utf8');
  for (const word of [secret, 'weir_guess', 'weir_wrong']) assert.ok(!text.includes(word));
  const bad = await listening.ask({ path: '/api/v1/audit?cursor=x', headers });
  assert.equal(bad.status, 400);
});

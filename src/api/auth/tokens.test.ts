import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Problem } from '../problem.ts';
import { LoginCodes } from './codes.ts';
import { FailedLogins } from './failed-logins.ts';
import { OpenAnswers } from './open-answers.ts';
import { Sessions } from './sessions.ts';
import { Tokens } from './tokens.ts';

const HOUR_US = 3_600_000_000;

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-tokens-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function never(line: string): void {
  assert.fail(line);
}

test('tokens survive as digests, in a file of their owner alone', async (context) => {
  const folder = folderOf(context);
  let nowUs = 10 * HOUR_US;
  const tokens = new Tokens(folder, () => nowUs, never);
  const made = await Promise.all(
    ['a', 'b', 'c'].map((name) =>
      tokens.create({ name, role: 'viewer', madeBy: 'test', expiresUs: 20 * HOUR_US }),
    ),
  );
  const path = join(folder, 'tokens.json');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const text = readFileSync(path, 'utf8');
  for (const { secret } of made) assert.ok(!text.includes(secret.slice(5)));
  const again = new Tokens(folder, () => nowUs, never);
  const secret = made[1]?.secret ?? '';
  assert.equal(again.find(secret)?.name, 'b');
  assert.equal(again.find(`${secret}x`), undefined);
  nowUs = 20 * HOUR_US;
  assert.equal(again.find(secret), undefined, 'expired');
  assert.equal(again.list().length, 3);
});

test('names are given once, numbers are bounded', async (context) => {
  const tokens = new Tokens(folderOf(context), () => 0, never);
  await tokens.create({ name: 'a', role: 'viewer', madeBy: 'test' });
  await assert.rejects(tokens.create({ name: 'a', role: 'admin', madeBy: 'test' }), Problem);
  await Promise.all(
    Array.from({ length: 255 }, (_, i) => tokens.create({ name: `t${i}`, role: 'viewer', madeBy: 'test' })),
  );
  await assert.rejects(tokens.create({ name: 'z', role: 'viewer', madeBy: 'test' }), /256 tokens/);
  await assert.rejects(tokens.revoke('nobody'), Problem);
});

test('a file that is damaged lets nobody in, and is kept', (context) => {
  const folder = folderOf(context);
  const path = join(folder, 'tokens.json');
  for (const text of [
    '{',
    '[]',
    '{"items":[{"name":"x","role":"admin"}]}',
    '{"items":[{"role":"root"}]}',
    '',
  ]) {
    writeFileSync(path, text);
    const said: string[] = [];
    assert.equal(
      new Tokens(
        folder,
        () => 0,
        (line) => void said.push(line),
      ).list().length,
      0,
    );
    assert.match(said[0] ?? '', /tokens\.json is damaged: it is put aside/);
    assert.equal(readFileSync(`${path}.damaged`, 'utf8'), text);
    assert.ok(!existsSync(path));
  }
});

test('a token that cannot be saved is not made, one that cannot be erased is revoked yet', async (context) => {
  const folder = folderOf(context);
  const said: string[] = [];
  const tokens = new Tokens(
    folder,
    () => 0,
    (line) => void said.push(line),
  );
  const { secret } = await tokens.create({ name: 'a', role: 'viewer', madeBy: 'test' });
  rmSync(folder, { recursive: true });
  writeFileSync(folder, 'no folder');
  await assert.rejects(tokens.create({ name: 'b', role: 'viewer', madeBy: 'test' }), /cannot be written/);
  assert.deepEqual(
    tokens.list().map(({ name }) => name),
    ['a'],
  );
  await assert.rejects(tokens.revoke('a'), /cannot be written/);
  assert.equal(tokens.find(secret), undefined);
  assert.equal(said.length, 2);
});

test('sessions expire, and the oldest makes room', async (context) => {
  const folder = folderOf(context);
  let nowUs = 0;
  const tokens = new Tokens(folder, () => nowUs, never);
  const sessions = new Sessions(folder, () => nowUs, tokens, never);
  const first = await sessions.begin({ name: 'a', role: 'viewer' }, 1000);
  assert.equal(sessions.find(first)?.name, 'a');
  assert.ok(!readFileSync(join(folder, 'sessions.json'), 'utf8').includes(first));
  const all = await Promise.all(
    Array.from({ length: 1024 }, (_, i) => sessions.begin({ name: `b${i}`, role: 'viewer' }, 1000)),
  );
  assert.equal(sessions.find(first), undefined);
  assert.equal(sessions.find(all.at(-1) ?? '')?.name, 'b1023');
  nowUs = 1_000_000;
  assert.equal(sessions.find(all.at(-1) ?? ''), undefined);
});

test('who logs in again and again ends no login of others', async (context) => {
  const folder = folderOf(context);
  const tokens = new Tokens(folder, () => 0, never);
  const sessions = new Sessions(folder, () => 0, tokens, never);
  const { token } = await tokens.create({ name: 'b', role: 'viewer', madeBy: 'test' });
  const other = await sessions.begin({ name: 'b', role: 'admin' }, 1000);
  const all = await Promise.all(
    Array.from({ length: 1100 }, () =>
      sessions.begin({ name: 'b', role: 'viewer', tokenId: token.id }, 1000),
    ),
  );
  assert.equal(sessions.find(other)?.role, 'admin');
  assert.equal(all.filter((one) => sessions.find(one) !== undefined).length, 64);
  assert.equal(sessions.find(all.at(-1) ?? '')?.name, 'b');
});

test('codes count once, for ten minutes', () => {
  let nowUs = 0;
  const codes = new LoginCodes(() => nowUs);
  const [one, two] = [codes.make({ name: 'a', role: 'viewer' }), codes.make({ name: 'a', role: 'viewer' })];
  assert.equal(codes.take(one)?.role, 'viewer');
  assert.equal(codes.take(one), undefined);
  nowUs = 600_000_000;
  assert.equal(codes.take(two), undefined);
});

test('who fails waits longer each time; others do not', () => {
  let nowMs = 0;
  const failures = new FailedLogins(() => nowMs);
  const waits: number[] = [];
  for (let i = 0; i < 20; i++) {
    const wait = failures.failed('203.0.113.9');
    if (wait > 0) waits.push(wait);
    nowMs += wait;
  }
  assert.deepEqual(waits.slice(0, 7), [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000]);
  assert.equal(failures.failed('203.0.113.10'), 0);
  for (let i = 0; i < 5000; i++) failures.failed(`2001:db8::${i.toString(16)}`);
  assert.equal(failures.failed('203.0.113.9'), 0, 'the table is bounded');
});

test('an answer that goes on ends when its login does', async (context) => {
  const open = new OpenAnswers(10);
  let may = true;
  const server = createServer((_request, response) => {
    open.watch(response, () => may);
    response.write('on');
  }).listen(0, '127.0.0.1');
  context.after(() => {
    open.end();
    server.close();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const reason = await new Promise<string>((resolve) => {
    get({ port, host: '127.0.0.1', agent: false }, (response) => {
      response.once('data', () => {
        may = false;
      });
      response.once('error', (error) => resolve(error.message));
    });
  });
  assert.equal(reason, 'aborted');
});

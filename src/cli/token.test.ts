import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../test/support/web-parts.ts';
import { RunningWeir } from '../control/index.ts';
import { CAPTURES, folderFor, MAIN, Running, up, writeConfiguration } from '../supervisor/testing.ts';
import { askApi } from './api-client.ts';
import { token } from './token.ts';
import { UsageError } from './usage.ts';

/** Runs its arguments on a terminal of their own, and passes on what they say. */
const ON_TERMINAL = 'import pty, sys; pty.spawn(sys.argv[1:])';
const PYTHON = spawnSync('python3', ['--version']).status === 0 ? false : 'there is no python3';

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly words: string;
}

async function run(folder: string, ...args: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [MAIN, 'token', ...args, '-c', join(folder, 'weir.yaml')]);
  let out = '';
  let words = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    out += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    words += part;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, words };
}

async function statusFor(port: number, path: string, init: RequestInit = {}): Promise<number> {
  const { status, body } = await fetch(`http://127.0.0.1:${port}${path}`, init);
  await body?.cancel();
  return status;
}

function codeLogin(link: string): RequestInit {
  const code = new URL(link).searchParams.get('code');
  return { method: 'POST', body: JSON.stringify({ code }), headers: { 'content-type': 'application/json' } };
}

test('tokens are made, listed and revoked, and links log in', { timeout: 60_000 }, async (context) => {
  const port = await freePort();
  const folder = folderFor(context, `api: {listen: '127.0.0.1:${port}'}`);
  const none = await run(folder, 'list');
  assert.equal(none.code, 1);
  assert.match(
    none.words,
    /^weir: weir is not running, or without its API \(nobody answers at .*api\.sock\): 'weir up' starts it\n$/,
  );

  const running = up(context, folder, ['--capture', CAPTURES]);
  await running.running();
  assert.doesNotMatch(running.said, /code=/, 'what is no terminal is a log');

  const { code, out, words } = await run(folder, 'create', 'grafana', '--role', 'viewer', '--expires', '90d');
  assert.equal(code, 0, words);
  assert.match(out, /^weir_[\w-]{43}\n$/);
  assert.match(words, /not shown again/);
  const headers = { authorization: `Bearer ${out.trim()}` };
  assert.equal(await statusFor(port, '/api/v1/status', { headers }), 200);
  assert.equal(await statusFor(port, '/api/v1/tokens', { headers }), 403);

  // Other commands ask the same API, which keeps a record of what they change.
  const asked = RunningWeir.at(join(folder, 'run'));
  await asked.threats(10, 0);
  await asked.reset('203.0.113.9', 'ann');
  const { items } = (await askApi(join(folder, 'run'), { method: 'GET', path: '/api/v1/audit?limit=1' })) as {
    readonly items: readonly { readonly name: string; readonly route: string; readonly sent: object }[];
  };
  assert.deepEqual(
    items.map(({ name, route, sent }) => [name, route, sent]),
    [[userInfo().username, '/api/v1/questions', { ask: 'reset', address: '203.0.113.9', author: 'ann' }]],
  );

  const again = await run(folder, 'create', 'grafana', '--role', 'viewer');
  assert.equal(again.code, 1);
  assert.match(again.words, /a token named grafana exists: revoke it/);
  const list = await run(folder, 'list');
  assert.match(list.out, /grafana +viewer +20\d\d-.* root/);
  assert.ok(!list.out.includes(out.trim()));

  assert.equal((await run(folder, 'revoke', 'grafana')).code, 0);
  assert.equal(await statusFor(port, '/api/v1/status', { headers }), 401);

  const link = (await run(folder, 'login', '--role', 'operator')).out.trim();
  assert.match(link, new RegExp(`^http://127\\.0\\.0\\.1:${port}/login\\?code=[\\w-]{43}$`));
  assert.equal(await statusFor(port, '/api/v1/session', codeLogin(link)), 200);
  assert.equal(await statusFor(port, '/api/v1/session', codeLogin(link)), 401);
});

test('mistakes on the command line are said before anybody is asked', async () => {
  for (const args of [
    [],
    ['make', 'x'],
    ['create'],
    ['create', 'x'],
    ['create', 'x', '--role', 'root'],
    ['list', 'x'],
    ['revoke'],
    ['login', '--nothing'],
  ]) {
    await assert.rejects(token(args), UsageError, args.join(' '));
  }
});

test('on a terminal weir up says a link that logs in', { skip: PYTHON, timeout: 60_000 }, async (context) => {
  const port = await freePort();
  const folder = folderFor(context);
  writeConfiguration(folder, `api: {listen: '127.0.0.1:${port}'}`);
  const args = [MAIN, 'up', '--config', join(folder, 'weir.yaml'), '--capture', CAPTURES];
  const child: ChildProcess = spawn('python3', ['-c', ON_TERMINAL, process.execPath, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    said += part;
  });
  const exit = once(child, 'exit');
  const looking = Object.assign(Object.create(Running.prototype) as Running, { folder, child, said: '' });
  let pid: number | undefined;
  try {
    ({ pid } = await looking.running());
    const link = await looking.until('link', () => /^console: (\S+)\r?$/m.exec(said)?.[1]);
    assert.equal(await statusFor(port, '/api/v1/session', codeLogin(link)), 200);
    assert.equal(said.match(/code=/g)?.length, 1);
  } finally {
    // What runs on the terminal is no child of ours.
    if (pid === undefined) child.kill('SIGKILL');
    else process.kill(pid, 'SIGTERM');
    await exit;
  }
});

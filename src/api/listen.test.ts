import assert from 'node:assert/strict';
import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseConfiguration } from '../config/index.ts';
import { RunningWeir } from '../control/index.ts';
import { consoleOrigin } from './auth/login-link.ts';
import { listenForProxy } from './listen.ts';
import { LiveFeed } from './live/feed.ts';
import { readSecretFile } from './secret-file.ts';
import { createApi } from './server.ts';

const PATH = '/api/v1/status';

async function open(context: TestContext, folder: string, path: string) {
  const { api: configuration } = parseConfiguration(`api: {listen: 'unix:${path}'}`, 'test');
  const api = await createApi({
    weir: RunningWeir.at(join(folder, 'no-weir')),
    feed: new LiveFeed(),
    configuration: () => configuration,
    folder,
    secret: readSecretFile,
    owner: 'root',
    report: () => undefined,
  });
  const server = await listenForProxy(path, undefined, api.routing);
  context.after(async () => {
    server.close();
    await api.close();
    server.closeAllConnections();
  });
  return { api, server, configuration };
}

function temporary(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-listen-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function ask(socketPath: string, path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.once('error', reject).end();
  });
}

test('over the socket for a reverse proxy everybody proves who they are, for a name that is ours', async (context) => {
  const folder = temporary(context);
  const path = join(folder, 'console.sock');
  const { api, configuration } = await open(context, folder, path);
  const wish = { name: 'looks', role: 'viewer', madeBy: 'test' } as const;
  const { secret } = await api.gate.tokens.create(wish);
  const authorization = `Bearer ${secret}`;
  assert.equal(await ask(path, PATH, { host: 'localhost' }), 401);
  assert.equal(await ask(path, PATH, { host: '127.0.0.1:8470', authorization: 'Bearer weir_x' }), 401);
  assert.equal(await ask(path, '/api/v1/session', { host: 'localhost', authorization }), 200);
  assert.equal(await ask(path, '/api/v1/tokens', { host: 'localhost', authorization }), 403);
  for (const host of ['unix', 'evil.example', '/']) {
    assert.equal(await ask(path, '/api/v1/session', { host, authorization }), 421, host);
  }
  assert.equal(consoleOrigin(configuration), 'http://localhost');
});

test('the socket is open to the group of its folder; one that is left over goes, one in use stays', async (context) => {
  const folder = temporary(context);
  const place = join(folder, 'place');
  mkdirSync(place);
  const group = process.getuid?.() === 0 ? 65534 : statSync(place).gid;
  if (process.getuid?.() === 0) chownSync(place, 0, group);
  const path = join(place, 'console.sock');
  const left = createServer();
  await new Promise<void>((resolve) => left.listen(path, resolve));
  await assert.rejects(open(context, folder, path), { code: 'EADDRINUSE' });
  assert.ok(existsSync(path));
  linkSync(path, join(place, 'kept'));
  await new Promise((resolve) => left.close(resolve));
  // As after a crash: nobody answers there.
  renameSync(join(place, 'kept'), path);
  await open(context, folder, path);
  const { mode, gid } = statSync(path);
  assert.equal((mode & 0o777).toString(8), '660');
  assert.equal(gid, group);
});

test('what is no socket is refused with what one looks like', () => {
  const fits = (listen: string): unknown => parseConfiguration(`api: {listen: '${listen}'}`, 'test');
  assert.doesNotThrow(() => fits('unix:/run/weir-console/console.sock'));
  for (const wrong of ['unix:', 'unix:console.sock', 'unix:/', 'unix:/run/', `unix:/${'a'.repeat(107)}`]) {
    assert.throws(() => fits(wrong), /unix:\/run\/weir-console\/console\.sock/, wrong);
  }
});

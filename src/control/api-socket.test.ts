import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { askOnMachine } from './api-socket.ts';
import { ControlError } from './control-socket.ts';

/** A folder in which a supervisor answers, and an API where one is given. */
async function machine(context: TestContext, api?: RequestListener): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-asked-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const supervisor = createServer((socket) => socket.end('{"value":"the supervisor"}\n'));
  const servers = api === undefined ? [supervisor] : [supervisor, createHttpServer(api)];
  for (const [index, server] of servers.entries()) {
    const path = join(folder, index === 0 ? 'weir.sock' : 'api.sock');
    await new Promise<void>((resolve) => server.listen(path, resolve));
    context.after(() => server.close());
  }
  return folder;
}

const answering =
  (status: number, body: string): RequestListener =>
  (_request, response) =>
    response.writeHead(status).end(body);

test('the API is asked first', async (context) => {
  const asked: string[] = [];
  const folder = await machine(context, (request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${text}`);
      response.end('{"value":{"a":1}}');
    });
  });
  assert.deepEqual(await askOnMachine(folder, { ask: 'tuning' }), { a: 1 });
  assert.deepEqual(asked, ['POST /api/v1/questions {"ask":"tuning"}']);
});

test('without one, or while it begins, the supervisor is', async (context) => {
  assert.equal(await askOnMachine(await machine(context), { ask: 'tuning' }), 'the supervisor');
  const beginning = await machine(context, answering(503, '{}'));
  assert.equal(await askOnMachine(beginning, { ask: 'tuning' }), 'the supervisor');
});

test('what it refuses is refused, with its words', async (context) => {
  const off = await machine(context, answering(200, '{"error":"switched off","code":"off"}'));
  await assert.rejects(
    askOnMachine(off, { ask: 'tuning' }),
    (error: ControlError) => error.code === 'off' && error.message === 'switched off',
  );
  const wrong = await machine(
    context,
    answering(400, '{"title":"No","status":400,"detail":"no such thing"}'),
  );
  await assert.rejects(askOnMachine(wrong, { ask: 'tuning' }), /no such thing/);
  const cut = await machine(context, answering(200, '{"val'));
  await assert.rejects(askOnMachine(cut, { ask: 'tuning' }), /cut off/);
});

test('where nothing runs, that is said', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-asked-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  await assert.rejects(askOnMachine(folder, { ask: 'tuning' }), ControlError);
});

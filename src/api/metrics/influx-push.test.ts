import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type ApiConfiguration, defaultConfiguration } from '../../config/index.ts';
import { readSecretFile } from '../secret-file.ts';
import type { Family } from './family.ts';
import { InfluxPush } from './influx-push.ts';

interface Written {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A database on the loopback; `answer` says what becomes of what is written. */
async function database(context: TestContext, answer: (response: ServerResponse, count: number) => void) {
  const written: Written[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    written.push({ url: request.url ?? '', headers: request.headers, body });
    answer(response, written.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { written, port: (server.address() as AddressInfo).port };
}

function push(context: TestContext, influx: string, influxToken = '') {
  const configuration: ApiConfiguration = {
    ...defaultConfiguration().api,
    metrics: { open: false, influx, influxToken, intervalMs: 20 },
  };
  const said: string[] = [];
  let count = 0;
  const families = async (): Promise<readonly Family[]> => [
    { name: 'weir_a_total', help: 'A.', type: 'counter', values: [{ labels: { x: 'a b' }, value: ++count }] },
  ];
  const report = (line: string): void => void said.push(line);
  const backend = { configuration: () => configuration, secret: readSecretFile, report };
  const influxPush = new InfluxPush({ backend, families });
  context.after(() => influxPush.close());
  return { push: influxPush, said };
}

async function until(holds: () => boolean): Promise<void> {
  for (let left = 500; !holds(); left--) {
    assert.ok(left > 0, 'waited in vain');
    await wait(10);
  }
}

test('metrics are written with the token, in milliseconds', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-influx-'));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'token'), 's3cret==\n');
  const { written, port } = await database(context, (response) => response.writeHead(204).end());
  const { push: pushed, said } = push(
    context,
    `http://127.0.0.1:${port}/api/v2/write?org=o&bucket=b&precision=ns`,
    join(folder, 'token'),
  );
  await until(() => pushed.counts.written >= 3);
  const [first, second] = written;
  assert.equal(first?.url, '/api/v2/write?org=o&bucket=b&precision=ms');
  assert.equal(first.headers.authorization, 'Token s3cret==');
  const time = Number(/^weir_a_total,x=a\\ b value=1 (\d{13})$/.exec(first.body)?.[1]);
  assert.ok(Math.abs(time - Date.now()) < 60_000);
  assert.match(second?.body ?? '', /value=2/);
  assert.deepEqual(said, []);
});

test('what a database does not take at once is kept in order and tried again', async (context) => {
  const { written, port } = await database(context, (response, count) => {
    if (count <= 2) response.writeHead(503).end('later\nplease');
    else response.writeHead(204).end();
  });
  const { push: pushed, said } = push(context, `http://user:p4ss@127.0.0.1:${port}/write?db=weir&p=s3cret`);
  await until(() => pushed.counts.written >= 3);
  const values = written.map(({ body }) => Number(/value=(\d+)/.exec(body)?.[1]));
  assert.deepEqual(values.slice(0, 5), [1, 1, 1, 2, 3]);
  assert.equal(written[0]?.headers.authorization, `Basic ${Buffer.from('user:p4ss').toString('base64')}`);
  assert.equal(pushed.counts.dropped, 0);
  assert.equal(said.length, 2, said.join('\n'));
  assert.match(said[0] ?? '', /cannot be written to http:\/\/127\.0\.0\.1:\d+\/write: 503 later please/);
  assert.ok(!said.join().match(/s3cret|p4ss/));
});

test('what a database refuses is dropped, counted, and told once', async (context) => {
  const { port } = await database(context, (response) => response.writeHead(401).end('no'));
  const { push: pushed, said } = push(context, `http://127.0.0.1:${port}/write`);
  await until(() => pushed.counts.dropped >= 3);
  assert.equal(pushed.counts.written, 0);
  assert.deepEqual(said, [`http://127.0.0.1:${port}/write refuses metrics: 401 no`]);
});

test('a database that never answers holds nothing up, and what waits for it is bounded', async (context) => {
  const { port } = await database(context, () => undefined);
  const { push: pushed } = push(context, `http://127.0.0.1:${port}/write`);
  await until(() => pushed.counts.dropped >= 5);
  const begun = performance.now();
  await pushed.close();
  assert.ok(performance.now() - begun < 5000, 'the end does not wait for an answer');
});

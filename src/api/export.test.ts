import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';
import { ControlError } from '../control/index.ts';
import { type Exported, formatOf, isoTime, sendExport } from './export.ts';

interface Row {
  readonly number: number;
  readonly text: string;
}

/** A server with a list of so many rows; how many pages were asked for. */
async function serve(
  context: TestContext,
  total: number,
  options: { readonly width?: number; readonly failAt?: number; readonly busyAt?: number } = {},
): Promise<{ readonly port: number; readonly pages: () => number }> {
  let pages = 0;
  const page: Exported<Row, number>['page'] = async (limit, after = 0) => {
    pages++;
    if (pages === options.busyAt) throw new ControlError('busy', 'busy');
    if (pages === options.failAt) throw new Error('it broke');
    const end = Math.min(total, after + limit);
    const text = 'x'.repeat(options.width ?? 1);
    const rows = Array.from({ length: end - after }, (_, i) => ({ number: after + i, text }));
    return { rows, ...(end < total ? { next: end } : {}) };
  };
  const server = Fastify({ exposeHeadRoutes: true, forceCloseConnections: true });
  server.get('/', (asked, reply) => {
    const format = formatOf(asked, undefined);
    if (format === 'json') return reply.send({ format });
    const columns = [
      { title: 'number', value: ({ number }: Row) => number },
      { title: 'text', value: ({ text }: Row) => text },
    ];
    return sendExport(asked, reply, { name: 'rows', format, columns, page });
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  context.after(() => server.close());
  return { port: (server.server.address() as AddressInfo).port, pages: () => pages };
}

async function ask(port: number, accept: string, method = 'GET'): Promise<IncomingMessage> {
  const asked = request({ port, host: '127.0.0.1', method, headers: { accept } }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer;
}

test('all rows come, page by page, in the form that is wanted', async (context) => {
  const { port } = await serve(context, 12_001, { busyAt: 2 });
  const csv = await ask(port, 'text/csv');
  assert.match(csv.headers['content-disposition'] ?? '', /^attachment; filename="weir-rows-[\dT-]+Z\.csv"$/);
  assert.match(csv.headers['content-type'] ?? '', /^text\/csv; charset=utf-8/);
  const lines = (await csv.toArray()).join('').split('\r\n');
  assert.deepEqual([lines[0], lines[1], lines[12_001], lines[12_002]], ['number,text', '0,x', '12000,x', '']);
  const ndjson = await ask(port, 'application/x-ndjson');
  const rows = (await ndjson.toArray()).join('').split('\n').slice(0, -1);
  assert.equal(rows.length, 12_001);
  assert.deepEqual(JSON.parse(rows[12_000] ?? ''), { number: 12_000, text: 'x' });
  assert.match((await (await ask(port, '*/*')).toArray()).join(''), /"json"/);
});

test('a million rows are the most', { timeout: 60_000 }, async (context) => {
  const { port } = await serve(context, 1_100_000);
  const answer = await ask(port, 'text/csv');
  let lines = 0;
  for await (const piece of answer) for (const byte of piece as Buffer) if (byte === 10) lines++;
  assert.equal(lines, 1_000_001);
});

test('who does not read is not written for', async (context) => {
  const { port, pages } = await serve(context, 1_000_000, { width: 1000 });
  const asked = get({ port, host: '127.0.0.1', headers: { accept: 'text/csv' } });
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.pause();
  let before = -1;
  for (let i = 0; i < 100 && pages() !== before; i++) {
    before = pages();
    await sleep(100);
  }
  // What sockets and queues hold is a few megabytes; all of it would be 200 pages of five.
  assert.ok(pages() < 20, `${pages()} pages`);
  asked.destroy();
});

test('what fails before the first row is an answer, what fails later cuts the file off', async (context) => {
  const first = await serve(context, 10, { failAt: 1 });
  assert.equal((await ask(first.port, 'text/csv')).statusCode, 500);
  const later = await serve(context, 20_000, { failAt: 2 });
  const answer = await ask(later.port, 'text/csv');
  await assert.rejects(answer.toArray(), /aborted/);
});

test('HEAD reads no rows', async (context) => {
  const { port, pages } = await serve(context, 1_000_000);
  const answer = await ask(port, 'text/csv', 'HEAD');
  assert.equal(answer.statusCode, 200);
  assert.equal((await answer.toArray()).length, 0);
  assert.equal(pages(), 1);
});

test('times are ISO 8601 to the microsecond', () => {
  assert.equal(isoTime(1_795_227_871_446_392), '2026-11-21T02:24:31.446392Z');
  assert.equal(isoTime(0), '1970-01-01T00:00:00.000000Z');
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import Value from 'typebox/value';
import { freePort } from '../../../test/support/web-parts.ts';
import { bring, CAPTURES, folderFor, up, writeConfiguration } from '../../supervisor/testing.ts';
import { MissedSchema } from '../schema/live.ts';
import { OverviewSchema } from '../schema/overview.ts';

interface Event {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

test('records live, figures, metrics and health of a running weir', { timeout: 120_000 }, async (context) => {
  const folder = folderFor(context);
  const port = await freePort();
  writeConfiguration(
    folder,
    // What died comes back after longer than a sample of weir's state is taken for new: it must be seen.
    `processes: {restart: {first: 2s, longest: 2s}, drain: 8s}
store: {enabled: true, folder: ${folder}/store}
api: {listen: '127.0.0.1:${port}'}`,
  );
  const socketPath = join(folder, 'run/api.sock');
  const weir = up(context, folder, ['--capture', join(folder, 'captures')]);
  const ask = async (
    path: string,
    headers: IncomingHttpHeaders = {},
    method = 'GET',
    where: object = { socketPath },
  ) => {
    const sent = request({ ...where, path, headers, method }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return response.setEncoding('utf8');
  };
  const whole = async (path: string, headers?: IncomingHttpHeaders, method?: string, where?: object) => {
    const response = await ask(path, headers, method, where);
    let text = '';
    for await (const chunk of response) text += chunk;
    return { status: response.statusCode, headers: response.headers, text };
  };
  const read = async (path: string, headers?: IncomingHttpHeaders): Promise<Event[]> => {
    const response = await ask(path, headers);
    assert.equal(response.statusCode, 200);
    assert.equal(response.headers['content-type'], 'text/event-stream');
    const events: Event[] = [];
    let rest = '';
    response.on('error', () => undefined);
    response.on('data', (text: string) => {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const found = /^(?:id: (?<id>.*)\n)?event: (?<event>.*)\ndata: (?<data>.*)$/.exec(block)?.groups;
        if (found?.event === undefined) continue;
        events.push({ id: found.id ?? '', event: found.event, data: JSON.parse(found.data ?? '') });
      }
    });
    return events;
  };
  const of = (events: readonly Event[], kind: string) => events.filter(({ event }) => event === kind);

  await weir.until('a socket', () => existsSync(socketPath));
  await weir.running();
  const all = await read('/api/v1/live');
  const dns = await read('/api/v1/live?types=dns&status=false');
  for (const name of readdirSync(CAPTURES)) bring(folder, name);
  await weir.until(
    'records',
    () => of(dns, 'record').length > 0 && of(all, 'record').length > of(dns, 'record').length,
  );
  await weir.until('all records', async () => {
    const { records } = (await weir.status()).statistics.sensor as { readonly records: number };
    return of(all, 'record').length >= records && of(all, 'status').length >= 2;
  });
  const records = of(all, 'record');

  await context.test('records come as they are, those that are wanted', () => {
    assert.ok(of(dns, 'record').every(({ data }) => data.event_type === 'dns'));
    assert.equal(dns.length, of(dns, 'record').length, 'no figures where none are wanted');
    assert.equal(new Set(records.map(({ id }) => id)).size, records.length);
  });

  await context.test('who comes back goes on behind the last event, by header and by parameter', async () => {
    const half = Math.floor(records.length / 2);
    const after = records[half - 1]?.id ?? '';
    const rest = records.slice(half).map(({ id }) => id);
    for (const again of [
      await read('/api/v1/live', { 'last-event-id': after }),
      await read(`/api/v1/live?after=${after}`),
      await read(`/api/v1/live?limit=${rest.length}`),
    ]) {
      await weir.until('the rest', () => of(again, 'record').length >= rest.length);
      assert.deepEqual(
        of(again, 'record').map(({ id }) => id),
        rest,
      );
    }
    const stranger = await read('/api/v1/live?after=1-5');
    await weir.until('what was missed', () => of(stranger, 'record').length === records.length);
    const [missed] = of(stranger, 'missed');
    assert.deepEqual(missed?.data, { count: 0, why: 'restarted' });
    assert.ok(Value.Check(MissedSchema, missed?.data));
  });

  await context.test('what is no question is refused', async () => {
    for (const query of [
      'types=A',
      'address=10.0.0.0/99',
      'q=port:x',
      'q=(',
      'rate=0',
      'limit=9999',
      'after=x',
      'x=1',
    ]) {
      const { status, text } = await whole(`/api/v1/live?${query}`);
      assert.equal(status, 400, `${query}: ${text}`);
    }
    assert.equal((await whole('/api/v1/live', { 'last-event-id': 'x' })).status, 400);
    assert.equal((await whole('/api/v1/live', {}, 'HEAD')).status, 404);
  });

  await context.test('figures are as their schema says, the same in both places', async () => {
    const { status, text } = await whole('/api/v1/overview');
    assert.equal(status, 200);
    const live = of(all, 'status').at(-1)?.data;
    const answer: unknown = JSON.parse(text);
    for (const one of [answer, live]) {
      assert.deepEqual([...Value.Errors(OverviewSchema, one)].slice(0, 3), []);
      assert.deepEqual(one, Value.Clean(OverviewSchema, structuredClone(one)), 'each field has its schema');
    }
    const { passive, protocols, processes } = answer as {
      passive: { packetsTotal: number; live: boolean };
      protocols: { name: string; bytes: number }[];
      processes: { name: string; state: string }[];
    };
    assert.ok(passive.packetsTotal > 0 && !passive.live);
    assert.ok(protocols.length > 0 && protocols.every(({ name, bytes }) => name !== '' && bytes > 0));
    assert.deepEqual(processes.map(({ name }) => name).sort(), ['api', 'hub', 'sensor']);
  });

  await context.test('metrics tell of records, to whom they may', async () => {
    const { headers, text } = await whole('/metrics');
    assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    assert.match(text, new RegExp(`^weir_records_total\\{type="dns"\\} ${of(dns, 'record').length}$`, 'm'));
    assert.match(text, /^weir_packets_total\{sensor="sensor"\} [1-9]\d*$/m);
    assert.match(text, /^weir_process_up\{process="hub"\} 1$/m);
    assert.match(text, /^weir_store_write_seconds_count [1-9]/m);
    const open = await whole('/metrics', { accept: 'application/openmetrics-text' });
    assert.match(open.text, /# EOF\n$/);
    const outside = { host: '127.0.0.1', port };
    assert.equal((await whole('/metrics', {}, 'GET', outside)).status, 401);
    assert.equal((await whole('/api/v1/live', {}, 'GET', outside)).status, 401);
    assert.equal((await whole('/healthz', {}, 'GET', outside)).text, '{"status":"ok"}');
    assert.equal((await whole('/readyz', {}, 'GET', outside)).text, '{"status":"ok","reasons":[]}');
  });

  await context.test('a process that died makes weir unready; streams of before go on', async () => {
    const before = of(all, 'status').length;
    process.kill(weir.pid('hub', await weir.status()), 'SIGKILL');
    const unready = await weir.until('unreadiness', async () => {
      const answer = await whole('/readyz');
      return answer.status === 503 && answer;
    });
    assert.match(unready.text, /"reasons":\["process hub is (waiting|starting)"\]/);
    await weir.until('readiness', async () => (await whole('/readyz')).status === 200);
    await weir.until('figures', () => of(all, 'status').length > before);
  });

  await context.test('the end of weir ends streams', async () => {
    const last = await ask('/api/v1/live');
    last.resume();
    await wait(50);
    const ended = once(last, 'end');
    assert.equal(await weir.end('SIGTERM'), 0, weir.said.slice(-500));
    await ended;
  });
});

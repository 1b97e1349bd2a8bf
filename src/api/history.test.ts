import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TSchema } from 'typebox';
import { Errors } from 'typebox/value';
import { freePort, writeRules } from '../../test/support/web-parts.ts';
import { RunningWeir } from '../control/index.ts';
import { CAPTURES, folderFor, type Running, up, writeConfiguration } from '../supervisor/testing.ts';
import { ConversationSchema, FlowsSchema, OpenFlowsSchema } from './schema/flow.ts';
import {
  LanClientSchema,
  LanClientsSchema,
  LanDestinationsSchema,
  LanEventsSchema,
  LanProtocolsSchema,
  LanSchema,
} from './schema/lan.ts';
import { QueryCheckSchema, QueryFieldsSchema, QueryValuesSchema } from './schema/query.ts';
import { RecordsSchema } from './schema/record.ts';
import { RequestSchema, RequestsSchema } from './schema/request.ts';
import { SeriesSchema, StatisticsSchema, TopSchema } from './schema/traffic.ts';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

type Item = Readonly<Record<string, unknown>>;

interface Site {
  readonly weir: Running;
  readonly direct: RunningWeir;
  readonly proxyPort: number;
}

/** Asks at the socket. */
async function ask({ weir }: Site, path: string, accept = '*/*'): Promise<Answer> {
  const socketPath = join(weir.folder, 'run/api.sock');
  const asked = request({ socketPath, path: `/api/v1/${path}`, headers: { accept } }).end();
  const [answer] = await once(asked, 'response');
  const text: string = (await answer.setEncoding('utf8').toArray()).join('');
  const type = String(answer.headers['content-type']);
  return { status: answer.statusCode, type, text, json: type.includes('json;') ? JSON.parse(text) : {} };
}

/** The answer, which is as its schema says. */
async function told(
  site: Site,
  path: string,
  schema: TSchema,
): Promise<Item & { readonly items: readonly Item[] }> {
  const { status, text, json } = await ask(site, path);
  assert.equal(status, 200, `${path}: ${text.slice(0, 300)}`);
  assert.deepEqual([...Errors(schema, json)], [], path);
  return json as Item & { items: readonly Item[] };
}

/** What is said of a request that is refused. */
async function refused(site: Site, path: string, status: number): Promise<string> {
  const answer = await ask(site, path);
  assert.equal(answer.status, status, `${path}: ${answer.text.slice(0, 300)}`);
  const { detail, title } = JSON.parse(answer.text);
  return `${title}: ${detail}`;
}

/** A weir that has read the bundled captures, and stands before a web server. */
async function started(context: TestContext): Promise<Site> {
  const origin = createServer((_, answer) => answer.end('hello')).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  context.after(() => origin.close());
  const proxyPort = await freePort();
  const folder = folderFor(context);
  writeConfiguration(
    folder,
    `store: {folder: ${folder}/store}
api: {listen: '127.0.0.1:${await freePort()}', rate: 100000}
web:
  enabled: true
  waf: {rules: [${writeRules(folder)}], workers: 1}
  reverse: {listen: '127.0.0.1:${proxyPort}', to: 'http://127.0.0.1:${(origin.address() as AddressInfo).port}'}
  buffer: {folder: ${folder}/buffer, analyse: false}
`,
  );
  const weir = up(context, folder, ['--capture', CAPTURES]);
  await weir.running();
  const site = { weir, direct: RunningWeir.at(join(folder, 'run')), proxyPort };
  const http = { limit: 10_000, order: 'newest' } as const;
  await weir.until('all records', async () => {
    const { rows } = await site.direct.recordPage(['http', 'tls', 'waf'], {}, http);
    return rows.length === 31 + 33;
  });
  return site;
}

async function send(port: number, path: string): Promise<void> {
  const headers = {
    host: 'shop.example',
    authorization: 'Bearer t0ps3cret',
    'user-agent': 'tester/1.0',
    connection: 'close',
  };
  const [answer] = await once(request({ host: '127.0.0.1', port, path, headers }).end(), 'response');
  await answer.resume().toArray();
}

/** All items of a list, page by page. */
async function paged(site: Site, path: string, schema: TSchema): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let cursor = ''; ; ) {
    const page = await told(site, cursor === '' ? path : `${path}&cursor=${cursor}`, schema);
    items.push(...page.items);
    assert.ok(items.length < 10_000, path);
    if (page.next === undefined) return items;
    cursor = String(page.next);
  }
}

test('the history over HTTP', { timeout: 120_000 }, async (context) => {
  const site = await started(context);
  const { direct } = site;
  const all = { limit: 10_000, order: 'newest' } as const;

  // Before there are requests of today: by then the clients of the captures are silent for long.
  await context.test('the local network', async () => {
    const picture = await direct.lan(3);
    const { clients, statistics } = await told(site, 'lan', LanSchema);
    assert.deepEqual([clients, statistics], [picture.clients.length, picture.statistics]);
    const list = await told(site, 'lan/clients?top=3', LanClientsSchema);
    assert.deepEqual(list.items, picture.clients);
    // A list is cut for each device; what is asked of one alone is whole.
    const [first] = (await direct.lan()).clients;
    const address = first?.addresses.find(({ current }) => current)?.address;
    for (const name of [first?.id, address]) {
      assert.deepEqual(await told(site, `lan/clients/${name}`, LanClientSchema), first);
    }
    assert.deepEqual(
      (await told(site, 'lan/destinations', LanDestinationsSchema)).items,
      picture.destinations.slice(0, 100),
    );
    assert.deepEqual((await told(site, 'lan/protocols', LanProtocolsSchema)).protocols, picture.protocols);
    const { items } = await told(site, 'lan/events?kind=device&limit=2', LanEventsSchema);
    assert.ok(items.length > 0 && items.every(({ kind }) => kind === 'device'));
    assert.match(await refused(site, 'lan/clients/nobody', 404), /no device/);
  });

  for (const path of ['/one?page=1&password=hunter2', '/two', '/three', '/four?q=evil', '/five']) {
    await send(site.proxyPort, path);
  }
  await site.weir.until('stored requests', async () => (await direct.requests({}, 10)).length === 5);
  await site.weir.until('their records', async () => {
    const { rows } = await direct.recordPage(['http', 'waf'], {}, all);
    return rows.length === 31 + 5 + 1;
  });

  await context.test('flows: whole, in pages, by a question, as files', async () => {
    const { rows } = await direct.flowPage({}, all);
    const whole = await told(site, 'flows?limit=1000', FlowsSchema);
    // Nothing of what weir says is left out.
    assert.deepEqual(whole.items, rows);
    assert.ok(rows.length > 10);
    assert.deepEqual(await paged(site, 'flows?limit=3', FlowsSchema), rows);
    assert.deepEqual((await paged(site, 'flows?limit=3&order=oldest', FlowsSchema)).toReversed(), rows);
    const found = await told(
      site,
      `flows?q=${encodeURIComponent('port:80 not source:2001:db8::/32')}`,
      FlowsSchema,
    );
    assert.ok(found.items.length > 0 && found.items.length < rows.length);
    for (const { destinationPort, source } of found.items) {
      assert.equal(destinationPort, 80);
      assert.doesNotMatch(String(source), /:/);
    }
    const narrow = await told(
      site,
      'flows?protocol=dns&address=192.0.2.1&since=2026-11-21T02:24:00Z',
      FlowsSchema,
    );
    assert.deepEqual(
      narrow.items,
      rows.filter((one) => one.protocol === 'DNS' && [one.source, one.destination].includes('192.0.2.1')),
    );
    const csv = await ask(site, 'flows?format=csv');
    assert.match(csv.type, /^text\/csv/);
    const lines = csv.text.split('\r\n');
    assert.equal(lines.length, rows.length + 2);
    assert.match(lines[1] ?? '', /^2026-11-21T02:\d\d:\d\d\.\d{6}Z,\d+,/);
    const ndjson = await ask(site, 'flows', 'application/x-ndjson');
    const parsed = ndjson.text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      parsed.map(({ time: _, ...flow }) => flow),
      rows,
    );
  });

  await context.test('records: of some types, alerts together', async () => {
    const { rows } = await direct.recordPage(undefined, {}, all);
    assert.deepEqual(await paged(site, 'records?limit=150', RecordsSchema), rows);
    const tls = await told(site, `records?type=tls,quic&q=${encodeURIComponent('ja4:*')}`, RecordsSchema);
    assert.ok(tls.items.length > 5);
    assert.ok(tls.items.every(({ event_type: type }) => type === 'tls' || type === 'quic'));
    const flows = await told(site, 'records?type=flow&limit=5', RecordsSchema);
    assert.ok(flows.items.every(({ flow }) => typeof flow === 'object'));
    const alerts = await told(site, 'alerts?q=rule:1', RecordsSchema);
    assert.deepEqual(
      alerts.items.map(({ event_type: type }) => type),
      ['waf'],
    );
    const ndjson = await ask(site, 'records?type=dns&format=ndjson&limit=1');
    assert.equal(ndjson.text.split('\n').length - 1, rows.filter((one) => one.event_type === 'dns').length);
    const csv = await ask(site, 'alerts', 'text/csv');
    assert.match(csv.text, /^time,event_type,.*,record\r\n.*,waf,127\.0\.0\.1,/);
  });

  await context.test('a conversation: its flow, transactions and files', async () => {
    const [flow] = (await told(site, 'flows?q=name:www.example.com%20port:80', FlowsSchema)).items;
    const id = encodeURIComponent(String(flow?.communityId));
    for (const path of [`flows/${id}`, `flows/${flow?.flowId}`]) {
      const story = await told(site, path, ConversationSchema);
      assert.deepEqual(story.flows, [flow]);
      const types = new Set((story.records as Item[]).map(({ event_type: type }) => type));
      for (const type of ['flow', 'http', 'fileinfo']) assert.ok(types.has(type), `${path}: ${type}`);
      assert.ok((story.records as Item[]).every((one) => one.community_id === flow?.communityId));
    }
    const [entry] = await direct.requests({}, 1);
    const story = await told(
      site,
      `flows/${encodeURIComponent(entry?.communityId ?? '')}`,
      ConversationSchema,
    );
    assert.deepEqual(
      (story.requests as Item[]).map(({ reference }) => reference),
      [entry?.reference],
    );
    assert.match(await refused(site, 'flows/4711', 404), /nothing is known/);
    await refused(site, 'flows/nonsense', 400);
    await told(site, 'flows/open?q=port:443', OpenFlowsSchema);
  });

  await context.test('requests: in pages, by a question, without secrets', async () => {
    const rows = await direct.requests({}, 10);
    assert.deepEqual(await paged(site, 'requests?limit=2', RequestsSchema), rows);
    const denied = await told(site, 'requests?blocked=true', RequestsSchema);
    assert.deepEqual(
      denied.items.map(({ path }) => path),
      ['/four'],
    );
    const found = await paged(
      site,
      `requests?limit=1&q=${encodeURIComponent('path:/t* agent:tester*')}`,
      RequestsSchema,
    );
    assert.deepEqual(
      found.map(({ path }) => path),
      ['/three', '/two'],
    );
    const one = rows.find(({ path }) => path === '/one')?.reference;
    const shown = await ask(site, `requests/${one}`);
    assert.deepEqual([...Errors(RequestSchema, shown.json)], []);
    assert.doesNotMatch(shown.text, /t0ps3cret|hunter2/);
    assert.match((await ask(site, `requests/${one}?raw=true`)).text, /t0ps3cret/);
    assert.match(await refused(site, `requests/${'a'.repeat(20)}`, 404), /is stored/);
    const csv = await ask(site, 'requests?format=csv');
    assert.equal(csv.text.split('\r\n').length, 7);
    assert.doesNotMatch(csv.text, /t0ps3cret|hunter2/);
  });

  await context.test('figures: the most, over time, of the store', async () => {
    const top = await told(site, 'top/destinations?limit=3', TopSchema);
    const { rows, ...totals } = await direct.top('destinations', {}, { limit: 3 });
    assert.deepEqual(top, { items: rows, ...totals });
    assert.equal(top.items.length, 3);
    const series = await told(site, 'series?interval=1m&by=protocol', SeriesSchema);
    assert.equal(series.intervalSeconds, 60);
    const bytes = series.items.reduce((sum, one) => sum + Number(one.bytes), 0);
    assert.equal(bytes, top.totalBytes);
    assert.ok(series.items.some(({ key }) => key === 'DNS'));
    const ofOne = await told(site, 'series?address=192.0.2.145&since=2026-11-21T02:00:00Z', SeriesSchema);
    assert.ok(ofOne.items.reduce((sum, one) => sum + Number(one.bytes), 0) < bytes);
    const { store, sensors } = await told(site, 'statistics', StatisticsSchema);
    assert.ok(Number((store as Item).appended) > 300);
    assert.ok(Object.values(sensors as Item).some((one) => (one as Item).packets === 2371));
  });

  await context.test('the language: fields, checks, values', async () => {
    const fields = await told(site, 'query/fields', QueryFieldsSchema);
    assert.ok(fields.items.length > 40);
    for (const { examples } of fields.items) {
      for (const example of examples as string[]) {
        const { isValid } = await told(site, `query?text=${encodeURIComponent(example)}`, QueryCheckSchema);
        assert.equal(isValid, true, example);
      }
    }
    const wrong = await told(site, 'query?text=port:443%20prt:1', QueryCheckSchema);
    assert.deepEqual([wrong.isValid, wrong.column, wrong.suggestions], [false, 10, ['port:']]);
    const { items } = await told(site, 'query/values?field=name&prefix=www.exa', QueryValuesSchema);
    assert.equal(items[0]?.value, 'www.example.com');
    assert.match(await refused(site, 'query/values?field=nothing', 400), /no field/);
  });

  await context.test('a page that asks much at once gets all of it', async () => {
    const subjects = ['sources', 'destinations', 'applications', 'protocols', 'names'];
    const paths = [
      ...subjects.map((subject) => `top/${subject}`),
      'series',
      'flows',
      'alerts',
      'records',
      'lan',
    ];
    const answers = await Promise.all(paths.map((path) => ask(site, path)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      paths.map(() => 200),
    );
  });

  await context.test('what is none is refused, with what to do', async () => {
    assert.match(await refused(site, 'flows?q=prt:1', 400), /q, column 1.*is port: meant/);
    assert.match(await refused(site, 'requests?q=prt:1', 400), /column 1/);
    assert.match(await refused(site, 'flows?since=yesterday', 400), /since is a time/);
    assert.match(await refused(site, 'flows?address=nobody', 400), /no address/);
    assert.match(await refused(site, 'flows?cursor=nonsense', 400), /cursor/);
    const { next } = await told(site, 'flows?limit=1', FlowsSchema);
    assert.match(await refused(site, `flows?limit=1&protocol=dns&cursor=${next}`, 400), /another list/);
    assert.match(await refused(site, `records?limit=1&cursor=${next}`, 400), /another list/);
    assert.match(await refused(site, 'records?type=flow,dns', 400), /together/);
    for (const path of [
      'flows?limit=0',
      'flows?limit=1001',
      'flows?nonsense=1',
      'records?type=A',
      'top/nothing',
      'series?interval=x',
      `flows?q=${'a'.repeat(1025)}`,
      'flows?format=xml',
      'lan/clients?top=-1',
    ]) {
      await refused(site, path, 400);
    }
  });
});

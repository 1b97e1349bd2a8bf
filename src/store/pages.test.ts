import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eveRecords } from '../../test/support/eve-records.ts';
import { matches, parseQuery, QUERY_FIELDS } from '../query/index.ts';
import { type EveRecord, type Page, type PageWish, type Position, Store, StoreError } from './index.ts';

const CAPTURES = join(import.meta.dirname, '../../demo/captures');
const root = mkdtempSync(join(tmpdir(), 'weir-pages-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** Records that the captures have none of. */
const FURTHER: readonly EveRecord[] = [
  {
    timestamp: '2026-11-20T10:00:00.000001+0000',
    event_type: 'waf',
    src_ip: '198.51.100.9',
    src_port: 4711,
    dest_ip: '2001:0db8:0000:0000:0000:0000:0000:0001',
    dest_port: 443,
    proto: 'TCP',
    http: { hostname: 'Shop.Example.org', url: '/a.b*c?x="1"&y=\\', http_user_agent: 'sqlmap/1.8 (π)' },
    waf: { rule_id: 942100, severity: 'CRITICAL', message: 'SQL Injection', score: 5, category: 'sqli' },
  },
  {
    timestamp: '2026-11-20T10:00:00.000001+0000',
    event_type: 'alert',
    src_ip: '10.1.2.3',
    dest_ip: '10.9.9.9',
    vlan: [20, 30],
    proto: 'TCP',
    alert: { signature_id: 2_000_001, signature: 'ET "quoted" test', severity: 2, action: 'allowed' },
  },
  {
    timestamp: '2026-11-20T10:00:01.000000+0000',
    event_type: 'http',
    src_ip: '10.1.2.3',
    dest_ip: '10.9.9.9',
    proto: 'TCP',
    http: { hostname: 'x', url: '/%_', status: 503 },
    web: { rule_ids: [942_100, 913_100], latency_ms: 612.5, score: 50, action: 'deny' },
  },
  {
    timestamp: '2026-11-20T10:00:02.000000+0000',
    event_type: 'flow',
    src_ip: '10.1.2.3',
    dest_ip: '10.9.9.9',
    proto: 'TCP',
    app: { protocol: 'TLS', application: 'YouTube', category: 'Media', risks: ['Old_TLS'] },
    tcp: { rtt_server_us: 0, rtt_client_us: 250_000 },
  },
  { timestamp: '2026-11-20T10:00:01.000000+0000', event_type: 'anomaly', anomaly: { event: 'decoder.x' } },
];

/** Questions of every kind; each must find some of the records, and leave some out, in flows or in others. */
const QUESTIONS = [
  'port:443',
  'port:1-1024 proto:tcp',
  '192.0.2.145 and (port:22 or port:25)',
  '2001:db8::/32',
  'source:192.0.2.0/25 destination!=203.0.113.0/24',
  'proto:tcp not name:*.example.com',
  'name:www.*',
  'name:*.EXAMPLE.*m',
  'name!=www.example.com',
  'ja4:t13d* or rule:942100',
  'rule:913000-913999',
  'type:alert severity <= 2',
  'severity:critical',
  'severity:critical,2',
  'type:dns,tls,flow',
  'invoice',
  '"your player"',
  'e*mple.c*m',
  'firefox not curl',
  'sqlmap',
  'π',
  'path:"/a.b*c?x=\\"1\\"&y=\\\\"',
  'path:/%_',
  'path:*.b\\*c*',
  'bytes>10k',
  'bytes:100-1k packets<=2',
  'bytes-down>100',
  'duration>1s',
  'duration<=0',
  'latency>500ms',
  'status>=500',
  'rtt>0',
  'vlan:20',
  'vlan:*',
  'not vlan:*',
  'risk:*',
  'mac:02:00:5e:*',
  'application:*',
  'category:web,sqli',
  'protocol:tls',
  'state:established reason:timeout,shutdown',
  'rrtype:AAAA',
  'answer:203.0.113.*',
  'rcode!=NOERROR type:dns',
  'mail:*bob@*',
  'file:*.pdf,*.exe',
  'hash:1294dc0e2554b8ae8a5047d63bd5b2a7',
  'size>1k',
  'software:OpenSSH*',
  'event:decoder.*',
  '(type:dns or (type:http and status:200)) not (192.0.2.145 or not port:53,80)',
];

describe('questions', () => {
  let records: EveRecord[];
  let store: Store;
  before(async () => {
    records = [...((await eveRecords([CAPTURES])) as EveRecord[]), ...FURTHER];
    store = await Store.open(join(root, 'questions'), { compactAfterHours: 0 });
    const half = Math.floor(records.length / 2);
    await store.append(records.slice(0, half));
    await store.compact();
    await store.append(records.slice(half));
  });
  after(() => store.close());

  test('are answered by the store as by looking at each record', async () => {
    for (const query of QUESTIONS) {
      const condition = parseQuery(query);
      const expected = records.filter((record) => matches(condition, record));
      assert.ok(expected.length > 0 && expected.length < records.length, `${query}: ${expected.length}`);
      const flows = await store.recordPage(['flow'], { query }, { limit: 10_000, order: 'newest' });
      const others = await store.recordPage(undefined, { query }, { limit: 10_000, order: 'oldest' });
      assert.deepEqual(sorted([...flows.rows, ...others.rows]), sorted(expected), query);
    }
  });

  test('with each field are answered so, too', async () => {
    for (const { examples } of QUERY_FIELDS) {
      const query = examples[0] ?? '';
      const found = records.filter((record) => matches(parseQuery(query), record)).length;
      const flows = await store.flowPage({ query }, { limit: 10_000, order: 'newest' });
      const others = await store.recordPage(undefined, { query }, { limit: 10_000, order: 'newest' });
      assert.equal(flows.rows.length + others.rows.length, found, query);
    }
  });

  test('count for lists of the most and for traffic over time, too', async () => {
    const flows = records.filter(
      (record) => record.event_type === 'flow' && matches(parseQuery('port:443'), record),
    );
    const top = await store.top('sources', { query: 'port:443' });
    assert.equal(top.totalFlows, flows.length);
    const series = await store.series(3600, { query: 'port:443' });
    assert.equal(
      series.reduce((sum, point) => sum + point.flows, 0),
      flows.length,
    );
  });

  test('that are none are refused with their column', async () => {
    await assert.rejects(
      store.flowPage({ query: 'port:443 prt:1' }, { limit: 1, order: 'newest' }),
      (error) => error instanceof StoreError && error.code === 'question' && /column 10/.test(error.message),
    );
  });

  test('about values get the most frequent first', async () => {
    const names = await store.values('name', 'www', {}, 5);
    assert.equal(names[0]?.value, 'www.example.com');
    assert.ok(
      names.every(
        ({ value, count }, i) => value.startsWith('www') && count <= (names[i - 1]?.count ?? count),
      ),
    );
    assert.deepEqual(
      (await store.values('vlan', '', {}, 5)).map(({ value }) => value),
      ['20', '30'],
    );
    assert.ok((await store.values('type', '', {}, 50)).some(({ value }) => value === 'flow'));
    assert.deepEqual(await store.values('protocol', 'no such', {}, 5), []);
    await assert.rejects(store.values('nothing', '', {}, 5), /no field 'nothing'/);
  });
});

describe('pages', () => {
  test('put together are all records in their order, also where many are alike and others come in', async () => {
    for (const order of ['newest', 'oldest'] as const) {
      const store = await Store.open(join(root, `pages-${order}`), { compactAfterHours: 0 });
      try {
        const records = Array.from({ length: 60 }, (_, i) => alike(i));
        await store.append(records.slice(0, 30));
        await store.compact();
        await store.append(records.slice(30));
        const seen: EveRecord[] = [];
        let next: Position | undefined;
        do {
          const page: Page<EveRecord> = await store.recordPage(['dns'], {}, wishOf(7, order, next));
          seen.push(...page.rows);
          next = page.next;
          // Beyond both ends, so that they are on pages already or on none.
          await store.append([dns(order === 'newest' ? 99 : 0, 'late')]);
          if (seen.length === 28) await store.compact();
        } while (next !== undefined);
        const own = seen.filter(({ dns }) => (dns as { name: string }).name !== 'late');
        assert.deepEqual(sorted(own), sorted(records));
        const times = own.map(({ timestamp }) => timestamp);
        assert.deepEqual(times, order === 'newest' ? times.toSorted().reverse() : times.toSorted());
      } finally {
        await store.close();
      }
    }
  });

  test('are bounded by characters and never end in nothing', async () => {
    const store = await Store.open(join(root, 'long'));
    try {
      const long = 'x'.repeat(3 << 20);
      await store.append(Array.from({ length: 6 }, (_, i) => dns(i, `${i}${long}`)));
      const first = await store.recordPage(['dns'], {}, { limit: 100, order: 'newest' });
      assert.equal(first.rows.length, 2);
      assert.ok(first.next !== undefined);
      const second = await store.recordPage(['dns'], {}, wishOf(100, 'newest', first.next));
      assert.equal(second.rows[0]?.timestamp, dns(3, '').timestamp);
    } finally {
      await store.close();
    }
  });

  test('of an empty store and of a time without records are empty', async () => {
    const store = await Store.open(join(root, 'empty'));
    try {
      assert.deepEqual(await store.flowPage({}, { limit: 5, order: 'newest' }), { rows: [] });
      await store.append([dns(5, 'a')]);
      const page = await store.recordPage(
        undefined,
        { sinceUs: 0, untilUs: 5 },
        { limit: 5, order: 'oldest' },
      );
      assert.deepEqual(page, { rows: [] });
    } finally {
      await store.close();
    }
  });
});

function wishOf(limit: number, order: PageWish['order'], after: Position | undefined): PageWish {
  return after === undefined ? { limit, order } : { limit, order, after };
}

/** Ten of each time, five of each name of a time. */
function alike(i: number): EveRecord {
  return dns(10 + Math.floor(i / 10), i % 2 === 0 ? 'a' : 'b');
}

function dns(minute: number, name: string): EveRecord {
  const time = new Date(Date.UTC(2026, 10, 21) + minute * 3_600_000).toISOString().slice(0, 19);
  return { timestamp: `${time}.000000+0000`, event_type: 'dns', dns: { name } };
}

function sorted(records: readonly EveRecord[]): string[] {
  return records.map((record) => JSON.stringify(record, ordered)).sort();
}

/** Objects with their names in the order of the alphabet. */
function ordered(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, suite, type TestContext, test } from 'node:test';
import { recordFaults } from '../../src/event/schema/index.ts';
import { CORPUS } from '../../test/support/corpus.ts';
import { APPLICATION } from '../web-application.ts';
import { WEB_WAYS, WEIR, type WebWay } from '../web-gateway.ts';
import { removeLab } from './state.ts';
import { type EveRecord, recordsIn, TestLab, withoutLab } from './test-lab.ts';
import type { WebExchangeReport } from './web-exchange.ts';

const V4_RULES = join(CORPUS, 'crs');
const DEBIAN_RULES = '/usr/share/modsecurity-crs';
const RULES = existsSync(V4_RULES) ? ['--crs', V4_RULES] : [];
const withoutRules =
  RULES.length === 0 && !existsSync(DEBIAN_RULES)
    ? `no Core Rule Set: neither ${V4_RULES} (WEIR_CORPUS) nor Debian's modsecurity-crs`
    : false;
const WRK_SECONDS = 3;

/** What a machine lacks for a way; false where it has all. */
function lacks(way: WebWay, ...programs: readonly string[]): string | false {
  const wanted = [...(way === 'haproxy' ? ['haproxy'] : []), ...programs];
  const missing = wanted.filter((program) => spawnSync(program, ['-v']).error !== undefined);
  return missing.length === 0 ? false : `not installed: ${missing.join(', ')}`;
}

// The ways beside each other: most of the time is spent on waiting for slow clients.
suite('weir in front of the web application of the lab', {
  skip: withoutLab || withoutRules,
  timeout: 170_000,
  concurrency: WEB_WAYS.length,
}, () => {
  const labs: TestLab[] = [];
  after(async () => {
    for (const { lab } of labs) await removeLab(lab);
  });
  const create = (): TestLab => {
    const lab = new TestLab();
    labs.push(lab);
    return lab;
  };

  for (const way of WEB_WAYS) {
    test(`as ${way}`, { skip: lacks(way) }, async (context) => {
      const lab = create();
      await lab.up('--web', way, ...RULES);
      const sensors = await Promise.all(
        ['lan0', 'wan0'].map((name) => {
          const read = ['read', '-i', name, '--eve', lab.path(`passive-${name}.json`)];
          return lab.startOn('gateway', [WEIR, ...read], /./);
        }),
      );
      await context.test('benign browsing of all visitors passes', async () => {
        await assertAllPass(lab, way);
      });
      await context.test('each attack is blocked', async () => {
        await assertAllBlocked(lab, way);
      });
      await context.test('after the attacks others browse on', async () => {
        await assertAllPass(lab, way);
      });
      await context.test('records of both streams join by their community id', async () => {
        for (const sensor of sensors) await sensor.stop();
        const passive = ['lan0', 'wan0'].flatMap((name) => recordsIn(lab.path(`passive-${name}.json`)));
        assertJoined(activeRecords(lab), passive);
      });
      await endOf(lab);
    });
  }

  for (const way of WEB_WAYS) {
    test(`load on ${way}, by wrk`, { skip: lacks(way, 'wrk') }, async (context) => {
      const lab = create();
      await lab.up('--web', way, '--limit', '0', ...RULES);
      const before = activeRecords(lab).length;
      for (const url of [
        `https://${APPLICATION.name}/products/2`,
        `https://${APPLICATION.name}/search?q=garden+hose`,
      ]) {
        await assertLoad(context, lab, way, url);
      }
      const records = activeRecords(lab)
        .slice(before)
        .filter(({ event_type: type }) => type === 'http');
      assert.ok(records.length > 20, `${records.length} requests in the records`);
      assert.deepEqual(records.filter(({ web }) => web?.action !== 'pass').slice(0, 3), []);
      await endOf(lab);
    });
  }
});

async function exchange(lab: TestLab, ...words: readonly string[]): Promise<WebExchangeReport> {
  const { stdout, stderr } = await lab.run(...words, '--json');
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as WebExchangeReport;
}

async function assertAllPass(lab: TestLab, way: WebWay): Promise<void> {
  const { requests, cut, way: shown } = await exchange(lab, 'browse');
  assert.deepEqual([cut, shown], [undefined, way]);
  assert.deepEqual(
    requests.filter(({ outcome }) => outcome !== 'passed'),
    [],
  );
  for (const over of ['http', 'https', 'h2'] as const) {
    const visitors = requests.filter((request) => request.over === over).map(({ from }) => from);
    assert.deepEqual([...new Set(visitors)].sort(), ['alice', 'bob', 'net'], over);
  }
}

async function assertAllBlocked(lab: TestLab, way: WebWay): Promise<void> {
  const { requests, cut } = await exchange(lab, 'attack', 'web');
  assert.equal(cut, undefined);
  assert.deepEqual(
    requests.filter(({ outcome }) => outcome !== 'blocked'),
    [],
  );
  const came = new Map<string, string[]>();
  for (const { kind, came: answer } of requests) came.set(kind, [...(came.get(kind) ?? []), answer]);
  for (const kind of [
    'SQL injection',
    'cross-site scripting',
    'path traversal',
    'remote commands',
    'scanner',
  ]) {
    assert.deepEqual([...new Set(came.get(kind))], ['403'], kind);
  }
  const smuggled = came.get('request smuggling') ?? [];
  assert.ok(smuggled.length >= 8);
  // HAProxy makes sense of some of them, and its agent refuses those.
  for (const answer of smuggled) assert.match(answer, way === 'proxy' ? /^400$/ : /^(400|403|413)$/);
  assert.match(came.get('slow heads')?.[0] ?? '', /^(408|closed)/);
  assert.match(came.get('password guesses')?.[0] ?? '', /^401 \(\d+ times\), 429 \(\d+ times\)$/);
  for (const over of ['http', 'https', 'h2']) assert.ok(requests.some((request) => request.over === over));
}

function activeRecords(lab: TestLab): readonly EveRecord[] {
  const names = readdirSync(lab.path('web')).filter((name) => name.startsWith('eve-'));
  return names.flatMap((name) => recordsIn(lab.path('web', name)));
}

/** Each connection of the active stream is one that the sensor saw; what it read in clear is the same. */
function assertJoined(active: readonly EveRecord[], passive: readonly EveRecord[]): void {
  for (const record of active) assert.deepEqual(recordFaults({ ...record }), [], JSON.stringify(record));
  const since = active.filter(({ src_ip: from }) => passive.some(({ src_ip: other }) => other === from));
  assert.deepEqual([...new Set(since.map(({ event_type: type }) => type))].sort(), ['http', 'waf']);
  const flows = new Set(
    passive.filter(({ event_type: type }) => type === 'flow').map(({ community_id: id }) => id),
  );
  const browsed = since.filter(({ web, dest_port: port }) => web?.action === 'pass' && port === 443);
  assert.ok(browsed.length > 50, `${browsed.length} requests over TLS passed`);
  const seen = since.filter(({ community_id: id }) => flows.has(id));
  // Those of `up`, which asks whether all is there, came before the sensors.
  assert.ok(
    seen.length > since.length - 12,
    `${since.length - seen.length} of ${since.length} records without a flow`,
  );
  const attacks = seen.filter(
    ({ src_ip: from, event_type: type }) => type === 'waf' && from === '198.51.100.66',
  );
  assert.ok(attacks.length > 20);
  const read = new Map(
    passive
      .filter(({ http }) => http?.url !== undefined)
      .map((record) => [`${record.community_id} ${record.http?.url}`, record]),
  );
  const both = seen.filter(({ http, dest_port: port }) => http?.url !== undefined && port === 80);
  const same = both.filter((record) => {
    const other = read.get(`${record.community_id} ${record.http?.url}`);
    return (
      other?.src_ip === record.src_ip &&
      other.src_port === record.src_port &&
      other.http?.status === record.http?.status
    );
  });
  assert.ok(same.length > 20, `${same.length} of ${both.length} requests in clear are the same in both`);
}

async function assertLoad(context: TestContext, lab: TestLab, way: WebWay, url: string): Promise<void> {
  const load = [
    '-t',
    '1',
    '-c',
    '8',
    '-d',
    `${WRK_SECONDS}s`,
    '--latency',
    '-H',
    'User-Agent: Mozilla/5.0',
    url,
  ];
  const { code, stdout, stderr } = await lab.runOn('alice', ['wrk', ...load]);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stdout, /Socket errors|Non-2xx/, stdout);
  const figure = (what: RegExp): string => what.exec(stdout)?.[1] ?? '?';
  const requests = Number(figure(/(\d+) requests in/));
  assert.ok(requests > 0, stdout);
  context.diagnostic(
    `${way} ${url}: ${figure(/Requests\/sec:\s+(\S+)/)} requests/s, p50 ${figure(/50%\s+(\S+)/)}, p99 ${figure(/99%\s+(\S+)/)}`,
  );
}

async function endOf(lab: TestLab): Promise<void> {
  const log = readFileSync(lab.path('gateway-weir.log'), 'utf8');
  assert.doesNotMatch(log, /Error:|\n {4}at /, log.slice(-2000));
  assert.equal((await lab.run('down')).code, 0);
  lab.assertNothingLeft();
}

import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { timeText } from '../../event/index.ts';
import { type Correlation, CorrelationLog, correlationRecord } from './index.ts';

const T0 = Date.UTC(2026, 10, 21) * 1000;

function place(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-correlations-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'correlated-threats.json');
}

function correlation(seconds: number, ip = '203.0.113.9', fields: Partial<Correlation> = {}): Correlation {
  return {
    ip,
    timestamp: timeText(T0 + seconds * 1e6),
    event_type: 'waf_block',
    reason: 'SQL injection\nin two lines',
    threat_score: 80,
    reputation_score: 45,
    crowdsec_status: 'clean',
    context: { mitm_requests: [{ path: '/a' }], dpi_flows: [], waf_alerts: [] },
    weir: {
      host: '',
      path: '',
      id: `e${seconds}`,
      incident: 'i1',
      community_id: '1:abc',
      reference: 'ref1',
      ja4: 't13',
      rtt_us: 90,
      tls_version: 'TLS 1.3',
      app: 'Shop',
      bytes_toserver: 10,
      bytes_toclient: 20,
      target: '192.0.2.80',
      source: '942100',
      techniques: ['T1190'],
      joined: 'connection',
      joined_requests: [],
      joined_flows: [],
      same_as: '',
    },
    ...fields,
  };
}

test('one object a line, found by all that is asked for', async (t) => {
  const path = place(t);
  const log = await CorrelationLog.open(path);
  log.write(correlation(1));
  log.write(correlation(2, '203.0.113.77', { threat_score: 20, event_type: 'scanner' }));
  log.write(correlation(3, '2001:db8::5', { crowdsec_status: 'banned' }));
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  assert.equal(lines.length, 3);
  assert.deepEqual(JSON.parse(lines[0] ?? ''), correlation(1));
  const found = async (question: Parameters<CorrelationLog['search']>[0]) =>
    (await log.search(question)).correlations.map(({ ip }) => ip);
  assert.deepEqual(await found({}), ['2001:db8::5', '203.0.113.77', '203.0.113.9']);
  assert.deepEqual(await found({ address: '203.0.113.9' }), ['203.0.113.9']);
  assert.deepEqual(await found({ address: '203.0.113.64/26' }), ['203.0.113.77']);
  assert.deepEqual(await found({ address: '2001:0DB8::/32' }), ['2001:db8::5']);
  assert.deepEqual(await found({ address: '2001:db8:0::5' }), ['2001:db8::5']);
  assert.deepEqual(await found({ fromUs: T0 + 2e6, untilUs: T0 + 2e6 }), ['203.0.113.77']);
  assert.deepEqual(await found({ type: 'scanner' }), ['203.0.113.77']);
  assert.deepEqual(await found({ leastScore: 70, limit: 1 }), ['2001:db8::5']);
  assert.deepEqual(await found({ id: 'e1' }), ['203.0.113.9']);
  assert.deepEqual(await found({ incident: 'i2' }), []);
  await assert.rejects(log.search({ address: '203.0.113' }), /neither an address nor a network/);
  await assert.rejects(log.search({ address: '203.0.113.0/40' }), /is no network/);
  const { total, high, banned, uniqueAddresses } = log.statistics();
  assert.deepEqual(
    { total, high, banned, uniqueAddresses },
    { total: 3, high: 2, banned: 1, uniqueAddresses: 3 },
  );
  log.close();
});

test('rotated by size within a bound of files; searched and counted over all of them, also after a start', async (t) => {
  const path = place(t);
  const options = { fileBytes: 8192, files: 3 };
  const log = await CorrelationLog.open(path, options);
  for (let i = 0; i < 200; i++) assert.ok(log.write(correlation(i, `10.0.0.${i % 50}`)));
  const names = readdirSync(join(path, '..')).sort();
  assert.deepEqual(
    names,
    ['', '.1', '.2', '.3'].map((end) => `correlated-threats.json${end}`),
  );
  for (const name of names) assert.ok(readFileSync(join(path, '..', name)).length <= 8192);
  const { correlations } = await log.search({ limit: 1000 });
  const times = correlations.map(({ timestamp }) => timestamp);
  assert.deepEqual(times, [...times].sort().reverse());
  assert.equal(times[0], timeText(T0 + 199e6));
  assert.ok(correlations.length > 20 && correlations.length < 200);
  assert.equal(log.statistics().total, correlations.length);
  log.close();
  const again = await CorrelationLog.open(path, options);
  assert.deepEqual(again.statistics(), log.statistics());
  again.close();
});

test('rotated by age, which is that of its first line', async (t) => {
  const path = place(t);
  const options = { fileMs: 60_000, files: 2 };
  const log = await CorrelationLog.open(path, options);
  log.write(correlation(0));
  log.write(correlation(59));
  log.close();
  const again = await CorrelationLog.open(path, options);
  again.write(correlation(61));
  again.write(correlation(200));
  again.write(correlation(400));
  assert.equal(readdirSync(join(path, '..')).length, 3);
  assert.equal((await again.search({})).correlations.length, 3);
  assert.equal(again.statistics().total, 3);
  again.close();
});

test('what a crash cut off, or somebody else wrote, spoils nothing', async (t) => {
  const path = place(t);
  writeFileSync(
    path,
    '[]\n{"ip":"198.51.100.1","timestamp":"2026-11-20T00:00:00+00:00","threat_score":75}\n{"ip":"1.2',
  );
  const log = await CorrelationLog.open(path);
  log.write(correlation(1));
  appendFileSync(path, '{"ip":"203.0.113.9","timestamp":"2026');
  assert.deepEqual(
    (await log.search({})).correlations.map(({ ip }) => ip),
    ['203.0.113.9', '198.51.100.1'],
  );
  assert.deepEqual((await log.search({ incident: 'i1' })).correlations.length, 1);
  const { total, high } = log.statistics();
  assert.deepEqual({ total, high }, { total: 2, high: 2 });
  log.close();
});

test('no link is followed, and what cannot be written is counted', async (t) => {
  const path = place(t);
  const other = join(path, '..', 'other');
  writeFileSync(other, 'mine');
  const log = await CorrelationLog.open(path);
  symlinkSync(other, path);
  assert.equal(log.write(correlation(1)), false);
  assert.equal(readFileSync(other, 'utf8'), 'mine');
  assert.equal(log.statistics().dropped, 1);
  assert.match(log.statistics().problem, /cannot be written/);
  rmSync(path);
  assert.equal(log.write(correlation(1, '203.0.113.9', { timestamp: 'never' })), false);
  assert.equal(log.write(correlation(2)), true);
  assert.equal(log.statistics().problem, '');
  log.close();
});

test('a line is never longer than its bound', async (t) => {
  const path = place(t);
  const log = await CorrelationLog.open(path);
  const requests = Array.from({ length: 1000 }, () => ({ path: '/x'.repeat(100) }));
  log.write(
    correlation(1, '203.0.113.9', { context: { mitm_requests: requests, dpi_flows: [], waf_alerts: [] } }),
  );
  assert.ok(readFileSync(path).length < 4096);
  assert.equal((await log.search({})).correlations[0]?.weir.reference, 'ref1');
  log.close();
});

test('property: lines of any length, in any number of pieces, are found in their order', async (t) => {
  const path = place(t);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 12 }), async (lengths) => {
      const name = `${path}${run++}`;
      const log = await CorrelationLog.open(name);
      for (const [i, length] of lengths.entries())
        log.write(correlation(i, '203.0.113.9', { reason: 'é'.repeat(length) }));
      const { correlations } = await log.search({});
      log.close();
      assert.deepEqual(
        correlations.map(({ weir }) => weir.id),
        lengths.map((_, i) => `e${i}`).reverse(),
      );
    }),
    { numRuns: 25 },
  );
});

test('the record of a correlation has what is known, and nothing else', () => {
  const { weir } = correlation(1);
  const record = correlationRecord(
    correlation(1, '2001:db8::5', {
      weir: { ...weir, ja4: '', rtt_us: -1, techniques: [], community_id: '' },
    }),
  );
  assert.equal(record.src_ip, '2001:0db8:0000:0000:0000:0000:0000:0005');
  assert.equal(record.dest_ip, '192.0.2.80');
  assert.equal('community_id' in record, false);
  assert.deepEqual(record.correlation, {
    id: 'e1',
    type: 'waf_block',
    reason: 'SQL injection\nin two lines',
    threat: 80,
    reputation: 45,
    status: 'clean',
    incident: 'i1',
    reference: 'ref1',
    tls_version: 'TLS 1.3',
    app: 'Shop',
    bytes_toserver: 10,
    bytes_toclient: 20,
    source: '942100',
    joined: 'connection',
    requests: 1,
    flows: 0,
    waf_matches: 0,
  });
});

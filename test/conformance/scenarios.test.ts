import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Overflow } from '../../src/correlate/evidence.ts';
import { Observer } from '../../src/correlate/observation/index.ts';
import { formatMistake, loadScenarios, ScenarioEngine } from '../../src/correlate/scenario/index.ts';
import type { EveRecord } from '../../src/event/index.ts';
import { CORPUS, corpusCases, withoutCorpus } from '../support/corpus.ts';
import { eveRecords } from '../support/eve-records.ts';

const SCENARIOS = join(import.meta.dirname, '../../src/correlate/scenarios');
const DEMO = join(import.meta.dirname, '../../demo/captures');
/** The campus of demo/captures. */
const CAMPUS = ['192.0.2.0/24', '2001:db8:20::/64', '10.99.0.0/24'];
/** After this, no further captures are read: those that are left are told. */
const MOST_MS = 14_000;

/**
 * Captures of nDPI's suite in which somebody attacks, or in which packets are made to be wrong: not of them can it be
 * said that nothing may be found. All others are what people and devices do.
 */
const HOSTILE: Readonly<Record<string, string>> = {
  'WebattackSQLinj.pcap': 'SQL injection',
  'sql_injection.pcap': 'SQL injection',
  'dotenv.pcap': 'somebody looks for .env',
  'synscan.pcap': 'port scan',
  'tcp_scan.pcapng': 'port scan',
  'dns-exf.pcap': 'data in DNS',
  'dns-tunnel-iodine.pcap': 'tunnel in DNS',
  'dns2tcp_tunnel.pcap': 'tunnel in DNS',
  'emotet.pcap': 'malware',
  'trickbot.pcap': 'malware',
  'malware.pcap': 'malware',
  'exe_download.pcap': 'malware',
  'exe_download_as_png.pcap': 'malware',
  'tls_malicious_sha1.pcapng': 'server of malware',
  'fuzz-2006-09-29-28586.pcap': 'made by a fuzzer',
  'fuzz-2020-02-16-11740.pcap': 'made by a fuzzer',
  'dhcp-fuzz.pcapng': 'made by a fuzzer',
  'quic-fuzz-overflow.pcapng': 'made by a fuzzer',
  'tls-esni-fuzzed.pcap': 'made by a fuzzer',
  'ossfuzz_seed_fake_traces_4.pcapng': 'made by a fuzzer',
};

/** What of these attacks the scenarios are to find. */
const FOUND: Readonly<Record<string, readonly string[]>> = {
  'synscan.pcap': ['weir/port-scan', 'weir/port-scan-slow'],
  'tcp_scan.pcapng': ['weir/stealth-scan'],
  'dns-tunnel-iodine.pcap': ['weir/dns-tunnel'],
  'emotet.pcap': ['weir/malware-download'],
  'exe_download.pcap': ['weir/malware-download'],
  'exe_download_as_png.pcap': ['weir/malware-download'],
};

const { scenarios, mistakes } = loadScenarios([SCENARIOS]);

/** What runs over by records, in their order; captures that span years are taken as they are. */
function overflows(records: readonly EveRecord[], networks?: readonly string[]): Overflow[] {
  const observer = new Observer(networks === undefined ? {} : { networks });
  const engine = new ScenarioEngine(scenarios, { lateMs: Number.POSITIVE_INFINITY });
  return records.flatMap((record) => observer.observe(record)).flatMap((each) => [...engine.take(each)]);
}

async function recordsOf(path: string): Promise<EveRecord[]> {
  return (await eveRecords([path], { hashes: [] })) as unknown as EveRecord[];
}

test('the scenarios are without mistakes', () => {
  assert.deepEqual(mistakes.map(formatMistake), []);
});

test('each attack of the bundled captures is found, and nothing else', async () => {
  const found = overflows(await recordsOf(DEMO), CAMPUS);
  assert.deepEqual(found.map(({ scenario, value, target }) => `${scenario} ${value} ${target}`).sort(), [
    'weir/beacon 192.0.2.77 198.51.100.66',
    'weir/malware-download 192.0.2.77 203.0.113.30',
    'weir/port-scan 198.51.100.66 192.0.2.80',
    'weir/port-scan-slow 198.51.100.66 192.0.2.80',
    'weir/ssh-bruteforce 198.51.100.66 192.0.2.80',
  ]);
  const bans = found.filter(({ remediation }) => remediation);
  assert.ok(bans.every(({ value, banMs }) => value === '198.51.100.66' && banMs !== undefined));
});

const skip = withoutCorpus('ndpi');

test('attacks of the corpus are found', { skip }, async () => {
  for (const [name, { pcap }] of corpusCases<{ readonly pcap: string }>('ndpi')) {
    const expected = FOUND[name.replace(/\.json$/, '')];
    if (expected === undefined) continue;
    const found = overflows(await recordsOf(join(CORPUS, pcap))).map(({ scenario }) => scenario);
    assert.deepEqual([...new Set(found)].sort(), expected, name);
  }
});

test('nothing is found in what people and devices do', { skip }, async (t) => {
  const began = performance.now();
  const wrong: string[] = [];
  let captures = 0;
  let left = 0;
  let records = 0;
  for (const [name, { pcap }] of corpusCases<{ readonly pcap: string }>('ndpi')) {
    const capture = name.replace(/\.json$/, '');
    if (HOSTILE[capture] !== undefined) continue;
    if (performance.now() - began > MOST_MS) {
      left++;
      continue;
    }
    const read = await recordsOf(join(CORPUS, pcap));
    captures++;
    records += read.length;
    for (const { scenario, value, target } of overflows(read))
      wrong.push(`${capture}: ${scenario} ${value} ${target}`);
  }
  t.diagnostic(`${captures} captures with ${records} records; ${left} not read for lack of time`);
  assert.ok(captures > 0);
  assert.deepEqual(wrong, []);
});

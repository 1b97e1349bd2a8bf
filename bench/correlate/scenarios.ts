import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Observation } from '../../src/correlate/evidence.ts';
import { formatMistake, loadScenarios, ScenarioEngine } from '../../src/correlate/scenario/index.ts';

/**
 * Observations a second through the scenario engine: `node bench/correlate/scenarios.ts [OBSERVATIONS] [FILE OR FOLDER
 * [DATA FOLDER]]`. Without a folder, 30 scenarios of the usual shapes. The traffic: 70 % connections, 20 % web requests,
 * 5 % names, 5 % failures of ssh, of 5,000 addresses.
 */
const count = Number(process.argv[2] ?? 400_000);
const folder = process.argv[3];

const SHAPES = [
  'type: leaky\nfilter: "evt.Meta.log_type == \'ssh_failure\'"\ncapacity: 5\nleakspeed: 10s\ngroupby: evt.Meta.source_ip',
  "type: leaky\nfilter: \"evt.Meta.log_type == 'connection' && evt.Meta.state == 'refused'\"\ncapacity: 20\nleakspeed: 500ms\ngroupby: evt.Meta.source_ip\ndistinct: evt.Parsed.port",
  "type: leaky\nfilter: \"evt.Meta.log_type in ['http_request', 'waf_match'] && evt.Meta.http_status in ['404', '403']\"\ncapacity: 10\nleakspeed: 10s\ngroupby: evt.Meta.source_ip\ndistinct: evt.Meta.http_path",
  "type: trigger\nfilter: \"evt.Meta.log_type == 'http_request' && Upper(evt.Meta.http_path) contains '/CGI-BIN/.%2E/'\"\ngroupby: evt.Meta.source_ip",
  "type: leaky\nfilter: \"evt.Meta.log_type == 'http_request' && evt.Meta.http_path matches '\\\\\\\\.(?:bak|old|sql)$'\"\ncapacity: 3\nleakspeed: 10s\ngroupby: evt.Meta.source_ip",
  'type: counter\nfilter: "evt.Meta.log_type == \'dns_query\'"\ncapacity: -1\nduration: 1m\ngroupby: evt.Meta.source_ip\noverflow_filter: "leaky.Total_count > 1000"\ncache_size: 5',
];

function ownScenarios(): readonly [string, () => void] {
  const path = mkdtempSync(join(tmpdir(), 'weir-bench-scenarios-'));
  const documents = Array.from({ length: 30 }, (_, i) => {
    return `name: bench/scenario-${i}\ndescription: d\nblackhole: 1m\n${SHAPES[i % SHAPES.length]}\n`;
  });
  writeFileSync(join(path, 'scenarios.yaml'), documents.join('---\n'));
  return [path, () => rmSync(path, { recursive: true })];
}

function observation(n: number): Observation {
  const address = `198.51.${(n * 7) % 20}.${(n * 13) % 250}`;
  const shared = {
    timeUs: 1e15 + n * 200,
    address,
    target: '192.0.2.10',
    record: { timestamp: '', event_type: '' },
  };
  const share = (n * 31) % 100;
  if (share < 70) {
    const state = share < 5 ? 'refused' : 'closed';
    return {
      ...shared,
      kind: 'connection',
      meta: { state, service: 'tls' },
      parsed: { port: n % 3000, bytes: 4000 },
    };
  }
  if (share < 90) {
    const http_status = share < 75 ? '404' : '200';
    const meta = { http_path: `/shop/item/${n % 500}?q=1`, http_status, http_verb: 'GET', service: 'http' };
    return { ...shared, kind: 'http_request', meta, parsed: { verb: 'GET', http_args: 'q=1' } };
  }
  if (share < 95)
    return { ...shared, kind: 'dns_query', meta: { service: 'dns' }, parsed: { name: 'example.org' } };
  return { ...shared, kind: 'ssh_failure', meta: { service: 'ssh' }, parsed: {} };
}

const [path, remove] = folder === undefined ? ownScenarios() : [folder, () => undefined];
const { scenarios, mistakes } = loadScenarios([path], { dataFolder: process.argv[4] });
remove();
for (const mistake of mistakes) process.stderr.write(`${formatMistake(mistake)}\n`);
const engine = new ScenarioEngine(scenarios);
const observations = Array.from({ length: count }, (_, n) => observation(n));
for (const each of observations.slice(0, count / 4)) engine.take(each);
const measured = observations.slice(count / 4);
const start = process.hrtime.bigint();
for (const each of measured) engine.take(each);
const seconds = Number(process.hrtime.bigint() - start) / 1e9;
process.stdout.write(
  `${scenarios.length} scenarios: ${Math.round(measured.length / seconds)} observations/s, ` +
    `${engine.statistics().overflows} overflows, ${engine.statistics().buckets} buckets, ${Math.round(process.memoryUsage().rss / 1e6)} MB\n`,
);

/**
 * The correlator as a whole, over the records of the bundled captures again and again, each time an hour later and with
 * other addresses: records a second, the time from a record to a wish, memory. `node bench/correlate/correlator.ts [ROUNDS [RECORDS OF A BATCH]]`
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Exceptions } from '../../src/correlate/exception/index.ts';
import { Correlator } from '../../src/correlate/index.ts';
import { Reputation } from '../../src/correlate/reputation/index.ts';
import { loadScenarios } from '../../src/correlate/scenario/index.ts';
import { type EveRecord, timeOf, timeText } from '../../src/event/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const rounds = Number(process.argv[2] ?? 500);
const HOUR_US = 3600e6;
const BATCH = Number(process.argv[3] ?? 64);
/** Until V8 has compiled what runs; the last 1024 wishes are told of. */
const WARM_UP = 30;

const lines = execFileSync(
  process.execPath,
  [join(ROOT, 'src/cli/main.ts'), 'read', join(ROOT, 'demo/captures'), '--quiet', '--eve', '-'],
  { encoding: 'utf8', maxBuffer: 1 << 28 },
)
  .split('\n')
  .filter((line) => line !== '');

/** The records of a round: another hour, other third parts of IPv4 addresses. */
function recordsOf(round: number): EveRecord[] {
  return lines.map((line) => {
    const record = JSON.parse(
      line.replaceAll(/(?<="(?:192|198|203)\.\d{1,3}\.)\d{1,3}(?=\.)/g, String(round % 256)),
    ) as {
      timestamp: string;
      community_id?: string;
    } & EveRecord;
    record.timestamp = timeText((timeOf(record.timestamp) ?? 0) + round * HOUR_US);
    if (record.community_id !== undefined) record.community_id += round;
    return record;
  });
}

const { exceptions } = await Exceptions.open();
const { scenarios } = loadScenarios([join(ROOT, 'src/correlate/scenarios')]);
let correlations = 0;
let wishes = 0;
const correlator = new Correlator(
  {
    networks: ['192.0.0.0/8'],
    windowMs: 60_000,
    scenarios,
    reputation: new Reputation(),
    exceptions,
    autoBan: { enabled: true, threshold: 80, durationMs: 3_600_000 },
    now: Date.now,
  },
  { correlated: () => void correlations++, wish: () => void wishes++ },
);
let taken = 0;
let ms = 0;
for (let round = 0; round < WARM_UP + rounds; round++) {
  const records = recordsOf(round);
  const begun = performance.now();
  for (let at = 0; at < records.length; at += BATCH) correlator.take(records.slice(at, at + BATCH));
  if (round < WARM_UP) continue;
  ms += performance.now() - begun;
  taken += records.length;
}
const { verdict } = correlator.statistics();
process.stdout.write(
  `${taken} records, ${scenarios.length} scenarios: ${Math.round((taken / ms) * 1000)} records/s\n` +
    `${correlations} correlations, ${wishes} wishes; from a batch of ${BATCH} records to a wish ${verdict.p50} ms p50, ${verdict.p99} ms p99\n` +
    `${Math.round(process.memoryUsage.rss() / 1e6)} MB resident\n`,
);

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type DecisionRecord, DryRunEnforcer, neverBanList, Responder } from '../../respond/index.ts';
import type { Wish } from '../decision.ts';
import { recordFaults } from './index.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** What the bundled captures take, many times over. */
const PATIENCE_MS = 60_000;

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-schema-'));
  // The processes become another user, who must get there.
  chmodSync(folder, 0o755);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('what weir up finds in the demo captures: every correlation is as its schema says', (t) => {
  const folder = folderFor(t);
  const file = join(folder, 'weir.yaml');
  writeFileSync(
    file,
    `outputs: {eve: {file: ${folder}/eve.json}}
store: {folder: ${folder}/store}
control: {folder: ${folder}/run}
`,
  );
  const captures = join(ROOT, 'demo/captures');
  // A folder would be watched for more.
  const names = readdirSync(captures).filter((name) => /\.pcap(?:ng)?(?:\.gz|\.zst)?$/.test(name));
  const sources = names.flatMap((name) => ['--capture', join(captures, name)]);
  const args = ['up', '--config', file, ...sources, '--once'];
  const { status, signal, stderr } = spawnSync(join(ROOT, 'weir'), args, {
    encoding: 'utf8',
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  assert.equal(status, 0, signal ?? stderr);
  const records = readFileSync(join(folder, 'eve.json'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { readonly [name: string]: unknown });
  const correlations = records.filter((record) => record.event_type === 'correlation');
  const attackers = new Set(correlations.map((record) => record.src_ip));
  assert.deepEqual([...attackers].sort(), ['192.0.2.77', '198.51.100.66']);
  assert.deepEqual(
    records.flatMap((record) => recordFaults(record).map((fault) => `${fault}: ${JSON.stringify(record)}`)),
    [],
  );
});

function wishFor(value: string, changes: Partial<Wish> = {}): Wish {
  return {
    type: 'ban',
    scope: value.includes('/') ? 'range' : 'address',
    value,
    origin: 'scenario',
    reason: 'port scan',
    scenario: 'weir/port-scan',
    durationMs: 3_600_000,
    simulated: false,
    evidence: ['aaaaaaaaaaaaaaaaaaaa'],
    askedMs: Date.now(),
    author: '',
    ...changes,
  };
}

test('decisions that are taken, refused, lifted, undone and expire are as their schema says', async (t) => {
  const records: DecisionRecord[] = [];
  const responder = await Responder.start({
    mode: 'enforce',
    folder: join(folderFor(t), 'respond'),
    enforcers: [new DryRunEnforcer()],
    guards: { sources: [neverBanList(['192.0.2.0/24'])] },
    record: (record) => records.push(record),
    tell: (message) => assert.fail(message),
  });
  t.after(() => responder.close({ keep: false }));
  await responder.wish(wishFor('203.0.113.9'));
  await responder.wish(wishFor('2001:db8::9', { durationMs: 50 }));
  await responder.wish(wishFor('198.51.100.0/24', { type: 'throttle', origin: 'user', author: 'alice' }));
  await responder.wish(wishFor('ja4:t13d1516h2_8daaf6152771_02713d6af862', { scope: 'session' }));
  await responder.wish(wishFor('203.0.113.10', { simulated: true, evidence: [] }));
  await responder.wish(wishFor('192.0.2.1'));
  await responder.lift({ value: '203.0.113.9' }, 'alice');
  await responder.undoLast('alice');
  for (const end = Date.now() + PATIENCE_MS; !seen('expired'); ) {
    assert.ok(Date.now() < end, 'no decision has expired');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (const event of ['taken', 'refused', 'lifted']) assert.ok(seen(event), event);
  assert.deepEqual(
    records.flatMap((record) =>
      recordFaults({ ...record }).map((fault) => `${fault}: ${JSON.stringify(record)}`),
    ),
    [],
  );

  function seen(event: string): boolean {
    return records.some(({ decision }) => decision.event === event);
  }
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseConfiguration } from '../../config/configuration.ts';
import { wafRecord } from '../../correlate/observation/testing.ts';
import type { EveRecord } from '../../event/index.ts';
import { Correlation } from './correlation.ts';

/** The folder to lay a small disk on, for the process that has a mount namespace of its own. */
const DISK = process.env.WEIR_TEST_DISK;
const ATTACKER = '198.51.100.66';
const PAGE = 4096;

/** Why this cannot run here; false where it can. */
function withoutMounts(): string | false {
  if (process.getuid?.() !== 0) return 'only root may mount';
  const { status } = spawnSync('unshare', ['--mount', '--propagation', 'private', 'true']);
  return status === 0 ? false : 'no mount namespace can be made here';
}

if (DISK === undefined) {
  test('a full disk, in a mount namespace of its own', { skip: withoutMounts(), timeout: 60_000 }, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-full-disk-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['--mount', '--propagation', 'private', process.execPath, '--test', import.meta.filename],
      { env: { ...environment, WEIR_TEST_DISK: folder }, encoding: 'utf8', timeout: 50_000 },
    );
    assert.equal(status, 0, `${stdout}\n${stderr}`.slice(0, 8000));
  });
} else {
  test('no room: one line for each file, counted, nothing lost of what is known; with room all is written', async () => {
    await run(DISK);
  });
}

async function run(disk: string): Promise<void> {
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'weir-test', disk], {
    encoding: 'utf8',
  });
  assert.equal(mounted.status, 0, mounted.stderr);
  const state = join(disk, 'state');
  const status = join(disk, 'status');
  for (const folder of [state, status]) mkdirSync(folder);
  const configuration = parseConfiguration(
    `correlation: {folder: ${state}}
status: {enabled: true, folder: ${status}}
notifications: {file: ${disk}/notifications.json}
`,
    'weir.yaml',
  );
  const reports: string[] = [];
  const detail = (): string =>
    `${reports.join('\n')}\n${JSON.stringify(correlation.statistics().notifications)}`;
  const records: EveRecord[] = [];
  const context = {
    record: (record: EveRecord) => void records.push(record),
    wish: () => undefined,
    report: (line: string) => void reports.push(line),
    secrets: { webhook: undefined, mail: undefined },
  };
  const open = (): Promise<Correlation> => Correlation.open(configuration, context);
  const log = join(status, 'correlated-threats.json');
  let minute = 0;
  /** Attacks that each are a piece of evidence, minutes apart: none waits for its flow any more. */
  const attack = (count: number, from = ATTACKER): void => {
    for (let i = 0; i < count; i++) {
      minute++;
      correlation.take([
        {
          ...wafRecord(60 * minute, '/login', { reference: `r${String(minute).padStart(19, '0')}` }),
          src_ip: from,
        },
      ]);
    }
    correlation.take([wafRecord(60 * minute + 30, '/', { score: 0, category: 'protocol', action: 'pass' })]);
  };
  const save = async (): Promise<void> => {
    await correlation.answer({ ask: 'reset', address: '203.0.113.1', author: 'test' });
  };
  let correlation = await open();
  attack(3);
  await save();
  assert.equal(reports.join(), '');
  const written = lines(log);
  assert.equal(written.length, 3);
  const [{ id: first = '' } = {}] = written;

  const notifications = join(disk, 'notifications.json');
  const isThere = (): boolean => existsSync(notifications) && statSync(notifications).size > 0;
  await until('the first notification', isThere, detail);
  fill(disk, notifications);
  attack(40);
  await save();
  // Somebody else: of the first one there was a notification.
  attack(40, '198.51.100.67');
  await save();
  const author = 'test';
  await assert.rejects(
    correlation.answer({ ask: 'mark', id: first, as: 'false', author, note: '' }),
    /marks\.jsonl: cannot be written: ENOSPC/,
  );
  const exception = { conditions: { path: '/known' }, reason: 'a test', author, durationMs: 0 };
  await assert.rejects(
    correlation.answer({ ask: 'except', exception }),
    /exceptions\.jsonl: cannot be written: ENOSPC/,
  );
  assert.deepEqual(await correlation.answer({ ask: 'exceptions' }), []);
  // All was told to history and files of records.
  assert.equal(records.filter(({ event_type: type }) => type === 'correlation').length, 83);
  const full = correlation.statistics();
  assert.ok(full.correlations.dropped > 0 && full.correlations.dropped <= 80, `${full.correlations.dropped}`);
  assert.ok(full.files.failing >= 3, JSON.stringify(full.files));
  assert.ok(full.files.failures > full.files.failing);
  await until(
    'the notifier to tell of it',
    () => reports.some((line) => /notifications\.json/.test(line) && /ENOSPC/.test(line)),
    detail,
  );
  for (const name of [
    'reputation.jsonl',
    'incidents.jsonl',
    'correlated-threats.json',
    'notifications.json',
  ]) {
    const told: string[] = reports.filter((line) => line.includes(name));
    assert.equal(told.length, 1, `${name}: ${reports.join('\n')}`);
    assert.match(told[0] ?? '', /ENOSPC|the disk took/);
  }
  assert.deepEqual(
    readdirSync(state).filter((name) => name.endsWith('.new')),
    [],
  );
  const score = async (): Promise<unknown> =>
    ((await correlation.answer({ ask: 'reputation', subject: ATTACKER })) as { score: number }).score;
  const known = await score();

  rmSync(join(disk, 'filler'));
  attack(1);
  await save();
  assert.deepEqual(
    reports.filter((line) => line.endsWith('is written again')).toSorted(),
    [log, join(state, 'incidents.jsonl'), join(state, 'reputation.jsonl')]
      .map((path) => `${path} is written again`)
      .toSorted(),
  );
  assert.equal(correlation.statistics().files.failing, 0);
  assert.equal(lines(log).at(-1)?.reference, `r${String(minute).padStart(19, '0')}`);
  await correlation.answer({ ask: 'mark', id: first, as: 'true', author, note: '' });
  await correlation.answer({ ask: 'except', exception });
  await until('a notification', () => statSync(notifications).size > PAGE, detail);
  const now = await score();
  assert.ok(Number(now) >= Number(known));
  await correlation.close();

  // Nothing of all that was set aside as damaged, and what is known is known again.
  reports.length = 0;
  correlation = await open();
  assert.equal(reports.join(), '');
  assert.equal(await score(), now);
  const incidents = (await correlation.answer({ ask: 'incidents', address: '', limit: 10 })) as unknown[];
  assert.equal(incidents.length, 2);
  await correlation.close();
}

/** What the file of correlations has, other than lines that were cut off. */
function lines(path: string): readonly { readonly id: string; readonly reference: string }[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [(JSON.parse(line) as { weir: { id: string; reference: string } }).weir];
      } catch {
        return [];
      }
    });
}

/** Takes all room of a disk, and what is left of the last page of a file. */
function fill(disk: string, file: string): void {
  appendFileSync(file, `${' '.repeat(PAGE - 1 - (statSync(file).size % PAGE))}\n`);
  const path = join(disk, 'filler');
  writeFileSync(path, '');
  for (const size of [65_536, 4096, 1]) {
    for (;;) {
      try {
        appendFileSync(path, Buffer.alloc(size));
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
        break;
      }
    }
  }
}

async function until(what: string, isSo: () => boolean, detail = (): string => ''): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`waited too long for ${what}: ${detail()}`);
}

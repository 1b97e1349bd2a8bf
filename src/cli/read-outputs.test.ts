import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Running } from '../../test/support/running.ts';
import { Wire, withoutWire } from '../../test/support/wire.ts';
import { type EveRecord, recordFaults } from '../event/schema/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = 'src/cli/main.ts';
const SEND = 'test/support/send-frames.ts';
const CAPTURE = join(ROOT, 'demo/captures/campus-1.pcap');
/** What is written out each second is there in a few seconds, on a busy machine too. */
const PATIENCE_MS = 6000;
const withoutTcpdump = spawnSync('tcpdump', ['--version']).error !== undefined;

describe('outputs of a live capture', { skip: withoutWire(), timeout: 60_000 }, () => {
  let wire: Wire;
  const folder = mkdtempSync(join(tmpdir(), 'weir-read-outputs-'));
  const followers: ChildProcess[] = [];
  before(() => {
    wire = new Wire();
  });
  after(() => {
    for (const follower of followers) follower.kill('SIGKILL');
    wire?.remove();
    rmSync(folder, { recursive: true });
  });

  const until = async (what: string, look: () => boolean): Promise<void> => {
    for (const end = performance.now() + PATIENCE_MS; !look(); ) {
      assert.ok(performance.now() < end, `no ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  /** `tail -f` on a file from its beginning, into another program where one is named. */
  const follow = (path: string, into?: readonly [string, ...string[]]): Running => {
    const tail = spawn('tail', ['-f', '-s', '0.1', '-c', '+1', path], { stdio: ['ignore', 'pipe', 'pipe'] });
    followers.push(tail);
    if (into === undefined) return new Running(tail);
    const reader = spawn(into[0], into.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] });
    followers.push(reader);
    // Both end with the test, one before the other.
    reader.stdin.on('error', () => {});
    tail.stdout.pipe(reader.stdin);
    return new Running(reader);
  };
  /** More than a ring of 32 MiB holds. */
  const flood = async (): Promise<number> => {
    let sent = 0;
    while (sent < 40_000) {
      sent += Number((await wire.start(SEND, 'left', 'flood', '1400', '0.5').ended).stdout);
    }
    return sent;
  };
  const lines = (text: string, part: string): number =>
    text.split('\n').filter((line) => line.includes(part)).length;

  test('logs and packets can be followed while it runs', {
    skip: withoutTcpdump && 'needs tcpdump',
  }, async () => {
    const zeek = join(folder, 'zeek');
    const kept = join(folder, 'kept.pcapng');
    const eve = join(folder, 'eve.json');
    const reader = wire.start(
      MAIN,
      'read',
      '-i',
      'right',
      '--eve',
      eve,
      '--zeek',
      zeek,
      '--write',
      kept,
      '-q',
    );
    await until('file of packets', () => existsSync(kept) && statSync(kept).size > 0);
    const packets = follow(kept, ['tcpdump', '-r', '-', '-n', '-l']);
    const send = async (): Promise<number> => Number((await wire.start(SEND, 'left', CAPTURE).ended).stdout);
    const sent = await send();
    assert.ok(sent > 10);
    await until('HTTP log', () => existsSync(join(zeek, 'http.log')));
    const log = follow(join(zeek, 'http.log'));
    const records = follow(eve);
    await until('requests in the log', () => lines(log.stdout, 'GET') > 0);
    const expected = spawnSync('tcpdump', ['-r', CAPTURE, '-n'], { encoding: 'utf8' }).stdout;
    const shown = lines(expected, ' > ');
    assert.ok(shown > 100);
    await until('packets', () => lines(packets.stdout, ' > ') === shown);
    await until('records', () => lines(records.stdout, '"event_type":"http"') > 0);
    // The log grows: what came first was not merely written because much came.
    const requests = lines(log.stdout, 'GET');
    await send();
    await until('more requests', () => lines(log.stdout, 'GET') >= 2 * requests);
    await until('more packets', () => lines(packets.stdout, ' > ') === 2 * shown);
    assert.equal(reader.child.exitCode, null);
    assert.ok(!log.stdout.includes('#close'));
    const { code, stderr } = await reader.end('SIGTERM');
    assert.equal(code, 0, stderr);
    const { stdout } = await wire.start(MAIN, 'read', kept, '--json').ended;
    assert.equal((JSON.parse(stdout) as { packets: number }).packets, 2 * sent);
  });

  test('drops become records of statistics', async () => {
    const eve = join(folder, 'lossy.json');
    const reader = wire.start(MAIN, 'read', '-i', 'right', '--eve', eve, '--json');
    await reader.says('capturing on right');
    // A reader that stands still for a moment, while more comes than its ring holds.
    process.kill(reader.child.pid!, 'SIGSTOP');
    const sent = await flood();
    process.kill(reader.child.pid!, 'SIGCONT');
    let stats: EveRecord<'stats'>[] = [];
    await until('record of the drops', () => {
      const text = existsSync(eve) ? readFileSync(eve, 'utf8') : '';
      stats = text
        .split('\n')
        .slice(0, -1)
        .filter((line) => line.includes('"event_type":"stats"'))
        .map((line) => JSON.parse(line) as EveRecord<'stats'>);
      return stats.length > 0;
    });
    const { code, stdout, stderr } = await reader.end('SIGTERM');
    assert.equal(code, 0, stderr);
    for (const record of stats) assert.deepEqual(recordFaults(record), []);
    const drops = stats.reduce((sum, record) => sum + record.stats.capture.kernel_drops_delta, 0);
    const { live } = JSON.parse(stdout) as { live: { packets: number; dropped: number } };
    assert.equal(live.packets, sent);
    assert.equal(drops, live.dropped);
    assert.ok(drops > 0);
    assert.match(stderr, /packets of the last second were dropped/);
  });

  test('--eve-types leaves them out', async () => {
    const eve = join(folder, 'flows.json');
    const reader = wire.start(MAIN, 'read', '-i', 'right', '--eve', eve, '--eve-types', 'flow', '-q');
    await until('file', () => existsSync(eve));
    process.kill(reader.child.pid!, 'SIGSTOP');
    await flood();
    process.kill(reader.child.pid!, 'SIGCONT');
    await reader.says('packets of the last second were dropped');
    const { code, stderr } = await reader.end('SIGTERM');
    assert.equal(code, 0, stderr);
    assert.equal(lines(readFileSync(eve, 'utf8'), '"event_type":"stats"'), 0);
  });
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Wire, withoutWire } from '../../test/support/wire.ts';
import { openCaptures } from '../tap/capture/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = 'src/cli/main.ts';
const SEND = 'test/support/send-frames.ts';
const CAPTURE = join(ROOT, 'demo/captures', firstCapture());
const MIB = 1 << 20;

function firstCapture(): string {
  const [name = ''] = readdirSync(join(ROOT, 'demo/captures')).filter((file) => file.endsWith('.pcap'));
  return name;
}

function read(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'read', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** The frames of captures, in hexadecimal. */
async function framesIn(path: string): Promise<string[]> {
  const frames: string[] = [];
  const sequence = await openCaptures([path]);
  for await (const batch of sequence.batches()) {
    for (let i = batch.first; i < batch.end; i++) {
      const start = batch.offset[i]!;
      frames.push(Buffer.from(batch.bytes.subarray(start, start + batch.captured[i]!)).toString('hex'));
    }
  }
  sequence.close();
  return frames;
}

test('options of the ring that make no sense', () => {
  const mistakes: [string[], RegExp][] = [
    [[CAPTURE, '--ring', '/tmp/x'], /--ring goes with --interface/],
    [['-i', 'lo', '--ring-size', '2G'], /--ring-size goes with --ring/],
    [['-i', 'lo', '--ring', ''], /--ring takes the name of a folder/],
    [['-i', 'lo', '--ring', '/tmp/x', '--ring-size', '1M'], /--ring-size takes a size from 16 MiB/],
    [
      ['-i', 'lo', '--ring', '/tmp/x', '--ring-age', 'soon'],
      /--ring-age takes a time from 10 s to 3650 d, not 'soon'/,
    ],
    [['-i', 'lo', '--ring', '/tmp/x', '--ring-file', '9'], /--ring-file takes a size from 1 MiB/],
  ];
  for (const [args, message] of mistakes) {
    const { status, stderr } = read(...args);
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
  }
});

describe('weir read --interface --ring', { skip: withoutWire() }, () => {
  let wire: Wire;
  const folder = mkdtempSync(join(tmpdir(), 'weir-read-ring-'));
  before(() => {
    wire = new Wire();
  });
  after(() => {
    wire?.remove();
    rmSync(folder, { recursive: true });
  });

  test('keeps what was on the wire', async () => {
    const ring = join(folder, 'whole');
    const reader = wire.start(MAIN, 'read', '-i', 'right', '--ring', ring, '--ring-size', '16MiB', '-q');
    while (!readdirSync(folder).includes('whole')) await new Promise((resolve) => setTimeout(resolve, 10));
    const { stdout } = await wire.start(SEND, 'left', CAPTURE, '64').ended;
    const sent = await framesIn(CAPTURE);
    assert.equal(Number(stdout), sent.length);
    // Within two seconds, while it is written.
    let kept: string[] = [];
    for (const end = Date.now() + 5000; kept.length < sent.length && Date.now() < end; ) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (readdirSync(ring).some((name) => name.endsWith('.pcapng'))) kept = await framesIn(ring);
    }
    assert.deepEqual(kept, sent);
    reader.child.kill('SIGINT');
    const { code, stderr } = await reader.ended;
    assert.equal(code, 0, stderr);
    const again = read(ring, '--json');
    assert.equal(again.status, 0, again.stderr);
    assert.equal((JSON.parse(again.stdout) as { packets: number }).packets, sent.length);
    assert.equal(read(ring, '--since', '2100-01-01', '--json').status, 0);
  });

  test('keeps what passes the filter, the last of it, beside --write', async () => {
    const ring = join(folder, 'part');
    const kept = join(folder, 'kept.pcapng');
    const options = ['--ring', ring, '--ring-size', '16MiB', '--ring-file', '1MiB', '--write', kept];
    const reader = wire.start(MAIN, 'read', '-i', 'right', '-f', 'udp port 4001', ...options);
    await reader.says('capturing on right');
    await wire.start(SEND, 'left', CAPTURE, '64').ended;
    const { stdout } = await wire.start(SEND, 'left', 'flood', '1400', '0.3').ended;
    reader.child.kill('SIGINT');
    const { code, stderr } = await reader.ended;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /packets were written; \d+ files with/);
    const all = await framesIn(kept);
    const last = await framesIn(ring);
    assert.ok(Number(stdout) >= all.length);
    assert.ok(all.length > 20_000, `${all.length} of ${stdout}`);
    assert.ok(last.length * 1400 > 14 * MIB && last.length * 1400 < 16 * MIB, String(last.length));
    assert.ok(last.every((frame) => frame === all[0]));
  });

  test('a folder that cannot be used', async () => {
    const { code, stderr } = await wire.start(MAIN, 'read', '-i', 'right', '--ring', CAPTURE).ended;
    assert.equal(code, 1);
    assert.match(stderr, /no packet ring can be kept there: it is not a folder/);
  });
});

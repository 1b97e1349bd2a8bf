import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CAPTURES, MAIN } from '../supervisor/testing.ts';
import type { ConversationPart } from './conversation-json.ts';
import type { CaptureList } from './list-captures.ts';

const COMMUNITY = '1:4VJvTVjBaMtZKtU52qL3x+E+ulY=';
const FILTER = 'host 192.0.2.145 and port 55436';

function weir(...args: readonly string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
}

function part(...args: readonly string[]): ConversationPart {
  const { status, stdout, stderr } = weir('cat', '--json', ...args);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as ConversationPart;
}

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-cat-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a conversation as JSON says the same as without', () => {
  const { segments, total, flow, next } = part(COMMUNITY, CAPTURES, '--limit', '1Mi', '--filter', FILTER);
  const plain = spawnSync(process.execPath, [MAIN, 'cat', COMMUNITY, CAPTURES], { maxBuffer: 1 << 26 });
  const bytes = Buffer.concat(segments.map(({ base64 = '' }) => Buffer.from(base64, 'base64')));
  assert.ok(bytes.equals(plain.stdout));
  assert.deepEqual([total, next, flow.missingBytes], [bytes.length, undefined, 0]);
});

test('exchanges from one on, and datagrams each', () => {
  const { exchanges, segments } = part(COMMUNITY, CAPTURES, '--exchange', '2', '--limit', '1');
  assert.deepEqual(
    exchanges.map(({ index, url }) => [index, url]),
    [
      [2, '/app.js'],
      [3, '/logo.png'],
    ],
  );
  assert.equal(segments.length, 1);
  const { stdout } = weir('read', '-q', '--eve', '-', '--eve-types', 'dns', CAPTURES);
  const { community_id: dns } = JSON.parse(stdout.split('\n')[0] ?? '') as { community_id: string };
  const asked = part(dns, CAPTURES);
  assert.deepEqual(asked.exchanges, []);
  assert.ok(asked.segments.length >= 2);
  assert.ok(asked.segments.every(({ kind }) => kind === 'data'));
});

test('a packet that is not in the capture leaves a gap', (context) => {
  if (spawnSync('editcap', ['--version']).error !== undefined) return context.skip('no editcap');
  const folder = folderOf(context);
  const [whole, lossy] = [join(folder, 'whole.pcapng'), join(folder, 'lossy.pcapng')];
  weir('read', '-q', '--flows-only', '--filter', FILTER, '-w', whole, CAPTURES);
  // A segment of the longest answer.
  assert.equal(spawnSync('editcap', [whole, lossy, '20']).status, 0);
  const { segments, flow, total } = part(COMMUNITY, lossy);
  const gaps = segments.filter(({ kind }) => kind === 'gap');
  assert.equal(gaps.length, 1);
  const [gap] = gaps;
  assert.equal(gap?.side, 'server');
  assert.equal(gap?.length, flow.missingBytes);
  assert.ok(flow.missingBytes > 1000);
  const behind = segments[segments.indexOf(gap as never) + 1];
  assert.equal(behind?.offset, gap?.offset);
  assert.equal(behind?.streamOffset, (gap?.streamOffset ?? 0) + flow.missingBytes);
  assert.equal(total, flow.clientBytes + flow.serverBytes);
});

test('what captures are', () => {
  const paths = ['campus-1.pcap', 'campus-5.pcap'].map((name) => join(CAPTURES, name));
  const { status, stdout } = weir('cat', '--list', ...paths, MAIN);
  assert.equal(status, 0);
  const { captures, findings } = JSON.parse(stdout) as CaptureList;
  assert.deepEqual(
    captures.map(({ format, packets }) => [format, packets]),
    [
      ['pcap', 373],
      ['pcap', 126],
      ['', undefined],
    ],
  );
  assert.deepEqual(findings.map(({ kind }) => kind).toSorted(), ['not-a-capture']);
});

test('wrong usage', () => {
  for (const args of [
    ['--json'],
    [COMMUNITY, CAPTURES, '--offset', '1'],
    [COMMUNITY, '--json', '--index', 'x'],
    [COMMUNITY, CAPTURES, '--json', '--limit', '2Mi'],
    [COMMUNITY, CAPTURES, '--json', '--filter', 'tcp prt'],
    ['--list'],
  ]) {
    assert.equal(weir('cat', ...args).status, 2, args.join(' '));
  }
  const { status, stderr, stdout } = weir('cat', '--json', '1234', join(CAPTURES, 'campus-5.pcap'));
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, /there is no flow 1234/);
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Store } from '../store/index.ts';
import { destinations } from './destinations.ts';
import { flows } from './flows.ts';
import { importCaptures } from './import.ts';
import { protocols } from './protocols.ts';
import { top } from './top.ts';
import { UsageError } from './usage.ts';

const CAPTURES = join(import.meta.dirname, '../../demo/captures');
const root = mkdtempSync(join(tmpdir(), 'weir-history-'));
const folder = join(root, 'store');
after(() => rmSync(root, { recursive: true, force: true }));

type Command = (args: readonly string[]) => Promise<number>;

/** Runs a command in this process and takes what it writes. */
async function run(command: Command, ...args: string[]) {
  const { stdout, stderr } = process;
  const written = { out: '', words: '' };
  const original = { out: stdout.write, words: stderr.write };
  stdout.write = ((text: string | Uint8Array) => {
    // The runner's own reports are bytes.
    if (typeof text !== 'string') return original.out.call(stdout, text);
    written.out += text;
    return true;
  }) as typeof stdout.write;
  stderr.write = ((text: string) => {
    written.words += text;
    return true;
  }) as typeof stderr.write;
  try {
    return { code: await command(args), ...written };
  } finally {
    stdout.write = original.out;
    stderr.write = original.words;
  }
}

before(async () => {
  const { code, words } = await run(importCaptures, CAPTURES, '--store', folder);
  assert.equal(code, 0, words);
});

test('flows: a table of equally long columns, the newest first, and JSON', async () => {
  const { code, out } = await run(flows, '--store', folder, '--limit', '5');
  assert.equal(code, 0);
  const lines = out.split('\n');
  assert.match(lines[0]!, /TIME \(UTC\) +CLIENT +SERVER +PROTOCOL +SENT +RECEIVED +LASTED +STATE/);
  const sent = lines[0]!.indexOf('SENT') + 4;
  for (const line of lines.slice(1, 6)) assert.match(line.slice(0, sent), / [kM]?B$/);
  const json = JSON.parse((await run(flows, '--store', folder, '-n', '5', '--json')).out);
  assert.equal(json.flows.length, 5);
  const times = json.flows.map((flow: { time: string }) => flow.time);
  assert.deepEqual(times, times.toSorted().reverse());
});

test('flows: address, protocol, time and what there is none of', async () => {
  const count = async (...args: string[]): Promise<number> =>
    JSON.parse((await run(flows, '--store', folder, '-n', '1000', '--json', ...args)).out).flows.length;
  const all = await count();
  assert.ok(all > 200);
  const of = await count('--address', '203.0.113.0/24');
  assert.ok(of > 0 && of < all);
  assert.ok((await count('--protocol', 'tls')) > 0);
  const middle = '2026-11-21T02:24:50';
  assert.equal((await count('--since', middle)) + (await count('--until', middle)), all);
  assert.equal((await run(flows, '--store', folder, '--address', '203.0.113.250')).out, 'no flows\n');
});

test('destinations, protocols and top agree with each other', async () => {
  const list = async (command: Command, ...args: string[]) =>
    JSON.parse((await run(command, '--store', folder, '-n', '1000', '--json', ...args)).out);
  const whole = await list(top);
  assert.deepEqual((await list(destinations)).destinations, whole.destinations);
  assert.deepEqual((await list(protocols)).protocols, whole.protocols);
  assert.deepEqual((await list(top, 'names')).names, whole.names);
  const sum = (rows: readonly { flows: number }[]): number => rows.reduce((all, row) => all + row.flows, 0);
  assert.equal(sum(whole.protocols), sum(whole.destinations));
  assert.equal(sum(whole.traffic.points), sum(whole.protocols));
  assert.match((await run(protocols, '--store', folder)).out, /HTTP +█+ +\d+\.\d/);
  assert.match((await run(top, '--store', folder)).out, /in \d+ flows.*\n.*█/);
});

test('what is wrong is a usage error, and no store a failure', async () => {
  for (const [command, args] of [
    [flows, ['--store', folder, '--config', 'weir.yaml']],
    [flows, ['--store', folder, '--address', 'nonsense']],
    [flows, ['--store', folder, '--open']],
    [protocols, ['--open']],
    [flows, ['--store', folder, '--limit', '0']],
    [flows, ['--store', folder, '--since', 'nonsense']],
    [top, ['everything', '--store', folder]],
    [protocols, ['one', '--store', folder]],
    [importCaptures, [CAPTURES]],
  ] as const) {
    await assert.rejects(command(args), UsageError);
  }
  const { code, words } = await run(flows, '--store', join(root, 'nowhere'));
  assert.equal(code, 1);
  assert.match(words, /there is no store; 'weir import CAPTURE --store/);
});

test('text from the traffic cannot command the terminal', async () => {
  const other = join(root, 'hostile');
  const store = await Store.open(other);
  await store.append([
    {
      timestamp: '2026-01-01T00:00:00.000000+0000',
      event_type: 'flow',
      app: { protocol: '\u001b[2Jx', application: 'a\nb', name: '\u001b]0;title\u0007' },
    },
  ]);
  await store.close();
  for (const command of [flows, destinations, protocols, top]) {
    const { out } = await run(command, '--store', other);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there.
    assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f]/);
  }
});

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { parseConfiguration } from '../../config/index.ts';
import { RunningWeir } from '../../control/index.ts';
import { CAPTURES } from '../../supervisor/testing.ts';
import { compileFilter } from '../../tap/capture/filter/index.ts';
import { createApi, type KeptPackets, LiveFeed, listenOnSocket } from '../index.ts';
import { Problem } from '../problem.ts';
import { goneOf } from '../route/captures.ts';
import { readSecretFile } from '../secret-file.ts';
import { filterOf } from './flow-packets.ts';
import { packetFiles } from './kept-packets.ts';
import { Slots } from './slots.ts';

const NAME = 'weir-20261121T022424.780345Z.pcapng';
const BOUNDS = { sizeBytes: 2 ** 30, ageMs: 3_600_000, fileBytes: 2 ** 20 };

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-packets-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An API in front of packets and of no weir. */
async function apiOf(context: TestContext, packets: KeptPackets) {
  const folder = folderOf(context);
  const reported: string[] = [];
  const { api: configuration } = parseConfiguration('{}', 'test');
  const api = await createApi({
    weir: RunningWeir.at(join(folder, 'none')),
    feed: new LiveFeed(),
    configuration: () => configuration,
    folder,
    packets,
    secret: readSecretFile,
    owner: 'root',
    report: (line) => void reported.push(line),
  });
  const socketPath = join(folder, 'api.sock');
  const server: Server = await listenOnSocket(socketPath, api.routing);
  context.after(async () => {
    server.close();
    await api.close();
    server.closeAllConnections();
  });
  /** Asks, and reads nothing of the answer. */
  const ask = (path: string) => {
    const asked = request({ socketPath, path, agent: false }).end();
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      asked.once('response', resolve).once('error', reject);
    });
    return { asked, answer };
  };
  return { ask, reported };
}

/** Programs that were started by this process. */
function children(): number {
  const text = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim();
  return text === '' ? 0 : text.split(/\s+/).length;
}

async function until(what: string, look: () => boolean): Promise<void> {
  for (let i = 0; !look(); i++) {
    assert.ok(i < 800, `no ${what}`);
    await wait(25);
  }
}

test('the files that may be read', (context) => {
  const folder = folderOf(context);
  const [inside, outside] = [join(folder, 'ring'), join(folder, 'outside')];
  for (const path of [inside, outside, join(inside, 'below')]) mkdirSync(path);
  copyFileSync(join(CAPTURES, 'campus-3.pcapng'), join(outside, 'secret.pcapng'));
  copyFileSync(join(CAPTURES, 'campus-3.pcapng'), join(inside, NAME));
  copyFileSync(join(CAPTURES, 'campus-3.pcapng'), join(inside, 'other.pcapng'));
  symlinkSync(join(outside, 'secret.pcapng'), join(inside, 'weir-20261121T022425.780345Z.pcapng'));
  symlinkSync(join(inside, 'none'), join(inside, 'weir-20261121T022426.780345Z.pcapng'));
  const ring: KeptPackets = { kind: 'ring', folder: inside, folders: [inside], ...BOUNDS };
  const names = (kept: KeptPackets, sinceUs?: number, untilUs?: number) =>
    packetFiles(kept, sinceUs, untilUs).map(({ path }) => path.slice(folder.length + 1));
  assert.deepEqual(names(ring), [`ring/${NAME}`]);
  const firstUs = Date.parse('2026-11-21T02:24:24Z') * 1000;
  assert.deepEqual(names(ring, 0, firstUs - 3600e6), []);
  assert.deepEqual(names(ring, 0, firstUs + 3600e6), [`ring/${NAME}`]);
  assert.deepEqual(names(ring, (Date.now() + 3_600_000) * 1000), []);
  assert.deepEqual(names({ kind: 'captures', paths: [inside] }).toSorted(), [
    'ring/other.pcapng',
    `ring/${NAME}`,
  ]);
  assert.deepEqual(names({ kind: 'captures', paths: [join(folder, '*', 'o*.pcapng')] }), [
    'ring/other.pcapng',
  ]);
  assert.deepEqual(names({ kind: 'captures', paths: [join(folder, 'gone')] }), []);
  assert.deepEqual(names({ kind: 'none' }), []);
});

test('the filter of a flow takes its packets, tagged ones too', () => {
  const flow = { source: '192.0.2.1', sourcePort: 1000, destination: '2001:db8::1', destinationPort: 53 };
  for (const transport of ['TCP', 'UDP', 'SCTP', 'ICMP', 'IPv6-ICMP', 'GRE']) {
    compileFilter(filterOf({ ...flow, destination: '203.0.113.9', transport })).bpf();
    compileFilter(filterOf({ ...flow, source: '2001:db8::2', transport })).bpf();
  }
  assert.match(filterOf({ ...flow, transport: 'IPv6-ICMP' }), /^\(icmp6 and host/);
  assert.throws(() => filterOf({ ...flow, source: 'x or tcp', transport: 'TCP' }), Problem);
});

test('few at a time, some wait, more are told so', async () => {
  const slots = new Slots(1, 'tests');
  const never = new AbortController().signal;
  const release = await slots.take(never);
  const gone = new AbortController();
  const left = slots.take(gone.signal);
  const waiting = Array.from({ length: 7 }, () => slots.take(never));
  await assert.rejects(slots.take(never), { status: 503 });
  gone.abort(new Error('has gone'));
  await assert.rejects(left, /has gone/);
  release();
  for (const one of waiting) (await one)();
  (await slots.take(never))();
});

test('without packets the answer says what would keep them', async (context) => {
  const folder = folderOf(context);
  for (const [kept, words] of [
    [{ kind: 'none' }, /capture\.ring\.folder/],
    [{ kind: 'ring', folder, folders: [folder], ...BOUNDS }, /at most 1 GiB and 1 h .* capture\.ring\.size/],
    [{ kind: 'captures', paths: [join(folder, 'gone.pcap')] }, /have gone/],
  ] as const) {
    const { ask } = await apiOf(context, kept);
    const answer = await ask('/api/v1/captures/packets').answer;
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) text += chunk;
    assert.equal(answer.statusCode, 410);
    assert.match(text, words);
  }
});

test('the ring is read, and nothing else of its folder', async (context) => {
  const folder = folderOf(context);
  copyFileSync(join(CAPTURES, 'campus-3.pcapng'), join(folder, NAME));
  copyFileSync(join(CAPTURES, 'campus-5.pcap'), join(folder, 'other.pcap'));
  const { ask } = await apiOf(context, { kind: 'ring', folder, folders: [folder], ...BOUNDS });
  const answer = await ask('/api/v1/captures/packets').answer;
  const bytes = await buffer(answer);
  assert.deepEqual([answer.statusCode, answer.trailers['x-weir-end']], [200, 'complete']);
  let packets = 0;
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) {
    if (bytes.readUInt32LE(at) === 6) packets++;
  }
  assert.equal(packets, 804);
});

test('who has gone before the packets were asked for is gone', async (context) => {
  const path = join(folderOf(context), 'gone.sock');
  const late = Promise.withResolvers<AbortSignal>();
  const server = createServer((_request, raw) => {
    raw.once('close', () => setImmediate(() => late.resolve(goneOf({ raw }))));
    asked.destroy();
  });
  context.after(() => server.close());
  await new Promise<void>((resolve) => void server.listen(path, resolve));
  const asked = request({ socketPath: path, agent: false }).on('error', () => undefined);
  asked.end();
  assert.ok((await late.promise).aborted);
});

test('who goes away takes the program along, and makes room', { timeout: 60_000 }, async (context) => {
  const folder = folderOf(context);
  // More than fits into the buffers on the way.
  for (let i = 0; i < 24; i++) copyFileSync(join(CAPTURES, 'campus-1.pcap'), join(folder, `${i}.pcap`));
  const before = children();
  const { ask, reported } = await apiOf(context, { kind: 'captures', paths: [folder] });
  const path = '/api/v1/captures/packets';
  const [one, two] = [ask(path), ask(path)];
  const [first, second] = await Promise.all([one.answer, two.answer]);
  assert.deepEqual([first.statusCode, second.statusCode], [200, 200]);
  assert.equal(children() - before, 2);
  const third = ask(path);
  await wait(300);
  assert.equal(children() - before, 2);
  first.on('error', () => undefined);
  one.asked.destroy();
  const answer = await third.answer;
  assert.equal(answer.statusCode, 200);
  await until('end of the first program', () => children() - before === 2);
  for (const each of [second, answer]) each.on('error', () => undefined);
  two.asked.destroy();
  third.asked.destroy();
  await until('end of all programs', () => children() === before);
  assert.deepEqual(reported, []);
});

import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../../../test/support/mitmproxy/mitmdump.ts';
import { TestJudge } from '../../../test/support/mitmproxy/test-judge.ts';
import { until } from '../../../test/support/mitmproxy/until.ts';
import { MitmproxyBridge, type MitmproxyBridgeOptions } from './bridge.ts';
import { FrameReader } from './frame-reader.ts';
import { encodeFrame, FRAME } from './protocol.ts';

const REQUEST = {
  client: ['192.0.2.1', 40000],
  server: ['192.0.2.2', 80],
  tls: null,
  time_us: 1,
  method: 'GET',
  protocol: 'HTTP/1.1',
  headers: [],
  body_bytes: 0,
};
const RESPONSE = { status: 200, protocol: 'HTTP/1.1', headers: [], body_bytes: 0 };

interface Answer {
  readonly type: number;
  readonly id: number;
  readonly head: Readonly<Record<string, unknown>>;
}

type Case = readonly [reason: string, act: (peer: Peer) => void];

/** The other side of a bridge. */
class Peer {
  readonly answers: Answer[] = [];
  closed = false;
  readonly socket: Socket;

  constructor(t: TestContext, path: string) {
    this.socket = connect(path);
    t.after(() => this.socket.destroy());
    const reader = new FrameReader(1 << 16, 0);
    this.socket.on('data', (bytes: Buffer) =>
      reader.read(bytes, ({ type, id, head }) =>
        this.answers.push({ type, id, head: JSON.parse(head.toString()) }),
      ),
    );
    this.socket.once('close', () => {
      this.closed = true;
    });
  }

  send(type: number, id: number, head: object, body = ''): void {
    const frame = encodeFrame(type, id, head);
    frame.writeUInt32BE(frame.length - 4 + body.length, 0);
    this.socket.write(Buffer.concat([frame, Buffer.from(body)]));
  }

  hello(): Promise<Answer> {
    this.send(FRAME.hello, 0, { version: 1, agent: 'test' });
    return this.answer(FRAME.hello, 0);
  }

  request(id: number, target: string, body = ''): void {
    this.send(FRAME.request, id, { ...REQUEST, target, body_bytes: body.length }, body);
  }

  /** Waits for the answer, and takes it away. */
  async answer(type: number, id: number): Promise<Answer> {
    const found = await until(`answer of type ${type} to ${id}`, () =>
      this.answers.find((one) => one.type === type && one.id === id),
    );
    this.answers.splice(this.answers.indexOf(found), 1);
    return found;
  }

  /** Waits until it is closed; the last word. */
  async goodbye(): Promise<unknown> {
    await until('end', () => this.closed);
    return this.answers.at(-1)?.head.reason;
  }
}

async function listen(
  t: TestContext,
  judge: TestJudge,
  options: Partial<MitmproxyBridgeOptions> = {},
): Promise<MitmproxyBridge> {
  const bridge = await MitmproxyBridge.listen({
    judge,
    socket: join(temporaryFolder(t), 'weir.sock'),
    ...options,
  });
  t.after(() => bridge.close());
  return bridge;
}

test('the bounds are told; verdicts come in the order in which they are found', async (t) => {
  const judge = new TestJudge();
  judge.requestBodyLimit = 1000;
  judge.responseBodyLimit = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  judge.decisions = {
    request: async ({ target }) => {
      if (target === '/slow') await promise;
      return target === '/limit' ? { action: 'limit', retryAfter: 1.5, reason: 'too fast' } : {};
    },
    response: () => ({ action: 'redirect', location: '/x\r\nSet-Cookie: a=b' }),
    reference: ({ target }) => `reference-of-${target.slice(1)}`,
  };
  const bridge = await listen(t, judge);
  const peer = new Peer(t, bridge.socket);
  const hello = await peer.hello();
  assert.deepEqual(hello.head, {
    version: 1,
    head_limit: 524288,
    request_body_limit: 1000,
    response_body_limit: 0,
  });
  peer.request(1, '/slow', 'x'.repeat(1000));
  peer.request(2, '/limit');
  assert.deepEqual((await peer.answer(FRAME.verdict, 2)).head, {
    judged: true,
    action: 'limit',
    status: 429,
    location: '',
    reference: 'reference-of-limit',
    reason: 'too fast',
    retry_after: 2,
  });
  assert.equal(judge.of('/limit').abandoned, true);
  assert.equal(peer.answers.length, 0);
  resolve();
  assert.equal((await peer.answer(FRAME.verdict, 1)).head.action, 'pass');
  peer.send(FRAME.response, 1, RESPONSE);
  const { head } = await peer.answer(FRAME.verdict, 1);
  assert.equal(head.action, 'deny', 'a redirect that would add a field is none');
  assert.equal(head.status, 403);
  assert.equal(head.location, '');
  assert.equal(judge.of('/slow').response?.status, 200);
  const { open, openBytes, actions } = bridge.statistics();
  assert.deepEqual([open, openBytes], [0, 0]);
  assert.deepEqual(actions, { pass: 1, deny: 0, drop: 0, redirect: 1, limit: 1 });
});

test('what is broken ends its connection, with a reason that is counted, and no other one', async (t) => {
  const judge = new TestJudge();
  judge.decisions = { request: ({ target }) => (target === '/never' ? new Promise(() => {}) : {}) };
  const bridge = await listen(t, judge);
  const good = new Peer(t, bridge.socket);
  await good.hello();
  const wrongAtFirst: readonly Case[] = [
    ['order', (peer) => peer.request(1, '/')],
    ['version', (peer) => peer.send(FRAME.hello, 0, { version: 2, agent: '' })],
    ['json', (peer) => peer.socket.write(Buffer.from([0, 0, 0, 10, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0x7b]))],
  ];
  const wrongLater: readonly Case[] = [
    ['order', (peer) => peer.send(FRAME.hello, 0, { version: 1, agent: '' })],
    ['type', (peer) => peer.send(FRAME.verdict, 1, {})],
    ['type', (peer) => peer.send(99, 1, {})],
    ['id', (peer) => peer.request(0, '/')],
    [
      'id',
      (peer) => {
        peer.request(5, '/never');
        peer.request(5, '/');
      },
    ],
    [
      'order',
      (peer) => {
        peer.request(5, '/never');
        peer.send(FRAME.response, 5, RESPONSE);
      },
    ],
    ['shape', (peer) => peer.send(FRAME.request, 1, {})],
    ['length', (peer) => peer.request(1, '/', 'x'.repeat(65537))],
  ];
  const expected: Record<string, number> = {};
  for (const one of [...wrongAtFirst, ...wrongLater]) {
    const [reason, act] = one;
    expected[reason] = (expected[reason] ?? 0) + 1;
    const peer = new Peer(t, bridge.socket);
    if (wrongLater.includes(one)) await peer.hello();
    act(peer);
    assert.match(String(await peer.goodbye()), /^broken frame: /, reason);
    assert.deepEqual(
      Object.fromEntries(Object.entries(bridge.statistics().broken).filter(([, count]) => count > 0)),
      expected,
    );
  }
  good.request(1, '/');
  assert.equal((await good.answer(FRAME.verdict, 1)).head.action, 'pass');
});

test('a connection that is lost, or a word, gives its requests up', async (t) => {
  const judge = new TestJudge();
  const { promise, resolve } = Promise.withResolvers<void>();
  judge.decisions = { request: async ({ target }) => (target === '/slow' ? promise.then(() => ({})) : {}) };
  const bridge = await listen(t, judge);
  const peer = new Peer(t, bridge.socket);
  await peer.hello();
  peer.request(1, '/waiting');
  await peer.answer(FRAME.verdict, 1);
  peer.request(2, '/given-up');
  await peer.answer(FRAME.verdict, 2);
  peer.send(FRAME.abandon, 2, {});
  peer.send(FRAME.abandon, 77, {});
  await until('abandon', () => judge.of('/given-up').abandoned);
  assert.equal(judge.of('/waiting').abandoned, false);
  peer.request(3, '/slow');
  await until('request', () => judge.told.length === 3);
  peer.socket.destroy();
  await until('abandon', () => judge.of('/waiting').abandoned);
  assert.equal(judge.of('/slow').abandoned, false);
  assert.equal(bridge.statistics().open, 1);
  resolve();
  await until('abandon', () => judge.of('/slow').abandoned);
  assert.equal(bridge.statistics().open, 0);
  assert.equal(bridge.statistics().abandoned, 3);
});

test('what is open is bounded: the oldest make room, what is being judged does not, and all expire', async (t) => {
  const judge = new TestJudge();
  judge.decisions = { request: ({ target }) => (target === '/never' ? new Promise(() => {}) : {}) };
  const bridge = await listen(t, judge, { mostOpen: 3, openBytes: 1000, openMs: 300 });
  const peer = new Peer(t, bridge.socket);
  await peer.hello();
  for (const id of [1, 2, 3, 4]) {
    peer.request(id, `/${id}`);
    await peer.answer(FRAME.verdict, id);
  }
  assert.equal(judge.of('/1').abandoned, true);
  assert.equal(judge.of('/2').abandoned, false);
  peer.send(FRAME.response, 1, RESPONSE);
  assert.deepEqual((await peer.answer(FRAME.verdict, 1)).head, {
    judged: false,
    reason: 'its request is not known any more',
  });
  peer.request(5, '/5', 'x'.repeat(900));
  await peer.answer(FRAME.verdict, 5);
  peer.request(6, '/6', 'x'.repeat(900));
  await peer.answer(FRAME.verdict, 6);
  assert.equal(judge.of('/5').abandoned, true, 'by bytes');
  await until('expiry', () => judge.of('/6').abandoned);
  for (const id of [7, 8, 9]) peer.request(id, '/never');
  peer.request(10, '/10');
  assert.deepEqual((await peer.answer(FRAME.verdict, 10)).head, {
    judged: false,
    reason: 'too many requests are open',
  });
  const { open, evicted, expired, orphans, busy } = bridge.statistics();
  assert.deepEqual({ open, orphans, busy }, { open: 3, orphans: 1, busy: 1 });
  assert.equal(evicted + expired, 6);
  assert.ok(expired >= 1);
});

test('a body that is not there wholly is refused where the judge wants that', async (t) => {
  const judge = new TestJudge();
  judge.requestBodyLimit = 4;
  judge.refusesLongBodies = true;
  const bridge = await listen(t, judge);
  const peer = new Peer(t, bridge.socket);
  await peer.hello();
  for (const [id, bytes, status] of [
    [1, 4, 0],
    [2, 5, 413],
    [3, -1, 413],
  ] as const) {
    peer.send(FRAME.request, id, { ...REQUEST, target: '/', body_bytes: bytes }, 'abcd');
    assert.equal((await peer.answer(FRAME.verdict, id)).head.status, status);
  }
  assert.equal(bridge.statistics().tooLong, 2);
  assert.equal(judge.told.length, 1);
});

test('a judge that fails is no verdict', async (t) => {
  const judge = new TestJudge();
  judge.decisions = {
    request: async ({ target }) => {
      if (target === '/fails') throw new Error('broken');
      return {};
    },
  };
  const said: string[] = [];
  const bridge = await listen(t, judge, { report: (message) => said.push(message) });
  const peer = new Peer(t, bridge.socket);
  await peer.hello();
  peer.request(1, '/fails');
  assert.deepEqual((await peer.answer(FRAME.verdict, 1)).head, {
    judged: false,
    reason: 'the judgement failed',
  });
  assert.deepEqual(bridge.statistics().failed, 1);
  assert.deepEqual(said, ['"test" connected', 'a judgement failed: broken']);
});

test('whoever does not read is cut off', async (t) => {
  const judge = new TestJudge();
  judge.decisions = { request: () => ({ action: 'deny', reason: 'x'.repeat(100_000) }) };
  const bridge = await listen(t, judge);
  const peer = new Peer(t, bridge.socket);
  await peer.hello();
  peer.socket.pause();
  for (let id = 1; id <= 100; id++) peer.request(id, '/');
  await until('end', () => bridge.statistics().connections === 0);
  assert.equal(bridge.statistics().stalled, 1);
});

test('the end is told, and the socket removed', async (t) => {
  const judge = new TestJudge();
  const bridge = await listen(t, judge);
  const peer = new Peer(t, bridge.socket);
  await peer.hello();
  peer.request(1, '/');
  await peer.answer(FRAME.verdict, 1);
  await bridge.close();
  assert.equal(await peer.goodbye(), 'weir is ending');
  assert.equal(judge.of('/').abandoned, true);
  assert.equal(lstatSync(bridge.socket, { throwIfNoEntry: false }), undefined);
});

test('the socket is for its owner and group, in a folder that nobody else can change', async (t) => {
  const judge = new TestJudge();
  const folder = temporaryFolder(t);
  const refused = (socket: string, message: RegExp): Promise<void> =>
    assert.rejects(MitmproxyBridge.listen({ judge, socket }), (error) => {
      assert.ok(error instanceof Error);
      assert.equal(error.name, 'ListenError');
      assert.match(error.message, message);
      return true;
    });
  const bridge = await listen(t, judge, {
    socket: join(folder, 'made/weir.sock'),
    group: process.getgid?.(),
  });
  assert.equal(statSync(bridge.socket).mode & 0o777, 0o660);
  await refused(bridge.socket, /another process listens/);
  writeFileSync(join(folder, 'file'), '');
  await refused(join(folder, 'file'), /no socket/);
  await refused(join(folder, 'file/weir.sock'), /no folder|cannot be made/);
  await refused(join(folder, 'a/b/weir.sock'), /cannot be made/);
  await refused(join(folder, 'x'.repeat(120)), /shorter/);
  symlinkSync(join(folder, 'made'), join(folder, 'link'));
  await refused(join(folder, 'link/other.sock'), /no folder/);
  mkdirSync(join(folder, 'open'));
  chmodSync(join(folder, 'open'), 0o777);
  await refused(join(folder, 'open/weir.sock'), /everybody/);
});

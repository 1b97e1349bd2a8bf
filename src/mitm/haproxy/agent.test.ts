import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Judge, type Judged, type Judgement, PASSED, unrecordedRefusal } from '../judge.ts';
import type { IncomingRequest, IncomingResponse } from '../transaction.ts';
import { SpoeAgent, type SpoeAgentOptions } from './agent.ts';
import {
  type AgentFrame,
  type Arguments,
  CAPTURED_DISCONNECT,
  CAPTURED_HEALTHCHECK,
  CAPTURED_HELLO,
  frame,
  headerList,
  hello,
  message,
  notify,
  readAgentFrames,
  requestPayload,
} from './spop/haproxy-frames.ts';

/** What happened to one request after it was judged. */
interface Ends {
  responses: number;
  abandons: number;
}

/** Judges by a function, and notes how often each request came to its end. */
class NotingJudge implements Judge {
  readonly requestBodyLimit = 1000;
  readonly responseBodyLimit = 1000;
  refusesLongBodies = false;
  readonly requests: IncomingRequest[] = [];
  readonly responses: IncomingResponse[] = [];
  readonly ends: Ends[] = [];
  private readonly decide: (request: IncomingRequest) => Judgement | Promise<Judgement>;

  constructor(decide: (request: IncomingRequest) => Judgement | Promise<Judgement> = () => PASSED) {
    this.decide = decide;
  }

  refuse(_request: unknown, status: number, reason: string): Judged {
    return unrecordedRefusal(status, reason);
  }

  async request(request: IncomingRequest) {
    this.requests.push(request);
    const ends: Ends = { responses: 0, abandons: 0 };
    this.ends.push(ends);
    const judgement = await this.decide(request);
    return {
      reference: `ref${this.requests.length}`,
      judgement,
      response: async (response: IncomingResponse) => {
        ends.responses++;
        this.responses.push(response);
        return response.status === 500
          ? { ...PASSED, action: 'deny' as const, status: 502, reason: 'why' }
          : PASSED;
      },
      abandon: () => {
        ends.abandons++;
      },
    };
  }

  /** Each request came to exactly one end. */
  assertEnded(count: number): void {
    assert.equal(this.ends.length, count);
    for (const { responses, abandons } of this.ends) assert.equal(responses + abandons, 1);
  }
}

/** HAProxy's end of a connection. */
class Peer {
  readonly socket: Socket;
  readonly frames: AgentFrame[] = [];
  isClosed = false;
  private rest: Buffer = Buffer.alloc(0);
  private waiting: (() => void) | undefined;

  constructor(path: string) {
    this.socket = connect({ path });
    this.socket.on('data', (piece: Buffer) => {
      const read = readAgentFrames(Buffer.concat([this.rest, piece]));
      this.rest = Buffer.from(read.rest);
      this.frames.push(...read.frames);
      this.waiting?.();
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.isClosed = true;
      this.waiting?.();
    });
  }

  /** Waits for so many frames, or for the end of the connection. */
  async until(count: number): Promise<readonly AgentFrame[]> {
    while (this.frames.length < count && !this.isClosed) {
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
      });
    }
    return this.frames;
  }

  async closed(): Promise<readonly AgentFrame[]> {
    return this.until(Number.POSITIVE_INFINITY);
  }
}

async function started(t: TestContext, options: Omit<SpoeAgentOptions, 'listen'>) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-spoe-'));
  const path = join(folder, 'spoe.sock');
  const agent = await SpoeAgent.listen({ ...options, listen: path });
  const peers: Peer[] = [];
  t.after(async () => {
    for (const { socket } of peers) socket.destroy();
    await agent.close();
    rmSync(folder, { recursive: true });
  });
  return {
    agent,
    path,
    peer: (): Peer => {
      const peer = new Peer(path);
      peers.push(peer);
      return peer;
    },
  };
}

function responsePayload(id: string, status: number): Buffer {
  return message('weir-response', {
    id,
    status,
    version: '1.1',
    headers: headerList([['content-type', 'text/html']]),
    body: Buffer.from('hi'),
    body_size: 2,
    body_end: true,
  });
}

test('HELLO, a request, its answer, DISCONNECT', { timeout: 10_000 }, async (t) => {
  const judge = new NotingJudge();
  const { agent, path, peer } = await started(t, { judge });
  assert.equal(statSync(path).mode & 0o777, 0o660);
  const haproxy = peer();
  haproxy.socket.write(CAPTURED_HELLO);
  haproxy.socket.write(notify(1, 1, { answer: true }));
  const [first, second] = await haproxy.until(2);
  assert.deepEqual(first?.values, {
    version: '2.0',
    'max-frame-size': 65532,
    capabilities: 'pipelining,fragmentation',
  });
  assert.deepEqual(second, { type: 103, streamId: 1, frameId: 1, values: { score: 0, reference: 'ref1' } });
  assert.equal(agent.statistics.pendingResponses, 1);
  haproxy.socket.write(frame(3, 1, 1, 2, responsePayload('id-1', 200)));
  const third = (await haproxy.until(3))[2];
  assert.deepEqual(third?.values, { outbound_score: 0, reference: 'ref1' });
  assert.deepEqual(judge.responses, [
    {
      status: 200,
      protocol: 'HTTP/1.1',
      headers: [['content-type', 'text/html']],
      body: 'hi',
      bodyBytes: 2,
      upstream: undefined,
    },
  ]);
  haproxy.socket.write(CAPTURED_DISCONNECT);
  const last = (await haproxy.closed())[3];
  assert.equal(last?.type, 102);
  assert.equal(last?.values['status-code'], 0);
  judge.assertEnded(1);
});

test('a health check is answered and closed', { timeout: 10_000 }, async (t) => {
  const { agent, peer } = await started(t, { judge: new NotingJudge() });
  const haproxy = peer();
  haproxy.socket.write(CAPTURED_HEALTHCHECK);
  const frames = await haproxy.closed();
  assert.deepEqual(
    frames.map(({ type }) => type),
    [101],
  );
  assert.equal(agent.statistics.healthchecks, 1);
});

test('many requests are in flight, and answered in the order in which they are judged', {
  timeout: 10_000,
}, async (t) => {
  const release: (() => void)[] = [];
  const judge = new NotingJudge(
    ({ target }) =>
      new Promise((resolve) => {
        const done = (): void =>
          resolve(target === '/3' ? { ...PASSED, action: 'deny', status: 403, reason: 'a\r\nb' } : PASSED);
        release.push(done);
      }),
  );
  const { agent, peer } = await started(t, { judge, deadlineMs: 5000 });
  const haproxy = peer();
  haproxy.socket.write(
    Buffer.concat([hello(), ...[1, 2, 3, 4, 5].map((i) => notify(i, 1, { url: `/${i}` }))]),
  );
  await haproxy.until(1);
  while (release.length < 5) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(agent.statistics.inFlight, 5);
  for (const done of release.toReversed()) {
    done();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const frames = await haproxy.until(6);
  assert.deepEqual(
    frames.slice(1).map(({ streamId }) => streamId),
    [5, 4, 3, 2, 1],
  );
  assert.deepEqual(frames[3]?.values, {
    deny: true,
    status: 403,
    reference: 'ref5',
    score: 0,
    reason: 'a  b',
  });
  judge.assertEnded(5);
});

test('redirect, limit and drop have variables of their own, and deny for who has no rules for them', {
  timeout: 10_000,
}, async (t) => {
  const judge = new NotingJudge(({ target }) => {
    if (target === '/r') return { ...PASSED, action: 'redirect', status: 302, location: 'https://b.test/' };
    if (target === '/l')
      return { ...PASSED, action: 'limit', status: 429, retryAfter: 7, reason: 'too many' };
    return { ...PASSED, action: 'drop' };
  });
  const { agent, peer } = await started(t, { judge });
  const haproxy = peer();
  haproxy.socket.write(hello());
  haproxy.socket.write(Buffer.concat(['/r', '/l', '/d'].map((url, i) => notify(i, 1, { url }))));
  const frames = await haproxy.until(4);
  assert.deepEqual(
    frames.slice(1).map(({ values: { reference, ...values } }) => values),
    [
      { deny: true, status: 302, location: 'https://b.test/', score: 0, reason: '' },
      { deny: true, status: 429, limit: true, retry_after: 7, score: 0, reason: 'too many' },
      { deny: true, status: 0, drop: true, score: 0, reason: '' },
    ],
  );
  const { redirected, limited, dropped } = agent.statistics;
  assert.deepEqual([redirected, limited, dropped], [1, 1, 1]);
  judge.assertEnded(3);
});

test('what is not judged in time is answered, and abandoned when it comes', {
  timeout: 10_000,
}, async (t) => {
  const release: (() => void)[] = [];
  const judge = new NotingJudge(() => new Promise((resolve) => release.push(() => resolve(PASSED))));
  const { agent, peer } = await started(t, { judge, deadlineMs: 20 });
  const haproxy = peer();
  haproxy.socket.write(Buffer.concat([hello(), notify(1, 1, { answer: true }), notify(2, 1)]));
  const frames = await haproxy.until(3);
  assert.deepEqual(frames[1]?.values, { err: 1 });
  assert.deepEqual(frames[2]?.values, { err: 1 });
  for (const done of release) done();
  await new Promise((resolve) => setImmediate(resolve));
  judge.assertEnded(2);
  assert.equal(agent.statistics.late, 2);
  assert.equal(agent.statistics.inFlight, 0);
});

test('a judge that fails is told of as an error', { timeout: 10_000 }, async (t) => {
  const judge = new NotingJudge(() => Promise.reject(new Error('no')));
  const { agent, peer } = await started(t, { judge });
  const haproxy = peer();
  haproxy.socket.write(Buffer.concat([hello(), notify(1, 1)]));
  assert.deepEqual((await haproxy.until(2))[1]?.values, { err: 255 });
  assert.equal(agent.statistics.failed, 1);
});

test('bodies that are cut: refused, flagged, or judged in part', { timeout: 10_000 }, async (t) => {
  for (const [cutBody, expected] of [
    [undefined, { deny: true, status: 413, body_cut: true }],
    ['flag', { score: 0, body_cut: true }],
    ['pass', { score: 0 }],
  ] as const) {
    const judge = new NotingJudge();
    const { agent, peer } = await started(t, { judge, cutBody });
    const haproxy = peer();
    const body = Buffer.from('part');
    haproxy.socket.write(Buffer.concat([hello(), notify(1, 1, { body, body_size: 4, body_end: false })]));
    const values = (await haproxy.until(2))[1]?.values ?? {};
    for (const [name, value] of Object.entries(expected))
      assert.equal(values[name], value, `${cutBody} ${name}`);
    assert.equal('body_cut' in values, 'body_cut' in expected);
    assert.equal(agent.statistics.bodiesCut, 1);
    assert.equal(judge.requests.length, cutBody === undefined ? 0 : 1);
    judge.assertEnded(judge.requests.length);
  }
});

test('a body that is longer than the judge takes: cut, or refused where it says so', {
  timeout: 10_000,
}, async (t) => {
  const judge = new NotingJudge();
  const { peer } = await started(t, { judge });
  const haproxy = peer();
  const long: Arguments = { body: Buffer.alloc(5000, 'a'), body_size: 5000 };
  haproxy.socket.write(Buffer.concat([hello(), notify(1, 1, long)]));
  assert.equal((await haproxy.until(2))[1]?.values.deny, undefined);
  assert.equal(judge.requests[0]?.body.length, 1000);
  assert.equal(judge.requests[0]?.bodyBytes, 5000);
  judge.refusesLongBodies = true;
  haproxy.socket.write(notify(2, 1, long));
  assert.equal((await haproxy.until(3))[2]?.values.status, 413);
});

test('answers: unknown ids, repeated ids, requests without one, expiry, eviction', {
  timeout: 10_000,
}, async (t) => {
  const judge = new NotingJudge();
  const { agent, peer } = await started(t, { judge, mostPending: 2, pendingMs: 100 });
  const haproxy = peer();
  haproxy.socket.write(Buffer.concat([hello(), frame(3, 1, 1, 1, responsePayload('nobody', 200))]));
  assert.deepEqual((await haproxy.until(2))[1]?.values, { outbound_score: 0 });
  const ids = ['a', 'a', 'b', 'c', ''];
  haproxy.socket.write(Buffer.concat(ids.map((id, i) => notify(10 + i, 1, { id, answer: true }))));
  await haproxy.until(7);
  const { uncorrelated, idsRepeated, responsesEvicted, withoutId, pendingResponses } = agent.statistics;
  assert.deepEqual(
    [uncorrelated, idsRepeated, responsesEvicted, withoutId, pendingResponses],
    [1, 1, 1, 1, 2],
  );
  haproxy.socket.write(frame(3, 1, 12, 2, responsePayload('b', 500)));
  const denied = (await haproxy.until(8))[7]?.values;
  assert.equal(denied?.deny, true);
  assert.equal(denied?.reason, 'why');
  while (agent.statistics.pendingResponses > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(agent.statistics.responsesExpired, 1);
  judge.assertEnded(5);
});

test('a payload in fragments, and one that is aborted', { timeout: 10_000 }, async (t) => {
  const judge = new NotingJudge();
  const { agent, peer } = await started(t, { judge });
  const haproxy = peer();
  const payload = requestPayload({ body: Buffer.alloc(900, 'b'), body_size: 900 });
  haproxy.socket.write(hello({ 'max-frame-size': 256 }));
  const pieces: Buffer[] = [];
  for (let at = 0; at < payload.length; at += 200) {
    const isLast = at + 200 >= payload.length;
    pieces.push(frame(at === 0 ? 3 : 0, isLast ? 1 : 0, 7, 1, payload.subarray(at, at + 200)));
  }
  const aborted = [pieces[0] as Buffer, frame(0, 3, 7, 1, Buffer.alloc(0))];
  haproxy.socket.write(Buffer.concat([...aborted, ...pieces]));
  const frames = await haproxy.until(2);
  assert.equal(frames[1]?.streamId, 7);
  assert.equal(judge.requests[0]?.body.length, 900);
  assert.ok(agent.statistics.fragments > 6);
});

test('faults of the peer end its connection with the status for them, and no other', {
  timeout: 20_000,
}, async (t) => {
  const lines: string[] = [];
  const { agent, peer } = await started(t, { judge: new NotingJudge(), problem: (line) => lines.push(line) });
  const healthy = peer();
  healthy.socket.write(hello());
  await healthy.until(1);
  const cases: readonly (readonly [status: number, bytes: Buffer])[] = [
    [3, Buffer.from([0xff, 0xff, 0xff, 0xff])],
    [3, Buffer.concat([hello(), Buffer.from([0, 0, 0x40, 0])])],
    [4, notify(1, 1)],
    [4, Buffer.concat([hello(), hello()])],
    [4, Buffer.concat([hello(), frame(3, 1, 1, 1, Buffer.from([200, 1]))])],
    [8, hello({ 'supported-versions': '1.0' })],
    [6, hello({ 'max-frame-size': undefined })],
    [9, hello({ 'max-frame-size': 100 })],
    [11, Buffer.concat([hello(), frame(3, 0, 1, 1, requestPayload()), notify(2, 1)])],
    [12, Buffer.concat([hello(), frame(0, 1, 1, 1, requestPayload())])],
  ];
  for (const [status, bytes] of cases) {
    const haproxy = peer();
    haproxy.socket.write(bytes);
    const last = (await haproxy.closed()).at(-1);
    assert.equal(last?.type, 102, `status ${status}`);
    assert.equal(last?.values['status-code'], status);
  }
  assert.equal(lines.length, cases.length);
  healthy.socket.write(notify(1, 1));
  assert.equal((await healthy.until(2))[1]?.type, 103);
  assert.equal(agent.statistics.connections, 1);
});

test('stopping answers what is in flight, then says goodbye', { timeout: 10_000 }, async (t) => {
  const release: (() => void)[] = [];
  const judge = new NotingJudge(() => new Promise((resolve) => release.push(() => resolve(PASSED))));
  const { agent, path, peer } = await started(t, { judge, deadlineMs: 5000 });
  const haproxy = peer();
  haproxy.socket.write(Buffer.concat([hello(), notify(1, 1, { answer: true })]));
  await haproxy.until(1);
  while (release.length < 1) await new Promise((resolve) => setImmediate(resolve));
  const closing = agent.close();
  // What was sent before the goodbye is answered too.
  haproxy.socket.write(notify(2, 1));
  while (release.length < 2) await new Promise((resolve) => setImmediate(resolve));
  for (const done of release) done();
  const frames = await haproxy.closed();
  await closing;
  assert.deepEqual(
    frames.map(({ type }) => type),
    [101, 103, 103, 102],
  );
  assert.equal(existsSync(path), false);
  judge.assertEnded(2);
});

test('the socket: taken, left by a dead process, no socket at all, taken over', {
  timeout: 10_000,
}, async (t) => {
  const judge = new NotingJudge();
  const { path, agent } = await started(t, { judge });
  await assert.rejects(SpoeAgent.listen({ judge, listen: path }), /another process listens/);
  const next = await SpoeAgent.listen({ judge, listen: path, replace: true });
  // The first one leaves the file alone, which is not its own any more.
  await agent.close();
  assert.equal(existsSync(path), true);
  await next.close();
  assert.equal(existsSync(path), false);
  writeFileSync(path, 'precious');
  await assert.rejects(SpoeAgent.listen({ judge, listen: path }), /is no socket/);
  rmSync(path);
  await assert.rejects(SpoeAgent.listen({ judge, listen: join(path, 'x/y') }), /cannot listen on/);
  await assert.rejects(SpoeAgent.listen({ judge, listen: path, group: 'no-such-group' }), /no group/);
  assert.equal(existsSync(path), false);
});

test('a connection that is gone, and too many of them', { timeout: 10_000 }, async (t) => {
  const release: (() => void)[] = [];
  const judge = new NotingJudge(() => new Promise((resolve) => release.push(() => resolve(PASSED))));
  const { agent, peer } = await started(t, { judge, deadlineMs: 5000, mostConnections: 1 });
  const haproxy = peer();
  haproxy.socket.write(Buffer.concat([hello(), notify(1, 1, { answer: true })]));
  await haproxy.until(1);
  while (release.length < 1) await new Promise((resolve) => setImmediate(resolve));
  const second = peer();
  assert.deepEqual(await second.closed(), []);
  assert.equal(agent.statistics.connectionsRefused, 1);
  haproxy.socket.destroy();
  while (agent.statistics.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  for (const done of release) done();
  await new Promise((resolve) => setImmediate(resolve));
  judge.assertEnded(1);
  assert.equal(agent.statistics.unanswered, 1);
  assert.equal(agent.statistics.inFlight, 0);
});

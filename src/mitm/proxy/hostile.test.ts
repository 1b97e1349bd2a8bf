import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type Judge, type Judgement, PASSED, unrecordedRefusal } from '../judge.ts';
import type { ProxyOptions, Rewriter } from './index.ts';
import { eventually, RawClient, requestServer, reverseProxy } from './testing.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const REQUESTS = [
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
  'POST /y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  'PUT /z HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi',
  'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nbytes',
  'HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
];
const ANSWERS = [
  OK,
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nbytes',
  'HTTP/1.0 200 OK\r\n\r\nuntil the end',
];

/** Numbers from 0 to 2^32 - 1, the same in each run (xorshift). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Looks at everything, a little later, and denies some. Tells whether each transaction was told of exactly once. */
function judgeOfAll(): Judge {
  return {
    requestBodyLimit: 4,
    responseBodyLimit: 4,
    refusesLongBodies: false,
    refuse: (_request, status, reason) => unrecordedRefusal(status, reason),
    async request(request) {
      await new Promise((done) => setTimeout(done, 2));
      let told = 0;
      const once = (): void => assert.equal(++told, 1, 'a transaction was told of twice');
      const deny: Judgement = { ...PASSED, action: 'deny', status: 403 };
      return {
        reference: 'abcdefghij0123456789',
        judgement: request.body === 'hi' ? deny : PASSED,
        async response({ status }) {
          once();
          await new Promise((done) => setTimeout(done, 2));
          return status === 204 ? deny : PASSED;
        },
        abandon: once,
      };
    },
  };
}

const REWRITER: Rewriter = {
  request: (head) => (head.method === 'PUT' ? { kind: 'change', target: '/other' } : undefined),
  response: () => ({ body: { most: 8, replace: (body) => ({ body: Buffer.concat([body, body]) }) } }),
};

/** A few bytes changed, taken out or doubled. */
function damaged(text: string, next: () => number): string {
  let result = text;
  for (let i = next() % 4; i > 0; i--) {
    const at = next() % result.length;
    const kind = next() % 3;
    const middle =
      kind === 0 ? String.fromCharCode(next() % 256) : kind === 1 ? '' : result.slice(at, at + 9);
    result = result.slice(0, at) + middle + result.slice(kind === 2 ? at : at + 1);
  }
  return result;
}

async function torture(t: TestContext, options: Partial<ProxyOptions>): Promise<void> {
  const next = randomNumbers(20261121);
  const to = await requestServer(t, (socket) => {
    socket.write(damaged(ANSWERS[next() % ANSWERS.length] ?? '', next), 'latin1');
    if (next() % 3 === 0) socket.end();
    else if (next() % 5 === 0) socket.destroy();
  });
  const { port, proxy } = await reverseProxy(t, to, {
    ...options,
    limits: {
      connectionsPerAddress: 10_000,
      lingerMs: 1,
      answerMs: 300,
      headMs: 300,
      idleMs: 300,
      bodyIdleMs: 300,
    },
  });
  for (let round = 0; round < 40; round++) {
    for (let i = 0; i < 20; i++) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.resume();
      const texts = Array.from({ length: 1 + (next() % 3) }, () => REQUESTS[next() % REQUESTS.length] ?? '');
      const text = damaged(texts.join(''), next);
      const cut = next() % text.length;
      socket.write(text.slice(0, cut), 'latin1');
      const rest = next() % 4;
      setTimeout(() => {
        if (rest === 0) socket.destroy();
        else if (rest === 1) socket.end(text.slice(cut), 'latin1');
        else socket.write(text.slice(cut), 'latin1');
        if (rest > 1) setTimeout(() => socket.destroy(), 20).unref();
      }, next() % 10);
    }
    await new Promise((done) => setTimeout(done, 10));
  }
  await eventually(
    () => {
      const { connections, upstream, tunnels } = proxy.statistics();
      return connections.open === 0 && tunnels.open === 0 && upstream.open === upstream.idle;
    },
    `everything to be gone: ${JSON.stringify(proxy.statistics())}`,
  );
  const { requests, refused } = proxy.statistics();
  assert.ok(requests > 200 && refused.malformed > 30, JSON.stringify(proxy.statistics()));
  // And it still serves.
  for (let i = 0; i < 20; i++) {
    const client = new RawClient(t, port);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => client.text.startsWith('HTTP/1.1 ') || client.closed, 'an answer');
  }
}

for (const [name, options] of [
  ['', {}],
  [', also with a judge of both and a rewriter', { judge: judgeOfAll(), rewriter: REWRITER }],
] as const) {
  test(`damaged requests and answers, cut anywhere, leave nothing behind${name}`, (t) => torture(t, options));
}

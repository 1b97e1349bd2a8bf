import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import {
  createServer as createHttp,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { clientConnection } from '../../connection.ts';
import { type Judge, type Judgement, PASSED, unrecordedRefusal } from '../../judge.ts';
import type { IncomingRequest, IncomingResponse } from '../../transaction.ts';
import type { ProxyOptions } from '../options.ts';
import { HttpProxy } from '../server.ts';
import { CertificateAuthority, createCa } from '../tls/ca.ts';
import { ServerContexts } from '../tls/contexts.ts';
import { TlsFront } from '../tls/front.ts';
import { UpstreamTls } from '../tls/upstream-tls.ts';
import { isHttp2Preface } from './preface.ts';
import type { Http2Request } from './request.ts';
import { type Http2Limits, type Http2Statistics, http2Statistics, serveHttp2 } from './server.ts';
import { throughHttp1 } from './through-http1.ts';

const root = mkdtempSync(join(tmpdir(), 'weir-h2-'));
after(() => rmSync(root, { recursive: true, force: true }));
const { file: CA_FILE } = createCa(join(root, 'ca'));
const ca = CertificateAuthority.load(join(root, 'ca'));
const contexts = new ServerContexts({ ca });
const MIB = 1_048_576;

async function listen(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

interface Proxy {
  readonly port: number;
  readonly statistics: Http2Statistics;
  readonly errors: Error[];
}

type Sent = Omit<ProxyOptions, 'listeners'>;

/** A server whose TLS is ended here, with HTTP/2 sent on by the proxy for HTTP/1. */
async function proxy(t: TestContext, options: Sent, limits: Partial<Http2Limits> = {}): Promise<Proxy> {
  const front = new TlsFront({ contexts, protocols: ['h2'] });
  const statistics = http2Statistics();
  const errors: Error[] = [];
  const inner = await HttpProxy.start({
    ...options,
    listeners: [{ kind: 'reverse', host: '127.0.0.1', port: 0 }],
  });
  t.after(() => inner.stop(0));
  const handler = throughHttp1(() => inner.serve.bind(inner), { kind: 'routes' });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    void front.accept(socket, '127.0.0.1').then((accepted) => {
      if (accepted.kind !== 'terminated') return;
      const end = { address: '127.0.0.1', port: 1 };
      serveHttp2(accepted.stream, clientConnection('proxy', end, end, accepted.tls), {
        handler,
        limits,
        statistics,
        onError: (error) => errors.push(error),
      });
    });
  });
  return { port: await listen(t, server), statistics, errors };
}

/** An HTTP/1.1 server, and the options that send there. */
async function upstream(t: TestContext, answer: RequestListener): Promise<Sent> {
  return { routes: [{ to: `http://127.0.0.1:${await listen(t, createHttp(answer))}` }] };
}

const echo = (request: IncomingMessage, response: ServerResponse): void => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    response.setHeader('X-Multi', ['1', '2']);
    response.setHeader('Connection', 'x-secret');
    response.setHeader('X-Secret', 'hop');
    const { method, url, rawHeaders } = request;
    response.end(JSON.stringify({ method, url, rawHeaders, body: Buffer.concat(chunks).toString('latin1') }));
  });
};

async function client(t: TestContext, port: number): Promise<ClientHttp2Session> {
  const session = connectHttp2(`https://a.example:${port}`, {
    ca: readFileSync(CA_FILE),
    createConnection: () =>
      connectTls({
        host: '127.0.0.1',
        port,
        servername: 'a.example',
        ca: readFileSync(CA_FILE),
        ALPNProtocols: ['h2'],
      }),
  });
  session.on('error', () => session.destroy());
  t.after(() => session.destroy());
  await once(session, 'connect');
  return session;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let headers: Record<string, unknown> = {};
    let body = '';
    stream.setEncoding('latin1');
    stream.on('response', (received) => {
      headers = { ...received };
    });
    stream.on('data', (chunk) => {
      body += chunk;
    });
    stream.on('end', () => {
      const status = Number(headers[':status']);
      if (status > 0) resolve({ status, headers, body });
      else reject(new Error('there was no answer'));
    });
    stream.on('error', reject);
    stream.on('close', () => reject(new Error(`closed with ${stream.rstCode}`)));
  });
}

function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: string | Buffer,
): Promise<Answer> {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return answerOf(stream);
}

async function curl(port: number, ...more: string[]): Promise<{ status: number | null; stdout: string }> {
  const child = spawn('curl', [
    ...['-sS', '--http2', '-m', '15', '--cacert', CA_FILE, '--resolve', `a.example:${port}:127.0.0.1`],
    ...more,
  ]);
  let stdout = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout };
}

/** A judge that decides by a function, and tells what it was shown and called. */
function judge(
  decide: (request: IncomingRequest) => Partial<Judgement>,
  more: Partial<Judge> & { answer?: (response: IncomingResponse) => Partial<Judgement> } = {},
): Judge & {
  readonly requests: IncomingRequest[];
  readonly responses: IncomingResponse[];
  readonly ends: string[];
} {
  const requests: IncomingRequest[] = [];
  const responses: IncomingResponse[] = [];
  const ends: string[] = [];
  const { answer, ...limits } = more;
  return {
    requestBodyLimit: 1000,
    responseBodyLimit: 0,
    refusesLongBodies: false,
    refuse: (_request, status, reason) => {
      ends.push('refuse');
      return unrecordedRefusal(status, reason);
    },
    ...limits,
    requests,
    responses,
    ends,
    async request(request) {
      requests.push(request);
      return {
        reference: 'abcdefghij0123456789',
        judgement: { ...PASSED, ...decide(request) },
        async response(response) {
          ends.push('response');
          responses.push(response);
          return { ...PASSED, ...answer?.(response) };
        },
        abandon() {
          ends.push('abandon');
        },
      };
    },
  };
}

test('curl gets by HTTP/2 what a server answers by HTTP/1.1', async (t) => {
  const { port, errors } = await proxy(t, await upstream(t, echo));
  const { status, stdout } = await curl(
    port,
    ...['-i', '-H', 'Cookie: a=1', '-H', 'TE: trailers', '-d', 'x=1', `https://a.example:${port}/p?q=%20`],
  );
  assert.equal(status, 0);
  const [head = '', body = ''] = stdout.split('\r\n\r\n');
  assert.match(head, /^HTTP\/2 200/);
  assert.match(head, /x-multi: 1\r\nx-multi: 2/);
  assert.doesNotMatch(head, /connection|x-secret|keep-alive|transfer-encoding/i);
  const seen = JSON.parse(body);
  assert.equal(seen.method, 'POST');
  assert.equal(seen.url, '/p?q=%20');
  assert.equal(seen.body, 'x=1');
  assert.deepEqual(seen.rawHeaders.slice(0, 2), ['Host', `a.example:${port}`]);
  assert.ok(!seen.rawHeaders.some((text: string) => /^te$/i.test(text)));
  assert.deepEqual(errors, []);
});

test('an answer without a body arrives, also where the request has not ended', async (t) => {
  const decide = () => ({ action: 'redirect' as const, status: 303, location: '/there' });
  const { port, errors } = await proxy(t, {
    ...(await upstream(t, echo)),
    judge: judge(decide, { requestBodyLimit: 100 }),
    answers: { blocked: () => ({ status: 303, fields: [['Location', '/there']], body: '' }) },
  });
  const { status, stdout } = await curl(port, '-i', '-d', 'x=1', `https://a.example:${port}/`);
  assert.equal(status, 0);
  assert.match(stdout, /^HTTP\/2 303[\s\S]*\r\nlocation: \/there\r\n/);
  // One that goes on behind its answer is told of its end a little later.
  const session = await client(t, port);
  const declared = { ':method': 'POST', ':path': '/', 'content-length': '5000' };
  const stream = session.request(declared, { endStream: false });
  stream.write('a'.repeat(1000));
  const [head] = (await once(stream, 'response')) as [Readonly<Record<string, unknown>>];
  assert.equal(head[':status'], 303);
  stream.resume();
  await once(stream, 'close');
  assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR);
  assert.deepEqual(errors, []);
});

test('200 requests at the same time are answered, each its own', async (t) => {
  const options = await upstream(t, (request, response) => {
    setTimeout(() => response.end(`answer to ${request.url}`), 5);
  });
  const { port, statistics } = await proxy(t, options);
  const session = await client(t, port);
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) => ask(session, { ':path': `/${i}` })),
  );
  for (const [i, { status, body }] of answers.entries()) {
    assert.equal(status, 200);
    assert.equal(body, `answer to /${i}`);
  }
  assert.equal(statistics.requests, 200);
  assert.equal(statistics.connections, 1);
});

test('bytes above 127 and repeated fields pass unchanged', async (t) => {
  const options = await upstream(t, (request, response) => {
    response.setHeader('x-back', request.headers['x-there'] ?? '');
    response.setHeader('set-cookie', ['a=1', 'b=2']);
    response.end();
  });
  const { port } = await proxy(t, options);
  const { headers } = await ask(await client(t, port), { ':path': '/', 'x-there': 'caf\xe9 \xff' });
  assert.equal(headers['x-back'], 'caf\xe9 \xff');
  assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
});

test('large bodies stream both ways, no faster than they are read', async (t) => {
  const size = 24 * MIB;
  let sent = 0;
  const options = await upstream(t, (request, response) => {
    if (request.method === 'PUT') {
      let length = 0;
      request.on('data', (chunk: Buffer) => {
        length += chunk.length;
      });
      request.on('end', () => response.end(String(length)));
      return;
    }
    const more = (): void => {
      while (sent < size) {
        sent += 65_536;
        if (!response.write(Buffer.alloc(65_536))) {
          response.once('drain', more);
          return;
        }
      }
      response.end();
    };
    more();
  });
  const { port } = await proxy(t, options);
  const session = await client(t, port);
  const up = await ask(session, { ':method': 'PUT', ':path': '/' }, Buffer.alloc(8 * MIB));
  assert.equal(up.body, String(8 * MIB));
  const stream = session.request({ ':path': '/' });
  await once(stream, 'response');
  stream.pause();
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.ok(sent < size, `${sent} bytes were taken from the server though nobody read them`);
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    length += chunk.length;
  });
  stream.resume();
  await once(stream, 'end');
  assert.equal(length, size);
});

test('the judge sees the request and what it says is done', async (t) => {
  let reached = 0;
  const options = await upstream(t, (_request, response) => {
    reached++;
    response.end('fine');
  });
  const asked = judge(({ target }) => {
    if (target === '/deny') return { action: 'deny', status: 403, reason: 'because' };
    if (target === '/limit') return { action: 'limit', status: 429, retryAfter: 7 };
    if (target === '/redirect') return { action: 'redirect', status: 302, location: 'https://b.example/' };
    return target === '/drop' ? { action: 'drop' } : {};
  });
  const { port } = await proxy(t, { ...options, judge: asked });
  const session = await client(t, port);
  const pass = await ask(session, { ':path': '/?a=1', ':method': 'POST', 'x-a': 'b' }, 'q=1');
  assert.deepEqual([pass.status, pass.body], [200, 'fine']);
  const [seen] = asked.requests;
  assert.equal(seen?.protocol, 'HTTP/2.0');
  assert.equal(seen?.target, '/?a=1');
  assert.deepEqual(seen?.headers, [
    ['Host', `a.example:${port}`],
    ['x-a', 'b'],
    ['Transfer-Encoding', 'chunked'],
  ]);
  assert.deepEqual([seen?.body, seen?.bodyBytes], ['q=1', 3]);
  assert.equal(seen?.connection.tls?.alpn, 'h2');
  const deny = await ask(session, { ':path': '/deny' });
  assert.equal(deny.status, 403);
  assert.match(deny.body, /abcdefghij0123456789/);
  assert.doesNotMatch(deny.body, /because/);
  const limit = await ask(session, { ':path': '/limit' });
  assert.deepEqual([limit.status, limit.headers['retry-after']], [429, '7']);
  const redirect = await ask(session, { ':path': '/redirect' });
  assert.deepEqual([redirect.status, redirect.headers.location], [302, 'https://b.example/']);
  assert.equal(reached, 1);
  await assert.rejects(ask(session, { ':path': '/drop' }));
  assert.ok(session.closed || session.destroyed);
  assert.deepEqual(asked.ends, ['abandon', 'abandon', 'abandon', 'abandon', 'abandon']);
});

test('a body that is longer than the judge looks at is judged in part, or refused', async (t) => {
  const options = await upstream(t, echo);
  const partly = judge(() => ({}));
  const first = await proxy(t, { ...options, judge: partly });
  const body = 'x'.repeat(100_000);
  const passed = await ask(await client(t, first.port), { ':path': '/', ':method': 'POST' }, body);
  assert.equal(JSON.parse(passed.body).body, body);
  assert.deepEqual([partly.requests[0]?.body.length, partly.requests[0]?.bodyBytes], [1000, -1]);
  const strict = judge(() => ({}), { refusesLongBodies: true });
  const second = await proxy(t, { ...options, judge: strict });
  const session = await client(t, second.port);
  const told = { ':path': '/', ':method': 'POST', 'content-length': 100_000 };
  assert.equal((await ask(session, told, body)).status, 413);
  assert.equal((await ask(session, { ':path': '/', ':method': 'POST' }, body)).status, 413);
  assert.deepEqual([strict.requests, strict.ends], [[], ['refuse', 'refuse']]);
  const ok = await ask(session, { ':path': '/', ':method': 'POST' }, 'x'.repeat(1000));
  assert.equal(ok.status, 200);
});

test('answers are judged, bodies as far as the judge looks, and refused ones do not get out', async (t) => {
  const options = await upstream(t, (request, response) => {
    response.setHeader('content-type', 'text/plain');
    if (request.url === '/break') {
      response.write('abc');
      setTimeout(() => response.destroy(), 20);
    } else response.end(request.url === '/leak' ? 'secret' : 'y'.repeat(50_000));
  });
  const asked = judge(() => ({}), {
    responseBodyLimit: 2000,
    answer: ({ body }) => (body.includes('secret') ? { action: 'deny', status: 502 } : {}),
  });
  const { port } = await proxy(t, { ...options, judge: asked });
  const session = await client(t, port);
  const leak = await ask(session, { ':path': '/leak' });
  assert.equal(leak.status, 502);
  assert.doesNotMatch(leak.body, /secret/);
  assert.equal((await ask(session, { ':path': '/long' })).body, 'y'.repeat(50_000));
  assert.equal((await ask(session, { ':path': '/break' })).status, 502);
  assert.deepEqual(
    asked.responses.map(({ body, bodyBytes }) => [body.length, bodyBytes]),
    [
      [6, 6],
      [2000, 50_000],
    ],
  );
  assert.deepEqual(asked.ends, ['response', 'response', 'abandon']);
});

test('a server that breaks off, is silent or not there is told of', async (t) => {
  const options = await upstream(t, (request, response) => {
    if (request.url === '/half') {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    } else if (request.url === '/close') request.socket.destroy();
  });
  const { port } = await proxy(t, { ...options, limits: { answerMs: 200 } });
  const session = await client(t, port);
  await assert.rejects(ask(session, { ':path': '/half' }));
  const close = await ask(session, { ':path': '/close' });
  assert.deepEqual([close.status, /closed the connection/.test(close.body)], [502, true]);
  assert.equal((await ask(session, { ':path': '/silent' })).status, 504);
  const nowhere = await proxy(t, { routes: [{ to: 'http://127.0.0.1:1' }] });
  assert.equal((await ask(await client(t, nowhere.port), { ':path': '/' })).status, 502);
  const misdirected = await proxy(t, { routes: [{ host: 'b.example', to: 'http://127.0.0.1:1' }] });
  assert.equal((await ask(await client(t, misdirected.port), { ':path': '/' })).status, 404);
});

test('servers with TLS are verified, by their own exceptions too', async (t) => {
  const back = async (name: string): Promise<number> => {
    const { certificate, key } = ca.leaf(name);
    return listen(
      t,
      createHttps({ cert: certificate, key }, (_request, response) => response.end('safe')),
    );
  };
  const port = await back('127.0.0.1');
  const via = async (tls: UpstreamTls, to: number): Promise<Answer> => {
    const { port: at } = await proxy(t, { routes: [{ to: `https://127.0.0.1:${to}` }], upstreamTls: tls });
    return ask(await client(t, at), { ':path': '/' });
  };
  assert.equal((await via(new UpstreamTls({ caFile: CA_FILE }), port)).body, 'safe');
  assert.equal((await via(new UpstreamTls(), port)).status, 502);
  const other = await back('other.example');
  assert.equal((await via(new UpstreamTls({ caFile: CA_FILE }), other)).status, 502);
  const tls = new UpstreamTls({
    exceptions: [{ origin: `127.0.0.1:${other}`, verify: false, reason: 'old machine' }],
  });
  assert.equal((await via(tls, other)).body, 'safe');
  assert.deepEqual(tls.exceptions, [
    { origin: `127.0.0.1:${other}`, verify: false, what: 'not verified', reason: 'old machine', count: 1 },
  ]);
});

test('malformed requests, CONNECT and WebSocket are refused', async (t) => {
  const { port, statistics } = await proxy(t, await upstream(t, echo));
  const session = await client(t, port);
  const mismatch = await ask(session, { ':path': '/', ':authority': 'a.example', host: 'b.example' });
  assert.deepEqual([mismatch.status, /Host is not/.test(mismatch.body)], [400, true]);
  const tunnel = session.request({ ':method': 'CONNECT', ':authority': 'c.example:443' });
  assert.equal((await answerOf(tunnel)).status, 501);
  assert.equal(statistics.refused, 2);
  // Refused below already: the stream is reset.
  await assert.rejects(ask(session, { ':path': 'x' }), /PROTOCOL_ERROR/);
  assert.equal((await ask(session, { ':path': '/' })).status, 200);
});

test('heads beyond the bounds are refused, and the connection holds or ends', async (t) => {
  const { port, statistics } = await proxy(t, await upstream(t, echo), { headerListBytes: 4000, fields: 30 });
  const session = await client(t, port);
  const big = ask(session, { ':path': '/', 'x-big': 'x'.repeat(5000) });
  const bigStatus = await big.then(
    ({ status }) => status,
    () => 0,
  );
  assert.ok(bigStatus === 431 || bigStatus === 0, String(bigStatus));
  const many: OutgoingHttpHeaders = { ':path': '/' };
  for (let i = 0; i < 50; i++) many[`x-${i}`] = '1';
  const manyStatus = await ask(await client(t, port), many).then(
    ({ status }) => status,
    () => 0,
  );
  assert.ok(manyStatus === 431 || manyStatus === 0, String(manyStatus));
  assert.equal(statistics.requests, 0);
});

test('a client that cancels, or whose connection ends, ends the work that is done for it', async (t) => {
  await goesAway(t, (stream) => stream.close(constants.NGHTTP2_CANCEL));
  // Neither RST_STREAM nor GOAWAY: all that comes is the end of the connection.
  await goesAway(t, (_, socket) => socket.end());
});

async function goesAway(
  t: TestContext,
  leave: (stream: ClientHttp2Stream, socket: TLSSocket) => void,
): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const options = await upstream(t, (request, response) => {
    request.socket.once('close', () => ended.resolve());
    response.write('some');
    started.resolve();
  });
  const { port, errors } = await proxy(t, options);
  const socket = connectTls({
    host: '127.0.0.1',
    port,
    servername: 'a.example',
    ca: readFileSync(CA_FILE),
    ALPNProtocols: ['h2'],
  });
  const session = connectHttp2(`https://a.example:${port}`, { createConnection: () => socket });
  session.on('error', () => session.destroy());
  t.after(() => session.destroy());
  const stream = session.request({ ':path': '/' });
  stream.on('error', () => stream.destroy());
  await started.promise;
  leave(stream, socket);
  await ended.promise;
  assert.deepEqual(errors, []);
}

test('a client that resets its requests rapidly is cut off', async (t) => {
  let most = 0;
  let running = 0;
  const options = await upstream(t, (request) => {
    running++;
    most = Math.max(most, running);
    request.socket.once('close', () => running--);
  });
  const { port, statistics } = await proxy(t, options, { resetBurst: 50, resetsPerSecond: 5, streams: 20 });
  const session = await client(t, port);
  let made = 0;
  const gone = new Promise<void>((resolve) => session.once('close', () => resolve()));
  const flood = setInterval(() => {
    for (let i = 0; i < 10 && !session.destroyed && !session.closed; i++) {
      const stream = session.request({ ':path': '/' });
      stream.on('error', () => stream.destroy());
      made++;
      setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), 5);
    }
  }, 2);
  t.after(() => clearInterval(flood));
  await gone;
  clearInterval(flood);
  assert.ok(statistics.requests <= 200, `${statistics.requests} of ${made} came through`);
  assert.ok(most <= 50, `${most} at the same time`);
});

/** A connection on which raw frames are sent. */
async function rawClient(t: TestContext, port: number): Promise<TLSSocket> {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    servername: 'a.example',
    ca: readFileSync(CA_FILE),
    ALPNProtocols: ['h2'],
  });
  socket.on('error', () => socket.destroy());
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.write(frame(4, 0, 0, Buffer.alloc(0)));
  return socket;
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

test('floods of PING, SETTINGS and CONTINUATION end the connection', async (t) => {
  const { port, statistics } = await proxy(t, await upstream(t, echo));
  for (const flood of [
    Buffer.concat(Array.from({ length: 500 }, () => frame(6, 0, 0, Buffer.alloc(8)))),
    Buffer.concat(Array.from({ length: 500 }, () => frame(4, 0, 0, Buffer.from('000300000064', 'hex')))),
    Buffer.concat([
      frame(1, 0, 1, Buffer.of(0x82)),
      ...Array.from({ length: 500 }, () => frame(9, 0, 1, Buffer.alloc(100))),
    ]),
  ]) {
    const socket = await rawClient(t, port);
    socket.resume();
    socket.write(flood);
    await once(socket, 'close');
  }
  assert.ok(statistics.flooded >= 2, String(statistics.flooded));
  assert.equal((await ask(await client(t, port), { ':path': '/' })).status, 200);
});

test('connections without requests, and requests without progress, come to an end', async (t) => {
  const { port } = await proxy(t, await upstream(t, echo), { idleTimeoutMs: 150, streamTimeoutMs: 100 });
  const idle = await client(t, port);
  await new Promise<void>((resolve) => idle.once('close', () => resolve()));
  const session = await client(t, port);
  const slow = session.request({ ':path': '/', ':method': 'POST' }, { endStream: false });
  slow.on('error', () => slow.destroy());
  slow.write('begun');
  slow.resume();
  await once(slow, 'close');
  assert.equal(slow.rstCode, constants.NGHTTP2_CANCEL);
});

test('HTTP/2 without TLS, or without having been negotiated, is refused', async (t) => {
  assert.ok(isHttp2Preface(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')));
  assert.ok(!isHttp2Preface(Buffer.from('PRI * HTTP/2')));
  const port = await listen(
    t,
    createServer((socket) => socket.on('error', () => socket.destroy())),
  );
  const plain = connectTcp(port, '127.0.0.1') as unknown as TLSSocket;
  t.after(() => plain.destroy());
  const end = { address: '127.0.0.1', port: 1 };
  const handler = async (_request: Http2Request): Promise<void> => {};
  assert.throws(() => serveHttp2(plain, clientConnection('proxy', end, end), { handler }), TypeError);
});

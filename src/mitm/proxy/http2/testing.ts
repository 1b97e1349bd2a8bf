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
  type OutgoingHttpHeaders,
} from 'node:http2';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { clientConnection } from '../../connection.ts';
import { type Judge, type Judgement, PASSED, unrecordedRefusal } from '../../judge.ts';
import type { IncomingRequest, IncomingResponse } from '../../transaction.ts';
import type { ProxyOptions } from '../options.ts';
import { listen, proxyFor } from '../testing.ts';
import { CertificateAuthority, createCa } from '../tls/ca.ts';
import { ServerContexts } from '../tls/contexts.ts';
import { TlsFront } from '../tls/front.ts';
import { type Http2Limits, type Http2Statistics, http2Statistics, serveHttp2 } from './server.ts';
import { throughHttp1 } from './through-http1.ts';

const root = mkdtempSync(join(tmpdir(), 'weir-h2-'));
after(() => rmSync(root, { recursive: true, force: true }));
export const { file: CA_FILE } = createCa(join(root, 'ca'));
export const ca = CertificateAuthority.load(join(root, 'ca'));
const contexts = new ServerContexts({ ca });
export const MIB = 1_048_576;

/** What takes HTTP/2, and what it counts. */
export interface Proxy {
  readonly port: number;
  readonly statistics: Http2Statistics;
  readonly errors: Error[];
}

/** Where requests are sent, and how. */
export type Sent = Omit<ProxyOptions, 'listeners'>;

/** A server whose TLS is ended here, with HTTP/2 sent on by the proxy for HTTP/1. */
export async function proxy(
  t: TestContext,
  options: Sent,
  limits: Partial<Http2Limits> = {},
): Promise<Proxy> {
  const front = new TlsFront({ contexts, protocols: ['h2'] });
  const statistics = http2Statistics();
  const errors: Error[] = [];
  const { proxy: inner } = await proxyFor(t, {
    ...options,
    listeners: [{ kind: 'reverse', host: '127.0.0.1', port: 0 }],
  });
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
export async function upstream(t: TestContext, answer: RequestListener): Promise<Sent> {
  return { routes: [{ to: `http://127.0.0.1:${await listen(t, createHttp(answer))}` }] };
}

/** Answers with the request that came, and with fields of one connection only. */
export const echo = (request: IncomingMessage, response: ServerResponse): void => {
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

/** A connection by TLS on which HTTP/2 is spoken. */
export function connectTo(port: number): TLSSocket {
  return connectTls({
    host: '127.0.0.1',
    port,
    servername: 'a.example',
    ca: readFileSync(CA_FILE),
    ALPNProtocols: ['h2'],
  });
}

/** A client of HTTP/2; ends with the test. */
export async function client(
  t: TestContext,
  port: number,
  socket = connectTo(port),
): Promise<ClientHttp2Session> {
  const session = connectHttp2(`https://a.example:${port}`, { createConnection: () => socket });
  session.on('error', () => session.destroy());
  t.after(() => session.destroy());
  await once(session, 'connect');
  return session;
}

/** What came back. `body`: a byte for each character. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** The answer of a stream; rejects where there is none. */
export function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
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

/** Sends a request and waits for its answer. */
export function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: string | Buffer,
): Promise<Answer> {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return answerOf(stream);
}

/** Runs curl against a port. */
export async function curl(
  port: number,
  ...more: string[]
): Promise<{ status: number | null; stdout: string }> {
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
export function judge(
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

/**
 * The memory of the built-in proxy under many connections that do little: open ones without a request, heads that never
 * end, clients that do not read what they asked for, and many streams of HTTP/2. For each: how much it holds while they
 * are there, and what is left when they are gone.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { parseArgs } from 'node:util';
import { TlsListener } from '../../src/mitm/gateway/tls-listener.ts';
import { fileLimit } from '../../src/mitm/proxy/file-limit.ts';
import { HttpProxy } from '../../src/mitm/proxy/index.ts';
import { CertificateAuthority, createCa, ServerContexts, TlsFront } from '../../src/mitm/proxy/tls/index.ts';
import { LIVE_FLAGS } from '../../src/supervisor/process-list.ts';
import { numberOf } from '../options.ts';
import { table } from '../report.ts';

const HELP = `usage: node bench/active/memory.ts [options]

  --connections N   idle ones, and half heads (default 10000)
  --readers N       clients that do not read an answer of 1 MB (default 2000)
  --sessions N      of HTTP/2, with 100 requests under way each (default 100)
`;

const STREAMS = 100;
const LARGE = Buffer.alloc(1 << 20, 'x');
/** Files besides connections. */
const OTHER_FILES = 200;
const CERTIFIED = 'bench.example';
/** Time in which a scenario may come to stand. */
const STAND_MS = 30_000;

/** What a process says of its memory, in bytes, and what is open. */
interface Told {
  readonly rss: number;
  readonly heap: number;
  readonly external: number;
  readonly open: number;
}

interface Child {
  readonly process: ChildProcess;
  readonly ports: readonly number[];
}

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    connections: { type: 'string', default: '10000' },
    readers: { type: 'string', default: '2000' },
    sessions: { type: 'string', default: '100' },
    /** This program as the proxy (to a port), or as the server behind it. */
    proxy: { type: 'string' },
    origin: { type: 'boolean', default: false },
    folder: { type: 'string', default: '' },
  },
});

/** Clients: what opens them, and how to see that all are there. */
interface Scenario {
  readonly name: string;
  readonly count: number;
  /** Opens them; returns what closes them. */
  readonly open: (ports: readonly number[]) => Promise<() => void>;
  /** Time that they stay before memory is looked at. */
  readonly stayMs: number;
}

async function main(): Promise<void> {
  const limit = fileLimit()?.soft ?? 1024;
  const most = limit - OTHER_FILES;
  const connections = Math.min(most, numberOf('--connections', values.connections, 1, 100_000));
  // Each takes a connection to the server as well.
  const readers = Math.min(most >> 1, numberOf('--readers', values.readers, 1, 100_000));
  const sessions = numberOf('--sessions', values.sessions, 1, 1000);
  process.stdout.write(`${limit} files may be open (ulimit -n)\n`);
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-memory-'));
  const { file } = createCa(join(folder, 'ca'));
  const origin = await start(['--origin']);
  const rows: string[][] = [];
  try {
    const scenarios: readonly Scenario[] = [
      { name: 'idle', count: connections, open: raw(connections, ''), stayMs: 500 },
      { name: 'idle, answered once', count: connections, open: raw(connections, get('/small')), stayMs: 500 },
      {
        name: 'half heads',
        count: connections,
        open: raw(connections, get('/small').slice(0, -2)),
        stayMs: 500,
      },
      {
        name: 'half heads of 30 KB',
        count: connections,
        open: raw(connections, `${get('/small').slice(0, -2)}X-A: ${'a'.repeat(30_000)}`),
        stayMs: 500,
      },
      { name: 'do not read 1 MB', count: readers, open: raw(readers, get('/large'), false), stayMs: 3000 },
      {
        name: `HTTP/2, ${STREAMS} streams each`,
        count: sessions,
        open: (ports) => manyStreams(sessions, ports, file),
        stayMs: 500,
      },
    ];
    for (const scenario of scenarios) rows.push(await measure(scenario, origin.ports[0] ?? 0, folder));
  } finally {
    origin.process.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
  const head = [
    'clients',
    'count',
    'MB before',
    'with them',
    'KB each',
    'heap KB each',
    'gone',
    'again',
    'gone again',
    'left open',
  ];
  process.stdout.write(`${table(head, rows)}\n`);
}

/** Twice in one process: what the second time adds to the first is growth. */
async function measure(scenario: Scenario, origin: number, folder: string): Promise<string[]> {
  const proxy = await start(['--proxy', String(origin), '--folder', folder]);
  try {
    const before = await told(proxy);
    const marks: Told[] = [];
    for (let times = 0; times < 2; times++) {
      const close = await scenario.open(proxy.ports);
      await settled(proxy, scenario.count);
      await sleep(scenario.stayMs);
      marks.push(await told(proxy));
      close();
      marks.push(await settled(proxy, 0));
    }
    const [during, gone, again, goneAgain] = marks as [Told, Told, Told, Told];
    const mb = ({ rss }: Told): string => (rss / 1e6).toFixed(0);
    const each = (bytes: number): string => (bytes / 1000 / scenario.count).toFixed(1);
    return [
      scenario.name,
      `${during.open} of ${scenario.count}`,
      mb(before),
      mb(during),
      each(during.rss - before.rss),
      each(during.heap + during.external - before.heap - before.external),
      mb(gone),
      mb(again),
      mb(goneAgain),
      String(goneAgain.open),
    ];
  } finally {
    proxy.process.kill('SIGKILL');
  }
}

/** Waits, within bounds, until so many connections are open. */
async function settled(proxy: Child, count: number): Promise<Told> {
  const until = performance.now() + STAND_MS;
  for (;;) {
    const now = await told(proxy);
    if (now.open === count || performance.now() > until) return now;
    await sleep(200);
  }
}

async function start(args: readonly string[]): Promise<Child> {
  const child = fork(import.meta.filename, args, { execArgv: ['--expose-gc', ...LIVE_FLAGS] });
  const ports = await new Promise<readonly number[]>((resolve, reject) => {
    child.once('message', (message) => resolve(message as readonly number[]));
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}`)));
  });
  return { process: child, ports };
}

function told({ process: child }: Child): Promise<Told> {
  return new Promise((resolve) => {
    child.once('message', (message) => resolve(message as Told));
    child.send('memory');
  });
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${CERTIFIED}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n`;
}

/** Connections that send a text and nothing more. */
function raw(count: number, text: string, reads = true): Scenario['open'] {
  return async ([port]) => {
    const sockets: Socket[] = [];
    const ready: Promise<unknown>[] = [];
    for (let i = 0; i < count; i++) {
      // Loopback has addresses enough that none is over its limit.
      const socket = connect({
        port: port ?? 0,
        host: '127.0.0.1',
        localAddress: `127.0.1.${1 + (i % 100)}`,
      });
      socket.on('error', () => socket.destroy());
      if (reads) socket.resume();
      else socket.pause();
      ready.push(once(socket, 'connect'));
      if (text !== '') socket.write(text);
      sockets.push(socket);
      if (i % 100 === 99) await Promise.all(ready.splice(0));
    }
    await Promise.all(ready);
    return () => {
      for (const socket of sockets) socket.destroy();
    };
  };
}

/** Sessions of HTTP/2 with requests that are not answered. */
async function manyStreams(
  count: number,
  [, port = 0]: readonly number[],
  certificateFile: string,
): Promise<() => void> {
  const ca = readFileSync(certificateFile);
  const sessions = await Promise.all(
    Array.from({ length: count }, async () => {
      const session = connectHttp2(`https://${CERTIFIED}:${port}`, {
        createConnection: () =>
          connectTls({ host: '127.0.0.1', port, servername: CERTIFIED, ca, ALPNProtocols: ['h2'] }),
      });
      session.on('error', () => session.destroy());
      await once(session, 'connect');
      for (let i = 0; i < STREAMS; i++) {
        const stream = session.request({ ':path': '/never' });
        stream.on('error', () => stream.destroy());
        stream.resume();
      }
      return session;
    }),
  );
  return () => {
    for (const session of sessions) session.destroy();
  };
}

async function serveOrigin(): Promise<void> {
  const server = createServer((request, response) => {
    if (request.url === '/small') response.end('small');
    else if (request.url === '/large') response.end(LARGE);
    // `/never` gets no answer.
    request.on('error', () => response.destroy());
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  process.send?.([(server.address() as AddressInfo).port]);
}

async function serveProxy(origin: number, folder: string): Promise<void> {
  const contexts = new ServerContexts({ ca: CertificateAuthority.load(join(folder, 'ca')) });
  const listener = new TlsListener({
    kind: 'server',
    front: new TlsFront({ contexts }),
    proxy: () => proxy,
    onError: (error) => process.stderr.write(`TLS: ${String(error)}\n`),
  });
  const proxy = await HttpProxy.start({
    listeners: [
      { kind: 'reverse', host: '127.0.0.1', port: 0 },
      { kind: 'reverse', host: '127.0.0.1', port: 0, takeover: listener.takeover },
    ],
    routes: [{ to: `http://127.0.0.1:${origin}` }],
    // Clients that have to wait for a connection to the server would not be what is measured.
    limits: {
      connections: 100_000,
      upstreamPerOrigin: 100_000,
      upstream: 100_000,
      queueMs: 60_000,
      headMs: 60_000,
    },
  });
  process.on('message', () => {
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    const numbers: Told = { rss, heap: heapUsed, external, open: proxy.statistics().connections.open };
    process.send?.(numbers);
  });
  process.send?.(proxy.addresses().map(({ port }) => port));
}

if (values.help) process.stdout.write(HELP);
else if (values.origin) await serveOrigin();
else if (values.proxy !== undefined) await serveProxy(Number(values.proxy), values.folder);
else await main();

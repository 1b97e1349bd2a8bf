/**
 * The built-in proxy beside its peers, in one run: nginx itself, HAProxy, this proxy, mitmproxy, all before the same
 * nginx and under the same wrk; then the memory of this proxy under ten thousand idle connections. The machine
 * matters, and what else runs on it: look at the ratios and at the CPU time of a request.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { HttpProxy } from '../../src/mitm/proxy/index.ts';
import { numberOf } from '../options.ts';
import { table } from '../report.ts';

const HELP = `usage: node bench/active/proxy.ts [options]

Requests a second through weir's proxy and its peers (nginx and wrk are needed; haproxy and mitmdump where installed).

  --seconds N       of each measurement (default 3)
  --rounds N        of all of them in turn (default 2)
  --connections N   of wrk (default 32)
  --idle N          open connections for the measurement of memory, 0 for none (default 10000)
  --profile DIR     writes a CPU profile of weir's proxy there
`;

/** Kernel clock ticks a second (getconf CLK_TCK), the same on all Linux machines of today. */
const TICKS = 100;

const run = promisify(execFile);

/** One way from wrk to the server. */
interface Way {
  readonly name: string;
  readonly port: number;
  readonly child: ChildProcess;
}

/** What wrk and the kernel say of one measurement. */
interface Sample {
  readonly rate: number;
  readonly p50: string;
  readonly p99: string;
  /** Of the proxy's process for each request. */
  readonly cpuUs: number;
  readonly failed: string;
}

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '32' },
    idle: { type: 'string', default: '10000' },
    profile: { type: 'string' },
    /** This program as the proxy itself: `listen,to`. */
    serve: { type: 'string' },
  },
});

function say(words: string): void {
  process.stderr.write(`bench: ${words}\n`);
}

function installed(program: string): boolean {
  return spawnSync('which', [program], { stdio: 'ignore' }).status === 0;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.on('error', () => done(false));
  });
}

/** Starts a program that is to listen on a port, and waits until it does. */
async function start(name: string, port: number, program: string, args: readonly string[]): Promise<Way> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const until = performance.now() + 20_000;
  while (!(await answers(port))) {
    if (child.exitCode !== null || performance.now() > until) throw new Error(`${name} does not start`);
    await new Promise((done) => setTimeout(done, 50));
  }
  return { name, port, child };
}

function nginxText(folder: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ');
  return `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
events { worker_connections 8192; }
http { access_log off; keepalive_requests 10000000; ${temporary}
  server { listen 127.0.0.1:${port} backlog=4096; location / { return 200 "${'x'.repeat(500)}"; } } }
`;
}

function haproxyText(port: number, to: number): string {
  return `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend f
  bind 127.0.0.1:${port}
  default_backend b
backend b
  http-reuse always
  option forwardfor
  server s 127.0.0.1:${to}
`;
}

async function startAll(folder: string): Promise<Way[]> {
  const to = await freePort();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'nginx.conf'), nginxText(folder, to));
  const ways = [await start('nginx itself', to, 'nginx', ['-c', join(folder, 'nginx.conf')])];
  if (installed('haproxy')) {
    const port = await freePort();
    writeFileSync(join(folder, 'haproxy.cfg'), haproxyText(port, to));
    ways.push(await start('haproxy', port, 'haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')]));
  }
  const port = await freePort();
  const profile = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`];
  ways.push(
    await start('weir', port, process.execPath, [
      ...profile,
      import.meta.filename,
      '--serve',
      `${port},${to}`,
    ]),
  );
  if (installed('mitmdump')) {
    const mitmPort = await freePort();
    const mode = ['--mode', `reverse:http://127.0.0.1:${to}`, '--set', `confdir=${folder}/mitmproxy`];
    const listen = ['--listen-host', '127.0.0.1', '--listen-port', String(mitmPort), '-q'];
    ways.push(await start('mitmproxy', mitmPort, 'mitmdump', [...mode, ...listen]));
  }
  return ways;
}

/** CPU time of a process so far in microseconds (proc(5), fields 14 and 15). */
function cpuUs(child: ChildProcess): number {
  const text = readFileSync(`/proc/${child.pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1e6;
}

/** Resident memory of a process in MB. */
function residentMb(child: ChildProcess): number {
  const text = readFileSync(`/proc/${child.pid}/status`, 'latin1');
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1024;
}

async function measure(way: Way, connections: number, seconds: number): Promise<Sample> {
  const before = cpuUs(way.child);
  const url = `http://127.0.0.1:${way.port}/some/path?with=a&query=b`;
  const fields = ['User-Agent: bench', 'Accept: */*', 'Accept-Language: en', 'Cookie: a=b; c=d'];
  const { stdout } = await run('wrk', [
    ...['-t1', `-c${connections}`, `-d${seconds}s`, '--latency'],
    ...fields.flatMap((field) => ['-H', field]),
    url,
  ]);
  const number = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1] ?? 0);
  const requests = number(/(\d+) requests in/);
  const bad = /Non-2xx.*: \d+|Socket errors: .*/.exec(stdout)?.[0] ?? '';
  return {
    rate: number(/Requests\/sec:\s+([\d.]+)/),
    p50: /50%\s+(\S+)/.exec(stdout)?.[1] ?? '',
    p99: /99%\s+(\S+)/.exec(stdout)?.[1] ?? '',
    cpuUs: requests === 0 ? 0 : (cpuUs(way.child) - before) / requests,
    failed: bad,
  };
}

/** Memory before, with and after many open connections that each had one answer. */
async function measureIdle(way: Way, count: number): Promise<void> {
  const before = residentMb(way.child);
  const sockets: Socket[] = [];
  let answered = 0;
  try {
    for (let i = 0; i < count; i++) {
      // Loopback has enough addresses that no one of them runs out of ports or over the limit.
      const socket = connect({ port: way.port, host: '127.0.0.1', localAddress: `127.0.1.${1 + (i % 20)}` });
      socket.on('error', (error) => say(`a connection failed: ${error.message}`));
      socket.on('data', () => answered++);
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      sockets.push(socket);
      if (i % 200 === 199) await new Promise((done) => setTimeout(done, 5));
    }
    const until = performance.now() + 15_000;
    while (answered < count && performance.now() < until) await new Promise((done) => setTimeout(done, 50));
    const during = residentMb(way.child);
    process.stdout.write(
      `\n${answered} of ${count} connections answered and open: ${before.toFixed(0)} MB before, ` +
        `${during.toFixed(0)} MB with them, ${(((during - before) * 1024) / count).toFixed(1)} KB each\n`,
    );
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function report(ways: readonly Way[], samples: ReadonlyMap<string, readonly Sample[]>): void {
  const rateOf = (name: string): number => median((samples.get(name) ?? []).map(({ rate }) => rate));
  const weir = rateOf('weir');
  const rows = ways.map(({ name }) => {
    const own = samples.get(name) ?? [];
    const last = own.at(-1);
    return [
      name,
      rateOf(name).toFixed(0),
      (weir / rateOf(name)).toFixed(2),
      last?.p50 ?? '',
      last?.p99 ?? '',
      median(own.map((sample) => sample.cpuUs)).toFixed(1),
      own.find(({ failed }) => failed !== '')?.failed ?? '',
    ];
  });
  const head = ['', 'requests/s', 'weir is x times', 'p50', 'p99', 'CPU us/request', 'failures'];
  process.stdout.write(`${table(head, rows)}\n`);
}

async function main(): Promise<void> {
  const seconds = numberOf('--seconds', values.seconds, 1, 60);
  const rounds = numberOf('--rounds', values.rounds, 1, 20);
  const connections = numberOf('--connections', values.connections, 1, 1_000);
  const idle = numberOf('--idle', values.idle, 0, 20_000);
  for (const program of ['nginx', 'wrk']) {
    if (!installed(program)) throw new Error(`${program} is not installed`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-proxy-'));
  const ways: Way[] = [];
  try {
    ways.push(...(await startAll(folder)));
    const samples = new Map<string, Sample[]>(ways.map(({ name }) => [name, []]));
    for (const way of ways) await measure(way, connections, 1);
    for (let round = 0; round < rounds; round++) {
      for (const way of ways) {
        say(`round ${round + 1}: ${way.name}`);
        samples.get(way.name)?.push(await measure(way, connections, seconds));
      }
    }
    report(ways, samples);
    const weir = ways.find(({ name }) => name === 'weir');
    if (idle > 0 && weir !== undefined) await measureIdle(weir, idle);
  } finally {
    for (const { child } of ways) child.kill('SIGTERM');
    const gone = ways.map(({ child }) => new Promise((done) => child.once('exit', done)));
    await Promise.race([Promise.all(gone), new Promise((done) => setTimeout(done, 3_000))]);
    for (const { child } of ways) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The proxy by itself, in a process of its own. */
async function serve(text: string): Promise<void> {
  const [port = 0, to = 0] = text.split(',').map(Number);
  const proxy = await HttpProxy.start({
    listeners: [{ kind: 'reverse', host: '127.0.0.1', port }],
    routes: [{ to: `http://127.0.0.1:${to}` }],
    onFailure: ({ status, reason }) => say(`${status} ${reason}`),
  });
  process.once('SIGTERM', () => void proxy.stop(100).then(() => process.exit(0)));
}

if (values.help) process.stdout.write(HELP);
else if (values.serve !== undefined) await serve(values.serve);
else await main();

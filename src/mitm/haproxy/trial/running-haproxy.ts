import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONFIG_DEFAULTS, type FullConfigOptions, fullConfig } from '../config.ts';
import { installedVersion, OLDEST } from '../version.ts';

/** What a HAProxy for tests and measurements is started with, besides its defaults. */
export interface TrialOptions extends Partial<FullConfigOptions> {
  /** Port of the web server behind it. */
  readonly server: number;
  /** Without agent: HAProxy alone. */
  readonly alone?: boolean;
  /** Changes the two files before they are written. */
  readonly change?: (text: string) => string;
}

const START_MS = 8000;

/** A program that is needed and is not installed, in words; false where all are there. */
export function missingProgram(...names: readonly string[]): string | false {
  const missing = names.filter((name) => spawnSync(name, ['-v'], { stdio: 'ignore' }).error !== undefined);
  return missing.length === 0 ? false : `not installed: ${missing.join(', ')}`;
}

/** A free port of the loopback. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

/** A web server that tells method, target and bytes of the body; `/leak` lets out what the rules look for. */
export async function webServer(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createHttpServer((request, response) => {
    let bytes = 0;
    request.on('data', (piece: Buffer) => {
      bytes += piece.length;
    });
    request.on('end', () => {
      response.setHeader('content-type', 'text/html');
      const leak =
        request.url === '/leak' ? 'You have an error in your SQL syntax; MySQL server version' : '';
      response.end(`${request.method} ${request.url} ${bytes}\n${leak}`);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** A HAProxy with the configuration that we generate, in a folder of its own. */
export class RunningHaproxy {
  readonly folder: string;
  /** Where the agent is to listen. */
  readonly socket: string;
  httpPort = 0;
  httpsPort = 0;
  private child: ChildProcess | undefined;
  private told = '';

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'weir-haproxy-'));
    this.socket = join(this.folder, 'spoe.sock');
  }

  /** Starts it, and waits until it takes connections. Rejects with what it said where it does not. */
  async start({ server, alone, change = (text) => text, ...options }: TrialOptions): Promise<void> {
    this.httpPort = await freePort();
    this.httpsPort = await freePort();
    const spoePath = join(this.folder, 'spoe.cfg');
    const files = fullConfig({
      ...CONFIG_DEFAULTS,
      version: installedVersion() ?? OLDEST,
      agent: this.socket,
      spoePath,
      http: `127.0.0.1:${this.httpPort}`,
      https: `127.0.0.1:${this.httpsPort}`,
      certificate: this.certificate(),
      hosts: [{ name: 'a.test', server: `127.0.0.1:${server}` }],
      ...options,
    });
    const lines = files.haproxy
      .split('\n')
      // Tests speak plain HTTP too; nobody listens on /dev/log.
      .filter((line) => !/redirect scheme|^\s+log |log-format/.test(line))
      .filter((line) => alone !== true || !/filter spoe|txn\.weir|spoe-group|http-buffer-request/.test(line));
    const path = join(this.folder, 'haproxy.cfg');
    writeFileSync(path, change(lines.join('\n')));
    writeFileSync(spoePath, change(files.spoe));
    const child = spawn('haproxy', ['-db', '-f', path], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    const note = (piece: Buffer): void => {
      this.told = (this.told + piece.toString()).slice(-4000);
    };
    child.stdout.on('data', note);
    child.stderr.on('data', note);
    const started = performance.now();
    while (!(await takesConnections(this.httpPort))) {
      if (child.exitCode !== null || performance.now() - started > START_MS) {
        throw new Error(`haproxy does not start: ${this.told}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Path of the configuration. */
  get configuration(): string {
    return join(this.folder, 'haproxy.cfg');
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private certificate(): string {
    const key = join(this.folder, 'key.pem');
    const certificate = join(this.folder, 'certificate.pem');
    const made = spawnSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'].concat(
        ['-subj', '/CN=a.test', '-keyout', key, '-out', certificate],
      ),
      { encoding: 'utf8' },
    );
    if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
    const both = join(this.folder, 'both.pem');
    const joined = spawnSync('cat', [key, certificate]);
    writeFileSync(both, joined.stdout, { mode: 0o600 });
    return both;
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

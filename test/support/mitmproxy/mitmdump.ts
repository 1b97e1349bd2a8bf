import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Running } from '../running.ts';
import { until } from './until.ts';

const ADDON = join(import.meta.dirname, '../../../integrations/mitmproxy/dpi_buffer.py');

/** For the `skip` of a test: false where mitmdump and curl can be run, otherwise what is missing. */
export function withoutMitmdump(): string | false {
  for (const program of ['mitmdump', 'curl']) {
    const { error, status } = spawnSync(program, ['--version'], { stdio: 'ignore' });
    if (error !== undefined || status !== 0)
      return `${program} cannot be run (Debian: apt install mitmproxy curl)`;
  }
  return false;
}

/** A folder that is removed after the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-mitm-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server behind mitmproxy; its port. */
export async function startBackend(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<number> {
  const server = createServer({ maxHeaderSize: 1 << 20 }, answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** A mitmdump with the addon. */
export interface Mitmdump {
  readonly port: number;
  readonly running: Running;
  /** Its certificates, the one of its authority among them. */
  readonly folder: string;
}

/** Runs mitmdump with the addon; `set` are options as after `--set`. */
export function runMitmdump(
  t: TestContext,
  socket: string,
  folder: string,
  args: readonly string[],
  set: readonly string[],
): Running {
  const options = [
    `confdir=${folder}`,
    `weir_socket=${socket}`,
    'listen_host=127.0.0.1',
    'listen_port=0',
    ...set,
  ];
  const all = ['-s', ADDON, ...args, ...options.flatMap((option) => ['--set', option])];
  const env = { ...process.env, PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' };
  const running = new Running(spawn('mitmdump', all, { stdio: ['ignore', 'pipe', 'pipe'], env }), 120_000);
  t.after(() => running.end('SIGKILL'));
  return running;
}

/** Starts mitmdump with the addon on a port of its own. */
export async function startMitmdump(
  t: TestContext,
  socket: string,
  args: readonly string[],
  set: readonly string[] = [],
): Promise<Mitmdump> {
  const folder = temporaryFolder(t);
  const running = runMitmdump(t, socket, folder, args, set);
  const started = /listening at \S*?:(\d+)/;
  const port = await until(`mitmdump's port`, () => {
    if (running.child.exitCode !== null)
      throw new Error(`mitmdump ended: ${running.stdout}${running.stderr}`);
    return started.exec(running.stdout + running.stderr)?.[1];
  });
  return { port: Number(port), running, folder };
}

import { spawn } from 'node:child_process';
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ControlError, RunningWeir, type SystemStatus } from '../control/index.ts';
import { processIdentity } from '../process/index.ts';
import { makeOwnFolder, mayCapture, StartError } from '../supervisor/index.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
/** Beside the socket. */
const LOG = 'weir.log';
/** A log that is larger at a start begins anew: what weir says is a few lines a day. */
const MOST_LOG_BYTES = 1 << 20;
/** What of the log is shown where a start fails. */
const MOST_SHOWN_BYTES = 16 << 10;
const START_MS = 30_000;
const STEP_MS = 50;
const NEEDS_ROOT =
  'capturing on an interface needs root (or CAP_NET_RAW): run it with sudo; without, weir read demo/captures works';

/** What became of a start. */
export interface Started {
  readonly pid: number;
  readonly log: string;
  /** False: it ran already. */
  readonly changed: boolean;
}

/**
 * Starts `weir up` in the background and waits until its processes run. Throws {@link StartError} with the reason where
 * it does not come to that, and {@link ControlError} where one runs that does not answer.
 *
 * @param folder that of the control socket
 * @param config path of the configuration, where the user named one
 */
export async function startInBackground(folder: string, config: string | undefined): Promise<Started> {
  const log = join(folder, LOG);
  const before = await statusOf(folder);
  if (before?.state === 'stopping') {
    throw new StartError(`weir (process ${before.pid}) is just ending: start it again when it has`);
  }
  if (before !== undefined) return { pid: before.pid, log, changed: false };
  if (!mayCapture()) throw new StartError(NEEDS_ROOT);
  makeOwnFolder(folder);
  const descriptor = openLog(log);
  try {
    const from = fstatSync(descriptor).size;
    const named = config === undefined ? [] : ['--config', resolve(config)];
    // Its own session: neither the terminal's end nor its Ctrl-C reaches it.
    const child = spawn(process.execPath, [...process.execArgv, MAIN, 'up', ...named], {
      detached: true,
      cwd: '/',
      stdio: ['ignore', descriptor, descriptor],
      env: { ...process.env, NOTIFY_SOCKET: undefined, WATCHDOG_USEC: undefined },
    });
    let failure: string | undefined;
    child.once('error', (error) => {
      failure = error.message;
    });
    child.once('exit', (code, signal) => {
      failure ??= `it ended with ${signal ?? `exit code ${code}`}`;
    });
    child.unref();
    for (const end = performance.now() + START_MS; performance.now() < end; await sleep(STEP_MS)) {
      const status = await ask(folder);
      if (status?.state === 'running') return { pid: status.pid, log, changed: status.pid === child.pid };
      if (failure !== undefined && status === undefined) {
        throw new StartError(`weir could not be started: ${failure}\n${tail(descriptor, from)}`.trimEnd());
      }
    }
    throw new StartError(`weir has not come to run within ${START_MS / 1000} s: see ${log}, or weir status`);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Asks the weir that runs to end, and waits until it has: what is on its way is kept. Returns its process id; undefined
 * where none runs. Throws {@link StartError} where it does not end in time, or may not be asked to.
 */
export async function stopInBackground(folder: string, patienceMs: number): Promise<number | undefined> {
  const pid = (await statusOf(folder))?.pid;
  if (pid === undefined) return undefined;
  const start = aliveSince(pid);
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    // It ended by itself.
    if (code === 'ESRCH') return pid;
    if (code !== 'EPERM') throw error;
    throw new StartError(`weir (process ${pid}) belongs to another user: stop it with sudo`);
  }
  for (const end = performance.now() + patienceMs; aliveSince(pid) === start && start !== undefined; ) {
    if (performance.now() > end) {
      throw new StartError(
        `weir (process ${pid}) has not ended within ${Math.round(patienceMs / 1000)} s; kill -9 ${pid} ends it by force`,
      );
    }
    await sleep(STEP_MS);
  }
  return pid;
}

/** The state of the weir that answers; undefined where none does, or not yet. */
async function ask(folder: string): Promise<SystemStatus | undefined> {
  try {
    return await RunningWeir.at(folder).status();
  } catch (error) {
    if (error instanceof ControlError && (error.code === 'absent' || error.code === 'silent'))
      return undefined;
    throw error;
  }
}

/** The same; one that is there and does not answer is an error. */
async function statusOf(folder: string): Promise<SystemStatus | undefined> {
  try {
    return await RunningWeir.at(folder).status();
  } catch (error) {
    if (error instanceof ControlError && error.code === 'absent') return undefined;
    throw error;
  }
}

/** When a process was started; undefined where it has ended, though nobody may have asked how. */
function aliveSince(pid: number): string | undefined {
  const identity = processIdentity(pid);
  return identity === undefined || identity.state === 'Z' || identity.state === 'X'
    ? undefined
    : identity.start;
}

function openLog(path: string): number {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  try {
    const descriptor = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
    if (fstatSync(descriptor).size > MOST_LOG_BYTES) ftruncateSync(descriptor);
    return descriptor;
  } catch (error) {
    throw new StartError(
      `${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** What the log got since it had `from` bytes. */
function tail(descriptor: number, from: number): string {
  const bytes = Buffer.alloc(MOST_SHOWN_BYTES);
  return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, from));
}

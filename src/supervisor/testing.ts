/** What the tests of a running weir share. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { askSupervisor, ControlError, type SystemStatus } from '../control/index.ts';

const ROOT = join(import.meta.dirname, '../..');
/** The bundled captures. */
export const CAPTURES = join(ROOT, 'demo/captures');
/** The program. */
export const MAIN = join(ROOT, 'src/cli/main.ts');
/** What is waited for comes within this time, or the test fails. */
export const PATIENCE_MS = 20_000;

/** A weir that runs in a folder of its own. */
export class Running {
  readonly folder: string;
  readonly child: ChildProcess;
  said = '';

  /** `within`: the command that runs others elsewhere, as `ip netns exec NAME`. */
  constructor(
    folder: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    within: readonly string[] = [],
  ) {
    this.folder = folder;
    const command = [...within, process.execPath, MAIN, 'up', '--config', join(folder, 'weir.yaml'), ...args];
    this.child = spawn(command[0] as string, command.slice(1), {
      stdio: ['ignore', 'inherit', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
    });
  }

  async status(): Promise<SystemStatus> {
    return (await askSupervisor(join(this.folder, 'run'), { ask: 'status' })) as SystemStatus;
  }

  async until<T>(
    what: string,
    look: () => T | undefined | false | Promise<T | undefined | false>,
  ): Promise<T> {
    for (const end = Date.now() + PATIENCE_MS; ; ) {
      const found = await look();
      if (found) return found;
      assert.equal(this.child.exitCode, null, `weir ended before ${what}: ${this.said}`);
      assert.ok(Date.now() < end, `no ${what}: ${this.said}`);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }

  /** The state when all processes run. */
  running(): Promise<SystemStatus> {
    return this.until('running processes', async () => {
      if (!existsSync(join(this.folder, 'run/weir.sock'))) return false;
      const status = await this.status().catch((error: unknown) => {
        // Its socket is made and not open yet, or one that was killed has left its own.
        if (error instanceof ControlError && error.code === 'absent') return undefined;
        throw error;
      });
      return status?.processes.every(({ state }) => state === 'running') && status;
    });
  }

  pid(name: string, status: SystemStatus): number {
    return status.processes.find((one) => one.name === name)?.pid ?? assert.fail(`no ${name}`);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const exit = once(this.child, 'exit');
    this.child.kill(signal);
    await exit;
    return this.child.exitCode;
  }
}

/** A folder for a weir: its configuration, its socket in `run`, an empty `captures`; removed after the test. */
export function folderFor(context: TestContext, settings = ''): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-up-'));
  // The processes become another user, who must get there.
  chmodSync(folder, 0o755);
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'captures'));
  writeConfiguration(folder, settings);
  return folder;
}

/** Writes weir.yaml; `settings` are further lines of it. */
export function writeConfiguration(folder: string, settings: string, eve = 'eve.json'): void {
  const text = `outputs: {eve: {file: ${folder}/${eve}}, zeek: {folder: ${folder}/zeek}}
${settings.includes('store:') ? '' : 'store: {enabled: false}'}
control: {folder: ${folder}/run}
${/^api:/m.test(settings) ? '' : 'api: {enabled: false}'}
${/^processes:/m.test(settings) ? '' : 'processes: {restart: {first: 100ms, longest: 300ms, healthy: 60s}, drain: 8s}'}
${settings}`;
  writeFileSync(join(folder, 'weir.yaml'), text);
}

/** Starts `weir up` in its folder; it ends with the test. */
export function up(
  context: TestContext,
  folder: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
  within?: readonly string[],
): Running {
  const running = new Running(folder, args, env, within);
  context.after(async () => {
    if (running.child.exitCode === null && running.child.signalCode === null) await running.end('SIGKILL');
  });
  return running;
}

/** Puts a capture into the watched folder, whole and old enough to be taken at once. */
export function bring(folder: string, name: string): void {
  copyFileSync(join(CAPTURES, name), join(folder, `.${name}`));
  utimesSync(join(folder, `.${name}`), 1000, 1000);
  renameSync(join(folder, `.${name}`), join(folder, 'captures', name));
}

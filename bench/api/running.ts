import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { RunningWeir } from '../../src/control/index.ts';
import { freePort } from '../../test/support/web-parts.ts';

const ROOT = join(import.meta.dirname, '../..');
const CAPTURES = join(ROOT, 'demo/captures');
const START_MS = 60_000;

/** A weir of its own that reads captures which are brought again and again. */
export class LoadedWeir {
  readonly port: number;
  readonly weir: RunningWeir;
  private readonly folder: string;
  private readonly child: ChildProcess;
  private rounds = 0;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
    this.weir = RunningWeir.at(join(folder, 'run'));
    this.child = spawn(
      process.execPath,
      [
        join(ROOT, 'src/cli/main.ts'),
        'up',
        '--config',
        join(folder, 'weir.yaml'),
        '--capture',
        join(folder, 'captures'),
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
  }

  /** Starts it; resolves when all its processes run. */
  static async start(): Promise<LoadedWeir> {
    const folder = mkdtempSync(join(tmpdir(), 'weir-load-'));
    // Its processes become another user.
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'captures'));
    const port = await freePort();
    writeFileSync(
      join(folder, 'weir.yaml'),
      `outputs: {eve: {file: ''}}
store: {enabled: true, folder: ${folder}/store, quota: 64MiB}
control: {folder: ${folder}/run}
status: {enabled: false}
api: {listen: '127.0.0.1:${port}', anonymous: viewer, rate: 1000000}
`,
    );
    const started = new LoadedWeir(folder, port);
    try {
      await started.running();
    } catch (error) {
      await started.end();
      throw error;
    }
    return started;
  }

  /** Brings all captures once more. */
  bring(): void {
    const round = this.rounds++;
    for (const name of readdirSync(CAPTURES)) {
      const path = join(this.folder, 'captures', `${String(round).padStart(6, '0')}-${name}`);
      const hidden = join(this.folder, 'captures', `.${round}-${name}`);
      copyFileSync(join(CAPTURES, name), hidden);
      // Old enough to be whole.
      utimesSync(hidden, 1000, 1000);
      renameSync(hidden, path);
    }
  }

  /** Memory of a process that is resident, in bytes. */
  async residentBytes(name: string): Promise<number> {
    const { processes } = await this.weir.status();
    return processes.find((one) => one.name === name)?.residentBytes ?? 0;
  }

  /** Number of the newest record that the API saw. */
  async newest(): Promise<number> {
    const { statistics } = await this.weir.status();
    return (statistics.api as { readonly live: { readonly newest: number } }).live.newest;
  }

  /** Ends it and removes its folder. */
  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exit = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await exit;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async running(): Promise<void> {
    for (const end = performance.now() + START_MS; performance.now() < end; await wait(100)) {
      if (this.child.exitCode !== null) throw new Error('weir ended; it said why above');
      // Its socket is not there at once.
      const status = await this.weir.status().catch(() => undefined);
      if (status?.state === 'running') return;
    }
    throw new Error(`weir did not run within ${START_MS / 1000} s`);
  }
}

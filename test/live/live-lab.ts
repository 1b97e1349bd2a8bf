import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENVIRONMENT } from '../../lab/namespaces.ts';
import { kernelAddon } from '../../src/native/index.ts';
import { Running } from '../support/running.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

/** Why the live system cannot be tested here; false when it can. */
export function withoutLab(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return 'the lab needs Linux and root (network namespaces)';
  }
  if (kernelAddon() === undefined) return 'build/weir.node is not built (setup/addon.sh)';
  for (const [program, name] of [
    ['ip', 'iproute2'],
    ['tcpdump', 'tcpdump'],
  ] as const) {
    if (spawnSync(program, ['--version'], { env: ENVIRONMENT }).error !== undefined) {
      return `needs the program ${program} (apt-get install ${name})`;
    }
  }
  return false;
}

/** Bytes that an interface has received and sent since it was made; as the kernel counts, with Ethernet headers. */
export interface InterfaceBytes {
  readonly received: number;
  readonly sent: number;
}

/** A standing lab of a random name with a folder for what is written about it; gone after {@link LiveLab.remove}. */
export class LiveLab {
  readonly name = `e2e${randomBytes(3).toString('hex')}`;
  readonly folder = mkdtempSync(join(tmpdir(), 'weir-live-'));
  private readonly programs = new Set<Running>();
  private readonly patienceMs: number | undefined;
  private readonly interrupted = (): void => {
    this.remove();
    process.exit(1);
  };

  /** `patienceMs`: no program of it runs for longer. */
  constructor(patienceMs?: number) {
    this.patienceMs = patienceMs;
    process.once('SIGINT', this.interrupted);
    process.once('SIGTERM', this.interrupted);
    // The processes of weir become another user, who must get there.
    chmodSync(this.folder, 0o755);
  }

  namespace(host: string): string {
    return `weir-${this.name}-${host}`;
  }

  /** Starts `weir` with arguments, on a host of the lab where one is named. */
  weir(host: string | undefined, ...args: readonly string[]): Running {
    const command = [process.execPath, MAIN, ...args];
    return host === undefined ? this.start(command) : this.on(host, ...command);
  }

  /** Starts a program on a host. */
  on(host: string, ...command: readonly string[]): Running {
    return this.start(['ip', 'netns', 'exec', this.namespace(host), ...command]);
  }

  private start(command: readonly string[]): Running {
    const [name = '', ...args] = command;
    // A group of its own: Ctrl-C reaches the test, which then takes everything down in order.
    const child = spawn(name, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: ENVIRONMENT,
    });
    const program = new Running(child, this.patienceMs);
    this.programs.add(program);
    // Whoever waits for the program learns of its failure; here it is only no longer running.
    const gone = (): void => void this.programs.delete(program);
    program.ended.then(gone, gone);
    return program;
  }

  /** `weir lab WORDS`, to its end. Throws with what it said when it fails. */
  async lab(...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.weir(undefined, 'lab', ...words, '--name', this.name).ended;
    if (code !== 0) throw new Error(`weir lab ${words.join(' ')} ended with ${code}: ${stdout}${stderr}`);
    return stdout;
  }

  /** What the kernel has counted on the one interface of a client. */
  counters(host: string): InterfaceBytes {
    const args = ['-n', this.namespace(host), '-json', '-statistics', 'link', 'show', 'eth0'];
    const [link] = JSON.parse(execFileSync('ip', args, { encoding: 'utf8', env: ENVIRONMENT })) as [
      {
        readonly stats64: {
          readonly rx: { readonly bytes: number };
          readonly tx: { readonly bytes: number };
        };
      },
    ];
    return { received: link.stats64.rx.bytes, sent: link.stats64.tx.bytes };
  }

  /** Ends all that runs in the lab and removes it, also when it is not there. */
  remove(): void {
    process.off('SIGINT', this.interrupted);
    process.off('SIGTERM', this.interrupted);
    // A lab that is still being built could not be removed.
    for (const { child } of this.programs) child.kill('SIGKILL');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [MAIN, 'lab', 'down', '--name', this.name],
      { encoding: 'utf8' },
    );
    rmSync(this.folder, { recursive: true, force: true });
    if (status !== 0) throw new Error(`the lab ${this.name} is not down: ${stdout}${stderr}`);
  }
}

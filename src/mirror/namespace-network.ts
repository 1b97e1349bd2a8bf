import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mayAdminister } from './kernel.ts';
import { RECORDS } from './record.ts';

const COMMAND = join(import.meta.dirname, '../cli/mirror.ts');
const PATIENCE_MS = 20_000;

/** Why tests that need namespaces cannot run here; false when they can. */
export function withoutNamespaces(...programs: readonly string[]): string | false {
  if (!mayAdminister()) return 'needs root: network namespaces';
  for (const program of ['ip', 'tc', ...programs]) {
    if (spawnSync(program, ['-V'], { stdio: 'ignore' }).error !== undefined)
      return `${program} is not installed`;
  }
  const name = `weirprobe${randomBytes(3).toString('hex')}`;
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  spawnSync('ip', ['netns', 'del', name]);
  return made.status === 0 ? false : `network namespaces cannot be made: ${made.stderr.trim()}`;
}

/**
 * Two network namespaces joined by a veth pair: `gateway` with `wan0` and `client` with `far0`. Tests mirror `wan0`.
 * Ends with the test process, however that ends.
 */
export class TestNetwork {
  readonly gateway: string;
  readonly client: string;
  readonly folder = mkdtempSync(join(tmpdir(), 'weir-mirror-'));
  private readonly children = new Set<ChildProcess>();
  private readonly onExit = (): void => this.remove();
  private readonly onSignal = (signal: NodeJS.Signals): void => {
    this.remove();
    process.kill(process.pid, signal);
  };

  constructor() {
    const id = randomBytes(3).toString('hex');
    this.gateway = `weirgw${id}`;
    this.client = `weircl${id}`;
    process.once('exit', this.onExit);
    process.once('SIGINT', this.onSignal);
    process.once('SIGTERM', this.onSignal);
    for (const name of [this.gateway, this.client]) call('ip', 'netns', 'add', name);
    call(
      ...['ip', 'link', 'add', 'wan0', 'netns', this.gateway, 'type', 'veth'],
      ...['peer', 'name', 'far0', 'netns', this.client],
    );
    for (const [name, device, host] of [
      [this.gateway, 'wan0', 1],
      [this.client, 'far0', 2],
    ] as const) {
      const ip = (...args: readonly string[]): void => call('ip', '-n', name, ...args);
      // No address of its own: its state would change while a test looks at it.
      ip('link', 'set', device, 'addrgenmode', 'none');
      ip('addr', 'add', `10.9.8.${host}/24`, 'brd', '10.9.8.255', 'dev', device);
      ip('addr', 'add', `fd09::${host}/64`, 'dev', device, 'nodad');
      ip('link', 'set', device, 'up');
      ip('link', 'set', 'lo', 'up');
    }
  }

  /** Runs a program in the gateway; throws when it fails. Returns its standard output. */
  inGateway(...command: readonly string[]): string {
    return output(this.run(this.gateway, command));
  }

  /** Runs a program in one of the namespaces. */
  run(
    namespace: string,
    command: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): SpawnSyncReturns<string> {
    return spawnSync('ip', ['netns', 'exec', namespace, ...command], {
      encoding: 'utf8',
      timeout: PATIENCE_MS,
      env: { ...process.env, ...environment },
    });
  }

  /** Starts a program in one of the namespaces; it ends with the network at the latest. */
  start(namespace: string, command: readonly string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', namespace, ...command]);
    this.children.add(child);
    child.once('exit', () => this.children.delete(child));
    return child;
  }

  /** `weir mirror ...` in the gateway. */
  mirror(args: readonly string[], environment?: Readonly<Record<string, string>>): SpawnSyncReturns<string> {
    return this.run(this.gateway, mirrorCommand(args), environment);
  }

  /** All that the kernel shows of links, disciplines, classes and filters in the gateway, without counters. */
  snapshot(): string {
    const names = this.inGateway('ip', '-o', 'link').match(/(?<=^\d+: )[^:@]+/gm) ?? [];
    return [
      this.inGateway('ip', 'link'),
      this.inGateway('ip', '-d', 'addr'),
      this.inGateway('tc', 'qdisc', 'show'),
      ...names.flatMap((name) => [
        this.inGateway('tc', 'class', 'show', 'dev', name),
        ...['root', 'ingress', 'egress'].map((hook) =>
          this.inGateway('tc', 'filter', 'show', 'dev', name, hook),
        ),
      ]),
    ].join('\n');
  }

  /** Names of the records that mirrors of the gateway have left. */
  records(): string[] {
    const number = this.inGateway('stat', '-L', '-c', '%i', '/proc/self/ns/net').trim();
    return readdirSync(RECORDS).filter((name) => name.startsWith(`${number}-`));
  }

  /** Takes everything away; may be called more than once. */
  remove(): void {
    process.off('exit', this.onExit);
    process.off('SIGINT', this.onSignal);
    process.off('SIGTERM', this.onSignal);
    for (const child of this.children) child.kill('SIGKILL');
    // A mirror whose test has failed leaves a record.
    if (spawnSync('ip', ['netns', 'exec', this.gateway, 'true']).status === 0) this.mirror(['stop']);
    for (const name of [this.gateway, this.client]) spawnSync('ip', ['netns', 'del', name]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Arguments that run `weir mirror ...`. */
export function mirrorCommand(args: readonly string[]): string[] {
  const code = 'process.exitCode = await (await import(process.argv[1])).mirror(process.argv.slice(2))';
  return [process.execPath, '--input-type=module', '-e', code, COMMAND, ...args];
}

/** Frames of a pcap file in its order (little-endian, as tcpdump writes it here). */
export function framesOf(path: string): Buffer[] {
  const file = readFileSync(path);
  const frames: Buffer[] = [];
  for (let at = 24; at + 16 <= file.length; ) {
    const length = file.readUInt32LE(at + 8);
    frames.push(file.subarray(at + 16, at + 16 + length));
    at += 16 + length;
  }
  return frames;
}

function call(program: string, ...args: readonly string[]): void {
  output(spawnSync(program, args, { encoding: 'utf8', timeout: PATIENCE_MS }));
}

function output(result: SpawnSyncReturns<string>): string {
  if (result.status !== 0) throw new Error(result.stderr || String(result.error ?? result.signal));
  return result.stdout;
}

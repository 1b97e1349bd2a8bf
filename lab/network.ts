import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How long one command may take, in milliseconds. */
const COMMAND_MS = 80_000;

/** What a command printed, and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

/**
 * Network namespaces and the programs in them. Everything carries a random suffix, so that several networks can
 * live on one machine, and `remove` takes away all that was made: processes, namespaces, files.
 */
export class Network {
  /** For configurations, keys, logs and captures; removed at the end. */
  readonly folder: string;
  private readonly suffix = randomBytes(3).toString('hex');
  private readonly hosts: string[] = [];
  private readonly children = new Set<ChildProcess>();
  private readonly signal: AbortSignal;
  private links = 0;

  /** Aborting `signal` ends what is waited for; the caller then calls {@link remove}. */
  constructor(signal: AbortSignal) {
    this.signal = signal;
    this.folder = mkdtempSync(join(tmpdir(), 'weir-lab-'));
  }

  /** Adds a host: a namespace with loopback up. Names servers in `resolver` where there is one. */
  addHost(name: string, resolver?: string): void {
    const namespace = this.namespace(name);
    ip('netns', 'add', namespace);
    this.hosts.push(name);
    if (resolver !== undefined) {
      // `ip netns exec` shows these files to the programs in the namespace as /etc/resolv.conf.
      mkdirSync(`/etc/netns/${namespace}`, { recursive: true });
      writeFileSync(`/etc/netns/${namespace}/resolv.conf`, `nameserver ${resolver}\nsearch example.com\n`);
    }
    this.ip(name, 'link set lo up');
  }

  /** Connects two hosts by a pair of interfaces, without offloads: what is captured is what a wire would carry. */
  connect(a: readonly [host: string, link: string], b: readonly [host: string, link: string]): void {
    const ends = [a, b].map(([host, link], side) => {
      const temporary = `w${this.suffix}${this.links}${side === 0 ? 'a' : 'b'}`;
      return { host, link, temporary };
    });
    this.links++;
    ip('link', 'add', ends[0]!.temporary, 'type', 'veth', 'peer', 'name', ends[1]!.temporary);
    for (const { host, link, temporary } of ends) {
      ip('link', 'set', temporary, 'netns', this.namespace(host), 'name', link);
      this.withoutOffloads(host, link);
      this.ip(host, `link set ${link} up`);
    }
  }

  /** Makes the kernel finish checksums and segments before a capture sees them. */
  withoutOffloads(host: string, link: string): void {
    for (const feature of ['tx', 'tso', 'gso', 'gro', 'sg']) {
      // Not every kind of link knows every feature.
      spawnSync('ip', ['netns', 'exec', this.namespace(host), 'ethtool', '-K', link, feature, 'off']);
    }
  }

  /** Runs `ip` in a host; throws with what it said when it fails. */
  ip(host: string, words: string): void {
    ip('-n', this.namespace(host), ...words.split(' '));
  }

  /** Sets a kernel variable of a host. */
  sysctl(host: string, name: string, value: number): void {
    const path = `/proc/sys/${name.replaceAll('.', '/')}`;
    const { status, stderr } = spawnSync(
      'ip',
      ['netns', 'exec', this.namespace(host), 'sh', '-c', `echo ${value} > ${path}`],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`${name} on ${host}: ${stderr.trim()}`);
  }

  /** Starts a program that runs until the end; its words go to a file in the folder. */
  start(host: string, command: string, ...args: readonly string[]): ChildProcess {
    const log = openSync(join(this.folder, `${host}-${command.replace(/.*\//, '')}.log`), 'a');
    const child = spawn('ip', ['netns', 'exec', this.namespace(host), command, ...args], {
      detached: true,
      stdio: ['ignore', log, log],
    });
    this.children.add(child);
    child.on('exit', () => this.children.delete(child));
    child.on('error', () => this.children.delete(child));
    return child;
  }

  /** Runs a program to its end. Rejects when the network is being taken down; a failure is in the outcome. */
  run(host: string, command: string, ...args: readonly string[]): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.signal.aborted) return reject(this.signal.reason);
      const child = spawn('ip', ['netns', 'exec', this.namespace(host), command, ...args], {
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      this.children.add(child);
      const timer = setTimeout(() => killGroup(child), COMMAND_MS);
      const abort = (): void => killGroup(child);
      this.signal.addEventListener('abort', abort, { once: true });
      let output = '';
      const gather = (chunk: Buffer): void => {
        if (output.length < 65536) output += chunk.toString('latin1');
      };
      child.stdout.on('data', gather);
      child.stderr.on('data', gather);
      child.on('error', reject);
      child.on('close', (code) => {
        clearTimeout(timer);
        this.children.delete(child);
        this.signal.removeEventListener('abort', abort);
        if (this.signal.aborted) reject(this.signal.reason);
        else resolve({ code, output });
      });
    });
  }

  /** Runs a line of shell in a host. */
  shell(host: string, line: string): Promise<Outcome> {
    return this.run(host, 'sh', '-c', line);
  }

  /** Ends all programs, deletes all namespaces and files. Can be called at any time, and twice. */
  remove(): void {
    for (const child of this.children) killGroup(child);
    this.children.clear();
    for (const host of this.hosts.splice(0)) {
      const namespace = this.namespace(host);
      spawnSync('ip', ['netns', 'del', namespace]);
      rmSync(`/etc/netns/${namespace}`, { recursive: true, force: true });
    }
    try {
      rmdirSync('/etc/netns');
    } catch {
      // It was never made, or others have theirs in it.
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private namespace(host: string): string {
    return `weirlab-${this.suffix}-${host}`;
  }
}

function ip(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim()}`);
}

/** Ends a program and what it started; they are a process group of their own. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}

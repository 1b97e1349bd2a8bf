import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENVIRONMENT, ip, removeNamespaces } from './namespaces.ts';

/** How long one command may take, in milliseconds. */
const COMMAND_MS = 80_000;
/** What is kept of the words of one command. */
const OUTPUT_CHARACTERS = 65_536;

/** What a command printed, and how it ended. */
export interface Outcome {
  /** The exit code; null when it was ended by a signal. */
  readonly code: number | null;
  readonly output: string;
}

/** Where a network lives. */
export interface NetworkPlace {
  /** Namespaces are called PREFIX-HOST. */
  readonly prefix: string;
  /** For configurations, keys, logs and captures; exists, and goes with the network. */
  readonly folder: string;
  /** Aborting it ends what is waited for; the caller then calls {@link Network.remove}. */
  readonly signal: AbortSignal;
}

/**
 * Network namespaces and the programs in them. Everything carries the prefix, so that several networks can live on
 * one machine, and nothing is ever made in the namespace of the machine itself.
 */
export class Network {
  readonly folder: string;
  private readonly prefix: string;
  private readonly signal: AbortSignal;
  private readonly hosts: string[] = [];
  private readonly children = new Set<ChildProcess>();
  private readonly environment: NodeJS.ProcessEnv;

  constructor({ prefix, folder, signal }: NetworkPlace) {
    this.prefix = prefix;
    this.folder = folder;
    this.signal = signal;
    this.environment = { ...ENVIRONMENT, HOME: folder };
  }

  /** A network of a random name with a folder among the temporary files. */
  static temporary(signal: AbortSignal): Network {
    const prefix = `weirlab-${randomBytes(3).toString('hex')}`;
    return new Network({ prefix, folder: mkdtempSync(join(tmpdir(), 'weir-lab-')), signal });
  }

  /** The namespace of a host. */
  namespace(host: string): string {
    return `${this.prefix}-${host}`;
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
    const pair = ['type', 'veth', 'peer', 'name', b[1], 'netns', this.namespace(b[0])];
    ip('-n', this.namespace(a[0]), 'link', 'add', a[1], ...pair);
    for (const [host, link] of [a, b]) {
      this.withoutOffloads(host, link);
      this.ip(host, `link set ${link} up`);
    }
  }

  /** Makes the kernel finish checksums and segments before a capture sees them. */
  withoutOffloads(host: string, link: string): void {
    const off = ['tx', 'tso', 'gso', 'gro', 'sg'].flatMap((feature) => [feature, 'off']);
    // Not every kind of link knows every feature: those that it knows are turned off.
    spawnSync('ip', ['netns', 'exec', this.namespace(host), 'ethtool', '-K', link, ...off], {
      env: ENVIRONMENT,
    });
  }

  /** Runs `ip` in a host; throws with what it said when it fails. */
  ip(host: string, words: string): void {
    ip('-n', this.namespace(host), ...words.split(' '));
  }

  /** Sets a kernel variable of a host. */
  sysctl(host: string, name: string, value: number): void {
    const path = `/proc/sys/${name.replaceAll('.', '/')}`;
    const { status, stderr } = spawnSync('ip', ['netns', 'exec', this.namespace(host), 'tee', path], {
      encoding: 'utf8',
      input: `${value}\n`,
      env: ENVIRONMENT,
    });
    if (status !== 0) throw new Error(`${name} on ${host}: ${stderr.trim()}`);
  }

  /** Starts a program that runs until the end; its words go to a file in the folder. */
  start(host: string, command: string, ...args: readonly string[]): ChildProcess {
    const log = openSync(join(this.folder, `${host}-${command.replace(/.*\//, '')}.log`), 'a');
    const child = spawn('ip', ['netns', 'exec', this.namespace(host), command, ...args], {
      detached: true,
      stdio: ['ignore', log, log],
      env: this.environment,
    });
    closeSync(log);
    this.children.add(child);
    child.on('exit', () => this.children.delete(child));
    child.on('error', () => this.children.delete(child));
    return child;
  }

  /** Runs a program to its end. Rejects when the network is being taken down; a failure is in the outcome. */
  run(host: string, command: string, ...args: readonly string[]): Promise<Outcome> {
    return this.runWithin(COMMAND_MS, host, command, ...args);
  }

  /** The same with a bound in milliseconds: a program that is not done by then is ended, its code is null. */
  runWithin(ms: number, host: string, command: string, ...args: readonly string[]): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.signal.aborted) return reject(this.signal.reason);
      const child = spawn('ip', ['netns', 'exec', this.namespace(host), command, ...args], {
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: this.environment,
      });
      this.children.add(child);
      const abort = (): void => killGroup(child);
      const timer = setTimeout(abort, ms);
      this.signal.addEventListener('abort', abort, { once: true });
      let output = '';
      const gather = (chunk: Buffer): void => {
        if (output.length < OUTPUT_CHARACTERS) output += chunk.toString('latin1');
      };
      child.stdout.on('data', gather);
      child.stderr.on('data', gather);
      const done = (): void => {
        clearTimeout(timer);
        this.children.delete(child);
        this.signal.removeEventListener('abort', abort);
      };
      child.on('error', (error) => {
        done();
        reject(error);
      });
      child.on('close', (code) => {
        done();
        if (this.signal.aborted) reject(this.signal.reason);
        else resolve({ code, output });
      });
    });
  }

  /** Runs a line of shell in a host. */
  shell(host: string, line: string): Promise<Outcome> {
    return this.run(host, 'sh', '-c', line);
  }

  /** Lets what was started run on when this process ends. */
  release(): void {
    for (const child of this.children) child.unref();
    this.children.clear();
  }

  /** Ends all programs, deletes all namespaces and files. Can be called at any time, and twice. */
  remove(): void {
    for (const child of this.children) killGroup(child);
    this.children.clear();
    removeNamespaces(this.hosts.splice(0).map((host) => this.namespace(host)));
    rmSync(this.folder, { recursive: true, force: true });
  }
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

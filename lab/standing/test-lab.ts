import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ENVIRONMENT } from '../namespaces.ts';
import { labOf } from './state.ts';

/** For `skip` of tests of the lab: false, or why they cannot run here. */
export const withoutLab =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'the lab needs Linux and root (network namespaces)'
    : spawnSync('ip', ['-V']).error !== undefined && !existsSync('/usr/bin/apt-get')
      ? 'the lab needs iproute2'
      : false;

/** What one run of `weir lab` did. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const COMMAND = new URL('../../src/cli/lab.ts', import.meta.url).href;
const SCRIPT = `import { lab } from '${COMMAND}'; process.exitCode = await lab(process.argv.slice(1));`;

/** A lab of its own, so that tests can run beside each other and beside the user's. */
export class TestLab {
  readonly name = `t${randomBytes(4).toString('hex')}`;
  readonly lab = labOf(this.name);

  start(...args: readonly string[]): ChildProcess {
    const node = ['--input-type=module', '-e', SCRIPT, ...args, '--name', this.name];
    return spawn(process.execPath, node, { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  run(...args: readonly string[]): Promise<Run> {
    return ended(this.start(...args));
  }

  /** Waits until a host's namespace is there: `up` is in the middle of its work. */
  async building(host: string): Promise<void> {
    for (let i = 0; i < 2000 && !existsSync(`/run/netns/${this.lab.prefix}-${host}`); i++) await wait(5);
    assert.ok(existsSync(`/run/netns/${this.lab.prefix}-${host}`), 'nothing is being built');
  }

  /** Builds it; fails with what was said. */
  async up(...args: readonly string[]): Promise<void> {
    const { code, stderr } = await this.run('up', ...args);
    assert.equal(code, 0, stderr);
  }

  /** A file or folder of the lab's own. */
  path(...names: readonly string[]): string {
    return join(this.lab.folder, ...names);
  }

  /** Starts a program on a host; it ends with the lab at the latest. Waits for a line of it where `ready` is given. */
  async startOn(host: string, command: readonly string[], ready?: RegExp): Promise<TestProgram> {
    const program = new TestProgram(`${this.lab.prefix}-${host}`, command, this.lab.folder);
    if (ready !== undefined) await program.says(ready);
    return program;
  }

  /** Runs a program on a host to its end, a script for `sh` on its standard input. */
  runOn(host: string, command: readonly string[], script?: string): Promise<Run> {
    const words = ['netns', 'exec', `${this.lab.prefix}-${host}`, ...command];
    const child = spawn('ip', words, {
      stdio: [script === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: ENVIRONMENT,
      timeout: 30_000,
    });
    child.stdin?.end(script);
    return ended(child);
  }

  assertNothingLeft(): void {
    const { prefix, folder } = this.lab;
    const ofThis = (text: string): boolean => text.includes(`${prefix}-`) || text.includes(folder);
    assert.deepEqual(readdirSync('/run/netns').filter(ofThis), [], 'namespaces');
    assert.ok(!existsSync(folder), 'state');
    assert.deepEqual(
      list('/run/weir-lab').filter((entry) => entry.includes(this.name)),
      [],
      'files',
    );
    assert.deepEqual(list('/etc/netns').filter(ofThis), [], 'configuration');
    assert.deepEqual(readFileSync('/proc/mounts', 'utf8').split('\n').filter(ofThis), [], 'mounts');
    assert.deepEqual(commandLines().filter(ofThis), [], 'processes');
    const links = execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' }).split('\n');
    assert.deepEqual(
      links.filter((line) => /: (lan0|wan[01]|port[0-2]|vx0)[@:]/.test(line)),
      [],
      'links',
    );
  }
}

/** A program that runs on a host of a lab. */
export class TestProgram {
  private readonly child: ChildProcess;
  private readonly end: Promise<Run>;
  private said = '';

  constructor(namespace: string, command: readonly string[], folder: string) {
    // The lab's authority is believed by what weir asks, and nothing of the user's own is read.
    const env = {
      ...ENVIRONMENT,
      HOME: folder,
      NODE_EXTRA_CA_CERTS: join(folder, 'ca/ca.pem'),
      PYTHONUNBUFFERED: '1',
    };
    this.child = spawn('ip', ['netns', 'exec', namespace, ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
    });
    this.end = ended(this.child);
    const gather = (chunk: Buffer): void => {
      this.said += chunk.toString();
    };
    this.child.stdout?.on('data', gather);
    this.child.stderr?.on('data', gather);
  }

  /** Waits until it has said something. */
  async says(what: RegExp): Promise<void> {
    for (let i = 0; i < 3000 && !what.test(this.said) && this.child.exitCode === null; i++) await wait(10);
    assert.match(this.said, what);
  }

  /** Asks it to end as Ctrl-C does, and waits until it has. */
  async stop(): Promise<Run> {
    this.child.kill('SIGINT');
    return this.end;
  }
}

/** Records of EVE in a file: each with its type. */
export function recordsIn(path: string): readonly EveRecord[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as EveRecord);
}

/** What the tests look at of a record. */
export interface EveRecord {
  readonly event_type: string;
  readonly src_ip: string;
  readonly src_port: number;
  readonly dest_ip: string;
  readonly dest_port: number;
  readonly community_id?: string;
  readonly http?: { readonly url?: string; readonly hostname?: string; readonly status?: number };
  readonly web?: { readonly way: string; readonly action: string; readonly reference: string };
  readonly waf?: { readonly reference: string; readonly rule_id: number };
}

/** The output and the exit code of a program, when it has ended. */
export function ended(child: ChildProcess): Promise<Run> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** The entries of a folder; none where there is no folder. */
function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function commandLines(): string[] {
  return readdirSync('/proc').flatMap((entry) => {
    try {
      return /^\d+$/.test(entry) ? [readFileSync(`/proc/${entry}/cmdline`, 'utf8')] : [];
    } catch {
      return [];
    }
  });
}

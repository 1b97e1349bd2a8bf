/** A real CrowdSec for tests: Debian's package, unpacked into build/crowdsec and run without internet. */

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, until } from './web-parts.ts';

const BUILD = join(import.meta.dirname, '../../build');
const UNPACKED = join(BUILD, 'crowdsec');
const LOCK = join(BUILD, 'crowdsec.lock');
/** How long the package is fetched and unpacked at most, and waited for while another process does so. */
const FETCH_MS = 90_000;

/** Why there is no CrowdSec, for the `skip` of tests, or false. Fetches it where it is not there yet. */
export async function withoutCrowdSec(): Promise<string | false> {
  if (programs() !== undefined) return false;
  mkdirSync(BUILD, { recursive: true });
  for (const end = performance.now() + FETCH_MS; programs() === undefined; ) {
    if (takeLock()) {
      try {
        return programs() === undefined ? fetchPackage() : false;
      } finally {
        rmSync(LOCK, { recursive: true, force: true });
      }
    }
    if (performance.now() > end) return `${LOCK} is held by another process: remove it`;
    await new Promise((done) => setTimeout(done, 100));
  }
  return false;
}

/** The folder of `crowdsec` and `cscli`; undefined where they are not. */
function programs(): string | undefined {
  return [join(UNPACKED, 'bin'), '/usr/bin'].find((folder) =>
    ['crowdsec', 'cscli'].every((name) => existsSync(join(folder, name))),
  );
}

/** Whether the lock is ours now. One whose holder is gone is taken away first. */
function takeLock(): boolean {
  try {
    mkdirSync(LOCK);
    writeFileSync(join(LOCK, 'pid'), String(process.pid));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const path = join(LOCK, 'pid');
    const holder = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
    if (holder > 0 && !existsSync(`/proc/${holder}`)) rmSync(LOCK, { recursive: true, force: true });
    return false;
  }
}

/** Fetches and unpacks the package; why that was not possible, or false. */
function fetchPackage(): string | false {
  const folder = mkdtempSync(join(BUILD, 'crowdsec-new-'));
  try {
    const quick = ['-o', 'Acquire::Retries=0', '-o', 'Acquire::http::Timeout=15'];
    const fetched = run('apt-get', [...quick, 'download', 'crowdsec'], folder);
    if (fetched !== undefined) return `CrowdSec cannot be fetched (apt-get download crowdsec): ${fetched}`;
    const name = readdirSync(folder).find((one) => one.endsWith('.deb'));
    if (name === undefined) return 'apt-get download crowdsec left no package';
    const unpacked = run('dpkg-deb', ['-x', name, 'all'], folder);
    if (unpacked !== undefined) return `CrowdSec's package cannot be unpacked: ${unpacked}`;
    mkdirSync(join(folder, 'crowdsec'));
    renameSync(join(folder, 'all/usr/bin'), join(folder, 'crowdsec/bin'));
    rmSync(UNPACKED, { recursive: true, force: true });
    renameSync(join(folder, 'crowdsec'), UNPACKED);
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a program to its end; what went wrong, or undefined. */
function run(program: string, args: readonly string[], cwd: string): string | undefined {
  const { status, error, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', timeout: FETCH_MS });
  if (status === 0) return undefined;
  return (error?.message ?? stderr).trim().slice(-300);
}

/** What a CrowdSec is to be. */
export interface CrowdSecParts {
  /** Address to listen on; 127.0.0.1 without. */
  readonly host?: string;
  /** The command that runs others elsewhere, as `ip netns exec NAME`. */
  readonly within?: readonly string[];
  /** Certificate and key in PEM files: HTTPS. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** Tries so often while the database is locked, */
const TRIES = 6;
/** and so long apart: longer than an enforcer pauses. */
const APART_MS = 2100;

/**
 * Runs what writes into CrowdSec's database. SQLite refuses a writer at once where another one came between its reading
 * and its writing (each pull of a bouncer writes when it was): then once more.
 */
export async function unlocked<T>(run: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run(attempt);
    } catch (error) {
      const locked = error instanceof Error && error.message.includes('database is locked');
      if (attempt === TRIES || !locked) throw error;
      await new Promise((resolve) => setTimeout(resolve, APART_MS));
    }
  }
}

/** A LAPI with an account and a key, in a folder of its own. */
export class RunningCrowdSec {
  readonly folder: string;
  readonly url: string;
  readonly port: number;
  readonly key = 'key-of-a-bouncer-0123456789';
  private readonly bin: string;
  private readonly host: string;
  private readonly within: readonly string[];
  private child: ChildProcess | undefined;

  private constructor(
    folder: string,
    bin: string,
    host: string,
    port: number,
    secure: boolean,
    within: readonly string[],
  ) {
    this.folder = folder;
    this.bin = bin;
    this.host = host;
    this.within = within;
    this.port = port;
    this.url = `http${secure ? 's' : ''}://${authority(host, port)}`;
  }

  /** Starts one. Call {@link end} in the end. */
  static async start({ host = '127.0.0.1', tls, within = [] }: CrowdSecParts = {}): Promise<RunningCrowdSec> {
    const bin = programs();
    if (bin === undefined) throw new Error('there is no CrowdSec: ask withoutCrowdSec() first');
    const folder = mkdtempSync(join(tmpdir(), 'weir-crowdsec-'));
    const port = await freePort();
    const crowdSec = new RunningCrowdSec(folder, bin, host, port, tls !== undefined, within);
    try {
      for (const name of ['etc', 'data', 'hub', 'plugins', 'notifications']) mkdirSync(join(folder, name));
      writeFileSync(join(folder, 'etc/simulation.yaml'), 'simulation: false\n');
      writeFileSync(join(folder, 'etc/profiles.yaml'), PROFILES);
      writeFileSync(join(folder, 'etc/config.yaml'), crowdSec.configuration(tls));
      // The account of cscli itself.
      const own = `url: ${crowdSec.url}\nlogin: agent1\npassword: secret of agent1\n`;
      writeFileSync(join(folder, 'etc/local_api_credentials.yaml'), own);
      await crowdSec.addMachine('agent1', 'secret of agent1');
      await crowdSec.addMachine('gateway', 'secret of gateway');
      await crowdSec.addBouncer('weir', crowdSec.key);
      await crowdSec.resume();
      return crowdSec;
    } catch (error) {
      await crowdSec.end();
      throw error;
    }
  }

  /** Makes an account. */
  async addMachine(login: string, password: string): Promise<void> {
    const file = join(this.folder, `etc/credentials-${login}.yaml`);
    writeFileSync(file, '');
    await this.cscli(
      'machines',
      'add',
      login,
      '--password',
      password,
      '--url',
      this.url,
      '-f',
      file,
      '--force',
    );
  }

  /** Makes a key. Each reader of the stream needs its own: the LAPI remembers what a key was told. */
  async addBouncer(name: string, key: string): Promise<void> {
    await this.cscli('bouncers', 'add', name, '-k', key);
  }

  /** Runs cscli; what it printed. */
  cscli(...args: readonly string[]): Promise<string> {
    return unlocked(() => this.cscliOnce(args));
  }

  private cscliOnce(args: readonly string[]): Promise<string> {
    const program = [...this.within, join(this.bin, 'cscli'), '-c', join(this.folder, 'etc/config.yaml')];
    const all = [...program.slice(1), ...args];
    return new Promise((resolve, reject) => {
      execFile(
        program[0] as string,
        all,
        { timeout: 20_000, maxBuffer: 1 << 24 },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(new Error(`cscli ${args.join(' ')}: ${stderr}${stdout}`));
        },
      );
    });
  }

  /** Ends the program and keeps its data. */
  async pause(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  /** Starts it (again), on the same port. */
  async resume(): Promise<void> {
    const log = join(this.folder, 'log');
    const program = [join(this.bin, 'crowdsec'), '-c', join(this.folder, 'etc/config.yaml'), '-no-cs'];
    const command = [...this.within, ...program];
    const child = spawn(command[0] as string, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (part: Buffer) => writeFileSync(log, part, { flag: 'a' }));
    }
    await until(
      'CrowdSec',
      async () => {
        if (child.exitCode !== null) throw new Error(`CrowdSec ended: ${readFileSync(log, 'utf8')}`);
        return await this.answers();
      },
      () => (existsSync(log) ? readFileSync(log, 'utf8') : ''),
    );
  }

  /** Ends it; nothing of it is left. */
  async end(): Promise<void> {
    await this.pause();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Whether it takes connections. */
  private answers(): boolean | Promise<boolean> {
    if (this.within.length === 0) return answers(this.host, this.port);
    const look = [...this.within, 'ss', '-Hltn', `sport = :${this.port}`];
    return spawnSync(look[0] as string, look.slice(1), { encoding: 'utf8' }).stdout.includes(`:${this.port}`);
  }

  private configuration(tls: CrowdSecParts['tls']): string {
    const { folder } = this;
    return `common: { daemonize: false, log_media: stdout, log_level: warning, working_dir: ${folder} }
config_paths:
  config_dir: ${folder}/etc/
  data_dir: ${folder}/data/
  simulation_path: ${folder}/etc/simulation.yaml
  hub_dir: ${folder}/hub/
  index_path: ${folder}/hub/.index.json
  notification_dir: ${folder}/notifications/
  plugin_dir: ${folder}/plugins/
crowdsec_service: { enable: false }
cscli: { output: json }
db_config: { log_level: warning, type: sqlite, db_path: ${folder}/data/crowdsec.db, use_wal: true }
api:
  client: { insecure_skip_verify: false, credentials_path: ${folder}/etc/local_api_credentials.yaml }
  server:
    enable: true
    log_level: warning
    listen_uri: '${authority(this.host, this.port)}'
    profiles_path: ${folder}/etc/profiles.yaml
${tls === undefined ? '' : `    tls: { cert_file: ${tls.certificate}, key_file: ${tls.key} }\n`}prometheus: { enabled: false }
`;
  }
}

const PROFILES = `name: default_ip_remediation
filters:
 - Alert.Remediation == true && Alert.GetScope() == "Ip"
decisions:
 - type: ban
   duration: 4h
on_success: break
`;

function authority(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}

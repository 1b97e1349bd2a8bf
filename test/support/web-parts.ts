/** What the end-to-end tests of the active stream share: folders, ports, rules, curl, weir as a child process. */

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { CORPUS } from './corpus.ts';
import { Running } from './running.ts';

/** The program. */
export const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
/** What is waited for comes within this time, or the test fails. */
const PATIENCE_MS = 20_000;
/** Headers that a browser sends when somebody follows a link. */
export const BROWSER: readonly string[] = [
  '-A',
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  '-H',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  '-H',
  'Accept-Language: en-US,en;q=0.5',
];

/** For the `skip` of a test: the first program that is not installed, in words, or false. */
export function withoutPrograms(...programs: readonly string[]): string | false {
  const missing = programs.find((program) => spawnSync('which', [program], { stdio: 'ignore' }).status !== 0);
  return missing === undefined ? false : `${missing} is not installed`;
}

/** Folder of the Core Rule Set: the corpus's, else Debian's; undefined where there is none. */
export function coreRuleSet(): string | undefined {
  return [join(CORPUS, 'crs'), '/usr/share/modsecurity-crs'].find((folder) =>
    existsSync(join(folder, 'rules')),
  );
}

/** For the `skip` of a test that needs the Core Rule Set. */
export function withoutCoreRuleSet(): string | false {
  return coreRuleSet() === undefined ? 'there is no Core Rule Set (apt-get install modsecurity-crs)' : false;
}

/** A folder that goes with the test; others may enter it. */
export function ownFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-web-'));
  chmodSync(folder, 0o755);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Whether somebody takes connections there. */
export function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}

/** Waits until something holds, or throws with what `tell` says. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  tell: () => string = () => '',
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  for (const end = performance.now() + patienceMs; ; ) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`no ${what}: ${tell()}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Rules that deny what has `evil` in an argument or in a body: loaded at once, where the Core Rule Set takes a second. */
export function writeRules(folder: string): string {
  const path = join(folder, 'rules.conf');
  writeFileSync(
    path,
    `SecRuleEngine On
SecRequestBodyAccess On
SecRule ARGS|REQUEST_BODY "@contains evil" "id:1,phase:2,deny,status:403,log,msg:'evil',severity:'CRITICAL',tag:'attack-sqli'"
`,
  );
  return path;
}

/** A certificate for `localhost`, 127.0.0.1 and 10.9.8.2 (the client of TestNetwork) with its key in one PEM file. */
export function writeCertificate(folder: string): string {
  const [key, certificate, both] = ['key.pem', 'certificate.pem', 'both.pem'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const { status, stderr } = spawnSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
      .concat(['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:10.9.8.2'])
      .concat(['-keyout', key, '-out', certificate]),
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`openssl: ${stderr}`);
  writeFileSync(both, readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'), { mode: 0o600 });
  return both;
}

/** What curl got. */
export interface Answer {
  readonly status: number;
  /** Of HTTP: `1.1`, `2`; `0` where there is no answer. */
  readonly version: string;
  /** The head of the last answer: a line for each field, as `name: value`, the name in lower case. */
  readonly head: string;
  readonly body: string;
  /** Of curl: 0 where all went well. */
  readonly code: number;
}

/** Asks with curl, which gets these arguments. */
export function curl(...args: readonly string[]): Promise<Answer> {
  return curlIn([], ...args);
}

/** The same elsewhere: `within` is the command that runs others there, as `ip netns exec NAME`. */
export function curlIn(within: readonly string[], ...args: readonly string[]): Promise<Answer> {
  const all = [
    ...within,
    'curl',
    '-s',
    '-m',
    '15',
    '-w',
    '%{stderr}%{http_code} %{http_version} %{header_json}',
    ...args,
  ];
  return new Promise((resolve, reject) => {
    execFile(all[0] as string, all.slice(1), { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      // curl itself writes nothing there.
      const found = /(\d{3}) (\S+) (\{[^{}]*\})\s*$/.exec(stderr);
      if (found === null || (error !== null && typeof error.code !== 'number')) {
        reject(new Error(`curl ended by ${error?.signal ?? error?.code}: ${stderr.slice(0, 500)}`));
        return;
      }
      const fields = Object.entries(JSON.parse(found[3] as string) as Record<string, string[]>);
      const head = fields.map(([name, values]) => `${name}: ${values.join(', ')}\n`).join('');
      const code = typeof error?.code === 'number' ? error.code : 0;
      resolve({ status: Number(found[1]), version: found[2] as string, head, body: stdout, code });
    });
  });
}

/** How a weir command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a weir command to its end, without standing in the way of servers of this process. */
export async function weir(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  return await new Running(child).ended;
}

/** A `weir proxy` or `weir haproxy agent` beside the test, with its own folders. */
export class RunningGateway {
  readonly folder: string;
  readonly running: Running;

  constructor(folder: string, child: ChildProcess) {
    this.folder = folder;
    this.running = new Running(child, 120_000);
  }

  /** Where it listens: the first address that it said. */
  get url(): string {
    const found = /^weir: (?:forward proxy on )?(https?:\/\/\S+)$/m.exec(this.running.stderr);
    if (found?.[1] === undefined) throw new Error(`it says no address: ${this.running.stderr}`);
    return found[1];
  }

  /** `weir COMMAND ...` that asks this one. */
  ask(command: string, ...args: readonly string[]): Promise<Ended> {
    return weir(command, ...args, '--control', join(this.folder, 'run'));
  }

  /** The request of a reference in JSON, once it is kept and analysed. */
  kept(reference: string): Promise<Record<string, unknown>> {
    let last: Ended | undefined;
    return until(
      `request ${reference}`,
      async () => {
        last = await this.ask('requests', reference, '--json');
        const entry = last.code === 0 ? (JSON.parse(last.stdout) as Record<string, unknown>) : undefined;
        return entry?.analysed === true && entry;
      },
      () => `${last?.stdout}${last?.stderr}`,
    );
  }

  /** Its records so far. */
  records(): readonly Record<string, unknown>[] {
    const path = join(this.folder, 'eve.json');
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    return (await this.running.end(signal)).code;
  }
}

/** Starts weir with what is needed to keep it apart from others; resolves when it serves. `within` as of {@link curlIn}. */
export async function startGateway(
  t: { after(ending: () => unknown): unknown },
  command: readonly string[],
  { folder, within = [] }: { folder: string; within?: readonly string[] },
): Promise<RunningGateway> {
  const control = command.includes('--control') ? [] : ['--control', join(folder, 'run')];
  const buffer = command.includes('--buffer-folder') ? [] : ['--buffer-folder', join(folder, 'buffer')];
  const own = [...control, ...buffer];
  const eve = command.includes('--eve') ? [] : ['--eve', join(folder, 'eve.json')];
  const all = [...within, process.execPath, MAIN, ...command, ...own, ...eve, '--workers', '1'];
  const child = spawn(all[0] as string, all.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  const gateway = new RunningGateway(folder, child);
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) await gateway.running.end('SIGKILL');
  });
  await gateway.running.says('Ctrl-C ends');
  return gateway;
}

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ENVIRONMENT } from '../../lab/namespaces.ts';
import { SSH_OPTIONS } from '../../lab/secure-shell.ts';
import { ATTACKS } from '../../lab/standing/attacks.ts';
import { INJECTIONS } from '../../lab/standing/payloads.ts';
import { ADDRESS } from '../../lab/topology.ts';
import { APPLICATION } from '../../lab/web-application.ts';
import type { Running } from '../support/running.ts';
import { LiveLab, withoutLab } from './live-lab.ts';
import { type SceneOptions, SceneWeir, until } from './response-weir.ts';

const RULES = '/usr/share/modsecurity-crs';
/** The gateway as seen from outside: the web application is reached there. */
export const FRONT = '203.0.113.1';
/** A name server that only the gateway asks. */
export const NAME_SERVER = ADDRESS.time;

/**
 * Asks for the same small page again and again over one connection, and tells when each answer came, in milliseconds
 * since 1970.
 */
const TALKER = `
  const [host, port, localAddress] = process.argv.slice(1);
  const socket = require('node:net').connect({ host, port: Number(port), localAddress });
  const ask = () => socket.write('GET /robots.txt HTTP/1.1\\r\\nHost: ${APPLICATION.name}\\r\\n\\r\\n');
  socket.setNoDelay(true);
  socket.on('connect', ask);
  socket.on('data', () => { console.log(Date.now()); setTimeout(ask, 2); });
  socket.on('error', () => {});
  socket.on('close', () => console.log('closed'));
  setTimeout(() => {}, 60_000);
`;

/** Why the response cannot be tried here; false when it can. */
export function withoutResponse(): string | false {
  const lab = withoutLab();
  if (lab !== false) return lab;
  for (const [program, version, name] of [
    ['nft', '--version', 'nftables'],
    ['haproxy', '-v', 'haproxy'],
    ['nmap', '--version', 'nmap'],
    ['dropbear', '-V', 'dropbear-bin'],
  ] as const) {
    if (spawnSync(program, [version], { env: ENVIRONMENT }).error !== undefined) {
      return `needs the program ${program} (apt-get install ${name})`;
    }
  }
  const { status } = spawnSync('test', ['-d', join(RULES, 'rules')]);
  return status === 0 ? false : 'needs a Core Rule Set (apt-get install modsecurity-crs)';
}

/** A lab in which there are attackers of several addresses, and an administrator on the gateway. */
export class Scene {
  readonly lab: LiveLab;

  private constructor(lab: LiveLab) {
    this.lab = lab;
  }

  /** Builds it. `attackers` are addresses besides the lab's own. */
  static async build(attackers: readonly string[], patienceMs: number): Promise<Scene> {
    const lab = new LiveLab(patienceMs);
    try {
      await lab.lab('up', '--bare');
      const scene = new Scene(lab);
      for (const address of attackers) scene.ip('attacker', 'addr', 'add', `${address}/24`, 'dev', 'eth0');
      // Otherwise the gateway has no default route, and asks nobody but itself for names.
      scene.ip('gateway', 'route', 'add', 'default', 'via', ADDRESS.www);
      appendFileSync(`/etc/netns/${lab.namespace('gateway')}/resolv.conf`, `nameserver ${NAME_SERVER}\n`);
      // `weir lab browse` takes it from here that the web application is served.
      writeFileSync(scene.labFile('web.json'), JSON.stringify({ way: 'haproxy', limit: 0 }));
      return scene;
    } catch (error) {
      lab.remove();
      throw error;
    }
  }

  /** A file of the lab. */
  labFile(...names: readonly string[]): string {
    return join('/run/weir-lab', this.lab.name, ...names);
  }

  private ip(host: string, ...words: readonly string[]): void {
    const command = ['-n', this.lab.namespace(host), ...words];
    const { status, stderr } = spawnSync('ip', command, { encoding: 'utf8', env: ENVIRONMENT });
    if (status !== 0) throw new Error(`ip ${command.join(' ')}: ${stderr}`);
  }

  /** An SSH server on the gateway, and somebody who is logged in there and sees a line every 100 ms. */
  async administrator(): Promise<Running> {
    const { lab } = this;
    const server = [
      `mount --bind ${this.labFile('passwd')} /etc/passwd`,
      `exec dropbear -F -E -j -k -s -r ${this.labFile('host-ed25519')} -p ${ADDRESS.gateway}:22 -P ${this.labFile('admin.pid')}`,
    ];
    const dropbear = lab.on('gateway', 'sh', '-c', server.join(' && '));
    await dropbear.says('Not backgrounding');
    const session = lab.on(
      ...(['alice', 'ssh', ...SSH_OPTIONS, '-i', this.labFile('client.key')] as const),
      ...[`anna@${ADDRESS.gateway}`, 'while echo tick; do sleep 0.1; done'],
    );
    await session.says('tick');
    return session;
  }

  /** From now on this is the address that the attacker's programs have. */
  attackFrom(address: string): void {
    for (const network of ['192.0.2.0/24', '203.0.113.0/24']) {
      this.ip('attacker', 'route', 'replace', network, 'via', '198.51.100.1', 'src', address);
    }
  }

  /** The first step of an attack of the lab. */
  attack(name: string): Running {
    const [step] = ATTACKS.find((one) => one.name === name)?.steps(this.labFile()) ?? [];
    if (step === undefined) throw new Error(`the lab has no attack ${name}`);
    return this.lab.on(step.from, ...step.command);
  }

  /** SQL in as many requests as there are, one after the other; what each was answered with, `000` without an answer. */
  inject(url: string, ...words: readonly string[]): Running {
    const requests = INJECTIONS.flatMap((text, index) => [
      ...(index === 0 ? [] : ['--next']),
      ...['-sS', '-o', '/dev/null', '-w', '%{http_code}\\n', '--max-time', '1', '-G', ...words],
      ...['-H', `Host: ${APPLICATION.name}`, '--data-urlencode', `q=${text}`, url],
    ]);
    return this.lab.on('attacker', 'curl', '-q', ...requests);
  }

  /** The status that a host gets from a URL; `000` without an answer. */
  async status(host: string, url: string, ...words: readonly string[]): Promise<string> {
    const options = ['-q', '-s', '-o', '/dev/null', '-w', '%{http_code}', '--max-time', '1'];
    return (await this.lab.on(host, 'curl', ...options, ...words, url).ended).stdout;
  }

  /** A connection that is open and in use. */
  async talk(host: string, port: number, from: string): Promise<Talk> {
    const talk = new Talk(this.lab.on('attacker', process.execPath, '-e', TALKER, host, `${port}`, from));
    await until('an answer', () => talk.answers.length > 0 || undefined);
    return talk;
  }

  /** The rules of the gateway's kernel. */
  rules(): string {
    const command = ['netns', 'exec', this.lab.namespace('gateway'), 'nft', 'list', 'ruleset'];
    const { status, stdout, stderr } = spawnSync('ip', command, { encoding: 'utf8', env: ENVIRONMENT });
    if (status !== 0) throw new Error(`nft list ruleset: ${stderr}`);
    return stdout;
  }

  /** What the gateway's interfaces are, with programs that are attached to them. */
  links(): string {
    const command = ['-n', this.lab.namespace('gateway'), '-d', 'link'];
    return spawnSync('ip', command, { encoding: 'utf8', env: ENVIRONMENT }).stdout;
  }

  /** Starts weir and HAProxy on the gateway. */
  async weir(name: string, options: SceneOptions): Promise<SceneWeir> {
    const weir = new SceneWeir(this, name, options);
    await weir.ready();
    return weir;
  }
}

/** A connection in use. */
export class Talk {
  private readonly program: Running;

  constructor(program: Running) {
    this.program = program;
  }

  /** When answers came, in milliseconds since 1970. */
  get answers(): readonly number[] {
    return this.program.stdout.split('\n').flatMap((line) => (/^\d+$/.test(line) ? [Number(line)] : []));
  }

  /** When the last answer came, once there was none for a while. Fails when they go on. */
  async last(): Promise<number> {
    // What came before the connection was cut may still be on its way from the program to this process.
    for (let round = 0; round < 5; round++) {
      const before = this.answers.length;
      await wait(300);
      if (this.answers.length === before) return this.answers.at(-1) ?? assert.fail('no answer ever came');
    }
    assert.fail('answers still come over an open connection');
  }

  async end(): Promise<void> {
    await this.program.end('SIGKILL');
  }
}

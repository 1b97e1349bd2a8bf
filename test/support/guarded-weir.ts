/** What the tests of correlation and response share: a weir before an application, in namespaces, and who visits it. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type DecisionWish, RunningWeir } from '../../src/control/index.ts';
import type { Decision } from '../../src/event/index.ts';
import { TestNetwork, withoutNamespaces } from '../../src/mirror/namespace-network.ts';
import { kernelAddon } from '../../src/native/index.ts';
import { folderFor, MAIN, type Running, up, writeConfiguration } from '../../src/supervisor/testing.ts';
import { Nginx } from './nginx.ts';
import { type Answer, curlIn, withoutPrograms, writeRules } from './web-parts.ts';

/** Addresses of the client's namespace: who visits as usual, who attacks, who administers. */
export const VISITOR = '10.9.8.2';
export const ATTACKER = '10.9.8.66';
export const ADMINISTRATOR = '10.9.8.5';
/** Of the gateway, where weir runs. */
export const GATEWAY = '10.9.8.1';

/** Of the head of an answer. */
const REFERENCE = /^x-weir-reference: ([a-z0-9]{20})$/m;

/** Why these tests cannot run here, for their `skip`; false when they can. */
export function withoutGround(...programs: readonly string[]): string | false {
  if (kernelAddon() === undefined) return 'build/weir.node is not built';
  return withoutNamespaces() || withoutPrograms('nginx', 'curl', 'nft', 'ss', ...programs);
}

/** What a test looks at of a record. */
export interface Line {
  readonly event_type: string;
  readonly timestamp: string;
  readonly src_ip?: string;
  readonly community_id?: string;
  readonly web?: { readonly reference: string; readonly action: string };
  readonly decision?: {
    readonly id?: string;
    readonly event: string;
    readonly value: string;
    readonly origin: string;
    readonly scenario: string;
    readonly simulated: boolean;
    readonly evidence: readonly string[];
    readonly enforcers?: readonly string[];
    readonly latency_ms?: number;
    readonly guard?: string;
    readonly error?: string;
  };
  readonly correlation?: {
    readonly id: string;
    readonly type: string;
    readonly source?: string;
    readonly reason: string;
    readonly reference?: string;
    readonly path?: string;
    readonly bytes_toclient?: number;
    readonly requests: number;
    readonly flows: number;
    readonly reputation: number;
  };
  readonly replay?: Readonly<Record<string, unknown>>;
  readonly crowdsec?: { readonly scenario: string };
}

/** Two namespaces: the gateway's and the one of all who visit it. */
export class Ground {
  readonly network = new TestNetwork();
  readonly gateway: readonly string[];
  private readonly clients: readonly string[];

  constructor() {
    this.gateway = ['ip', 'netns', 'exec', this.network.gateway];
    this.clients = ['ip', 'netns', 'exec', this.network.client];
    for (const address of [ATTACKER, ADMINISTRATOR]) {
      spawnSync('ip', ['-n', this.network.client, 'addr', 'add', `${address}/24`, 'dev', 'far0']);
    }
  }

  /** Asks the gateway's web server from an address. */
  ask(from: string, path: string, ...args: readonly string[]): Promise<Answer> {
    const common = ['--interface', from, '-H', 'Host: shop.example', '-m', '5'];
    return curlIn(this.clients, ...common, ...args, `http://${GATEWAY}${path}`);
  }

  /** The attacker's requests that the WAF refuses, each to a path and on a connection of its own; their references. */
  async attack(...paths: readonly string[]): Promise<string[]> {
    const references: string[] = [];
    for (const path of paths) references.push(await this.attackOnce(path));
    return references;
  }

  /** One such request, `behind` another on the same connection. */
  async attackOnce(path: string, ...behind: readonly string[]): Promise<string> {
    const { status, head } = await this.ask(ATTACKER, `${path}?q=evil`, ...behind);
    const [, reference] = REFERENCE.exec(head) ?? [];
    if (status !== 403 || reference === undefined) throw new Error(`${path}: ${status} ${head}`);
    return reference;
  }

  /** Whether a new connection from an address is let in. */
  async letsIn(from: string): Promise<boolean> {
    return (await this.ask(from, '/', '-m', '1')).status === 200;
  }

  /** Our tables, as nft lists them; empty without. */
  tables(): string {
    const names = this.network.inGateway('nft', 'list', 'tables').match(/\S*weir\S*/g) ?? [];
    return names.map((name) => this.network.inGateway('nft', 'list', 'table', 'inet', name)).join('\n');
  }

  /** Addresses of 10.0.0.0/8 and 198.51.100.0/24 that nft has in a set. */
  banned(): ReadonlySet<string> {
    const sets = this.tables().match(/set ban4 \{[^}]*elements = \{[^}]*\}/g) ?? [];
    return new Set(sets.flatMap((set) => set.match(/\b(?:10|198|203)\.\d+\.\d+\.\d+/g) ?? []));
  }

  /** Connections from an address that are open at the gateway. */
  connections(from: string): number {
    const list = this.network.inGateway('ss', '-Htn', 'state', 'established', 'dst', from);
    return list.split('\n').filter((line) => line !== '').length;
  }

  remove(): void {
    this.network.remove();
  }
}

/** A weir that watches the gateway and serves an application there. */
export class GuardedWeir {
  readonly running: Running;
  /** Asks it as the commands do. */
  readonly asks: RunningWeir;

  private constructor(running: Running) {
    this.running = running;
    this.asks = RunningWeir.at(join(running.folder, 'run'));
  }

  /** Starts one with these settings before an application. */
  static async start(context: TestContext, ground: Ground, settings = ''): Promise<GuardedWeir> {
    const folder = folderFor(context);
    GuardedWeir.configure(folder, settings);
    await GuardedWeir.application(context, ground);
    return GuardedWeir.begin(context, ground, folder);
  }

  /** Starts the application that weir stands before. */
  static async application(context: TestContext, ground: Ground): Promise<void> {
    const nginx = await Nginx.start(context, {
      within: ground.gateway,
      listen: ['127.0.0.1:3000'],
      settings: 'location /slow { limit_rate 40k; } location /short { limit_rate 10k; }',
    });
    writeFileSync(join(nginx.folder, 'www/slow'), Buffer.alloc(160_000, 'x'));
    writeFileSync(join(nginx.folder, 'www/short'), Buffer.alloc(25_000, 'x'));
  }

  /** Starts one in a folder, where one may have run before. */
  static async begin(context: TestContext, ground: Ground, folder: string): Promise<GuardedWeir> {
    const weir = new GuardedWeir(up(context, folder, [], {}, ground.gateway));
    await weir.running.running();
    return weir;
  }

  /** Writes weir.yaml: `settings` are further lines of it; what has crashed begins anew after `restartMs`. */
  static configure(
    folder: string,
    settings: string,
    { waf = '', restartMs = 100 }: { readonly waf?: string; readonly restartMs?: number } = {},
  ): void {
    writeConfiguration(
      folder,
      `capture: {interface: wan0}
store: {folder: ${folder}/store}
${settings.includes('respond:') ? '' : 'respond: {mode: enforce}'}
web:
  enabled: true
  waf: {rules: [${writeRules(folder)}], workers: 1${waf}}
  reverse: {listen: ':80', to: 'http://127.0.0.1:3000'}
  buffer: {folder: ${folder}/buffer, analyse: false}
${settings}`,
    );
    const file = join(folder, 'weir.yaml');
    const waits = `first: ${restartMs}ms, longest: ${restartMs}ms`;
    writeFileSync(file, readFileSync(file, 'utf8').replace('first: 100ms, longest: 300ms', waits));
  }

  /** What it has written so far. */
  lines(): readonly Line[] {
    const path = join(this.running.folder, 'eve.json');
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Line);
  }

  /** The first line that fits, when it is there. */
  line(what: string, fits: (line: Line) => boolean | undefined): Promise<Line> {
    return this.running.until(what, () => this.lines().find(fits));
  }

  /** `weir COMMAND` that asks this one; how it ended. */
  command(...args: readonly string[]): {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
  } {
    const command = [MAIN, ...args, '--config', join(this.running.folder, 'weir.yaml')];
    return spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 20_000 });
  }

  /** All decisions that are in force. */
  async decisions(): Promise<readonly Decision[]> {
    return (await this.asks.decisions('', 10_000)).decisions;
  }

  end(): Promise<number | null> {
    return this.running.end('SIGTERM');
  }
}

/** A user's ban of an address. */
export function banOf(value: string, durationMs = 3_600_000): DecisionWish {
  const scope = value.includes('/') ? 'range' : 'address';
  return { type: 'ban', scope, value, reason: 'a test', author: 'test', durationMs };
}

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ADDRESS } from '../../lab/topology.ts';
import { APPLICATION } from '../../lab/web-application.ts';
import { RunningWeir } from '../../src/control/index.ts';
import type { EveRecord } from '../support/eve-records.ts';
import type { Ended, Running } from '../support/running.ts';
import type { Scene } from './response-scene.ts';

/** What is waited for comes within this, in milliseconds. */
const PATIENCE_MS = 12_000;
const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
/** Where the built-in proxy listens; HAProxy has the usual ports. */
export const PROXY_PORT = 8080;

/** What a scene's weir does differently. */
export interface SceneOptions {
  readonly mode: 'observe' | 'enforce';
  readonly waf: 'on' | 'detection';
  readonly limits?: { readonly perMinute: number; readonly share: number };
}

/** A decision as the records tell of it. */
export interface DecisionRecord {
  readonly id?: string;
  readonly event: string;
  readonly value: string;
  readonly scenario: string;
  readonly simulated: boolean;
  readonly guard?: string;
  readonly error?: string;
  readonly latency_ms?: number;
  readonly until?: string;
  readonly enforcers?: readonly string[];
}

/** weir on the gateway of a scene. */
export class SceneWeir {
  /** What it is asked. */
  readonly ask: RunningWeir;
  private readonly scene: Scene;
  private readonly folder: string;
  private readonly program: Running;
  private haproxy: Running | undefined;

  constructor(scene: Scene, name: string, options: SceneOptions) {
    this.scene = scene;
    this.folder = join(scene.lab.folder, name);
    mkdirSync(this.folder, { mode: 0o755 });
    mkdirSync(this.path('records'));
    this.ask = RunningWeir.at(this.path('run'));
    writeFileSync(this.path('weir.yaml'), JSON.stringify(this.configuration(options)));
    this.program = scene.lab.on(
      ...(['gateway', process.execPath, MAIN, 'up', '--config', this.path('weir.yaml')] as const),
    );
  }

  private path(name: string): string {
    return join(this.folder, name);
  }

  private configuration({ mode, waf, limits }: SceneOptions): object {
    return {
      capture: { interface: 'lan0' },
      outputs: { eve: { file: this.path('records/eve.json') } },
      lan: { networks: ['192.0.2.0/24', '2001:db8:20::/64', 'fe80::/10'] },
      store: { folder: this.path('store') },
      control: { folder: this.path('run') },
      web: {
        enabled: true,
        // Where other things run at the same time a judgement takes longer than usual.
        waf: { workers: 1, mode: waf, budget: '2s' },
        haproxy: { socket: this.path('spoe.sock'), deadline: '2s' },
        reverse: { listen: `:${PROXY_PORT}`, to: `http://${ADDRESS.dmz}:${APPLICATION.port}` },
        buffer: { enabled: false },
      },
      respond: { mode, ...(limits === undefined ? {} : { limits }) },
      processes: { restart: { first: '100ms', longest: '300ms', healthy: '60s' }, drain: '8s' },
    };
  }

  /** All that it has said. */
  get said(): string {
    return this.program.stderr;
  }

  /** Waits until the web application is served, by HAProxy as by the proxy. */
  async ready(): Promise<void> {
    await this.program.says('running;');
    this.haproxy = this.scene.lab.on('gateway', 'haproxy', '-db', '-f', this.haproxyConfiguration());
    for (const url of [`https://${APPLICATION.name}/`, `http://${APPLICATION.name}:${PROXY_PORT}/`]) {
      const words = ['-4', '--cacert', this.scene.labFile('ca/ca.pem')];
      await this.until(url, async () => (await this.scene.status('alice', url, ...words)) === '200');
    }
  }

  /** Writes what `weir haproxy config` prints; the path of the first file. */
  private haproxyConfiguration(): string {
    const certificate = this.path('certificate.pem');
    const issued = this.scene.labFile('ca', APPLICATION.name);
    writeFileSync(
      certificate,
      readFileSync(`${issued}.pem`, 'latin1') + readFileSync(`${issued}.key`, 'latin1'),
    );
    const [path, spoe] = [this.path('haproxy.cfg'), this.path('spoe.cfg')];
    for (const [only, file] of [
      ['haproxy', path],
      ['spoe', spoe],
    ] as const) {
      const args = [
        ...['haproxy', 'config', '--full', '--only', only, '--fail', 'closed', '--timeout', '2000'],
        ...['--socket', this.path('spoe.sock'), '--spoe', spoe, '--certificate', certificate],
        ...['--host', `${APPLICATION.name}=${ADDRESS.dmz}:${APPLICATION.port}`],
        ...['--http', ':::80 v4v6', '--https', ':::443 v4v6'],
      ];
      const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`weir haproxy config: ${stderr}`);
      writeFileSync(file, stdout);
    }
    return path;
  }

  /** Waits until `look` finds something. Fails when weir ends before, or nothing comes for too long. */
  until<T>(what: string, look: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
    return until(what, look, () => {
      assert.equal(this.program.child.exitCode, null, `weir ended before ${what}: ${this.said}`);
      return this.said;
    });
  }

  /** Records of decisions, as they are in the file. */
  decisions(): readonly DecisionRecord[] {
    return this.records('decision').map(({ decision }) => decision as unknown as DecisionRecord);
  }

  /** Records of a type, whole lines only: the last may be on its way. */
  records(type: string): readonly EveRecord[] {
    const lines = readFileSync(this.path('records/eve.json'), 'utf8').split('\n').slice(0, -1);
    return lines
      .filter((line) => line.includes(`"event_type":"${type}"`))
      .map((line) => JSON.parse(line) as EveRecord);
  }

  /** The record of the first ban of an address. */
  banOf(address: string): Promise<DecisionRecord> {
    return this.until(`ban of ${address}`, () =>
      this.decisions().find(({ event, value }) => event === 'taken' && value === address),
    );
  }

  async end(): Promise<Ended> {
    await this.haproxy?.end('SIGTERM');
    return this.program.end('SIGTERM');
  }
}

/** Waits until `look` finds something; fails with what `why` says when nothing comes for too long. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  why: () => string = () => '',
): Promise<T> {
  for (const end = performance.now() + PATIENCE_MS; ; await wait(25)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    const reason = why();
    assert.ok(performance.now() < end, `no ${what}: ${reason}`);
  }
}

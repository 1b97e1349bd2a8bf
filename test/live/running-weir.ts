import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Store } from '../../src/store/index.ts';
import type { EveRecord } from '../support/eve-records.ts';
import type { Ended, Running } from '../support/running.ts';
import type { LiveLab } from './live-lab.ts';

/** What is waited for comes within this, in milliseconds. */
const PATIENCE_MS = 10_000;
const NETWORKS = ['192.0.2.0/24', '2001:db8:20::/64', 'fe80::/10'];

/** What of `weir status --json` is looked at. */
export interface Status {
  readonly processes: readonly {
    readonly name: string;
    readonly state: string;
    readonly pid?: number;
    readonly restarts: number;
    readonly lastEnd: string;
  }[];
  readonly statistics: {
    readonly sensor?: {
      readonly packets: number;
      readonly recordsDropped: number;
      readonly capture: { readonly packets: number; readonly dropped: number };
    };
    readonly hub?: { readonly records: number; readonly malformed: number };
  };
  readonly bus: { readonly subscribers: readonly { readonly dropped: number }[] };
}

/** A client of `lan-clients.json`, as far as it is looked at. */
export interface StatusClient {
  readonly ip: string;
  readonly mac: string;
  readonly flows: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
}

/** `weir up` on the gateway of a lab, with all that it writes in a folder of its own. */
export class RunningWeir {
  readonly folder: string;
  private readonly lab: LiveLab;
  private readonly program: Running;
  private readonly capture: Readonly<Record<string, string>>;

  /** Starts it; what it captures is the LAN. `capture`: further settings of that section. */
  constructor(lab: LiveLab, name: string, capture: Readonly<Record<string, string>> = {}) {
    this.lab = lab;
    this.capture = capture;
    this.folder = join(lab.folder, name);
    mkdirSync(this.folder, { mode: 0o755 });
    this.configure('eve.json');
    this.program = lab.weir('gateway', 'up', '--config', this.path('weir.yaml'));
  }

  /** A file of the folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  get pid(): number {
    return this.program.child.pid ?? assert.fail('weir did not start');
  }

  /** All that it has said. */
  get said(): string {
    return this.program.stderr;
  }

  /** Writes the configuration; records go to `eve`. */
  configure(eve: string): void {
    const configuration = {
      capture: { interface: 'lan0', ...this.capture },
      outputs: { eve: { file: this.path(`records/${eve}`) } },
      lan: { networks: NETWORKS },
      store: { folder: this.path('store') },
      status: { enabled: true, folder: this.path('status'), interval: '1s' },
      control: { folder: this.path('run') },
      processes: { restart: { first: '100ms', longest: '300ms', healthy: '60s' }, drain: '8s' },
    };
    // JSON is YAML too.
    writeFileSync(this.path('weir.yaml'), JSON.stringify(configuration));
  }

  /** Waits until `look` finds something. Fails when weir ends before, or nothing comes for too long. */
  async until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
    for (const end = performance.now() + PATIENCE_MS; ; await wait(50)) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      assert.equal(this.program.child.exitCode, null, `weir ended before ${what}: ${this.said}`);
      assert.ok(performance.now() < end, `no ${what}: ${this.said}`);
    }
  }

  /** What `weir status` tells when all processes run. */
  running(): Promise<Status> {
    return this.until('running processes', async () => {
      const { code, stdout } = await this.lab.weir(
        undefined,
        'status',
        '--json',
        '--config',
        this.path('weir.yaml'),
      ).ended;
      if (code !== 0) return undefined;
      const status = JSON.parse(stdout) as Status;
      return status.processes.length > 0 && status.processes.every(({ state }) => state === 'running')
        ? status
        : undefined;
    });
  }

  /** What a command that asks the running weir prints. */
  async ask(command: string, ...args: readonly string[]): Promise<string> {
    const program = this.lab.weir(undefined, command, '--config', this.path('weir.yaml'), ...args);
    const { code, stdout, stderr } = await program.ended;
    assert.equal(code, 0, stderr);
    return stdout;
  }

  /** Reads the configuration again: records go to another file from then on. */
  async reload(eve: string): Promise<void> {
    this.configure(eve);
    this.program.child.kill('SIGHUP');
    await this.until(`the file ${eve}`, () => existsSync(this.path(`records/${eve}`)) || undefined);
  }

  end(): Promise<Ended> {
    return this.program.end('SIGTERM');
  }

  /** The records of a file, whole lines only: the last may be on its way. */
  records(...files: readonly string[]): EveRecord[] {
    return files.flatMap((file) => {
      const path = this.path(`records/${file}`);
      const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
      return lines.map((line) => JSON.parse(line) as EveRecord);
    });
  }

  /** All records of the history; weir has ended. */
  async history(): Promise<EveRecord[]> {
    const store = await Store.open(this.path('store'), { readOnly: true });
    try {
      const others = await store.records(undefined, {}, 10_000);
      return [...(await store.records('flow', {}, 10_000)), ...others] as EveRecord[];
    } finally {
      await store.close();
    }
  }

  /** The clients as the status file has them. */
  clients(): readonly StatusClient[] {
    return (this.statusFile('lan-clients') as { readonly clients: readonly StatusClient[] }).clients;
  }

  /** A status file. */
  statusFile(name: string): Readonly<Record<string, unknown>> {
    return JSON.parse(readFileSync(this.path(`status/${name}.json`), 'utf8')) as Record<string, unknown>;
  }
}

/** The number of a process of weir. */
export function pidOf(name: string, status: Status): number {
  return status.processes.find((one) => one.name === name)?.pid ?? assert.fail(`no ${name}`);
}

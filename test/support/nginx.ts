import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort, ownFolder, until } from './web-parts.ts';

/** What an nginx is to be. */
export interface NginxOptions {
  /** Further lines of its server. */
  readonly settings?: string;
  /** Addresses and ports in place of a free one of 127.0.0.1. */
  readonly listen?: readonly string[];
  /** The command that runs others elsewhere, as `ip netns exec NAME`. */
  readonly within?: readonly string[];
}

/** An nginx of its own, with a folder `www` that it serves; ends with the test. */
export class Nginx {
  readonly folder: string;
  /** The first address that it listens on. */
  readonly address: string;
  private readonly within: readonly string[];
  private child: ChildProcess | undefined;

  private constructor(folder: string, address: string, within: readonly string[]) {
    this.folder = folder;
    this.address = address;
    this.within = within;
  }

  /** Starts one. */
  static async start(t: TestContext, options: NginxOptions = {}): Promise<Nginx> {
    const { settings = '', listen = [`127.0.0.1:${await freePort()}`], within = [] } = options;
    const folder = ownFolder(t);
    const nginx = new Nginx(folder, listen[0] as string, within);
    for (const name of ['www', 'temporary']) mkdirSync(join(folder, name), { mode: 0o777 });
    writeFileSync(join(folder, 'www/index.html'), '<!doctype html><title>Home</title><h1>Welcome</h1>');
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${folder}/temporary;`)
      .join(' ');
    const user = process.getuid?.() === 0 ? 'user root;' : '';
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; master_process off; ${user} pid ${folder}/pid; error_log ${folder}/error.log;
      events { worker_connections 256; }
      http { access_log ${folder}/access.log; ${temporary} client_max_body_size 100m;
        server { ${listen.map((one) => `listen ${one};`).join(' ')} root ${folder}/www; ${settings} } }`,
    );
    t.after(() => nginx.stop());
    await nginx.start();
    return nginx;
  }

  /** Starts it again after {@link stop}, on the same port. */
  async start(): Promise<void> {
    const pid = join(this.folder, 'pid');
    rmSync(pid, { force: true });
    const command = [...this.within, 'nginx', '-c', join(this.folder, 'nginx.conf')];
    this.child = spawn(command[0] as string, command.slice(1), { stdio: 'ignore' });
    // Written when the addresses are open.
    await until(
      'nginx',
      () => existsSync(pid) && readFileSync(pid, 'utf8') !== '',
      () => this.errors,
    );
  }

  /** Ends it; its connections go with it. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  get url(): string {
    return `http://${this.address}`;
  }

  /** What it has answered so far, a line for each request. */
  get accesses(): string {
    return this.log('access.log');
  }

  private get errors(): string {
    return this.log('error.log');
  }

  private log(name: string): string {
    const path = join(this.folder, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }
}

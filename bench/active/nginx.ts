import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/mitm/haproxy/trial/running-haproxy.ts';

const MODULE = '/usr/lib/nginx/modules/ngx_http_modsecurity_module.so';
const START_MS = 20_000;

/** Why nginx cannot inspect requests here; false where it can. */
export function withoutModSecurity(): string | false {
  return existsSync(MODULE) ? false : 'libnginx-mod-http-modsecurity is not installed';
}

/** A nginx in a folder of its own. */
export class RunningNginx {
  readonly port: number;
  private readonly child: ChildProcess;
  private readonly folder: string;
  private told = '';

  /** A site that answers everything at once. */
  static async site(): Promise<RunningNginx> {
    const port = await freePort();
    const nginx = new RunningNginx(port, '', 'location / { default_type text/html; return 200 "hello\\n"; }');
    await nginx.ready();
    return nginx;
  }

  /** libmodsecurity with a Core Rule Set before that site. */
  static async modSecurity(crs: string, site: number): Promise<RunningNginx> {
    const port = await freePort();
    const setup = ['crs-setup.conf', 'crs-setup.conf.example']
      .map((name) => join(crs, name))
      .find(existsSync);
    const rules = readdirSync(join(crs, 'rules'))
      .filter((name) => name.endsWith('.conf'))
      .sort()
      .map((name) => join(crs, 'rules', name));
    const files = [setup ?? '', ...rules].map((path) => `Include ${path}`).join('\n');
    const text = `SecRuleEngine On\nSecRequestBodyAccess On\nSecResponseBodyAccess Off\nSecAuditEngine Off\n${files}\n`;
    const location = `modsecurity on; modsecurity_rules_file RULES;
      location / { proxy_pass http://site; proxy_http_version 1.1; proxy_set_header Connection ""; }`;
    const nginx = new RunningNginx(
      port,
      `upstream site { server 127.0.0.1:${site}; keepalive 64; }`,
      location,
      text,
    );
    await nginx.ready();
    return nginx;
  }

  private constructor(port: number, http: string, server: string, rules?: string) {
    this.port = port;
    this.folder = mkdtempSync(join(tmpdir(), 'weir-nginx-'));
    const rulesPath = join(this.folder, 'rules.conf');
    if (rules !== undefined) writeFileSync(rulesPath, rules);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${join(this.folder, name)};`)
      .join(' ');
    const path = join(this.folder, 'nginx.conf');
    writeFileSync(
      path,
      `${rules === undefined ? '' : `load_module ${MODULE};`}
daemon off; pid ${join(this.folder, 'pid')}; error_log stderr error; worker_processes auto;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000; ${temporary} ${http}
  server { listen 127.0.0.1:${port} reuseport; ${server.replace('RULES', rulesPath)} } }
`,
    );
    this.child = spawn('nginx', ['-p', this.folder, '-c', path], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child.stderr?.on('data', (piece: Buffer) => {
      this.told = (this.told + piece.toString()).slice(-2000);
    });
    this.child.once('error', ({ message }) => {
      this.told = message;
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async ready(): Promise<void> {
    const started = performance.now();
    for (;;) {
      try {
        await (await fetch(`http://127.0.0.1:${this.port}/`)).text();
        return;
      } catch {
        // Not there yet; the bound below tells what nginx said.
      }
      if (this.child.exitCode !== null || performance.now() - started > START_MS) {
        await this.stop();
        throw new Error(`nginx does not start: ${this.told.trim().slice(0, 400)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

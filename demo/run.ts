/**
 * weir to look at: the bundled captures are played as if they were taken now, visitors come to a shop behind the
 * built-in proxy, and the console shows both. Needs no root, touches nothing outside its folder. Ctrl-C ends it.
 *
 * node demo/run.ts [--port PORT] [--seconds NUMBER] [--login | --admin] [--json]
 *
 * Whoever opens the console is its administrator; where root runs it an operator, for any user of the machine gets there
 * and root does what the configuration says. With `--admin` it is an administrator in any case, with `--login` one has to
 * log in; with `--json` where everything is comes as one line of JSON.
 */

import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CaptureFeed } from './captures.ts';
import { openShop } from './shop.ts';
import { Visitors } from './visitors.ts';

const ROOT = join(import.meta.dirname, '..');
const CORE_RULE_SET = '/usr/share/modsecurity-crs';
const FIRST_PORT = 8470;
/** weir is told to end, and has so long for it. */
const ENDING_MS = 15_000;

/** A free port of the loopback, the wanted one if it is. */
async function freePort(wanted: number): Promise<number> {
  for (const port of [wanted, 0]) {
    const server = createServer();
    const found = await new Promise<number | undefined>((resolve) => {
      server.once('error', () => resolve(undefined));
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' ? address?.port : undefined);
      });
    });
    await new Promise((resolve) => server.close(resolve));
    if (found !== undefined) return found;
  }
  throw new Error('the loopback has no free port');
}

interface Places {
  readonly folder: string;
  /** Of the shop itself. */
  readonly origin: string;
  /** Ports of the loopback. */
  readonly console: number;
  readonly proxy: number;
}

/** What who has not logged in may do. */
type Anonymous = 'off' | 'operator' | 'admin';

function configuration({ folder, origin, console, proxy }: Places, anonymous: Anonymous): string {
  const rules = existsSync(CORE_RULE_SET) ? '' : `, rules: [${join(import.meta.dirname, 'rules.conf')}]`;
  return `# What the demonstration runs with. Decisions take effect at the proxy alone: the firewall is left as it is.
capture: {progress: 2s}
lan: {networks: [192.0.2.0/24, 10.99.0.0/16, '2001:db8::/48']}
store: {folder: ${folder}/store}
status: {enabled: false}
web:
  enabled: true
  reverse: {listen: '127.0.0.1:${proxy}', to: '${origin}', balancers: [127.0.0.0/8]}
  waf: {mode: 'on'${rules}}
  buffer: {folder: ${folder}/buffer}
respond: {mode: enforce, folder: ${folder}/respond, nftables: {enabled: false}}
api: {listen: '127.0.0.1:${console}', anonymous: '${anonymous}'}
control: {folder: ${folder}/run}
`;
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    port: { type: 'string' },
    login: { type: 'boolean', default: false },
    admin: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const isForAll = values.admin || process.getuid?.() !== 0;
const anonymous: Anonymous = values.login ? 'off' : isForAll ? 'admin' : 'operator';
const folder = mkdtempSync(join(tmpdir(), 'weir-demo-'));
// As root the processes become another user, who must get there.
chmodSync(folder, 0o755);
mkdirSync(join(folder, 'captures'));
const { origin, server } = await openShop();
const port = await freePort(Number(values.port ?? FIRST_PORT));
const proxyPort = await freePort(port + 1);
const file = join(folder, 'weir.yaml');
writeFileSync(file, configuration({ folder, origin, console: port, proxy: proxyPort }, anonymous));
const feed = await CaptureFeed.open(join(ROOT, 'demo/captures'), join(folder, 'captures'));
const visitors = new Visitors(proxyPort, (frames) => feed.add(frames));

const weir = spawn(join(ROOT, 'weir'), ['up', '--config', file, '--capture', join(folder, 'captures')], {
  stdio: ['ignore', 'inherit', 'pipe'],
});
let said = '';
weir.stderr.setEncoding('utf8').on('data', (text: string) => {
  if (said.includes('weir: running')) process.stderr.write(text);
  said += text;
  if (said.includes('weir: running') && !said.includes('\0')) {
    said = 'weir: running\0';
    feed.start();
    visitors.start();
    process.stdout.write(values.json ? `${JSON.stringify(places())}\n` : words());
  }
});

/** For programs: where everything is. */
function places(): Readonly<Record<string, unknown>> {
  return { console: `http://127.0.0.1:${port}`, proxyPort, configuration: file, folder };
}

function words(): string {
  return `
The console:   http://127.0.0.1:${port}
The shop:      http://127.0.0.1:${proxyPort} through weir (connections begin with a PROXY header)
Ask it:        ./weir status --config ${file}
               ./weir threats --config ${file}${anonymous === 'admin' ? '' : `\nLog in:        ./weir token login --config ${file}`}
Ctrl-C ends it and leaves nothing behind.
`;
}

let ending = false;
function end(): void {
  if (ending) return;
  ending = true;
  visitors.stop();
  feed.stop();
  server.close();
  server.closeAllConnections();
  weir.kill('SIGTERM');
  setTimeout(() => weir.kill('SIGKILL'), ENDING_MS).unref();
}
process.on('SIGINT', end);
process.on('SIGTERM', end);
// Nobody looks on any more: the terminal was closed, or what it prints has no reader.
process.on('SIGHUP', end);
process.stdout.on('error', end);
process.stderr.on('error', end);
if (values.seconds !== undefined) setTimeout(end, Number(values.seconds) * 1000).unref();
weir.once('error', (error) => {
  process.stderr.write(`demo: weir could not be started: ${error.message}\n`);
  process.exitCode = 1;
  end();
});
weir.once('exit', (code) => {
  if (!ending) process.stderr.write(said);
  process.exitCode = ending ? 0 : (code ?? 1);
  end();
  rmSync(folder, { recursive: true, force: true });
});

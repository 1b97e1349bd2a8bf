import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '../..');
/** weir, its visitors and the first records are there within this. */
const START_MS = 60_000;
/** It gets so long to end and to clean up; weir itself has 15 s. */
const END_MS = 20_000;
const ANSWER_MS = 10_000;
/** It ends by itself after so many seconds, also when who started it was killed. */
const LONGEST_S = '900';
const ATTACK = "/products/1?id=1'%20UNION%20SELECT%20name,password%20FROM%20users--";

/** How a demonstration is run. */
export interface DemonstrationOptions {
  /** True: one has to log in. Else everybody is administrator. */
  readonly login?: boolean;
}

/** An answer of the API. */
export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

/** `demo/run.ts` with a console and a proxy of its own. */
export class Demonstration {
  /** Of the console, without a slash at its end. */
  readonly origin: string;
  /** Where everything of it lies. */
  readonly folder: string;
  private readonly proxyPort: number;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, places: Places) {
    this.child = child;
    this.origin = places.console;
    this.folder = places.folder;
    this.proxyPort = places.proxyPort;
  }

  /** Starts it, and waits until it runs and both streams have told records. */
  static async start({ login = false }: DemonstrationOptions = {}): Promise<Demonstration> {
    const child = spawn(
      process.execPath,
      [
        join(ROOT, 'demo/run.ts'),
        '--port',
        '0',
        '--json',
        '--seconds',
        LONGEST_S,
        login ? '--login' : '--admin',
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const signal = AbortSignal.timeout(START_MS);
    try {
      const started = new Demonstration(child, await placesOf(child, signal));
      await started.until('records of both streams', async () => {
        const requests = await started.ask<List>('GET', '/requests?limit=1');
        const flows = await started.ask<List>('GET', '/flows/open?limit=1');
        return requests.body.items.length > 0 && flows.body.items.length > 0;
      });
      return started;
    } catch (error) {
      await end(child);
      throw error;
    }
  }

  /** Asks the API at its socket, as administrator. `path` stands below /api/v1. */
  ask<Body>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer<Body>> {
    return askSocket(join(this.folder, 'run/api.sock'), method, path, body);
  }

  /** Waits until `look` says true; fails after `patienceMs`. */
  async until(what: string, look: () => Promise<boolean>, patienceMs = 30_000): Promise<void> {
    for (const end = performance.now() + patienceMs; !(await look()); await wait(100)) {
      if (performance.now() > end) throw new Error(`no ${what} within ${patienceMs} ms`);
    }
  }

  /** A request to the shop as a balancer would pass it on for a client; gives the status, 0 where none came. */
  visit(
    client: string,
    target: string,
    agent = 'Mozilla/5.0 (X11; Linux x86_64) console-test',
  ): Promise<number> {
    const six = client.includes(':');
    const hello = `PROXY ${six ? 'TCP6' : 'TCP4'} ${client} ${six ? '2001:db8:0:1::80' : '192.0.2.80'} 40000 80\r\n`;
    const head = `GET ${target} HTTP/1.1\r\nHost: garden.example.com\r\nUser-Agent: ${agent}\r\nAccept: text/html\r\nConnection: close\r\n\r\n`;
    return new Promise((resolve) => {
      const socket = connect(this.proxyPort, '127.0.0.1', () => socket.write(hello + head));
      let text = '';
      socket.setTimeout(ANSWER_MS, () => socket.destroy());
      socket.setEncoding('latin1').on('data', (part: string) => {
        text += part;
      });
      // A ban may end the connection at once: then there is no status.
      socket.on('error', () => undefined);
      socket.once('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)));
    });
  }

  /** Sends what the rules deny and scenarios ban for, and waits until the correlation has told of it. */
  async attack(client: string): Promise<void> {
    const status = await this.visit(client, ATTACK, 'sqlmap/1.8.2#stable (https://sqlmap.org)');
    if (status !== 403) throw new Error(`an attack was answered with ${status}`);
    await this.until(`correlations of ${client}`, async () => {
      const { body } = await this.ask<List>('GET', `/correlations?address=${client}&limit=1`);
      return body.items.length > 0;
    });
  }

  end(): Promise<void> {
    return end(this.child);
  }
}

/** Asks an API at its socket. */
export function askSocket<Body>(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer<Body>> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        socketPath,
        method,
        path: `/api/v1${path}`,
        timeout: ANSWER_MS,
        headers: body === undefined ? {} : { 'content-type': 'application/json' },
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        answer.once('error', reject);
        answer.once('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            body: (text === '' ? undefined : JSON.parse(text)) as Body,
          }),
        );
      },
    );
    asked.once('timeout', () => asked.destroy(new Error(`${method} ${path}: no answer`)));
    asked.once('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

interface List {
  readonly items: readonly unknown[];
}

/** What `demo/run.ts --json` tells. */
interface Places {
  readonly console: string;
  readonly folder: string;
  readonly proxyPort: number;
}

function placesOf(child: ChildProcess, signal: AbortSignal): Promise<Places> {
  return new Promise((resolve, reject) => {
    let out = '';
    let words = '';
    const fail = (why: string): void => reject(new Error(`the demonstration ${why}: ${words.slice(-2000)}`));
    signal.addEventListener('abort', () => fail('did not start in time'));
    child.once('error', reject);
    child.once('exit', () => fail('ended'));
    child.stderr?.setEncoding('utf8').on('data', (part: string) => {
      words += part;
    });
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      out += part;
      if (out.includes('\n')) resolve(JSON.parse(out) as Places);
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
  await exit;
  clearTimeout(timer);
}

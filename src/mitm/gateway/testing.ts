import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Gateway, type GatewayOptions } from './index.ts';

/** Rules that deny what has `evil` in an argument or in a body. */
const RULES = `SecRuleEngine On
SecRequestBodyAccess On
SecRule ARGS|REQUEST_BODY "@contains evil" "id:1,phase:2,deny,status:403,log,msg:'evil',severity:'CRITICAL',tag:'attack-sqli'"
`;

/** Options of a gateway that does nothing yet, with rules that load at once. */
export function optionsIn(folder: string, changes: Partial<GatewayOptions> = {}): GatewayOptions {
  const rules = join(folder, 'rules.conf');
  writeFileSync(rules, RULES);
  return {
    waf: {
      enabled: true,
      crs: '',
      rules: [rules],
      paranoia: 1,
      mode: 'on',
      workers: 1,
      responses: false,
      requestBodyBytes: 4096,
      responseBodyBytes: 4096,
      longBodies: 'deny',
      failure: 'deny',
      budgetMs: 5000,
    },
    deny: [],
    rate: { requests: 0, perMs: 1000, burst: 0 },
    haproxy: { socket: '', group: 'auto', listen: '' },
    mitmproxy: { socket: '' },
    reverse: { listen: '', to: '', routes: [], certificates: [] },
    forward: {
      listen: '',
      clients: ['127.0.0.0/8'],
      intercept: false,
      exceptions: [],
      ca: join(folder, 'ca'),
    },
    transparent: { listen: '', mode: 'redirect', intercept: false, exceptions: [], ca: join(folder, 'ca') },
    rewrite: '',
    keyLog: '',
    buffer: {
      enabled: false,
      folder: join(folder, 'buffer'),
      requests: 100,
      sizeBytes: 1 << 20,
      ageMs: 3_600_000,
      analyse: false,
    },
    ...changes,
  };
}

/** An application; tells what it got. */
export async function application(t: TestContext): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    seen.push(`${method} ${url} ${headers['x-forwarded-proto']}`);
    let bytes = 0;
    request.on('data', (part: Buffer) => {
      bytes += part.length;
    });
    request.on('end', () => response.end(`${method} ${url} ${bytes}\n`));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** A gateway that runs. */
export interface Started {
  readonly gateway: Gateway;
  /** The address of the first way that is one. */
  readonly url: string;
  readonly records: () => readonly Record<string, unknown>[];
  readonly reported: string[];
}

/** Starts a gateway, which ends with the test. */
export async function started(t: TestContext, options: GatewayOptions): Promise<Started> {
  const reported: string[] = [];
  const written: string[] = [];
  const records = { write: (line: string): void => void written.push(line) };
  const gateway = await Gateway.start(options, { records, report: (line) => void reported.push(line) });
  let isOpen = true;
  t.after(() => (isOpen ? gateway.close() : undefined));
  const close = gateway.close.bind(gateway);
  gateway.close = async () => {
    isOpen = false;
    await close();
  };
  const url = /https?:\/\/\S+/.exec(gateway.ways.join('\n'))?.[0] ?? '';
  return { gateway, url, reported, records: () => written.map((line) => JSON.parse(line)) };
}

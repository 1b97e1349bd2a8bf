import { connect } from 'node:net';
import { type End, type Frame, Segments } from './segments.ts';

/** The shop as the world knows it. */
const SHOP = { name: 'garden.example.com', address: '192.0.2.80', address6: '2001:db8:0:1::80', port: 80 };
/** One answer is waited for so long. */
const PATIENCE_MS = 10_000;

interface Request {
  readonly method: 'GET' | 'POST' | 'HEAD';
  readonly target: string;
  readonly agent: string;
  readonly body?: string;
}

/** Somebody who comes by now and then. */
interface Visitor {
  readonly address: string;
  /** Visits after which it comes from the next address: who is banned does not give up. */
  readonly moves?: number;
  /** Milliseconds between two visits, in the mean. */
  readonly pauseMs: number;
  /** Microseconds to the shop. */
  readonly wayUs: number;
  readonly requests: (pick: <T>(of: readonly T[]) => T) => readonly Request[];
}

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const PHONE =
  'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Mobile Safari/537.36';
const PAGES = [
  '/',
  '/products/1',
  '/products/2',
  '/products/3',
  '/products/5',
  '/search?q=hose',
  '/api/products',
];

const get = (target: string, agent: string): Request => ({ method: 'GET', target, agent });

function browsing(agent: string): Visitor['requests'] {
  return (pick) => [
    get(pick(PAGES), agent),
    get('/style.css', agent),
    ...(pick([true, false, false])
      ? [{ method: 'POST' as const, target: '/api/cart', agent, body: '{"id":3,"count":1}' }]
      : []),
  ];
}

const VISITORS: readonly Visitor[] = [
  { address: '198.51.100.21', pauseMs: 2500, wayUs: 9000, requests: browsing(FIREFOX) },
  { address: '198.51.100.34', pauseMs: 4000, wayUs: 24_000, requests: browsing(PHONE) },
  { address: '203.0.113.40', pauseMs: 3500, wayUs: 14_000, requests: browsing(FIREFOX) },
  { address: '2001:db8:77::5', pauseMs: 5000, wayUs: 18_000, requests: browsing(PHONE) },
  {
    address: '203.0.113.66',
    moves: 7,
    pauseMs: 15_000,
    wayUs: 55_000,
    requests: (pick) => [
      get(
        pick([
          "/products/1?id=1'%20UNION%20SELECT%20name,password%20FROM%20users--",
          "/search?q=1'%20OR%20'1'='1'--%20",
          '/search?q=%27;WAITFOR%20DELAY%20%270:0:5%27--',
        ]),
        'sqlmap/1.8.2#stable (https://sqlmap.org)',
      ),
    ],
  },
  {
    address: '203.0.113.91',
    moves: 5,
    pauseMs: 22_000,
    wayUs: 80_000,
    requests: (pick) => [
      get(
        pick(['/search?q=%3Cscript%3Ealert(document.cookie)%3C/script%3E', '/?next=javascript:alert(1)']),
        FIREFOX,
      ),
    ],
  },
  {
    address: '2001:db8:bad::9',
    moves: 4,
    pauseMs: 30_000,
    wayUs: 40_000,
    requests: (pick) => [
      get(pick(['/../../../../etc/passwd', '/api/products?file=../../../../etc/shadow']), 'curl/8.5.0'),
    ],
  },
  {
    address: '198.51.100.99',
    moves: 3,
    pauseMs: 26_000,
    wayUs: 31_000,
    requests: () =>
      ['/wp-login.php', '/.env', '/phpmyadmin/', '/.git/config', '/admin/', '/backup.zip'].map((target) =>
        get(target, 'Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:Port Check)'),
      ),
  },
];

/** Sends visitors to the shop through the proxy at a port, and tells of the frames that a tap would have seen. */
export class Visitors {
  private readonly port: number;
  private readonly seen: (frames: readonly Frame[]) => void;
  private readonly timers = new Set<NodeJS.Timeout>();
  private stopped = false;
  private nextPort = 20_000;
  private readonly visits = new Map<Visitor, number>();

  constructor(port: number, seen: (frames: readonly Frame[]) => void) {
    this.port = port;
    this.seen = seen;
  }

  start(): void {
    for (const visitor of VISITORS) this.later(visitor, Math.random() * visitor.pauseMs);
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) clearTimeout(timer);
  }

  private later(visitor: Visitor, ms: number): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      void this.visit(visitor).then(() => {
        if (!this.stopped) this.later(visitor, visitor.pauseMs * (0.5 + Math.random()));
      });
    }, ms);
    this.timers.add(timer);
  }

  private async visit(visitor: Visitor): Promise<void> {
    const { wayUs, requests } = visitor;
    const address = this.addressOf(visitor);
    const six = address.includes(':');
    const server: End = { address: six ? SHOP.address6 : SHOP.address, port: SHOP.port };
    this.nextPort = this.nextPort >= 60_000 ? 20_000 : this.nextPort + 1;
    const client: End = { address, port: this.nextPort };
    const pick = <T>(of: readonly T[]): T => of[Math.floor(Math.random() * of.length)] as T;
    const segments = new Segments(client, server, Date.now() * 1000, wayUs, Math.random);
    await new Promise((resolve) => setTimeout(resolve, Segments.openAfterUs(wayUs) / 1000));
    await this.converse(segments, client, server, requests(pick));
    this.seen(segments.frames);
  }

  /** Its address, or one behind that. */
  private addressOf(visitor: Visitor): string {
    const { address, moves } = visitor;
    const visits = this.visits.get(visitor) ?? 0;
    this.visits.set(visitor, visits + 1);
    if (moves === undefined) return address;
    const at = address.search(/[0-9]+$/);
    return `${address.slice(0, at)}${(Number(address.slice(at)) + Math.floor(visits / moves)) % 250}`;
  }

  /** One connection, one request after the other. It ends when the proxy ends it, too. */
  private converse(
    segments: Segments,
    client: End,
    server: End,
    requests: readonly Request[],
  ): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      const waiting = [...requests];
      const now = (): number => Date.now() * 1000;
      const send = (): void => {
        const request = waiting.shift();
        if (request === undefined) {
          socket.end();
          return;
        }
        const bytes = Buffer.from(textOf(request));
        socket.write(bytes);
        segments.data('client', bytes, now());
      };
      socket.setTimeout(PATIENCE_MS, () => socket.destroy());
      socket.once('connect', () => {
        const family = client.address.includes(':') ? 'TCP6' : 'TCP4';
        socket.write(`PROXY ${family} ${client.address} ${server.address} ${client.port} ${server.port}\r\n`);
        send();
      });
      let quiet: NodeJS.Timeout | undefined;
      socket.on('data', (part: Buffer) => {
        segments.data('server', part, now());
        // Answers are short: after a pause the next request may go.
        clearTimeout(quiet);
        quiet = setTimeout(send, 30);
      });
      // A ban ends the connection.
      socket.on('error', () => undefined);
      socket.once('close', () => {
        clearTimeout(quiet);
        segments.close(now());
        resolve();
      });
    });
  }
}

function textOf({ method, target, agent, body }: Request): string {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${SHOP.name}`,
    `User-Agent: ${agent}`,
    'Accept: text/html,application/json;q=0.9,*/*;q=0.8',
    'Accept-Language: en',
    ...(body === undefined
      ? []
      : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}

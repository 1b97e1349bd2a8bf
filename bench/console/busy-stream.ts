import { once } from 'node:events';
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** Records are put in so often: they come as evenly as those of a line do. */
const TICK_MS = 20;
/** Records that are remembered to be told again. */
const MOST_KEPT = 500;

/**
 * Stands between a browser and a console, and puts copies of records into the live stream so that `perMinute` records come
 * in all; everything else passes as it is. So the browser alone has more to do, not the weir beside it.
 */
export class BusyStream {
  /** Of the console behind it. */
  readonly origin: string;
  /** Records that were put in. */
  added = 0;
  private readonly target: string;
  private readonly perMinute: number;
  private readonly server: Server;
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly kept: string[] = [];

  private constructor(server: Server, target: string, perMinute: number) {
    this.server = server;
    this.target = target;
    this.perMinute = perMinute;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (asked: IncomingMessage, answer: ServerResponse) => this.pass(asked, answer));
  }

  static async open(target: string, perMinute: number): Promise<BusyStream> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new BusyStream(server, target, perMinute);
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.server.close();
    this.server.closeAllConnections();
  }

  private pass(asked: IncomingMessage, answer: ServerResponse): void {
    const url = new URL(asked.url ?? '/', this.target);
    const { origin: _origin, ...headers } = asked.headers;
    const upstream: ClientRequest = request(
      url,
      { method: asked.method ?? 'GET', headers: { ...headers, host: url.host } },
      (told) => {
        answer.writeHead(told.statusCode ?? 502, told.headers);
        if (url.pathname === '/api/v1/live') this.fill(told, answer, url.searchParams.get('types') ?? '');
        else told.pipe(answer);
      },
    );
    upstream.on('error', () => answer.destroy());
    answer.once('close', () => upstream.destroy());
    asked.pipe(upstream);
  }

  /** Passes on events, whole ones, and puts copies of records between them. */
  private fill(told: IncomingMessage, answer: ServerResponse, types: string): void {
    const wanted = new Set(types.split(','));
    let rest = '';
    let due = 0;
    let lastMs = performance.now();
    told.setEncoding('utf8').on('data', (part: string) => {
      rest += part;
      const end = rest.lastIndexOf('\n\n') + 2;
      if (end < 2) return;
      const events = rest.slice(0, end);
      rest = rest.slice(end);
      answer.write(events);
      for (const event of events.split('\n\n')) this.keep(event);
    });
    told.on('error', () => answer.destroy());
    const timer = setInterval(() => {
      const nowMs = performance.now();
      due += ((nowMs - lastMs) * this.perMinute) / 60_000;
      lastMs = nowMs;
      const count = Math.floor(due);
      due -= count;
      const fitting = this.kept.filter((event) => wanted.has(/"event_type":"(\w+)"/.exec(event)?.[1] ?? ''));
      if (fitting.length === 0) return;
      let text = '';
      for (let i = 0; i < count; i++)
        text += renewed(fitting[this.added++ % fitting.length] ?? '', this.added);
      answer.write(text);
    }, TICK_MS);
    this.timers.add(timer);
    answer.once('close', () => {
      clearInterval(timer);
      this.timers.delete(timer);
    });
  }

  private keep(event: string): void {
    if (!event.includes('event: record')) return;
    this.kept.push(event);
    if (this.kept.length > MOST_KEPT) this.kept.shift();
  }
}

/** The same record of now, of another flow and without a number in the stream. */
function renewed(event: string, number: number): string {
  const data = event
    .split('\n')
    .filter((line) => !line.startsWith('id:'))
    .join('\n')
    .replace(/"timestamp":"[^"]*"/, `"timestamp":"${new Date().toISOString().replace('Z', '000+0000')}"`)
    .replace(/"flow_id":\d+/, `"flow_id":${1e12 + number}`)
    .replace(/"src_port":\d+/, `"src_port":${1024 + (number % 60_000)}`);
  return `${data}\n\n`;
}

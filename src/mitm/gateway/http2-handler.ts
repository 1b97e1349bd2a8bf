import { Agent } from 'node:http';
import type { Field } from '../http/index.ts';
import type { Judge } from '../judge.ts';
import {
  forwardHttp2,
  type Http2Handler,
  type Http2Request,
  type Http2Upstream,
} from '../proxy/http2/index.ts';
import type { Destination, RouteOptions } from '../proxy/index.ts';
import { type Origin, parseOrigin, Routes } from '../proxy/index.ts';
import { pageAnswer } from '../proxy/rewrite/index.ts';
import type { UpstreamTls } from '../proxy/tls/index.ts';

/** Connections to one server, and those that are kept. */
const SOCKETS = { keepAlive: true, maxSockets: 256, maxFreeSockets: 64 } as const;

/** Sends the requests of HTTP/2 connections to the servers that those of HTTP/1 go to as well. */
export class Http2Forwarding {
  private readonly judge: Judge | undefined;
  private readonly routes: Routes;
  private readonly tls: UpstreamTls;
  private readonly agent = new Agent(SOCKETS);

  constructor(judge: Judge | undefined, routes: readonly RouteOptions[], tls: UpstreamTls) {
    this.judge = judge;
    this.routes = new Routes(routes);
    this.tls = tls;
  }

  /** What serves connections with this destination. */
  handler(destination: Destination): Http2Handler {
    return forwardHttp2({
      judge: this.judge,
      upstream: (request) => {
        const origin = this.originOf(request, destination);
        return origin === undefined ? undefined : this.upstream(origin, serverNameOf(destination));
      },
      added: (request) => [
        // Only our own servers are told of their clients: those of the internet have no business with them.
        ...(destination.kind === 'routes' ? forwarded(request) : []),
        ['via', '2.0 weir'],
      ],
      page: (status, _text, reference) => {
        const { fields, body } = pageAnswer({ status, reference }, []);
        return { fields, body: typeof body === 'string' ? Buffer.from(body, 'latin1') : body };
      },
    });
  }

  private originOf(request: Http2Request, destination: Destination): Origin | undefined {
    switch (destination.kind) {
      case 'routes':
        return this.routes.find(request.authority, request.path)?.origin;
      case 'fixed':
        return parseOrigin(destination.origin);
      case 'forward':
        return undefined;
      default:
        return destination satisfies never;
    }
  }

  private upstream({ scheme, host, port }: Origin, serverName: string | undefined): Http2Upstream {
    if (scheme === 'http') return { kind: 'http', host, port, agent: this.agent };
    const { agent, servername } = this.tls.forHttp(host, port, serverName);
    return { kind: 'https', host, port, agent, servername };
  }

  close(): void {
    this.agent.destroy();
    this.tls.close();
  }
}

function serverNameOf(destination: Destination): string | undefined {
  return destination.kind === 'fixed' ? destination.serverName : undefined;
}

function forwarded(request: Http2Request): readonly Field[] {
  return [
    ['x-forwarded-for', withClient(request)],
    ['x-forwarded-proto', 'https'],
    ['x-forwarded-host', request.authority],
  ];
}

function withClient({ fields, connection }: Http2Request): string {
  const before = fields.filter(([name]) => name === 'x-forwarded-for').map(([, value]) => value);
  return [...before, connection.client.address].join(', ');
}

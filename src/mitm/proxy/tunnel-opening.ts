import type { Duplex } from 'node:stream';
import type { ProxyContext } from './context.ts';
import type { Exchange } from './exchange.ts';
import type { Place } from './place.ts';
import { Tunnel } from './tunnel.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.ts';
import type { UpstreamFailure } from './upstream-failure.ts';

const ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n';

/** Answers a CONNECT (RFC 9110, 9.3.6): whoever takes connections over gets it, else the server is connected to. */
export function openTunnel(exchange: Exchange, place: Place): void {
  const { context, session } = exchange;
  const { takeover } = session;
  if (takeover === undefined) {
    context.pool.open(place.origin, place.guarded, new TunnelOpening(exchange));
    return;
  }
  session.send(ESTABLISHED);
  context.counters.answered(200);
  exchange.handOver();
  const { connection } = session;
  const { stream, rest } = session.detach();
  const authority = { address: place.origin.host, port: place.origin.port };
  if (takeover(stream, rest, authority, connection)) return;
  context.pool.open(place.origin, place.guarded, new StreamOpening(context, stream, rest));
}

/** Waits for the server of a CONNECT that was not answered yet. */
class TunnelOpening implements UpstreamUser {
  private readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  connected(connection: UpstreamConnection): void {
    const { exchange } = this;
    const { session, context } = exchange;
    if (exchange.isOver) {
      connection.destroy();
      return;
    }
    session.send(ESTABLISHED);
    context.counters.answered(200);
    exchange.handOver();
    const { stream, rest } = session.detach();
    new Tunnel(context, stream, connection, rest);
  }

  received(): void {}
  ended(): void {}
  drained(): void {}

  failed(failure: UpstreamFailure): void {
    if (!this.exchange.isOver) this.exchange.fail(failure);
  }
}

/** Waits for the server of a stream that nobody can be told anything on any more: where it fails, the stream ends. */
export class StreamOpening implements UpstreamUser {
  private readonly context: ProxyContext;
  private readonly stream: Duplex;
  private readonly first: Buffer;

  constructor(context: ProxyContext, stream: Duplex, first: Buffer) {
    this.context = context;
    this.stream = stream;
    this.first = first;
    stream.pause();
  }

  connected(connection: UpstreamConnection): void {
    if (this.stream.destroyed) connection.destroy();
    else new Tunnel(this.context, this.stream, connection, this.first);
  }

  received(): void {}
  ended(): void {}
  drained(): void {}

  failed(failure: UpstreamFailure): void {
    this.context.counters.faults[failure.fault]++;
    this.stream.destroy();
  }
}

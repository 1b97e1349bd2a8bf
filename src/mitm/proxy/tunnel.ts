import type { Duplex } from 'node:stream';
import type { Open, ProxyContext } from './context.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.ts';
import type { UpstreamFailure } from './upstream-failure.ts';

/** Bytes that may wait for the client before the server is told to wait. */
const HIGH_WATER = 64 * 1024;

/** Bytes in both directions between a client and a server, until both have ended or neither has sent for long. */
export class Tunnel implements UpstreamUser, Open {
  private readonly context: ProxyContext;
  private readonly place: number;
  private readonly client: Duplex;
  private readonly upstream: UpstreamConnection;
  private lastAt: number;
  private clientEnded = false;
  private upstreamEnded = false;
  private closed = false;

  /** Takes over a stream without listeners, and a connection; sends `first` to the server. */
  constructor(context: ProxyContext, client: Duplex, upstream: UpstreamConnection, first: Buffer) {
    this.context = context;
    this.client = client;
    this.upstream = upstream;
    this.lastAt = context.ticker.now;
    context.counters.tunnelsOpened++;
    context.counters.tunnelsOpen++;
    this.place = context.open.enter(this);
    upstream.user = this;
    upstream.detach();
    client.on('data', (bytes: Buffer) => {
      this.lastAt = context.ticker.now;
      context.counters.fromClients += bytes.length;
      if (!upstream.write(bytes)) client.pause();
    });
    client.on('drain', () => upstream.resume());
    client.on('end', () => {
      this.clientEnded = true;
      if (this.upstreamEnded) this.destroy();
      else upstream.socket.end();
    });
    // What follows an error is `close`, which ends both sides.
    client.on('error', () => {});
    client.on('close', () => this.destroy());
    if (first.length > 0) upstream.write(first);
    client.resume();
  }

  /** Not for tunnels: they are made of connections that are there. */
  connected(): void {}

  received(bytes: Buffer, start: number, end: number): void {
    this.lastAt = this.context.ticker.now;
    this.context.counters.toClients += end - start;
    this.client.write(Buffer.copyBytesFrom(bytes, start, end - start));
    if (this.client.writableLength >= HIGH_WATER) this.upstream.pause();
  }

  ended(): void {
    this.upstreamEnded = true;
    if (this.clientEnded) this.destroy();
    else this.client.end();
  }

  drained(): void {
    this.client.resume();
  }

  failed(_failure: UpstreamFailure): void {
    if (this.upstreamEnded) this.destroy();
    else {
      // What the client has not had yet is still sent.
      this.upstreamEnded = true;
      this.client.end(() => this.destroy());
    }
  }

  tick(now: number): void {
    if (now - this.lastAt > this.context.limits.tunnelIdleMs) this.destroy();
  }

  /** A tunnel is never done by itself: it is ended. */
  close(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.closed) return;
    this.closed = true;
    this.context.counters.tunnelsOpen--;
    this.context.open.leave(this.place);
    this.upstream.destroy();
    this.client.destroy();
  }
}

import { createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import type { Judge } from '../judge.ts';
import { type BoundSocket, bindUnix, makeSocketFolder } from '../listening.ts';
import { BridgeConnection, type BridgeCounts } from './connection.ts';
import { OpenRequests } from './open-requests.ts';

/** mitmproxy is one process with one connection; several may run. */
const MOST_CONNECTIONS = 64;

/** What a bridge runs with. */
export interface MitmproxyBridgeOptions {
  readonly judge: Judge;
  /** Path of the Unix socket; its mode is 0660. */
  readonly socket: string;
  /** The socket's group, by name or number: the one in which mitmproxy's user is. */
  readonly group?: string | number | undefined;
  /** Requests that are judged or wait for their answers: how many, the bytes of their bodies, and how long. */
  readonly mostOpen?: number | undefined;
  readonly openBytes?: number | undefined;
  readonly openMs?: number | undefined;
  /** Is told of connections that come, go and break. No contents. */
  readonly report?: ((message: string) => void) | undefined;
}

/** Numbers for the status. */
export interface BridgeStatistics extends Readonly<Omit<BridgeCounts, 'actions' | 'broken'>> {
  readonly actions: Readonly<BridgeCounts['actions']>;
  readonly broken: Readonly<BridgeCounts['broken']>;
  readonly connections: number;
  readonly open: number;
  readonly openBytes: number;
  /** Requests whose answers did not come in time, and those that made room for others. */
  readonly expired: number;
  readonly evicted: number;
}

/** Answers the addon in mitmproxy (`integrations/mitmproxy/dpi_buffer.py`); `protocol.ts` says how. */
export class MitmproxyBridge {
  /** Path of the socket. */
  readonly socket: string;
  private readonly server: Server;
  private readonly connections = new Set<BridgeConnection>();
  private readonly open: OpenRequests;
  private readonly counts: BridgeCounts = {
    requests: 0,
    responses: 0,
    actions: { pass: 0, deny: 0, drop: 0, redirect: 0, limit: 0 },
    tooLong: 0,
    busy: 0,
    orphans: 0,
    abandoned: 0,
    failed: 0,
    stalled: 0,
    broken: { length: 0, type: 0, json: 0, shape: 0, order: 0, id: 0, version: 0 },
  };
  private readonly watch: NodeJS.Timeout;
  private bound: BoundSocket | undefined;

  /** Rejects with a `ListenError` where the socket cannot be opened. */
  static async listen(options: MitmproxyBridgeOptions): Promise<MitmproxyBridge> {
    const bridge = new MitmproxyBridge(options);
    try {
      makeSocketFolder(dirname(options.socket));
      bridge.bound = await bindUnix(bridge.server, options.socket, options.group);
    } catch (error) {
      clearInterval(bridge.watch);
      throw error;
    }
    return bridge;
  }

  private constructor(options: MitmproxyBridgeOptions) {
    const { judge, socket, mostOpen = 4096, openBytes = 64 << 20, openMs = 60_000 } = options;
    const report = options.report ?? (() => {});
    this.socket = socket;
    this.open = new OpenRequests({ most: mostOpen, bytes: openBytes, waitMs: openMs }, () =>
      performance.now(),
    );
    const context = { judge, open: this.open, counts: this.counts, report };
    this.server = createServer((incoming) => {
      const connection = new BridgeConnection(incoming, context);
      this.connections.add(connection);
      incoming.once('close', () => this.connections.delete(connection));
    });
    this.server.maxConnections = MOST_CONNECTIONS;
    this.watch = setInterval(() => this.open.expire(), Math.max(5, Math.min(1000, openMs / 4)));
    this.watch.unref();
  }

  /** Numbers for the status. */
  statistics(): BridgeStatistics {
    return {
      ...this.counts,
      actions: { ...this.counts.actions },
      broken: { ...this.counts.broken },
      ...this.open.counts,
      connections: this.connections.size,
      open: this.open.size,
      openBytes: this.open.heldBytes,
    };
  }

  /** Says goodbye to every mitmproxy, gives up what is open, and removes the socket. */
  async close(): Promise<void> {
    clearInterval(this.watch);
    const closed = new Promise<void>((resolve) => {
      this.server.close(() => resolve());
    });
    for (const connection of this.connections) connection.leave('weir is ending');
    await closed;
    await this.bound?.remove();
  }
}

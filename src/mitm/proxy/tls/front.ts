import type { Socket } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import type { ClientTls } from '../../connection.ts';
import type { ClientHello } from './client-hello.ts';
import type { ServerContexts } from './contexts.ts';
import type { KeyLog } from './keylog.ts';
import { keyOf, type PassCandidate, type PassEntry, type PassThroughTable } from './pass-through.ts';
import { sniffClientHello } from './sniff.ts';
import {
  faultOf,
  refusesCertificate,
  TerminationError,
  type TerminationFault,
  terminateTls,
} from './termination.ts';

/** What became of a connection on which TLS may be spoken. */
export type Accepted =
  /** TLS is ended here: HTTP is spoken on the stream. */
  | {
      readonly kind: 'terminated';
      readonly stream: TLSSocket;
      readonly tls: ClientTls;
      readonly protocol: 'h2' | 'http/1.1';
    }
  /** To be passed on as it is, for this reason: nothing of it was consumed. */
  | { readonly kind: 'pass'; readonly entry: PassEntry; readonly hello: ClientHello }
  /** No TLS; likewise. `silent`: the client waits, as where the server speaks first. */
  | { readonly kind: 'other'; readonly silent: boolean }
  /** The connection is closed. */
  | { readonly kind: 'failed'; readonly fault: TerminationFault; readonly reason: string };

/** How TLS is met. */
export interface TlsFrontOptions {
  readonly contexts: ServerContexts;
  /** Without one nothing is passed on unread. */
  readonly passThrough?: PassThroughTable | undefined;
  /** `h2` and `http/1.1`, in our order; both by default. */
  readonly protocols?: readonly ('h2' | 'http/1.1')[] | undefined;
  readonly keyLog?: KeyLog | undefined;
  /** How long a client may take for its first bytes: 5 s. What is silent then is `other`. */
  readonly helloTimeoutMs?: number | undefined;
  /** 10 s. */
  readonly handshakeTimeoutMs?: number | undefined;
}

/** Counts of connections. */
export interface TlsFrontStatistics {
  readonly terminated: number;
  readonly passed: number;
  readonly other: number;
  readonly failed: Readonly<Partial<Record<TerminationFault, number>>>;
  /** Connections that the client closed behind the handshake without a word: some refuse a certificate so. */
  readonly unused: number;
}

const HELLO_TIMEOUT_MS = 5000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A connection that is closed unused so soon was refused; one that a browser kept ready is closed later. */
const REFUSED_WITHIN_MS = 2000;
const PROTOCOLS = ['h2', 'http/1.1'] as const;

/** Meets clients that may speak TLS: looks at what they begin with, and ends TLS or says that it is to be passed on. */
export class TlsFront {
  private readonly options: TlsFrontOptions;
  private terminated = 0;
  private passed = 0;
  private other = 0;
  private unused = 0;
  /** Connections that are open, by client and server. */
  private readonly open = new Map<string, Set<TLSSocket>>();
  private readonly failed: Partial<Record<TerminationFault, number>> = {};

  constructor(options: TlsFrontOptions) {
    this.options = options;
  }

  get statistics(): TlsFrontStatistics {
    const { terminated, passed, other, unused } = this;
    return { terminated, passed, other, unused, failed: { ...this.failed } };
  }

  /**
   * Meets one client. `host` is what the connection goes to (of a CONNECT, the original destination; empty where this
   * is the server); `head` what was read before; `protocols` what the server that it goes to can speak, where ALPN is
   * mirrored. Does not reject. The socket's errors are the caller's to listen for where the socket comes back.
   */
  async accept(
    socket: Socket,
    client: string,
    host = '',
    head?: Uint8Array,
    protocols?: (hello: ClientHello) => Promise<readonly string[]>,
  ): Promise<Accepted> {
    const { helloTimeoutMs = HELLO_TIMEOUT_MS } = this.options;
    const sniffed = await sniffClientHello(socket, helloTimeoutMs, head);
    switch (sniffed.kind) {
      case 'other':
      case 'silent':
        this.other++;
        return { kind: 'other', silent: sniffed.kind === 'silent' };
      case 'malformed':
        return this.refuse(socket, 'protocol-error', sniffed.reason);
      case 'closed':
        return this.refuse(socket, 'closed', 'the client closed the connection before its ClientHello');
      case 'hello':
        break;
      default:
        return sniffed satisfies never;
    }
    const { hello } = sniffed;
    const candidate: PassCandidate = { client, serverName: hello.serverName, host };
    const entry = this.options.passThrough?.admit(candidate);
    if (entry !== undefined) {
      this.passed++;
      return { kind: 'pass', entry, hello };
    }
    const offered = await this.offered(hello, protocols);
    return this.terminate(socket, candidate, offered, hello.ja4);
  }

  /** Ours, without what the server cannot speak. */
  private async offered(
    hello: ClientHello,
    protocols: ((hello: ClientHello) => Promise<readonly string[]>) | undefined,
  ): Promise<readonly string[]> {
    const own = this.options.protocols ?? PROTOCOLS;
    if (hello.alpn.length === 0) return [];
    // Only about HTTP/2 there is something to ask: without it a server gets HTTP/1.1 from us in any case.
    if (protocols === undefined || !own.includes('h2') || !hello.alpn.includes('h2')) return own;
    const theirs = await protocols(hello);
    const both = own.filter((protocol) => theirs.includes(protocol));
    // A server that negotiates nothing speaks HTTP/1.1.
    return both.length > 0 ? both : ['http/1.1'];
  }

  private async terminate(
    socket: Socket,
    candidate: PassCandidate,
    protocols: readonly string[],
    ja4: string,
  ): Promise<Accepted> {
    if (socket.destroyed) return this.refuse(socket, 'closed', 'the client closed the connection');
    const name = candidate.serverName === '' ? candidate.host : candidate.serverName;
    let context: SecureContext | undefined;
    try {
      context = this.options.contexts.find(name);
    } catch (error) {
      return this.refuse(socket, 'no-certificate', error instanceof Error ? error.message : String(error));
    }
    if (context === undefined) {
      const what = name === '' ? 'a client that names no server' : `'${name}'`;
      return this.refuse(socket, 'no-certificate', `there is no certificate for ${what}`, UNRECOGNIZED_NAME);
    }
    try {
      const { stream, tls: agreed } = await terminateTls(socket, {
        context,
        protocols,
        timeoutMs: this.options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS,
        keyLog: this.options.keyLog,
      });
      this.terminated++;
      const tls = { ...agreed, ja4 };
      this.watch(stream, candidate);
      return { kind: 'terminated', stream, tls, protocol: tls.alpn === 'h2' ? 'h2' : 'http/1.1' };
    } catch (error) {
      if (!(error instanceof TerminationError)) throw error;
      if (refusesCertificate(error.fault)) this.options.passThrough?.refused(candidate, error.message);
      return this.refuse(socket, error.fault, error.message);
    }
  }

  /** Some clients look at the certificate behind the handshake, and close without having sent anything. */
  private watch(stream: TLSSocket, candidate: PassCandidate): void {
    const { passThrough } = this.options;
    const since = performance.now();
    const key = keyOf(candidate);
    const open = this.open.get(key) ?? new Set();
    this.open.set(key, open.add(stream));
    let refused = '';
    stream.on('error', (error: Error) => {
      const fault = faultOf(error);
      if (fault !== 'closed' && refusesCertificate(fault)) refused = `TLS with the client: ${fault}`;
    });
    stream.once('close', () => {
      open.delete(stream);
      if (open.size === 0) this.open.delete(key);
      const empty = stream.bytesRead === 0;
      if (empty) this.unused++;
      if (refused === '' && empty && performance.now() - since < REFUSED_WITHIN_MS && !hasSpoken(open)) {
        refused = 'the client closed the connection behind the TLS handshake';
      }
      if (refused !== '') passThrough?.refused(candidate, refused);
      else if (!empty) passThrough?.accepted(candidate);
    });
  }

  private refuse(socket: Socket, fault: TerminationFault, reason: string, alert?: Uint8Array): Accepted {
    this.failed[fault] = (this.failed[fault] ?? 0) + 1;
    if (alert !== undefined && socket.writable) {
      // What it sent stands unread: closing at once would reset the connection and lose the alert.
      socket.resume();
      socket.end(alert, () => socket.destroySoon());
    } else socket.destroy();
    return { kind: 'failed', fault, reason };
  }
}

/** Whether the same client uses another connection to that server: one that it leaves unused is a spare one then. */
function hasSpoken(open: ReadonlySet<TLSSocket>): boolean {
  for (const stream of open) if (stream.bytesRead > 0) return true;
  return false;
}

/** Fatal alert unrecognized_name (RFC 6066, section 3) in a record of its own. */
const UNRECOGNIZED_NAME = Buffer.of(21, 3, 1, 0, 2, 2, 112);

import type { AddressInfo } from 'node:net';
import type { LiveJudge } from '../live/index.ts';
import {
  DEFAULT_LIMITS,
  fileLimitProblem,
  HttpProxy,
  type ListenerOptions,
  type ProxyFailure,
  type Takeover,
} from '../proxy/index.ts';
import { blockedAnswer, pageAnswer, type RuleRewriter } from '../proxy/rewrite/index.ts';
import {
  CertificateAuthority,
  CertificateTable,
  KeyLog,
  PassThroughTable,
  ServerContexts,
  ServerProtocols,
  TlsFront,
  UpstreamTls,
} from '../proxy/tls/index.ts';
import { GatewayError, type GatewayOptions, listenAddress } from './options.ts';
import { readRewriter } from './rewriting.ts';
import { routesOf } from './routing.ts';
import { TlsListener } from './tls-listener.ts';
import { passTls, transparentWay } from './transparent-way.ts';

const PLAIN_ALREADY =
  'web.reverse.plain is for plain HTTP beside HTTPS, and there are no certificates (--cert, web.reverse.certificates): ' +
  'without them web.reverse.listen is plain HTTP already';

/** The built-in proxy with what ends TLS for it. */
export class ProxyWay {
  private readonly passThrough: readonly PassThroughTable[];
  private readonly reverseTls: TlsListener | undefined;
  private readonly forwardTls: TlsListener | undefined;
  private readonly transparentTls: TlsListener | undefined;
  private readonly upstreamTls: UpstreamTls;
  private readonly rewriter: RuleRewriter | undefined;
  private readonly keyLog: KeyLog | undefined;
  private proxy: HttpProxy | undefined;
  private words: readonly string[] = [];

  /** Throws what the parts throw: files that cannot be used, addresses that cannot be opened. */
  static async start(
    options: GatewayOptions,
    judge: LiveJudge,
    report: (line: string) => void,
  ): Promise<ProxyWay> {
    const way = new ProxyWay(options, report);
    await way.open(options, judge, report);
    return way;
  }

  private constructor(options: GatewayOptions, report: (line: string) => void) {
    const { reverse, forward, transparent } = options;
    const keyLog =
      options.keyLog === '' ? undefined : new KeyLog(options.keyLog, ({ message }) => report(message));
    this.keyLog = keyLog;
    this.upstreamTls = new UpstreamTls({ keyLog });
    this.rewriter = options.rewrite === '' ? undefined : readRewriter(options.rewrite);
    const common = {
      proxy: () => this.running,
      onError: (error: unknown) => report(`TLS: ${error instanceof Error ? error.message : String(error)}`),
    };
    if (reverse.listen !== '' && reverse.certificates.length > 0) {
      const files = reverse.certificates.map((path) => ({ certificate: path, key: path }));
      const contexts = new ServerContexts({ certificates: new CertificateTable(files) });
      this.reverseTls = new TlsListener({
        ...common,
        kind: 'server',
        front: new TlsFront({ contexts, keyLog }),
      });
    }
    const tables: PassThroughTable[] = [];
    const intercepting = (kind: 'intercept' | 'transparent', way: Intercepting): TlsListener | undefined => {
      if (way.listen === '' || !way.intercept) return undefined;
      const contexts = new ServerContexts({ ca: CertificateAuthority.load(way.ca) });
      const section = kind === 'transparent' ? 'web.transparent' : 'web.forward';
      const passThrough = passThroughOf(way.exceptions, `${section}.exceptions`, report);
      tables.push(passThrough);
      const front = new TlsFront({ contexts, passThrough, keyLog });
      return new TlsListener({
        ...common,
        kind,
        front,
        serverProtocols: new ServerProtocols({ tls: this.upstreamTls }),
      });
    };
    this.forwardTls = intercepting('intercept', forward);
    this.transparentTls = intercepting('transparent', transparent);
    this.passThrough = tables;
  }

  private get running(): HttpProxy {
    if (this.proxy === undefined) throw new Error('the proxy is not started');
    return this.proxy;
  }

  private async open(
    options: GatewayOptions,
    judge: LiveJudge,
    report: (line: string) => void,
  ): Promise<void> {
    const { reverse, forward, transparent } = options;
    const listeners: ListenerOptions[] = [];
    const names: string[] = [];
    let ownPorts: Set<number> | undefined;
    // The first of them: its socket may be open already, and is closed with the proxy.
    if (transparent.listen !== '') {
      const takeover: Takeover = this.transparentTls?.takeover ?? passTls(() => this.running);
      const way = transparentWay(transparent, takeover);
      ({ ownPorts } = way);
      listeners.push(way.listener);
      names.push(`transparent proxy (${transparent.mode}) on tcp`);
    }
    if (reverse.listen !== '') {
      const { takeover } = this.reverseTls ?? {};
      const { balancers } = reverse;
      const place = listenAddress('web.reverse.listen', reverse.listen);
      listeners.push({ kind: 'reverse', ...place, takeover, balancers });
      names.push(takeover === undefined ? 'http' : 'https');
      const { plain = '', plainMode = 'redirect' } = reverse;
      if (plain !== '') {
        if (takeover === undefined) throw new GatewayError(PLAIN_ALREADY);
        const secure = listeners.length - 1;
        const securePort = (): number => this.running.addresses()[secure]?.port ?? 0;
        listeners.push({
          kind: 'reverse',
          ...listenAddress('web.reverse.plain', plain),
          securePort: plainMode === 'redirect' ? securePort : undefined,
          balancers,
        });
        names.push(plainMode === 'redirect' ? 'to HTTPS from http' : 'http');
      }
    }
    if (forward.listen !== '') {
      const { takeover } = this.forwardTls ?? {};
      listeners.push({ kind: 'forward', ...listenAddress('web.forward.listen', forward.listen), takeover });
      names.push('forward proxy on http');
    }
    const problem = fileLimitProblem(DEFAULT_LIMITS);
    if (problem !== '') report(problem);
    this.proxy = await HttpProxy.start({
      listeners,
      routes: reverse.listen === '' ? [] : routesOf(options),
      forward: {
        clients: forward.clients,
        connectPorts: forward.connectPorts,
        allowed: forward.allow,
      },
      judge,
      upstreamTls: this.upstreamTls,
      rewriter: this.rewriter,
      answers: {
        blocked: (judged, request) => blockedAnswer(judged, request),
        failed: (status, _reason, reference, request) => pageAnswer({ status, reference }, request),
      },
      onFailure: new FailureLines(report).tell,
    });
    const addresses = this.proxy.addresses();
    for (const { port } of addresses) ownPorts?.add(port);
    this.words = addresses.map((address, i) => `${names[i] ?? ''}://${shown(address)}`);
  }

  /** Where it listens. */
  get ways(): readonly string[] {
    return this.words;
  }

  /** Numbers for the status, and what is passed on unread at present. */
  statistics(): Readonly<Record<string, unknown>> {
    return {
      ...this.proxy?.statistics(),
      reverseTls: this.reverseTls?.statistics(),
      forwardTls: this.forwardTls?.statistics(),
      transparentTls: this.transparentTls?.statistics(),
      rewriting: this.rewriter?.statistics(),
      passedOn:
        this.passThrough.length === 0 ? undefined : this.passThrough.flatMap((table) => table.entries()),
    };
  }

  /** Ends connections of clients at once, those of some addresses; how many. */
  endClients(isMeant: (address: string) => boolean): number {
    return this.proxy?.endClients(isMeant) ?? 0;
  }

  async close(graceMs: number): Promise<void> {
    await Promise.all([
      this.proxy?.stop(graceMs),
      this.reverseTls?.close(graceMs),
      this.forwardTls?.close(graceMs),
      this.transparentTls?.close(graceMs),
    ]);
    this.keyLog?.close();
  }
}

/** Settings of a way that may look into TLS on its way to others. */
type Intercepting = Pick<GatewayOptions['transparent'], 'listen' | 'intercept' | 'exceptions' | 'ca'>;

function passThroughOf(
  exceptions: readonly string[],
  reason: string,
  report: (line: string) => void,
): PassThroughTable {
  return new PassThroughTable({
    exceptions: exceptions.map((name) => ({ name, reason })),
    onPass: (candidate, entry) => {
      // Each of them is visible, the learned ones at once.
      if (entry.kind === 'learned' && entry.count === 1) {
        const name = candidate.serverName === '' ? candidate.host : candidate.serverName;
        const until = new Date(entry.expires).toISOString();
        report(`TLS of ${candidate.client} with ${name} is passed on unread until ${until}: ${entry.reason}`);
      }
    },
  });
}

/** Lines about refusals within a second: whoever asks for more of them does not fill the log. */
const MOST_REFUSALS = 10;

/** Tells of servers that fail, and of requests that the proxy refuses by itself, for their references. */
class FailureLines {
  private readonly report: (line: string) => void;
  private second = 0;
  private told = 0;

  constructor(report: (line: string) => void) {
    this.report = report;
  }

  readonly tell = ({ status, reason, origin, reference, connection }: ProxyFailure): void => {
    if (reference === '') return;
    if (status >= 500 && origin !== '') {
      this.report(`${origin}: ${reason} (${status}, ${reference})`);
      return;
    }
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.second) {
      this.second = second;
      this.told = 0;
    }
    if (++this.told > MOST_REFUSALS) return;
    this.report(`a request of ${connection.client.address} is refused: ${reason} (${status}, ${reference})`);
  };
}

function shown({ address, family, port }: AddressInfo): string {
  const host =
    address === '::' || address === '0.0.0.0' ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `${host}:${port}`;
}

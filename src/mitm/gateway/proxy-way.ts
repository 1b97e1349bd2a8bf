import type { AddressInfo } from 'node:net';
import type { LiveJudge } from '../live/index.ts';
import { HttpProxy, type ListenerOptions, type ProxyFailure } from '../proxy/index.ts';
import { blockedAnswer, pageAnswer } from '../proxy/rewrite/index.ts';
import {
  CertificateAuthority,
  CertificateTable,
  PassThroughTable,
  ServerContexts,
  TlsFront,
  UpstreamTls,
} from '../proxy/tls/index.ts';
import { Http2Forwarding } from './http2-handler.ts';
import { type GatewayOptions, listenAddress } from './options.ts';
import { routesOf } from './routing.ts';
import { TlsListener } from './tls-listener.ts';

/** The built-in proxy with what ends TLS for it. */
export class ProxyWay {
  private readonly http2: Http2Forwarding;
  private readonly passThrough: PassThroughTable | undefined;
  private readonly reverseTls: TlsListener | undefined;
  private readonly forwardTls: TlsListener | undefined;
  private proxy: HttpProxy | undefined;
  private words: readonly string[] = [];

  /** Throws what the parts throw: files that cannot be used, addresses that cannot be opened. */
  static async start(
    options: GatewayOptions,
    judge: LiveJudge,
    report: (line: string) => void,
  ): Promise<ProxyWay> {
    const way = new ProxyWay(options, judge, report);
    await way.open(options, judge, report);
    return way;
  }

  private constructor(options: GatewayOptions, judge: LiveJudge, report: (line: string) => void) {
    const { reverse, forward } = options;
    const routes = reverse.listen === '' ? [] : routesOf(options);
    this.http2 = new Http2Forwarding(judge, routes, new UpstreamTls());
    const common = {
      proxy: () => this.running,
      http2: this.http2.handler.bind(this.http2),
      onError: (error: unknown) => report(`TLS: ${error instanceof Error ? error.message : String(error)}`),
    };
    if (reverse.listen !== '' && reverse.certificates.length > 0) {
      const files = reverse.certificates.map((path) => ({ certificate: path, key: path }));
      const contexts = new ServerContexts({ certificates: new CertificateTable(files) });
      this.reverseTls = new TlsListener({ ...common, kind: 'server', front: new TlsFront({ contexts }) });
    }
    if (forward.listen !== '' && forward.intercept) {
      const contexts = new ServerContexts({ ca: CertificateAuthority.load(forward.ca) });
      this.passThrough = new PassThroughTable({
        exceptions: forward.exceptions.map((name) => ({ name, reason: 'web.forward.exceptions' })),
        onPass: (candidate, entry) => {
          // Each of them is visible, the learned ones at once.
          if (entry.kind === 'learned' && entry.count === 1) {
            const name = candidate.serverName === '' ? candidate.host : candidate.serverName;
            const until = new Date(entry.expires).toISOString();
            report(
              `TLS of ${candidate.client} with ${name} is passed on unread until ${until}: ${entry.reason}`,
            );
          }
        },
      });
      const front = new TlsFront({ contexts, passThrough: this.passThrough });
      this.forwardTls = new TlsListener({ ...common, kind: 'intercept', front });
    }
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
    const { reverse, forward } = options;
    const listeners: ListenerOptions[] = [];
    if (reverse.listen !== '') {
      const { takeover } = this.reverseTls ?? {};
      listeners.push({ kind: 'reverse', ...listenAddress('web.reverse.listen', reverse.listen), takeover });
    }
    if (forward.listen !== '') {
      const { takeover } = this.forwardTls ?? {};
      listeners.push({ kind: 'forward', ...listenAddress('web.forward.listen', forward.listen), takeover });
    }
    this.proxy = await HttpProxy.start({
      listeners,
      routes: reverse.listen === '' ? [] : routesOf(options),
      forward: { clients: forward.clients },
      judge,
      answers: {
        blocked: (judged, request) => blockedAnswer(judged, request),
        failed: (status, _reason, reference, request) => pageAnswer({ status, reference }, request),
      },
      onFailure: (failure) => tellServers(failure, report),
    });
    const names = listeners.map(({ kind, takeover }) =>
      kind === 'reverse' ? (takeover === undefined ? 'http' : 'https') : 'forward proxy on http',
    );
    this.words = this.proxy.addresses().map((address, i) => `${names[i] ?? ''}://${shown(address)}`);
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
      passedOn: this.passThrough?.entries(),
    };
  }

  async close(graceMs: number): Promise<void> {
    await Promise.all([
      this.proxy?.stop(graceMs),
      this.reverseTls?.close(graceMs),
      this.forwardTls?.close(graceMs),
    ]);
    this.http2.close();
  }
}

/** Servers that fail are told of; clients that do are counted. */
function tellServers(
  { status, reason, origin, reference }: ProxyFailure,
  report: (line: string) => void,
): void {
  if (status < 500 || origin === '') return;
  report(`${origin}: ${reason} (${status}${reference === '' ? '' : `, ${reference}`})`);
}

function shown({ address, family, port }: AddressInfo): string {
  const host =
    address === '::' || address === '0.0.0.0' ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `${host}:${port}`;
}

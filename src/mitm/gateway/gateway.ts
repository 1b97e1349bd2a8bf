import type { Decision } from '../../event/index.ts';
import type { BufferCopy } from '../buffer/index.ts';
import { SpoeAgent } from '../haproxy/index.ts';
import { type DecisionSubject, type RecordLines, RecordWriter } from '../live/index.ts';
import { MitmproxyBridge } from '../mitmproxy/index.ts';
import type { TransactionSink } from '../transaction.ts';
import type { WafPool } from '../waf/index.ts';
import { startBuffer } from './buffering.ts';
import { type Judging, renewJudging, startJudging } from './judging.ts';
import { GatewayError, type GatewayOptions, listenAddress } from './options.ts';
import { ProxyWay } from './proxy-way.ts';
import { routesOf } from './routing.ts';

/** What a gateway is given besides its options. */
export interface GatewayContext {
  /** Takes the lines of EVE records; undefined: nobody wants them. */
  readonly records: RecordLines | undefined;
  /** Others who are told of transactions. */
  readonly sinks?: readonly TransactionSink[];
  /** A line for whoever runs it. No contents of requests. */
  readonly report: (line: string) => void;
  /** Every address and socket is open: a process that was root for that can become another user. */
  readonly opened?: () => void;
  /** Folder of dpi-dual's status files; undefined: none. */
  readonly statusFolder?: string | undefined;
}

/** What is to be different about decisions. */
export interface DecisionChange {
  /** Nothing of what was stays. */
  readonly replace: boolean;
  readonly add: readonly Decision[];
  readonly remove: readonly DecisionSubject[];
}

/** How long requests that are under way may take when the gateway ends. */
const GRACE_MS = 5000;
/** Pools with rules from before at once: each has its threads. */
const MOST_FORMER = 2;

/** The active stream as a whole: the ways that requests come on, the judge, the records, buffer B. */
export class Gateway {
  private readonly writer: RecordWriter | undefined;
  private judging: Judging;
  /** Pools with the rules from before, which wait for the answers to requests that they have judged. */
  private readonly former = new Set<WafPool>();
  private buffer: BufferCopy | undefined;
  private agent: SpoeAgent | undefined;
  private bridge: MitmproxyBridge | undefined;
  private proxy: ProxyWay | undefined;

  private constructor(writer: RecordWriter | undefined, judging: Judging) {
    this.writer = writer;
    this.judging = judging;
  }

  /** Loads the rules and opens every way that the options name. Throws a {@link GatewayError}; nothing is left open. */
  static async start(options: GatewayOptions, context: GatewayContext): Promise<Gateway> {
    const writer = context.records === undefined ? undefined : new RecordWriter(context.records);
    const sinks: TransactionSink[] = [...(writer === undefined ? [] : [writer]), ...(context.sinks ?? [])];
    let gateway: Gateway | undefined;
    try {
      gateway = new Gateway(writer, await startJudging(options, sinks));
      // A socket that is taken over from another process comes last: nobody would be there should something else fail.
      const takesOver = options.haproxy.replace === true;
      if (!takesOver) await gateway.openAgent(options, context);
      await gateway.open(options, context);
      context.opened?.();
      const upstreams =
        options.reverse.listen === '' ? [] : routesOf(options).map(({ to }) => new URL(to).host);
      gateway.buffer = await startBuffer(options, upstreams, context);
      if (gateway.buffer !== undefined) sinks.push(gateway.buffer);
      if (takesOver) await gateway.openAgent(options, context);
      return gateway;
    } catch (error) {
      await gateway?.close();
      throw explained(error);
    }
  }

  /** Buffer B, to be asked; undefined where there is none. */
  get stored(): BufferCopy | undefined {
    return this.buffer;
  }

  /** Where requests come in, in words. */
  get ways(): readonly string[] {
    return [
      ...(this.agent === undefined ? [] : ['HAProxy (SPOE)']),
      ...(this.bridge === undefined ? [] : [`mitmproxy on ${this.bridge.socket}`]),
      ...(this.proxy?.ways ?? []),
    ];
  }

  /** The rules, in words: how many, and from where. */
  get rules(): string {
    const { pool, origin } = this.judging;
    const [loaded] = pool?.loaded ?? [];
    return loaded === undefined ? 'no rules' : `${loaded.rules} rules of ${origin}`;
  }

  private async openAgent({ haproxy }: GatewayOptions, context: GatewayContext): Promise<void> {
    const { judge } = this.judging;
    const listen = [
      ...(haproxy.socket === '' ? [] : [haproxy.socket]),
      ...(haproxy.listen === '' ? [] : [listenAddress('web.haproxy.listen', haproxy.listen)]),
    ];
    if (listen.length === 0) return;
    this.agent = await SpoeAgent.listen({
      judge,
      listen,
      group: haproxy.group,
      replace: haproxy.replace,
      deadlineMs: haproxy.deadlineMs,
      cutBody: judge.refusesLongBodies ? 'deny' : 'flag',
      problem: (line) => context.report(`HAProxy: ${line}`),
    });
  }

  private async open(options: GatewayOptions, context: GatewayContext): Promise<void> {
    const { judge } = this.judging;
    const { mitmproxy, reverse, forward, transparent } = options;
    if (mitmproxy.socket !== '') {
      const report = (line: string): void => context.report(`mitmproxy: ${line}`);
      this.bridge = await MitmproxyBridge.listen({ judge, socket: mitmproxy.socket, report });
    }
    if ([reverse, forward, transparent].some(({ listen: address }) => address !== '')) {
      this.proxy = await ProxyWay.start(options, judge, context.report);
    }
  }

  /**
   * Takes over what is decided about clients: all of it (`replace`), or what changed. Requests of banned ones are turned
   * away from now on, and their open connections with the built-in proxy end.
   */
  decide(change: DecisionChange): void {
    const { decisions } = this.judging;
    if (change.replace) decisions.replace(change.add);
    else {
      for (const one of change.remove) decisions.remove(one);
      for (const decision of change.add) decisions.add(decision);
    }
    if (change.add.some(({ type, scope }) => type === 'ban' && scope !== 'session'))
      this.proxy?.endClients((address) => decisions.bans(address));
  }

  /**
   * Takes over rules, lists and limits as they are now: `options` may be others, and the files of the rules may have
   * changed. Requests that are under way are not disturbed. Throws a {@link GatewayError}; then all stays as it was.
   */
  async renew(options: GatewayOptions): Promise<void> {
    const { pool } = this.judging;
    this.judging = await renewJudging(options, this.judging);
    if (pool !== undefined) this.retire(pool);
  }

  private retire(pool: WafPool): void {
    const [oldest] = this.former;
    if (oldest !== undefined && this.former.size >= MOST_FORMER) void oldest.close();
    this.former.add(pool);
    void pool.retire().then(() => this.former.delete(pool));
  }

  /** Numbers for the status. */
  statistics(): Readonly<Record<string, unknown>> {
    return {
      judge: this.judging.judge.statistics(),
      records: this.writer?.statistics(),
      buffer: this.buffer?.copyStatistics,
      haproxy: this.agent?.statistics,
      mitmproxy: this.bridge?.statistics(),
      proxy: this.proxy?.statistics(),
    };
  }

  /** Takes no more requests, waits for those under way, writes what is left, and ends all threads. */
  async close(): Promise<void> {
    this.judging.judge.close();
    await Promise.all([this.agent?.close(), this.bridge?.close(), this.proxy?.close(GRACE_MS)]);
    await Promise.all([this.judging.pool, ...this.former].map((pool) => pool?.close()));
    this.writer?.flush();
    await this.buffer?.close();
  }
}

function explained(error: unknown): unknown {
  if (error instanceof GatewayError || !(error instanceof Error)) return error;
  if (!('code' in error) || !('syscall' in error)) {
    // What the parts refuse of their options is said for users.
    const known = [
      'RangeError',
      'ListenError',
      'CertificateError',
      'CaError',
      'UpstreamTlsError',
      'KeyLogError',
    ];
    return known.includes(error.name) ? new GatewayError(error.message) : error;
  }
  const place =
    'address' in error ? ` ${String(error.address)}${'port' in error ? `:${String(error.port)}` : ''}` : '';
  switch (error.code) {
    case 'EADDRINUSE':
      return new GatewayError(
        `${place.trim()} is in use already: end what listens there, or name another port`,
      );
    case 'EACCES':
      return new GatewayError(`${place.trim()} may not be opened by this user: ports below 1024 need root`);
    case 'EADDRNOTAVAIL':
      return new GatewayError(`${place.trim()} is no address of this machine`);
    default:
      return new GatewayError(error.message);
  }
}

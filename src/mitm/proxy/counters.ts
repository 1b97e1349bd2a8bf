/** Why something was refused or ended by the proxy. */
export type Refusal =
  | 'connections'
  | 'address'
  | 'client'
  | 'malformed'
  | 'head_timeout'
  | 'body_timeout'
  | 'send_timeout'
  | 'body_size'
  | 'no_route'
  | 'method'
  | 'destination'
  | 'loop'
  | 'judged';

/** Why a server did not serve. */
export type UpstreamFault =
  | 'resolve'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'queue'
  | 'protocol'
  | 'closed'
  | 'rewrite';

/** What the proxy has done since it started; numbers that are `open` are of now. */
export interface ProxyStatistics {
  readonly connections: { readonly accepted: number; readonly open: number };
  readonly requests: number;
  /** Answers by the first digit of their status: [1xx, 2xx, 3xx, 4xx, 5xx]. */
  readonly statuses: readonly [number, number, number, number, number];
  readonly bytes: {
    readonly fromClients: number;
    readonly toClients: number;
    readonly fromServers: number;
    readonly toServers: number;
  };
  readonly tunnels: { readonly opened: number; readonly open: number };
  readonly refused: Readonly<Record<Refusal, number>>;
  readonly upstream: {
    readonly opened: number;
    readonly open: number;
    readonly idle: number;
    readonly waiting: number;
    readonly retries: number;
    readonly faults: Readonly<Record<UpstreamFault, number>>;
  };
  /** Clients that went away before their answer was complete. */
  readonly abandoned: number;
}

/** The counters behind {@link ProxyStatistics}. */
export class Counters {
  accepted = 0;
  requests = 0;
  abandoned = 0;
  retries = 0;
  tunnelsOpened = 0;
  tunnelsOpen = 0;
  upstreamOpened = 0;
  fromClients = 0;
  toClients = 0;
  fromServers = 0;
  toServers = 0;
  readonly statuses: [number, number, number, number, number] = [0, 0, 0, 0, 0];
  readonly refused: Record<Refusal, number> = {
    connections: 0,
    address: 0,
    client: 0,
    malformed: 0,
    head_timeout: 0,
    body_timeout: 0,
    send_timeout: 0,
    body_size: 0,
    no_route: 0,
    method: 0,
    destination: 0,
    loop: 0,
    judged: 0,
  };
  readonly faults: Record<UpstreamFault, number> = {
    resolve: 0,
    connect: 0,
    tls: 0,
    timeout: 0,
    queue: 0,
    protocol: 0,
    closed: 0,
    rewrite: 0,
  };

  /** Counts an answer that goes to a client. */
  answered(status: number): void {
    const index = Math.trunc(status / 100) - 1;
    if (index >= 0 && index < 5) this.statuses[index] = (this.statuses[index] ?? 0) + 1;
  }

  snapshot(open: number, upstream: { open: number; idle: number; waiting: number }): ProxyStatistics {
    return {
      connections: { accepted: this.accepted, open },
      requests: this.requests,
      statuses: [...this.statuses],
      bytes: {
        fromClients: this.fromClients,
        toClients: this.toClients,
        fromServers: this.fromServers,
        toServers: this.toServers,
      },
      tunnels: { opened: this.tunnelsOpened, open: this.tunnelsOpen },
      refused: { ...this.refused },
      upstream: {
        opened: this.upstreamOpened,
        ...upstream,
        retries: this.retries,
        faults: { ...this.faults },
      },
      abandoned: this.abandoned,
    };
  }
}

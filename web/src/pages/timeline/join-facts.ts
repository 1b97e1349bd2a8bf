import type { Conversation, Correlation, WebRequest } from './answers.ts';

/** What the passive stream knows of one connection. Undefined where it is not known. */
export interface FlowFacts {
  readonly communityId: string;
  /** `192.0.2.1:4711`. */
  readonly client: string | undefined;
  readonly server: string | undefined;
  readonly transport: string | undefined;
  readonly protocol: string | undefined;
  readonly application: string | undefined;
  readonly name: string | undefined;
  readonly ja4: string | undefined;
  readonly tlsVersion: string | undefined;
  /** Microseconds. */
  readonly rttClientUs: number | undefined;
  readonly rttServerUs: number | undefined;
  readonly bytesToServer: number | undefined;
  readonly bytesToClient: number | undefined;
  readonly durationSeconds: number | undefined;
  readonly tunnel: string | undefined;
  readonly risks: readonly string[];
  readonly isOpen: boolean;
  /** Types of the records of it, with how many there are. */
  readonly records: readonly (readonly [type: string, count: number])[];
}

/** What the active stream knows of one request. Undefined where it is not known. */
export interface RequestFacts {
  readonly method: string | undefined;
  /** Host and path, as they were asked for. */
  readonly host: string | undefined;
  readonly path: string | undefined;
  readonly query: string | undefined;
  readonly action: string | undefined;
  readonly isBlocked: boolean;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly client: string | undefined;
  readonly agent: string | undefined;
  readonly rules: readonly number[];
  /** As TimeAgo takes it. */
  readonly at: number | string | undefined;
  readonly way: string | undefined;
  readonly bodyBytes: number | undefined;
}

/** The connection behind the proxy that a request went on over. */
export interface Upstream {
  readonly communityId: string;
  readonly server: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** What the answer about a conversation, and the correlation itself, tell of its flow. */
export function flowFacts(
  communityId: string,
  conversation: Conversation | undefined,
  correlation?: Pick<
    Correlation,
    'ja4' | 'tlsVersion' | 'application' | 'rttUs' | 'bytesToServer' | 'bytesToClient'
  >,
): FlowFacts {
  const records = (conversation?.records ?? []) as readonly Fields[];
  const recordOf = (type: string) => records.find((record) => record.event_type === type);
  const open = conversation?.open[0];
  const flow = conversation?.flows[0] ?? open;
  const flowRecord = recordOf('flow');
  const tls = part(recordOf('tls') ?? recordOf('quic'), 'tls');
  const web = part(
    records.find((record) => part(record, 'web') !== undefined),
    'web',
  );
  const tcp = part(flowRecord, 'tcp');
  const app = part(flowRecord, 'app');
  const tunnel = part(flowRecord, 'tunnel');
  const any = records.find(
    (record) => text(record.src_ip) !== undefined && typeof record.src_port === 'number',
  );
  return {
    communityId,
    client:
      flow === undefined ? endpoint(any?.src_ip, any?.src_port) : endpoint(flow.source, flow.sourcePort),
    server:
      flow === undefined
        ? endpoint(any?.dest_ip, any?.dest_port)
        : endpoint(flow.destination, flow.destinationPort),
    transport: text(flow?.transport) ?? text(any?.proto),
    protocol: text(flow?.protocol) ?? text(any?.app_proto),
    application: text(flow?.application) ?? text(correlation?.application),
    name: text(flow?.name) ?? text(tls?.sni),
    ja4: text(tls?.ja4) ?? text(correlation?.ja4) ?? text(part(web, 'tls')?.ja4),
    tlsVersion: text(tls?.version) ?? text(correlation?.tlsVersion) ?? text(part(web, 'tls')?.version),
    rttClientUs: known(tcp?.rtt_client_us) ?? known(correlation?.rttUs),
    rttServerUs: known(tcp?.rtt_server_us),
    bytesToServer: known(flow?.bytesToServer) ?? known(correlation?.bytesToServer),
    bytesToClient: known(flow?.bytesToClient) ?? known(correlation?.bytesToClient),
    durationSeconds: flow?.durationUs === undefined ? undefined : flow.durationUs / 1e6,
    tunnel: text(tunnel?.kind),
    risks: Array.isArray(app?.risks) ? app.risks.filter((risk) => typeof risk === 'string') : [],
    isOpen: open !== undefined && conversation?.flows.length === 0,
    records: counted(records),
  };
}

/** A request of buffer B in facts. */
export function storedFacts(request: WebRequest): RequestFacts {
  const { method, host, path, query, action, blocked, response, reason, client, userAgent, ruleIds } =
    request;
  return {
    method,
    host,
    path,
    query: text(query.map(([name, value]) => `${name}=${value}`).join('&')),
    action,
    isBlocked: blocked,
    status: response?.status,
    reason: text(reason),
    client: endpoint(client.address, client.port),
    agent: text(userAgent),
    rules: ruleIds,
    at: request.timeUs,
    way: request.way,
    bodyBytes: request.body.bytes > 0 ? request.body.bytes : undefined,
  };
}

/**
 * A request that only the history has, out of the records of its connection: the first of those that are meant; undefined
 * where those have none.
 */
export function recordedFacts(
  conversation: Conversation | undefined,
  references: readonly string[],
): RequestFacts | undefined {
  for (const record of (conversation?.records ?? []) as readonly Fields[]) {
    const web = part(record, 'web');
    if (web === undefined || typeof web.reference !== 'string' || !references.includes(web.reference))
      continue;
    const http = part(record, 'http');
    const [path, query] = text(http?.url)?.split(/\?(.*)/s, 2) ?? [];
    const action = text(web.action);
    return {
      method: text(http?.http_method),
      host: text(http?.hostname),
      path,
      query: text(query),
      action,
      isBlocked: action === 'deny' || action === 'drop',
      status: known(web.status) ?? known(http?.status),
      reason: text(web.reason),
      client: endpoint(record.src_ip, record.src_port),
      agent: text(http?.http_user_agent),
      rules: Array.isArray(web.rule_ids) ? web.rule_ids.filter((rule) => typeof rule === 'number') : [],
      at: text(record.timestamp),
      way: text(web.way),
      bodyBytes: known(web.request_bytes) || undefined,
    };
  }
  return undefined;
}

/** True where the passive stream has seen the connection at all. */
export function isSeen({ transport, bytesToServer, ja4, records }: FlowFacts): boolean {
  return transport !== undefined || bytesToServer !== undefined || ja4 !== undefined || records.length > 0;
}

/** The connection behind the proxy, as the record of the request has it. */
export function upstreamOf(conversation: Conversation | undefined, reference: string): Upstream | undefined {
  const webs: Fields[] = [];
  for (const record of (conversation?.records ?? []) as readonly Fields[]) {
    const web = part(record, 'web');
    if (web !== undefined) webs.push(web);
  }
  const own = webs.filter((web) => web.reference === reference);
  for (const web of own.length > 0 ? own : webs) {
    const communityId = text(web.upstream_community_id);
    if (communityId !== undefined) return { communityId, server: text(web.upstream_ip) };
  }
  return undefined;
}

/** How both streams were joined, in words. */
export function joinWords(joined: string): string {
  if (joined === 'connection') return 'The same connection, by its community id';
  if (joined === 'address') return 'The same address, nearest in time: it may be another connection';
  return 'Not joined: only one stream knows of it';
}

function part(record: Fields | undefined, name: string): Fields | undefined {
  const value = record?.[name];
  return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function known(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

function endpoint(address: unknown, port: unknown): string | undefined {
  const host = text(address);
  if (host === undefined) return undefined;
  if (typeof port !== 'number') return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function counted(records: readonly Fields[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { event_type: type } of records) {
    if (typeof type === 'string') counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return [...counts];
}

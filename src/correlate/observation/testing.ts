import { type EveRecord, timeText } from '../../event/index.ts';

/** Midnight before the records of tests, in microseconds since 1970. */
export const START_US = Date.UTC(2026, 10, 21) * 1000;

/** An attacker outside, a host of ours, a server outside, another host of ours. */
export const ATTACKER = '198.51.100.66';
export const HOST = '10.0.0.7';
export const SERVER = '203.0.113.10';
export const NEIGHBOUR = '10.0.0.8';

type Fields = Readonly<Record<string, unknown>>;

/** What a flow of a test is; the rest is that of a short exchange by HTTP. */
export interface FlowParts {
  readonly at?: number;
  readonly seconds?: number;
  readonly from?: string;
  readonly to?: string;
  readonly fromPort?: number;
  readonly port?: number;
  readonly proto?: string;
  readonly service?: string;
  /** Packets and bytes, out and in. */
  readonly packets?: readonly [number, number];
  readonly bytes?: readonly [number, number];
  readonly state?: string;
  /** TCP flags, out and in. */
  readonly flags?: readonly [string, string];
  readonly risks?: readonly string[];
  readonly name?: string;
  readonly more?: Fields;
}

function envelope(type: string, at: number, parts: FlowParts): EveRecord {
  const { from = ATTACKER, to = HOST, port = 80, proto = 'TCP', fromPort = 40_000 } = parts;
  return {
    timestamp: timeText(START_US + at * 1e6),
    event_type: type,
    src_ip: from,
    src_port: fromPort,
    dest_ip: to,
    dest_port: port,
    proto,
    community_id: `1:${from}-${fromPort}-${to}-${port}-${proto}`,
    ...(parts.service === undefined ? {} : { app_proto: parts.service }),
  };
}

function counts({ packets = [6, 5], bytes = [600, 900] }: FlowParts): Fields {
  const [pkts_toserver, pkts_toclient] = packets;
  const [bytes_toserver, bytes_toclient] = bytes;
  return { pkts_toserver, pkts_toclient, bytes_toserver, bytes_toclient };
}

/** A `flow` record: seconds of the day at which it ended, how long it lasted, and what it was. */
export function flowRecord(parts: FlowParts = {}): EveRecord {
  const { at = 0, seconds = 0.1, state = 'closed', flags = ['1b', '1b'], risks = [], name } = parts;
  return {
    ...envelope('flow', at, parts),
    app: { protocol: '', risks, ...(name === undefined ? {} : { name }) },
    flow: { ...counts(parts), start: timeText(START_US + (at - seconds) * 1e6), state },
    ...(parts.proto === undefined || parts.proto === 'TCP'
      ? { tcp: { tcp_flags_ts: flags[0], tcp_flags_tc: flags[1] } }
      : {}),
    ...parts.more,
  };
}

/** A `flow_progress` record of the same flow, while it is open. */
export function progressRecord(parts: FlowParts = {}): EveRecord {
  const { at = 0, seconds = 0.1, state = 'new', name } = parts;
  return {
    ...envelope('flow_progress', at, parts),
    app: { protocol: '', ...(name === undefined ? {} : { name }) },
    flow_progress: { total: counts(parts), start: timeText(START_US + (at - seconds) * 1e6), state },
    ...parts.more,
  };
}

/** A connection that is refused: one SYN, one RST. */
export function refused(at: number, port: number, parts: FlowParts = {}): EveRecord {
  return flowRecord({
    at,
    seconds: 0,
    port,
    packets: [1, 1],
    bytes: [58, 54],
    flags: ['02', '14'],
    ...parts,
  });
}

/** An `ssh` record, as it comes before the flow's. */
export function sshRecord(at: number, client: string, parts: FlowParts = {}): EveRecord {
  const hassh = { hash: '0', string: 'curve25519-sha256' };
  return {
    ...envelope('ssh', at, { port: 22, service: 'ssh', ...parts }),
    ssh: {
      client: { proto_version: '2.0', software_version: client, hassh },
      server: { proto_version: '2.0', software_version: 'OpenSSH_9.2p1', hassh },
    },
  };
}

/** An `http` record; with `web`, of the active stream. */
export function httpRecord(at: number, http: Fields, more: Fields = {}, parts: FlowParts = {}): EveRecord {
  return {
    ...envelope('http', at, { service: 'http', ...parts }),
    http: {
      hostname: 'shop.example.com',
      http_method: 'GET',
      url: '/',
      status: 200,
      http_user_agent: 'curl/8',
      ...http,
    },
    ...more,
  };
}

/** A `waf` record. */
export function wafRecord(at: number, url: string, waf: Fields): EveRecord {
  const http = { hostname: 'shop.example.com', http_method: 'GET', url, status: 403 };
  return {
    ...envelope('waf', at, { service: 'http' }),
    http,
    waf: { reference: `r${at}`, rule_id: 942100, category: 'sqli', score: 5, action: 'deny', ...waf },
  };
}

/** A `dns` record: a question, or the answer to it with its result. */
export function dnsRecord(at: number, name: string, rrtype = 'A', rcode?: string): EveRecord {
  const asked = { from: HOST, to: '10.0.0.1', port: 53, proto: 'UDP', service: 'dns' };
  const record = envelope('dns', at, asked);
  const dns = { type: rcode === undefined ? 'request' : 'response', queries: [{ rrname: name, rrtype }] };
  if (rcode === undefined) return { ...record, dns };
  return { ...record, src_ip: record.dest_ip, dest_ip: record.src_ip, dns: { ...dns, rcode } };
}

/** A `fileinfo` record of what a host of ours fetched. */
export function fileRecord(at: number, hostname: string, mimetype: string): EveRecord {
  return {
    ...envelope('fileinfo', at, { from: SERVER, to: HOST, service: 'http' }),
    http: { hostname, url: '/setup.exe', http_method: 'GET', status: 200 },
    fileinfo: { filename: '/setup.exe', mimetype, size: 9216, state: 'CLOSED' },
  };
}

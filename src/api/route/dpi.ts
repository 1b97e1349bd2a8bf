import { type BufferEntry, ControlError, type SystemStatus } from '../../control/index.ts';
import { countOf, nameOf, objectOf, timeOf, timeText } from '../../event/index.ts';
import { parseAddress } from '../../net/index.ts';
import type { Backend } from '../backend.ts';
import { Problem } from '../problem.ts';
import {
  DpiBufferSchema,
  DpiCorrelatedSchema,
  DpiFlowsSchema,
  DpiQuery,
  DpiReplayParams,
  DpiReplaySchema,
  DpiStatusSchema,
} from '../schema/dpi.ts';
import type { Api } from '../server.ts';
import { choiceOf, rulesOf } from '../wanted-rules.ts';

const TAGS = ['dpi-dual'];
const MINUTE_US = 60e6;
/** Requests with at least this score are high threats. */
const HIGH_SCORE = 50;
const MOST_HIGH = 1000;
/** What is not known at level 1 is looked for by all rules. */
const FULL_PARANOIA = 4;
const NOTHING: Figures = {};

type Figures = Readonly<Record<string, unknown>>;

/** What SecuBox's dpi-dual serves, under its paths and with its names. */
export function dpiRoutes(api: Api, backend: Backend): void {
  const { weir } = backend;
  api.get(
    '/api/dpi/status',
    {
      config: { access: 'viewer' },
      schema: { summary: 'Both streams', tags: TAGS, response: { 200: DpiStatusSchema } },
    },
    async () => statusOf(backend, await weir.status()),
  );
  api.get(
    '/api/dpi/mitm/buffer',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'The buffer and its newest requests, secrets taken out',
        tags: TAGS,
        querystring: DpiQuery,
        response: { 200: DpiBufferSchema },
      },
    },
    async ({ query: { limit } }) => {
      const [figures, status, requests, high] = await Promise.all([
        weir.buffer(),
        weir.status(),
        weir.requests({}, limit),
        highThreats(weir),
      ]);
      const { copy, reader } = figures;
      const record = (list: readonly { readonly name: string; readonly count: number }[]) =>
        Object.fromEntries(list.map(({ name, count }) => [name, count]));
      return {
        timestamp: nowText(),
        entries: reader.ring.entries,
        max_size: countOf(figuresOf(status, 'proxy').bufferCapacity) ?? 0,
        requests_total: copy.taken,
        threats_detected: reader.threats,
        blocked_count: reader.blocked,
        high_threat_in_buffer: high,
        threat_distribution: record(reader.categories),
        top_hosts: record(reader.topHosts),
        analysis_enabled: Object.keys(reader.analyser).length > 0,
        replay_enabled: reader.alertReplay !== undefined,
        requests: requests.map(entryOf),
      };
    },
  );
  api.get(
    '/api/dpi/tap/flows',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'What the tap saw lately',
        tags: TAGS,
        querystring: DpiQuery,
        response: { 200: DpiFlowsSchema },
      },
    },
    async ({ query: { limit } }) => {
      const flows = recentFlows(backend);
      const { name, rxBytes, rxPackets } = tapOf(await weir.status());
      return {
        timestamp: nowText(),
        flows_1min: flows.lastMinute,
        tap_interface: name,
        rx_bytes: rxBytes,
        // A tap sends nothing.
        tx_bytes: 0,
        rx_packets: rxPackets,
        tx_packets: 0,
        protocols: flows.protocols,
        mode: 'passive_tap',
        flows: flows.records.slice(-limit).reverse().map(flowOf),
      };
    },
  );
  api.get(
    '/api/dpi/correlated',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Correlated threats, the newest first',
        tags: TAGS,
        querystring: DpiQuery,
        response: { 200: DpiCorrelatedSchema },
      },
    },
    async ({ query: { limit } }) => {
      const [{ correlations }, { total }] = await Promise.all([
        weir.correlations({}, limit),
        weir.correlationStatistics(),
      ]);
      return { timestamp: nowText(), total, correlations };
    },
  );
  api.post(
    '/api/dpi/replay/:ip',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Judge the stored requests of an address once more, by all rules',
        tags: TAGS,
        params: DpiReplayParams,
        response: { 200: DpiReplaySchema },
      },
    },
    async ({ params: { ip } }) => {
      if (parseAddress(ip) === undefined) {
        throw new Problem(400, 'The request is not understood', 'ip is an address');
      }
      const { crs, files } = await weir.rules();
      const rules = choiceOf(rulesOf({ crs, files, paranoia: FULL_PARANOIA }));
      const report = await weir.rejudge({ address: ip }, rules);
      const { judged, deniedBefore, deniedAfter } = report;
      return {
        success: true,
        message: `${judged} requests of ${ip} were judged again: ${deniedBefore} were denied, ${deniedAfter} would be`,
        replayed: judged,
        denied_before: deniedBefore,
        denied_after: deniedAfter,
      };
    },
  );
}

async function statusOf(backend: Backend, status: SystemStatus) {
  const { weir } = backend;
  const isRunning = (name: string): boolean =>
    status.processes.some((one) => one.name.split('-', 1)[0] === name && one.state === 'running');
  const hub = figuresOf(status, 'hub');
  const lan = objectOf(hub.lan);
  const correlation = objectOf(hub.correlation);
  const tap = tapOf(status);
  const [isMitm, isTap] = [isRunning('proxy'), isRunning('sensor')];
  const buffer = isMitm ? await unlessOff(weir.buffer()) : undefined;
  const picture = lan === undefined ? undefined : await unlessOff(weir.lan(0));
  return {
    enabled: status.state === 'running',
    mode: isMitm ? (isTap ? 'dual' : 'mitm-only') : isTap ? 'tap-only' : 'off',
    correlation_enabled: correlation !== undefined,
    mitm_stream: {
      running: isMitm,
      buffer_entries: buffer?.reader.ring.entries ?? 0,
      threats_detected: buffer?.reader.threats ?? 0,
      blocked_count: buffer?.reader.blocked ?? 0,
    },
    tap_stream: {
      running: isTap,
      interface: tap.name,
      interface_up: tap.isWorking,
      rx_bytes: tap.rxBytes,
      tx_bytes: 0,
      flows_1min: recentFlows(backend).lastMinute,
      collector_running: isRunning('hub'),
    },
    correlation: {
      running: correlation !== undefined,
      threats_correlated: countOf(objectOf(correlation?.correlations)?.total) ?? 0,
    },
    lan_passive: {
      enabled: lan !== undefined,
      running: lan !== undefined && isTap,
      interface: lan === undefined ? '' : tap.name,
      active_clients: countOf(lan?.clients) ?? 0,
      unique_destinations: picture?.destinations.length ?? 0,
      detected_protocols: picture?.protocols.filter(({ name }) => name !== 'Unknown').length ?? 0,
    },
  };
}

/** What is switched off tells nothing. */
async function unlessOff<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ControlError && error.code === 'off') return undefined;
    throw error;
  }
}

async function highThreats(weir: Backend['weir']): Promise<number> {
  return (await weir.requests({ minimalScore: HIGH_SCORE }, MOST_HIGH)).length;
}

function figuresOf({ statistics }: SystemStatus, name: string): Figures {
  return objectOf(statistics[name]) ?? NOTHING;
}

function tapOf(status: SystemStatus) {
  const sensor = figuresOf(status, 'sensor');
  const capture = objectOf(sensor.capture);
  return {
    name: sensor.live === true ? (nameOf(sensor.source) ?? '') : '',
    isWorking: sensor.live === true && sensor.working === true,
    rxBytes: countOf(capture?.bytes) ?? 0,
    rxPackets: countOf(capture?.packets) ?? countOf(sensor.packets) ?? 0,
  };
}

/** The last flows that are in memory, the oldest first, and those of the minute before the newest of them. */
function recentFlows({ feed }: Backend) {
  const records = feed.after(0).records.flatMap(({ type, record }) => (type === 'flow' ? [record] : []));
  // Live the newest is of now; of captures it says what time it is.
  const latestUs = Math.max(0, ...records.map(({ timestamp }) => timeOf(timestamp) ?? 0));
  const isStale = latestUs < 1000 * Date.now() - 10 * MINUTE_US && latestUs > 0;
  const sinceUs = (isStale ? latestUs : 1000 * Date.now()) - MINUTE_US;
  const last = records.filter(({ timestamp }) => (timeOf(timestamp) ?? 0) >= sinceUs);
  const protocols: Record<string, number> = {};
  for (const record of last) {
    const name = protocolOf(record);
    protocols[name] = (protocols[name] ?? 0) + 1;
  }
  return { records, lastMinute: last.length, protocols };
}

function protocolOf(record: Figures): string {
  return nameOf(objectOf(record.app)?.protocol) ?? nameOf(record.app_proto) ?? 'Unknown';
}

function flowOf(record: Figures) {
  const flow = objectOf(record.flow);
  return {
    timestamp: nameOf(record.timestamp) ?? '',
    local_ip: nameOf(record.src_ip) ?? '',
    local_port: countOf(record.src_port) ?? 0,
    other_ip: nameOf(record.dest_ip) ?? '',
    other_port: countOf(record.dest_port) ?? 0,
    ip_protocol: nameOf(record.proto) ?? '',
    detected_protocol: protocolOf(record),
    detected_app: nameOf(objectOf(record.app)?.application) ?? '',
    bytes: (countOf(flow?.bytes_toserver) ?? 0) + (countOf(flow?.bytes_toclient) ?? 0),
  };
}

/** A stored request with SecuBox's names. */
function entryOf(entry: BufferEntry) {
  const { response } = entry;
  const query = Map.groupBy(entry.query, ([name]) => shown(name));
  const headers = Map.groupBy(entry.headers, ([name]) => shown(name));
  return {
    ts: timeText(entry.timeUs),
    req_hash: entry.reference,
    method: shown(entry.method),
    host: shown(entry.host),
    port: entry.port,
    path: shown(entry.path),
    query_params: Object.fromEntries(
      [...query].map(([name, pairs]) => [name, pairs.map(([, value]) => shown(value))]),
    ),
    headers: Object.fromEntries(
      [...headers].map(([name, pairs]) => [name, pairs.map(([, value]) => shown(value)).join(', ')]),
    ),
    content_hash: entry.body.hash,
    content_preview: shown(entry.body.preview),
    content_length: entry.body.bytes,
    client_ip: entry.client.address,
    user_agent: shown(entry.userAgent),
    analyzed: entry.analysed,
    threat_score: entry.score,
    threat_categories: entry.categories,
    blocked: entry.blocked,
    ...(response === undefined
      ? {}
      : {
          response: {
            status: response.status,
            content_length: response.bytes,
            content_type: shown(response.type),
            latency_ms: response.latencyMs,
          },
        }),
  };
}

/** Text of a request is binary: UTF-8 where it is that. */
function shown(binary: string): string {
  return /[\x80-\xff]/.test(binary) ? Buffer.from(binary, 'latin1').toString('utf8') : binary;
}

function nowText(): string {
  return `${new Date().toISOString().slice(0, 19)}+00:00`;
}

import { hash } from 'node:crypto';

/**
 * Records as text that a person can review: a block per flow, and in it only what a record does not share with its
 * flow. Nothing is left out: what is not as the flow says is written.
 */

type EveRecord = Record<string, unknown>;

/** Members of a record that its flow has too, when they are equal. */
const SHARED = ['flow_id', 'proto', 'ip_v', 'community_id', 'vlan', 'pkt_src', 'app_proto'];
const SIDES = ['src_ip', 'src_port', 'dest_ip', 'dest_port'];
/** A value with as much text as this is written once; where it comes again stands a reference to it. */
const LONG = 40;

/** EVE lines in the order of their flows' beginnings; times in seconds since the first. */
export function readableEve(lines: readonly string[]): string[] {
  const records = lines.map((line) => JSON.parse(line) as EveRecord);
  const byFlow = Map.groupBy(records, (record) => record.flow_id);
  const start = (group: readonly EveRecord[]): number => startOf(group) ?? Number.POSITIVE_INFINITY;
  const groups = [...byFlow.values()].sort((a, b) => start(a) - start(b));
  const text = new EveText(Math.min(...groups.map(start)));
  return groups.flatMap((group) => text.block(group));
}

class EveText {
  /** Microseconds since 1970 that count as zero. */
  private readonly origin: number;
  private readonly written = new Set<string>();

  constructor(origin: number) {
    this.origin = origin;
  }

  /** The lines of a flow. */
  block(group: readonly EveRecord[]): string[] {
    const flow = group.find((record) => record.event_type === 'flow') ?? {};
    const others = group.filter((record) => record !== flow);
    const { event_type: _, src_ip, src_port, dest_ip, dest_port, proto, ...rest } = flow;
    const ends = [src_ip, src_port, '->', dest_ip, dest_port].filter((part) => part !== undefined).join(' ');
    return [
      `${proto} ${ends} ${this.members(rest)}`,
      ...others.map((record) => `  ${this.record(record, flow)}`),
    ];
  }

  private record(record: EveRecord, flow: EveRecord): string {
    const { event_type, timestamp, pcap_cnt, ...rest } = record;
    const left: EveRecord = { ...rest };
    for (const name of SHARED) {
      if (JSON.stringify(left[name]) === JSON.stringify(flow[name])) delete left[name];
    }
    if (left.pkt_src === 'wire/pcap') delete left.pkt_src;
    const arrow = sides(left, flow);
    if (arrow !== '') for (const name of SIDES) delete left[name];
    return `${event_type}${arrow} ${this.seconds(timestamp)} #${pcap_cnt} ${this.members(left)}`;
  }

  private members(record: EveRecord): string {
    return JSON.stringify(
      Object.fromEntries(Object.entries(record).map(([name, value]) => [name, this.value(value)])),
    );
  }

  /** A value with times of the capture (not those of certificates) relative to its beginning, at any depth. */
  private value(value: unknown): unknown {
    if (typeof value === 'string') return isTime(value) ? this.seconds(value) : value;
    if (typeof value !== 'object' || value === null) return value;
    const text = JSON.stringify(value);
    if (text.length >= LONG && !text.includes('+0000"')) {
      if (this.written.has(text)) return `@${hash('sha256', text).slice(0, 8)}`;
      this.written.add(text);
    }
    if (Array.isArray(value)) return value.map((item) => this.value(item));
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.value(item)]));
  }

  private seconds(time: unknown): string {
    return ((microseconds(time) - this.origin) / 1e6).toFixed(6);
  }
}

/** `>` where source and destination are the flow's, `<` where they are exchanged, else nothing. */
function sides(record: EveRecord, flow: EveRecord): string {
  const are = (names: readonly string[]): boolean =>
    SIDES.every((name, i) => record[name] === flow[names[i] ?? '']);
  if (are(SIDES)) return '>';
  return are(['dest_ip', 'dest_port', 'src_ip', 'src_port']) ? '<' : '';
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000$/.test(text);
}

function startOf(group: readonly EveRecord[]): number | undefined {
  const flow = group.find((record) => record.event_type === 'flow')?.flow as { start?: unknown } | undefined;
  return flow === undefined ? undefined : microseconds(flow.start);
}

function microseconds(time: unknown): number {
  const text = String(time);
  return Date.parse(`${text.slice(0, 19)}Z`) * 1000 + Number(text.slice(20, 26));
}

/** A Zeek log without the lines that tell of the wall clock; rows sorted, since their order is that of flow ends. */
export function readableZeek(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '' && !/^#(open|close)\t/.test(line));
  const head = lines.filter((line) => line.startsWith('#') && /^#(path|fields|types)\t/.test(line));
  return [...head, ...lines.filter((line) => !line.startsWith('#')).sort()];
}

/** A summary as JSON without what depends on the machine or on how the captures were given. */
export function readableSummary(text: string): string[] {
  const {
    seconds: _,
    files: _files,
    bytesRead: _read,
    paths: _paths,
    ...rest
  } = JSON.parse(text) as EveRecord;
  return Object.entries(rest).flatMap(([name, value]) =>
    Array.isArray(value)
      ? [name, ...value.map((item) => `  ${JSON.stringify(item)}`)]
      : [`${name} ${JSON.stringify(value)}`],
  );
}

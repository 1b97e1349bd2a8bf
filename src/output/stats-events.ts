import { formatTime } from '../event/index.ts';

/** Without losses a record goes out so often. */
const PLAIN_MS = 60_000;

const DECODER = [
  'pkts',
  'bytes',
  'invalid',
  'ipv4',
  'ipv6',
  'ethernet',
  'arp',
  'tcp',
  'udp',
  'sctp',
  'icmpv4',
  'icmpv6',
  'vlan',
] as const;

/** What of the packet ring on disk is told; its writer's statistics have it. */
export interface RingFigures {
  readonly files: number;
  readonly bytes: number;
  readonly packets: number;
  readonly unwritten: number;
  readonly removed: number;
  /** Why nothing can be written at present. */
  readonly problem: string | undefined;
}

/** How the sensor keeps up. */
export interface LoadFigures {
  /** 0: every flow is inspected; at a level n one new flow in 2^n, at the top none but those of critical zones. */
  readonly level: number;
  /** The highest level so far, and how often it changed. */
  readonly peak: number;
  readonly changes: number;
  /** Flows whose beginning was not inspected because of load. */
  readonly sampledOut: number;
}

/** What a record of statistics is made of: numbers since the start. */
export interface SensorFigures {
  /** Packets that the kernel had for us, those that it dropped included, and those. */
  readonly packets: number;
  readonly dropped: number;
  /** What was decoded; the decoder's counters are it. */
  readonly counters: { get(name: (typeof DECODER)[number]): number };
  readonly flows: { readonly total: number; readonly active: number };
  /**
   * Flows that were inspected; looks at flows that no longer were; anomalies that led to one; flows that were found to
   * speak another protocol. The engine's counters are it.
   */
  readonly inspection: {
    readonly inspected: number;
    readonly reinspected: number;
    readonly putBack: number;
    readonly protocolChanges: number;
  };
  /** Undefined where packets wait for us, as those of captures do. */
  readonly load?: LoadFigures | undefined;
  readonly records: { readonly written: number; readonly dropped: number };
  readonly ring: RingFigures | undefined;
}

/**
 * Makes the `stats` records of a sensor (docs/records.md): one for each second in which packets or records were lost
 * or the level of load changed, else one a minute. Times are milliseconds since 1970.
 */
export class StatsEvents {
  private readonly startMs: number;
  private lastMs: number;
  private packets = 0;
  private dropped = 0;
  private recordsDropped = 0;
  private unwritten = 0;
  private paused = false;
  private load = { changes: 0, sampledOut: 0 };

  constructor(startMs: number) {
    this.startMs = startMs;
    this.lastMs = startMs;
  }

  /** The line of the record that is due, without its end; undefined when none is. To be called once a second. */
  take(nowMs: number, figures: SensorFigures): string | undefined {
    const { packets, dropped, records, ring, load } = figures;
    const unwritten = ring?.unwritten ?? 0;
    const paused = ring?.problem !== undefined;
    const lost =
      dropped > this.dropped || records.dropped > this.recordsDropped || unwritten > this.unwritten;
    const moved = load !== undefined && load.changes !== this.load.changes;
    if (!lost && !moved && paused === this.paused && Math.abs(nowMs - this.lastMs) < PLAIN_MS)
      return undefined;
    const line = JSON.stringify({
      timestamp: formatTime(nowMs * 1000),
      event_type: 'stats',
      stats: {
        uptime: Math.max(0, Math.floor((nowMs - this.startMs) / 1000)),
        capture: {
          kernel_packets: packets,
          kernel_packets_delta: packets - this.packets,
          kernel_drops: dropped,
          kernel_drops_delta: dropped - this.dropped,
        },
        decoder: Object.fromEntries(DECODER.map((name) => [name, figures.counters.get(name)])),
        flow: figures.flows,
        inspection: inspectionOf(figures.inspection),
        ...(load === undefined ? {} : { load: loadOf(load, load.sampledOut - this.load.sampledOut) }),
        records: {
          written: records.written,
          dropped: records.dropped,
          dropped_delta: records.dropped - this.recordsDropped,
        },
        ...(ring === undefined ? {} : { packet_ring: ringOf(ring, unwritten - this.unwritten) }),
      },
    });
    this.lastMs = nowMs;
    this.packets = packets;
    this.dropped = dropped;
    this.recordsDropped = records.dropped;
    this.unwritten = unwritten;
    this.paused = paused;
    if (load !== undefined) this.load = load;
    return line;
  }
}

function inspectionOf(figures: SensorFigures['inspection']) {
  const { inspected, reinspected, putBack, protocolChanges } = figures;
  return { flows: inspected, again: reinspected, put_back: putBack, protocol_changes: protocolChanges };
}

function loadOf({ level, peak, changes, sampledOut }: LoadFigures, delta: number) {
  return { level, peak, changes, sampled_out: sampledOut, sampled_out_delta: delta };
}

function ringOf({ files, bytes, packets, unwritten, removed, problem }: RingFigures, delta: number) {
  return {
    files,
    bytes,
    packets,
    unwritten,
    unwritten_delta: delta,
    removed,
    paused: problem !== undefined,
    ...(problem === undefined ? {} : { problem }),
  };
}

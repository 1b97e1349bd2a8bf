import { formatTime } from '../../output/time.ts';
import type { RingStatistics } from '../../tap/capture/disk-ring/index.ts';
import type { Sensor } from '../../tap/sensor.ts';

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
] as const satisfies readonly Parameters<Sensor['decoder']['counters']['get']>[0][];

/** What a record of statistics is made of: numbers since the start. */
export interface SensorFigures {
  /** Packets that the kernel had for us, those that it dropped included, and those. */
  readonly packets: number;
  readonly dropped: number;
  readonly counters: Sensor['decoder']['counters'];
  readonly flows: { readonly total: number; readonly active: number };
  readonly records: { readonly written: number; readonly dropped: number };
  readonly ring: RingStatistics | undefined;
}

/**
 * Makes the `stats` records of a sensor (docs/records.md): one for each second in which packets or records were lost,
 * else one a minute. Times are milliseconds since 1970.
 */
export class StatsEvents {
  private readonly startMs: number;
  private lastMs: number;
  private packets = 0;
  private dropped = 0;
  private recordsDropped = 0;
  private unwritten = 0;
  private paused = false;

  constructor(startMs: number) {
    this.startMs = startMs;
    this.lastMs = startMs;
  }

  /** The line of the record that is due, without its end; undefined when none is. To be called once a second. */
  take(nowMs: number, figures: SensorFigures): string | undefined {
    const { packets, dropped, records, ring } = figures;
    const unwritten = ring?.unwritten ?? 0;
    const paused = ring?.problem !== undefined;
    const lost =
      dropped > this.dropped || records.dropped > this.recordsDropped || unwritten > this.unwritten;
    if (!lost && paused === this.paused && Math.abs(nowMs - this.lastMs) < PLAIN_MS) return undefined;
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
    return line;
  }
}

function ringOf({ files, bytes, packets, unwritten, removed, problem }: RingStatistics, delta: number) {
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

import type { EveRecord } from '../event/index.ts';

/** What a flow record of a test says; the rest is filled in. */
export interface FlowShape {
  readonly from: string;
  readonly to: string;
  readonly fromMac?: string;
  readonly toMac?: string;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly packets?: readonly [up: number, down: number];
  readonly bytes?: readonly [up: number, down: number];
  readonly protocol?: string;
  readonly name?: string;
  readonly port?: number;
  readonly id?: number;
}

/** The time at which tests begin. */
export const START_MS = Date.UTC(2026, 2, 1, 12);

/** Milliseconds since 1970 as records have times. */
export function stamp(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000+0000');
}

/** What a record of the progress of a flow says besides: what passed since `sinceMs`. */
export interface ProgressShape extends FlowShape {
  readonly id: number;
  readonly sinceMs?: number;
  readonly newPackets: readonly [up: number, down: number];
  readonly newBytes: readonly [up: number, down: number];
}

/** A record of the progress of a flow, as the sensor of `weir up` tells it; counters of the shape are since its start. */
export function progressRecord(shape: ProgressShape): EveRecord {
  const { flow, ...rest } = flowRecord(shape);
  const { start, end, ...total } = flow as Readonly<Record<string, unknown>>;
  const { id, sinceMs = shape.startMs ?? START_MS, newPackets, newBytes } = shape;
  return {
    ...rest,
    event_type: 'flow_progress',
    flow_id: id,
    flow_progress: {
      pkts_toserver: newPackets[0],
      pkts_toclient: newPackets[1],
      bytes_toserver: newBytes[0],
      bytes_toclient: newBytes[1],
      since: stamp(sinceMs),
      total,
      start,
      end,
    },
  };
}

/** A flow record as `weir read --eve` writes it, of the fields that the view reads. */
export function flowRecord(shape: FlowShape): EveRecord {
  const {
    from,
    to,
    startMs = START_MS,
    endMs = startMs + 1000,
    packets = [2, 2],
    bytes = [100, 200],
  } = shape;
  return {
    timestamp: stamp(endMs),
    event_type: 'flow',
    ...(shape.id === undefined ? {} : { flow_id: shape.id }),
    src_ip: from,
    src_port: 40_000,
    dest_ip: to,
    dest_port: shape.port ?? 443,
    proto: 'TCP',
    app: {
      protocol: shape.protocol ?? 'TLS',
      application: '',
      ...(shape.name === undefined ? {} : { name: shape.name }),
    },
    flow: {
      pkts_toserver: packets[0],
      pkts_toclient: packets[1],
      bytes_toserver: bytes[0],
      bytes_toclient: bytes[1],
      start: stamp(startMs),
      end: stamp(endMs),
    },
    ether: {
      src_macs: shape.fromMac === undefined ? [] : [shape.fromMac],
      dest_macs: shape.toMac === undefined ? [] : [shape.toMac],
    },
  };
}

import type { EveRecord } from './record.ts';

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
}

/** The time at which tests begin. */
export const START_MS = Date.UTC(2026, 2, 1, 12);

/** Milliseconds since 1970 as records have times. */
export function stamp(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000+0000');
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

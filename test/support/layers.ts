import { formatAddress } from '../../src/net/index.ts';
import type { Batch } from '../../src/tap/capture/batch.ts';
import {
  DECODER_EVENTS,
  Decoder,
  type DecoderCounters,
  type DecoderOptions,
  type Packet,
} from '../../src/tap/packet/index.ts';

/** One layer as it was given out, in plain values. */
export interface SeenLayer {
  readonly frame: number;
  readonly layer: number;
  /** `protocol source port destination port`, or `none` for what is not IP. */
  readonly text: string;
  readonly packet: Readonly<Omit<Packet, 'bytes' | 'tunnels' | 'event' | 'withoutTransport'>>;
  readonly payload: string;
  readonly tunnels: readonly string[];
  readonly vlans: readonly number[];
  /** Names of events without `decoder.`. */
  readonly events: readonly string[];
}

/** Decodes a batch and keeps all that was given out. */
export function decodeAll(
  batches: readonly Batch[],
  options?: DecoderOptions,
): { layers: SeenLayer[]; counters: DecoderCounters } {
  const layers: SeenLayer[] = [];
  const decoder = new Decoder({ packet: (packet) => layers.push(seen(packet)) }, options);
  let number = 0;
  for (const batch of batches) {
    for (let i = batch.first; i < batch.end; i++) decoder.decode(batch, i, ++number);
  }
  decoder.end();
  return { layers, counters: decoder.counters };
}

function seen(packet: Packet): SeenLayer {
  const { ipVersion: v, src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = packet;
  const { bytes, tunnels, event, ...fields } = packet;
  const source = `${formatAddress(v, src0, src1, src2, src3)} ${packet.srcPort}`;
  const destination = `${formatAddress(v, dst0, dst1, dst2, dst3)} ${packet.dstPort}`;
  return {
    frame: packet.number,
    layer: packet.layer,
    text: v === 0 ? 'none' : `${packet.protocol} ${source} ${destination}`,
    packet: fields,
    payload: Buffer.from(bytes.subarray(packet.payloadStart, packet.payloadEnd)).toString('latin1'),
    tunnels: tunnels.slice(0, packet.depth).map((tunnel) => tunnel.kind),
    vlans: [packet.vlan0, packet.vlan1, packet.vlan2].slice(0, packet.vlans),
    events: Array.from(event.subarray(0, packet.events), (number) =>
      DECODER_EVENTS[number]!.name.replace('decoder.', ''),
    ),
  };
}

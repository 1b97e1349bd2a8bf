import { DECODER_EVENTS } from './events.ts';

/** What is counted per frame and per layer; names as in Suricata's `stats.decoder`, where it has them. */
export const COUNTER_NAMES = [
  'pkts',
  'bytes',
  'invalid',
  'ipv4',
  'ipv6',
  'ethernet',
  'arp',
  'unknown_ethertype',
  'chdlc',
  'raw',
  'null',
  'sll',
  'sll2',
  'tcp',
  'udp',
  'sctp',
  'esp',
  'icmpv4',
  'icmpv6',
  'igmp',
  'ppp',
  'pppoe',
  'geneve',
  'gre',
  'vlan',
  'vlan_qinq',
  'vlan_qinqinq',
  'vxlan',
  'vntag',
  'etag',
  'ieee8021ah',
  'teredo',
  'ipv4_in_ipv4',
  'ipv6_in_ipv4',
  'ipv4_in_ipv6',
  'ipv6_in_ipv6',
  'mpls',
  'erspan',
  'nsh',
  'too_many_layers',
  'wlan',
  'wlan_encrypted',
  'nflog',
  'gtp_u',
  'ayiya',
  'capwap',
  'macsec',
  'dce',
  'unknown_linktype',
  'ipv4_fragments',
  'ipv6_fragments',
  'ipv4_reassembled',
  'ipv6_reassembled',
  'fragment_timeouts',
  'fragment_evictions',
  'checksum_checked',
  'checksum_wrong',
] as const;

/** Name of a counter. */
export type CounterName = (typeof COUNTER_NAMES)[number];

/** Index of each counter in {@link DecoderCounters.layers}. */
export const COUNTER = Object.fromEntries(COUNTER_NAMES.map((name, index) => [name, index])) as Readonly<
  Record<CounterName, number>
>;

/** What a decoder has seen. One per decoder; several are added up with {@link DecoderCounters.add}. */
export class DecoderCounters {
  /** By {@link COUNTER}. */
  readonly layers: Float64Array = new Float64Array(COUNTER_NAMES.length);
  /** By event number. */
  readonly events: Float64Array = new Float64Array(DECODER_EVENTS.length);

  /** One counter by its name. */
  get(name: CounterName): number {
    return this.layers[COUNTER[name]] ?? 0;
  }

  /** Adds another decoder's counts to these. */
  add(other: DecoderCounters): void {
    for (let i = 0; i < this.layers.length; i++) this.layers[i]! += other.layers[i]!;
    for (let i = 0; i < this.events.length; i++) this.events[i]! += other.events[i]!;
  }

  /** Counts of the events that occurred, by name. */
  eventCounts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (let i = 0; i < this.events.length; i++) {
      const count = this.events[i]!;
      if (count > 0) counts[DECODER_EVENTS[i]!.name] = count;
    }
    return counts;
  }

  /** Counts of the layers that occurred, by name. */
  layerCounts(): Partial<Record<CounterName, number>> {
    const counts: Partial<Record<CounterName, number>> = {};
    for (const [index, name] of COUNTER_NAMES.entries()) {
      const count = this.layers[index]!;
      if (count > 0) counts[name] = count;
    }
    return counts;
  }
}

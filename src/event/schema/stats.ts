import Type from 'typebox';
import { beginning } from './envelope.ts';
import { count, flag, OWN, object, text } from './field.ts';
import { record } from './record.ts';

const capture = object(
  {
    kernel_packets: count('Packets that matched the filter, those that were dropped included.'),
    kernel_packets_delta: count('The same since the record before.'),
    kernel_drops: count('Packets that the kernel dropped because the ring in memory was full.'),
    kernel_drops_delta: count('The same since the record before: more than 0 tells of a loss.'),
  },
  'What the kernel counted on the interface.',
);

const decoder = object(
  {
    pkts: count('Packets that were decoded.'),
    bytes: count('Their bytes.'),
    invalid: count('Packets that were malformed.'),
    ipv4: count('IPv4 headers.'),
    ipv6: count('IPv6 headers.'),
    ethernet: count('Ethernet headers.'),
    arp: count('ARP packets.'),
    tcp: count('TCP segments.'),
    udp: count('UDP datagrams.'),
    sctp: count('SCTP packets.'),
    icmpv4: count('ICMP messages.'),
    icmpv6: count('ICMPv6 messages.'),
    vlan: count('VLAN tags.'),
  },
  'What was decoded; packets within tunnels count as well.',
);

const flow = object(
  { total: count('Flows so far.'), active: count('Flows that are alive.') },
  'Flows of the sensor.',
);

const inspection = object(
  {
    flows: count('Flows whose content was inspected from their beginning.'),
    again: count('Times that a flow whose inspection was over was looked at again.'),
    put_back: count('Times that an anomaly was the reason for that.'),
    protocol_changes: count('Flows that were found to speak another protocol than they did.'),
  },
  'Inspection of flows by the sensor.',
  OWN,
);

const load = object(
  {
    level: count(
      'How much is left out: 0 for nothing; at 1 to 6 one new flow in 2, 4, 8 ... 64 is inspected, at 7 none. Flows of the networks in `capture.critical` are always inspected.',
      { maximum: 7 },
    ),
    peak: count('The highest level so far.', { maximum: 7 }),
    changes: count('How often the level changed.'),
    sampled_out: count('Flows that were not inspected from their beginning on because of load.'),
    sampled_out_delta: count('The same since the record before.'),
  },
  'How the sensor keeps up: the level rises while the ring in memory is more than half full or packets are dropped, and falls slowly.',
  OWN,
);

const records = object(
  {
    written: count(
      'Records that were handed to the bus, those that were dropped included; with `weir read`, those that were written.',
    ),
    dropped: count('Records that found no room on the bus.'),
    dropped_delta: count('The same since the record before.'),
  },
  'Records of the sensor.',
  OWN,
);

const packetRing = object(
  {
    files: count('Files, those of earlier runs included.'),
    bytes: count('Their bytes.'),
    packets: count('Packets that were written.'),
    unwritten: count('Packets that could not be written, as on a full disk.'),
    unwritten_delta: count('The same since the record before.'),
    removed: count('Files that made room for others, or were too old.'),
    paused: flag('True while nothing can be written.'),
    problem: Type.Optional(text('Why nothing can be written; while it pauses.')),
  },
  'The packet ring on disk (`capture.ring` in `weir.yaml`); where there is one.',
  OWN,
);

/** How the sensor is doing. */
export const stats = record(
  'stats',
  'How the sensor of `weir up`, or `weir read --interface`, is doing on an interface: one for each second in which packets or records were lost, the level of load changed, or the packet ring on disk paused or went on; else one a minute. Numbers are since the start of the sensor, those that end in `_delta` since the record before.',
  {
    ...beginning('stats'),
    stats: object(
      {
        uptime: count('Seconds since the start.'),
        capture,
        decoder,
        flow,
        inspection,
        load: Type.Optional(load),
        records,
        packet_ring: Type.Optional(packetRing),
      },
      'The numbers.',
    ),
  },
);

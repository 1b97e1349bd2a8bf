import Type from 'typebox';
import { count, list, port, text, time, word } from './field.ts';

/** What every record has. */
export function beginning<const T extends string>(eventType: T) {
  return {
    timestamp: time('Time of the packet that the record stems from; of a flow, of its last packet. UTC.'),
    event_type: Type.Literal(eventType, { description: 'Type of the record.' }),
  };
}

/** The packet that a record stems from. */
export const packetFields = {
  pcap_cnt: Type.Optional(
    count(
      "Number of the packet in the capture sequence, from 1; absent where no packet but a flow's end led to the record.",
      {
        minimum: 1,
      },
    ),
  ),
  pkt_src: word(
    ['wire/pcap', 'stream (flow timeout)'],
    'Whether a packet or the end of its flow led to the record.',
  ),
};

const flow_id = count('Identity of the flow within the run: equal in all records of one flow. Below 2^53.', {
  minimum: 1,
});
const community_id = text('Community id, version 1: equal in all tools that saw the same flow.', {
  pattern: '^1:[0-9A-Za-z+/]{27}=$',
});
const vlan = list(
  count('A tag.', { maximum: 4095 }),
  'VLAN tags, the outermost first; when the packets have any.',
);

const src_ip = text('Address of the sender; of a flow, of its client. IPv6 with all its digits.');
const src_port = port('Port of the sender; for TCP, UDP and SCTP.');
const dest_ip = text('Address of the receiver; of a flow, of its server. IPv6 with all its digits.');
const dest_port = port('Port of the receiver; for TCP, UDP and SCTP.');
const proto = text('IP protocol by name (`TCP`, `UDP`, `IPv6-ICMP`); three digits where it has none.');
const ip_v = Type.Union([Type.Literal(4), Type.Literal(6)], { description: 'IP version.' });

/** Application protocol of the flow. */
export const appProto = text(
  "Application protocol of the flow in Suricata's names; `failed` where detection gave up; absent where nothing was tried.",
);

/** Both ends of a record of a flow. */
export const endFields = {
  src_ip,
  src_port: Type.Optional(src_port),
  dest_ip,
  dest_port: Type.Optional(dest_port),
  proto,
};

/** Both ends of a packet that may be of no flow, or not IP at all. */
export const looseEndFields = {
  src_ip: Type.Optional(src_ip),
  src_port: Type.Optional(src_port),
  dest_ip: Type.Optional(dest_ip),
  dest_port: Type.Optional(dest_port),
  proto: Type.Optional(proto),
  ip_v: Type.Optional(ip_v),
};

/** What joins the records of one flow. */
export const flowFields = { flow_id, community_id };

/** The same where there may be no flow. */
export const looseFlowFields = {
  flow_id: Type.Optional(flow_id),
  vlan: Type.Optional(vlan),
  community_id: Type.Optional(community_id),
};

/** VLAN tags and IP version, which `netflow` does without. */
export const networkFields = { vlan: Type.Optional(vlan), ip_v };

/** Number of the transaction that a record is of. */
export const transactionNumber = Type.Optional(
  count('Index of the transaction in its flow, from 0; absent where the protocol has none.'),
);

/** ICMP type and code, for ICMP and ICMPv6. */
export const icmpFields = {
  icmp_type: Type.Optional(count('ICMP type of the first packet; for ICMP and ICMPv6.', { maximum: 255 })),
  icmp_code: Type.Optional(count('ICMP code of the first packet; for ICMP and ICMPv6.', { maximum: 255 })),
};

/** The envelope of what a protocol parser finds: all members beside the protocol's own object. */
export function envelope<const T extends string>(eventType: T) {
  return {
    ...beginning(eventType),
    ...packetFields,
    ...flowFields,
    ...networkFields,
    ...endFields,
    tx_id: transactionNumber,
    app_proto: Type.Optional(appProto),
  };
}

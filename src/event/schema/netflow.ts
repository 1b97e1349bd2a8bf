import Type from 'typebox';
import { appProto, beginning, endFields, flowFields, icmpFields } from './envelope.ts';
import { count, list, object, text, time } from './field.ts';
import { record } from './record.ts';
import { flagDigits, flagFields } from './tcp.ts';

const netflowObject = object(
  {
    pkts: count('Packets of this direction.'),
    bytes: count('Bytes of this direction, frames with all their headers.'),
    start: time("Time of the flow's first packet."),
    end: time("Time of the flow's last packet."),
    age: count('Seconds from first to last packet of the flow, by the seconds of both times.'),
    min_ttl: count('Lowest TTL or hop limit of this direction.', { maximum: 255 }),
    max_ttl: count('Highest TTL or hop limit of this direction.', { maximum: 255 }),
    tx_cnt: count('Transactions of the flow.'),
  },
  'Counters of one direction.',
);

const tcpObject = object(
  { tcp_flags: flagDigits('TCP flags of this direction, in hexadecimal.'), ...flagFields },
  "TCP's part; for TCP.",
);

const etherObject = object(
  {
    dest_macs: list(text('A MAC address.'), 'MAC addresses that packets of this direction went to.'),
    src_macs: list(text('A MAC address.'), 'MAC addresses that they came from.'),
  },
  'Link layer; where it has MAC addresses.',
);

/** One direction of a flow. */
export const netflow = record(
  'netflow',
  'One direction of a flow at its end; written only where asked for (`--eve-types netflow`). A silent side has none.',
  {
    ...beginning('netflow'),
    ...flowFields,
    ...endFields,
    ...icmpFields,
    app_proto: Type.Optional(appProto),
    netflow: netflowObject,
    tcp: Type.Optional(tcpObject),
    ether: Type.Optional(etherObject),
  },
);

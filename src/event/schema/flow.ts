import Type from 'typebox';
import { TCP_STATES } from '../packed-flow.ts';
import { appProto, beginning, endFields, flowFields, icmpFields, networkFields } from './envelope.ts';
import { count, flag, list, mark, OWN, object, port, text, time, word } from './field.ts';
import { record } from './record.ts';
import { flagDigits, flagFields } from './tcp.ts';

const flowObject = object(
  {
    pkts_toserver: count('Packets to the server.'),
    pkts_toclient: count('Packets to the client.'),
    bytes_toserver: count(
      'Bytes to the server, frames with all their headers; in a tunnel, of the inner layer.',
    ),
    bytes_toclient: count('Bytes to the client, counted likewise.'),
    start: time('Time of the first packet.'),
    end: time('Time of the last packet.'),
    age: count('Seconds from first to last packet, by the seconds of both times.'),
    state: word(['new', 'established', 'closed', 'bypassed'], 'State at the end.'),
    reason: word(
      ['timeout', 'shutdown', 'forced', 'tcp_reuse'],
      'Why it ended: silence, end of the captures, no room in the flow table, or a new connection on its ports.',
    ),
    alerted: flag('Whether a rule raised an alert; weir has no rules yet: always false.'),
    truncated: Type.Optional(
      mark(
        'Packets of the flow were cut by the length limit of the capture (snaplen): content is missing.',
        OWN,
      ),
    ),
    sampled_out: Type.Optional(
      mark(
        'The sensor was under load: the content of the flow was not inspected from its beginning on, and may not have been at all. Its counters are exact.',
        OWN,
      ),
    ),
    tx_cnt: count('Transactions: records that the parsers wrote of it.'),
  },
  'Counters and life of the flow.',
);

/** What application a flow carries; `flow_progress` has most of these, too. */
export const applicationFields = {
  protocol: text("Protocol in nDPI's names (`TLS`, `DNS`); `Unknown` when nothing recognised it."),
  application: text("Application in nDPI's names (`Google`, `Netflix`); empty when none is known."),
  category: text("Category in nDPI's names (`Web`, `Network`)."),
  confidence: word(
    ['parser', 'host', 'address', 'port', 'signature', 'ndpi', 'unknown'],
    'What decided: a parser, a host name, an address, a port, a signature, nDPI, or nothing.',
  ),
  risks: list(text('A risk by name.'), "What is questionable about the flow, in nDPI's names of risks.", {
    minItems: 0,
  }),
  name: Type.Optional(
    text("Server's name as the client gave it, as its certificate has it or as DNS answered it; when known."),
  ),
};

const applicationObject = object(applicationFields, 'What application the flow carries.', OWN);

const tcpObject = object(
  {
    tcp_flags: flagDigits('All TCP flags that were seen, in hexadecimal.'),
    tcp_flags_ts: flagDigits('Flags of packets to the server.'),
    tcp_flags_tc: flagDigits('Flags of packets to the client.'),
    ...flagFields,
    state: word(TCP_STATES, 'State of the session at the end.'),
    ts_gap: Type.Optional(mark('Data to the server is missing from the capture.')),
    tc_gap: Type.Optional(mark('Data to the client is missing from the capture.')),
    rtt_server_us: Type.Optional(
      count('Round trip to the server in the handshake, in microseconds; when both packets were seen.', OWN),
    ),
    rtt_client_us: Type.Optional(
      count('Round trip to the client in the handshake, in microseconds; when both packets were seen.', OWN),
    ),
    retransmissions_ts: Type.Optional(
      count('Retransmitted segments to the server; when there are any in either direction.', OWN),
    ),
    retransmissions_tc: Type.Optional(count('Retransmitted segments to the client; likewise.', OWN)),
    out_of_order_ts: Type.Optional(
      count(
        'Segments to the server that came ahead of bytes in front of them; when there are any in either direction.',
        OWN,
      ),
    ),
    out_of_order_tc: Type.Optional(count('Segments to the client that came ahead; likewise.', OWN)),
    zero_windows_ts: Type.Optional(
      count('Packets to the server with a window of zero; when there are any in either direction.', OWN),
    ),
    zero_windows_tc: Type.Optional(count('Packets to the client with a window of zero; likewise.', OWN)),
    missed_bytes_ts: Type.Optional(
      count(
        'Bytes to the server that are missing from the capture; when there are any in either direction.',
        OWN,
      ),
    ),
    missed_bytes_tc: Type.Optional(
      count('Bytes to the client that are missing from the capture; likewise.', OWN),
    ),
  },
  "TCP's part; for TCP.",
);

/** The link layer of a flow. */
export const etherObject = object(
  {
    dest_macs: list(text('A MAC address.'), 'MAC addresses that packets from the client went to.'),
    src_macs: list(text('A MAC address.'), 'MAC addresses that packets from the client came from.'),
  },
  'Link layer; where it has MAC addresses.',
);

const tunnelFields = {
  kind: text('Kind of tunnel (`gre`, `vxlan`, `ip-in-ip`).', OWN),
  id: Type.Integer({
    description:
      'Number that tells tunnels of the same ends apart (network, session, endpoint); 0 where it has none.',
    ...OWN,
  }),
  src_ip: text("Address of the end of the tunnel that sent the flow's first packet."),
  src_port: port('Port of that end; 0 where the tunnel has no ports.'),
  dest_ip: text('Address of the other end.'),
  dest_port: port('Port of the other end; 0 where the tunnel has no ports.'),
  proto: text('IP protocol that carries the tunnel, by name.'),
};

const tunnelObject = object(
  {
    ...tunnelFields,
    depth: count('How many tunnels there are around the flow.', { minimum: 1 }),
    chain: list(object(tunnelFields, 'One tunnel.'), 'All of them, the outermost first.', OWN),
  },
  'The innermost tunnel around the flow; where there is one.',
);

/** A flow at its end. */
export const flow = record('flow', 'One flow at its end: who spoke with whom, how much, how and what.', {
  ...beginning('flow'),
  ...flowFields,
  ...networkFields,
  ...endFields,
  ...icmpFields,
  response_icmp_type: Type.Optional(
    count('ICMP type of the answer; for ICMP and ICMPv6, when there is one.', { maximum: 255 }),
  ),
  response_icmp_code: Type.Optional(
    count('ICMP code of the answer; for ICMP and ICMPv6, when there is one.', { maximum: 255 }),
  ),
  app_proto: Type.Optional(appProto),
  app_proto_ts: Type.Optional(text('Protocol that the client speaks, where the server speaks another one.')),
  app_proto_tc: Type.Optional(text('Protocol that the server speaks, where the client speaks another one.')),
  app_proto_orig: Type.Optional(
    text('Protocol before a change (STARTTLS, CONNECT, Upgrade), when there was one.'),
  ),
  app: applicationObject,
  flow: flowObject,
  tcp: Type.Optional(tcpObject),
  ether: Type.Optional(etherObject),
  tunnel: Type.Optional(tunnelObject),
});

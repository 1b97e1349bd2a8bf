import Type from 'typebox';
import { appProto, beginning, endFields, flowFields, networkFields } from './envelope.ts';
import { count, OWN, object, time, word } from './field.ts';
import { applicationFields, etherObject } from './flow.ts';
import { record } from './record.ts';

const counters = {
  pkts_toserver: count('Packets to the server.'),
  pkts_toclient: count('Packets to the client.'),
  bytes_toserver: count(
    'Bytes to the server, frames with all their headers; in a tunnel, of the inner layer.',
  ),
  bytes_toclient: count('Bytes to the client, counted likewise.'),
};

const { risks, ...others } = applicationFields;
const application = { ...others, risks: Type.Optional(risks) };

/** A flow that is open. */
export const flowProgress = record(
  'flow_progress',
  'A flow that is open, told by `weir up` about a second after it began, when its connection closes, and once in each interval (`capture.progress` in `weir.yaml`) in which it had packets. The `flow` record at its end has the whole flow, what was told before included. Written to an EVE file only where asked for (`outputs.eve.progress`); not kept in the history.',
  {
    ...beginning('flow_progress'),
    ...flowFields,
    ...networkFields,
    ...endFields,
    app_proto: Type.Optional(appProto),
    app: object(application, 'What application the flow carries, as far as it is known by now.'),
    flow_progress: object(
      {
        ...counters,
        since: time(
          'Time of the last packet that was told before; in the first record of a flow, of its first packet.',
        ),
        total: object(counters, 'The same since the flow began.'),
        start: time('Time of the first packet.'),
        end: time('Time of the last packet.'),
        age: count('Seconds from first to last packet, by the seconds of both times.'),
        state: word(['new', 'established', 'closed', 'bypassed'], 'State by now.'),
        rtt_server_us: Type.Optional(count('As in `flow`: round trip to the server in the handshake.')),
        rtt_client_us: Type.Optional(count('As in `flow`: round trip to the client in the handshake.')),
      },
      'What passed since the record before, and since the flow began.',
    ),
    ether: Type.Optional(etherObject),
  },
  OWN,
);

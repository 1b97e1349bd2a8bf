import Type from 'typebox';
import { beginning, looseEndFields, looseFlowFields, packetFields, transactionNumber } from './envelope.ts';
import { count, object, text, word } from './field.ts';
import { record } from './record.ts';

const anomalyObject = object(
  {
    app_proto: Type.Optional(
      text("Application protocol in Suricata's names; for `applayer`, when it is known."),
    ),
    type: word(
      ['decode', 'stream', 'applayer'],
      "Where it lies: in a packet's headers, in a TCP stream, in an application protocol.",
    ),
    event: text("What it is, in Suricata's names of events (`decoder.ipv4.trunc_pkt`, `INVALID_REPLY`)."),
    layer: Type.Optional(
      word(['proto_parser', 'proto_detect'], 'Who noticed it: a parser or detection; for `applayer`.'),
    ),
  },
  'What is wrong.',
);

/** Something that should not be in the traffic. */
export const anomaly = record(
  'anomaly',
  'Something that should not be in the traffic. Of a packet that belongs to no flow only its own addresses are told, of one that is not IP only its EtherType.',
  {
    ...beginning('anomaly'),
    ...packetFields,
    ...looseFlowFields,
    ...looseEndFields,
    tx_id: transactionNumber,
    ether: Type.Optional(
      object(
        { ether_type: count('EtherType.', { maximum: 0xffff }) },
        'Link layer; for a packet that is not IP.',
      ),
    ),
    anomaly: anomalyObject,
  },
);

import Type from 'typebox';

const optionalNumber = Type.Optional(Type.Number());

/** A flow that has ended. Texts are empty where nothing is known. */
export const FlowSchema = Type.Object(
  {
    timeUs: Type.Number({ description: 'Time of its last packet, microseconds since 1970.' }),
    flowId: optionalNumber,
    source: Type.String(),
    sourcePort: optionalNumber,
    destination: Type.String(),
    destinationPort: optionalNumber,
    transport: Type.String({ description: 'TCP, UDP, ICMP, ...' }),
    communityId: Type.String(),
    protocol: Type.String(),
    application: Type.String(),
    category: Type.String(),
    name: Type.String({ description: "The server's name." }),
    bytesToServer: Type.Number(),
    bytesToClient: Type.Number(),
    packetsToServer: Type.Number(),
    packetsToClient: Type.Number(),
    durationUs: optionalNumber,
    state: Type.String(),
  },
  { description: 'A flow: both directions of a five-tuple.' },
);

import Type from 'typebox';

const TRAFFIC = {
  flows: Type.Integer(),
  packetsUp: Type.Number(),
  packetsDown: Type.Number(),
  bytesUp: Type.Number(),
  bytesDown: Type.Number(),
};
const SPAN = { firstUs: Type.Number(), lastUs: Type.Number() };
const TrafficSchema = Type.Object(TRAFFIC);
const ShareSchema = Type.Object({ name: Type.String(), ...TRAFFIC });
const PEER = {
  address: Type.String(),
  names: Type.Array(Type.String()),
  ports: Type.Array(Type.String()),
  ...TRAFFIC,
  ...SPAN,
};

/** A device of the local network. */
export const LanClientSchema = Type.Object({
  id: Type.String(),
  mac: Type.Optional(Type.String()),
  behind: Type.Optional(Type.String({ description: 'Router that it is behind.' })),
  vendor: Type.Optional(Type.String()),
  randomised: Type.Boolean({ description: 'Its hardware address is made up.' }),
  router: Type.Boolean(),
  kind: Type.Optional(Type.String()),
  names: Type.Array(Type.Object({ name: Type.String(), source: Type.String(), lastUs: Type.Number() })),
  addresses: Type.Array(
    Type.Object({
      address: Type.String(),
      version: Type.Integer(),
      current: Type.Boolean(),
      ...SPAN,
    }),
  ),
  protocols: Type.Array(ShareSchema),
  applications: Type.Array(ShareSchema),
  destinations: Type.Array(Type.Object({ ...PEER, external: Type.Boolean() })),
  otherDestinations: TrafficSchema,
  ...TRAFFIC,
  ...SPAN,
});

/** Where devices of the local network go to. */
export const LanDestinationSchema = Type.Object({ ...PEER, clients: Type.Integer() });

/** What devices of the local network speak. */
export const LanProtocolSchema = Type.Object({ name: Type.String(), ...TRAFFIC, ...SPAN });

/** What was seen for the first time. */
export const FirstSeenSchema = Type.Object({
  number: Type.Integer({ description: 'Counts up.' }),
  timeUs: Type.Number(),
  kind: Type.Enum(['device', 'destination', 'protocol']),
  client: Type.String({ description: 'Identifier of the device.' }),
  value: Type.String(),
  name: Type.Optional(Type.String()),
});

/** The local network at a glance. */
export const LanSchema = Type.Object({
  networks: Type.Array(Type.String()),
  totals: Type.Object({
    all: TrafficSchema,
    local: TrafficSchema,
    forgotten: TrafficSchema,
    firstUs: Type.Optional(Type.Number()),
    lastUs: Type.Optional(Type.Number()),
  }),
  clients: Type.Integer({ description: 'How many there are.' }),
  destinations: Type.Integer(),
  protocols: Type.Integer(),
  applications: Type.Integer(),
  statistics: Type.Record(Type.String(), Type.Number()),
});

/** Most entries. */
export const LanQuery = Type.Object(
  { limit: Type.Integer({ default: 100, minimum: 1, maximum: 10_000 }) },
  { additionalProperties: false },
);

/** Most devices, and most entries of each one's lists. */
export const LanClientsQuery = Type.Object(
  { ...LanQuery.properties, top: Type.Integer({ default: 10, minimum: 0, maximum: 1000 }) },
  { additionalProperties: false },
);

/** Which of what was seen for the first time. */
export const FirstSeenQuery = Type.Object(
  {
    ...LanQuery.properties,
    kind: Type.Optional(Type.Enum(['device', 'destination', 'protocol'])),
    after: Type.Optional(Type.Integer({ minimum: 0, description: 'Only what came after this number.' })),
  },
  { additionalProperties: false },
);

/** Which device. */
export const LanClientParams = Type.Object({
  client: Type.String({ maxLength: 64, description: 'Its identifier, hardware address or an address.' }),
});

/** Devices, and how many there are. */
export const LanClientsSchema = Type.Object({ items: Type.Array(LanClientSchema), total: Type.Integer() });
/** Destinations, and how many there are. */
export const LanDestinationsSchema = Type.Object({
  items: Type.Array(LanDestinationSchema),
  total: Type.Integer(),
});
/** Protocols and applications. */
export const LanProtocolsSchema = Type.Object({
  protocols: Type.Array(LanProtocolSchema),
  applications: Type.Array(LanProtocolSchema),
});
/** What was seen for the first time, the latest first. */
export const LanEventsSchema = Type.Object({ items: Type.Array(FirstSeenSchema) });

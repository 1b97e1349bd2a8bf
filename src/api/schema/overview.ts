import Type from 'typebox';

const rate = (description: string) => Type.Number({ description: `${description} Per second.` });
const number = (description: string) => Type.Number({ description });
const text = (description: string) => Type.String({ description });

const named = Type.Object({
  name: Type.String(),
  flows: number('Flows that were first told of in the last minute.'),
  bytes: number('Bytes that were told of in the last minute.'),
});

const counted = Type.Object({ name: Type.String(), count: Type.Number() });

/** What the passive stream does. */
export const PassiveSchema = Type.Object({
  interface: text('Interface, or captures, that it reads.'),
  live: Type.Boolean({ description: 'Whether these are packets of now.' }),
  working: Type.Boolean({ description: 'Whether there are more packets to come.' }),
  mirror: Type.Boolean({ description: 'Whether the interface is a mirror that weir made.' }),
  packets: rate('Packets.'),
  bits: rate('Bits.'),
  flowsOpen: number('Flows that are open.'),
  flowsNew: rate('New flows.'),
  packetsTotal: number('Packets since the sensor began.'),
  bytesTotal: number('Bytes since the sensor began.'),
  flowsTotal: number('Flows since the sensor began.'),
  dropped: Type.Array(counted, { description: 'What was lost since the sensor began, by cause.' }),
  loadLevel: number('0: each flow is inspected; at a level n one new flow in 2^n.'),
});

/** What the active stream does. */
export const ActiveSchema = Type.Object({
  ways: Type.Array(Type.String(), { description: 'Where requests come in.' }),
  rules: text('Which rules judge.'),
  requests: rate('Requests.'),
  verdicts: Type.Array(Type.Object({ name: Type.String(), perSecond: Type.Number() }), {
    description: 'Requests per second by what was done with them.',
  }),
  requestsTotal: number('Requests since the proxy began.'),
  blockedTotal: number('Requests since the proxy began that did not pass.'),
  latency: Type.Optional(
    Type.Object(
      { p50Ms: Type.Number(), p99Ms: Type.Number() },
      { description: 'How long it took to judge the requests of the last minute; absent without any.' },
    ),
  ),
});

/** How the buffer of requests is. */
export const BufferLevelSchema = Type.Object({
  stored: number('Requests that it holds.'),
  capacity: number('Requests that it can hold.'),
  utilisation: number('The share of both, 0 to 1.'),
  analysed: number('Requests since the proxy began that were analysed.'),
  threats: number('Requests since the proxy began with a score above 30.'),
  lagMs: number('How long the oldest request waits that is not done.'),
  droppedTotal: number('Requests since the proxy began that found no room.'),
});

/** The figures of both streams that are seen at a glance. */
export const OverviewSchema = Type.Object(
  {
    timeUs: Type.Number({ description: 'Microseconds since 1970.' }),
    since: text('When weir began.'),
    state: Type.Enum(['starting', 'running', 'stopping']),
    passive: Type.Optional(PassiveSchema),
    active: Type.Optional(ActiveSchema),
    buffer: Type.Optional(BufferLevelSchema),
    correlation: Type.Optional(
      Type.Object({
        records: rate('Records that it looks at.'),
        events: rate('Correlations.'),
        eventsTotal: number('Correlations since the hub began.'),
        incidentsOpen: Type.Number(),
        threshold: number('Reputation from which an address is a threat.'),
        threats: number('Addresses, networks and JA4s whose reputation is beyond it; counted up to 1000.'),
      }),
    ),
    decisions: Type.Optional(
      Type.Object({
        mode: Type.Enum(['observe', 'enforce']),
        active: Type.Array(
          Type.Object({ type: Type.String(), enforced: Type.Number(), simulated: Type.Number() }),
          { description: 'Those in force, by type.' },
        ),
        refusedTotal: number('Since the responder began.'),
        failedTotal: number('Since the responder began.'),
      }),
    ),
    processes: Type.Array(
      Type.Object({
        name: Type.String(),
        state: Type.Enum(['starting', 'running', 'waiting', 'stopping', 'stopped']),
        residentBytes: Type.Number(),
        cpu: Type.Optional(number('Processors that it keeps busy: 1 is a whole one.')),
        restarts: Type.Integer(),
      }),
    ),
    queues: Type.Array(
      Type.Object({
        name: text('Who takes from it, and what.'),
        bytes: Type.Number(),
        limitBytes: Type.Number(),
        dropped: number('Records that found no room, since weir began.'),
      }),
    ),
    records: rate('Records of all kinds that the API saw.'),
    protocols: Type.Array(named, { description: 'Of the last minute, those with the most bytes first.' }),
    applications: Type.Array(named, { description: 'Of the last minute, those with the most bytes first.' }),
    wafCategories: Type.Array(counted, { description: 'Matches of the last minute.' }),
  },
  { description: 'Both streams at a glance.' },
);

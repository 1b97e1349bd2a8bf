import Type from 'typebox';

const optionalText = Type.Optional(Type.String());

/** A process of weir. */
export const ProcessSchema = Type.Object({
  name: Type.String(),
  state: Type.Enum(['starting', 'running', 'waiting', 'stopping', 'stopped']),
  pid: Type.Optional(Type.Integer()),
  since: optionalText,
  restarts: Type.Integer(),
  waitsMs: Type.Array(Type.Number()),
  lastEnd: Type.String(),
  residentBytes: Type.Number(),
  user: Type.String(),
});

/** How weir is; the numbers of each process are as it tells them. */
export const StatusSchema = Type.Object(
  {
    pid: Type.Integer(),
    since: Type.String(),
    state: Type.Enum(['starting', 'running', 'stopping']),
    configuration: optionalText,
    supervisorBytes: Type.Number(),
    processes: Type.Array(ProcessSchema),
    statistics: Type.Record(Type.String(), Type.Unknown()),
    bus: Type.Unknown(),
  },
  { description: 'Processes, packets, records, queues.' },
);

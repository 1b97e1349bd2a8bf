import Type from 'typebox';
import { CountSchema } from './addresses.ts';

const counts = Type.Array(CountSchema);

/** How buffer B is: copies of the last web requests, encrypted on disk. */
export const BufferSchema = Type.Object({
  copy: Type.Object({
    taken: Type.Integer(),
    stored: Type.Integer(),
    dropped: Type.Integer(),
    overflowed: Type.Integer(),
    lost: Type.Integer(),
    refused: Type.Integer(),
    pending: Type.Integer(),
    pendingBytes: Type.Number(),
    inFlight: Type.Integer(),
    lagMs: Type.Number(),
    isAlive: Type.Boolean(),
    restarts: Type.Integer(),
    hung: Type.Integer(),
    lastDeath: Type.String(),
    priorityProblem: Type.String(),
  }),
  reader: Type.Object({
    ring: Type.Object({
      entries: Type.Integer(),
      bytes: Type.Number(),
      segments: Type.Integer(),
      inMemory: Type.Integer(),
      memoryBytes: Type.Number(),
      displaced: Type.Integer(),
      expired: Type.Integer(),
      tooLarge: Type.Integer(),
      damaged: Type.Integer(),
      foreignSegments: Type.Integer(),
      damagedSegments: Type.Integer(),
      writeFailures: Type.Integer(),
      removeFailures: Type.Integer(),
      problem: Type.String(),
    }),
    unreadable: Type.Integer(),
    stored: Type.Integer(),
    analysed: Type.Integer(),
    analysisFailures: Type.Integer(),
    analysisProblem: Type.String(),
    modelProblem: Type.String(),
    threats: Type.Integer({ description: 'Scores above 30.' }),
    blocked: Type.Integer(),
    categories: counts,
    topHosts: counts,
    topClients: counts,
    oldestUs: Type.Number(),
    newestUs: Type.Number(),
    analyser: Type.Record(Type.String(), Type.Unknown()),
    alertReplay: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    forensicLog: Type.Optional(
      Type.Object({ lines: Type.Integer(), dropped: Type.Integer(), problem: Type.String() }),
    ),
    statusProblem: Type.String(),
  }),
});

/** What was removed. */
export const ErasedSchema = Type.Object({
  entries: Type.Integer(),
  isKeyReplaced: Type.Boolean({ description: 'What it was sealed with is gone too.' }),
});

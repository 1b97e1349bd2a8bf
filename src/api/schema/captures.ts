import Type from 'typebox';
import { TimeRangeQuery } from '../time-range.ts';

const optionalNumber = Type.Optional(Type.Number());

/** A file of packets. */
export const CaptureFileSchema = Type.Object({
  path: Type.String(),
  bytes: Type.Number(),
  format: Type.String({ description: 'pcap or pcapng; empty where it is no capture.' }),
  compression: Type.String({ description: 'gzip or zstd; empty where it is plain.' }),
  interfaces: Type.Array(Type.String()),
  firstUs: optionalNumber,
  lastUs: optionalNumber,
  packets: Type.Optional(Type.Integer({ description: 'Where the whole file was read.' })),
  cut: Type.Boolean({ description: 'It ends within a packet.' }),
});

/** What is wrong with files, or worth knowing. */
export const CaptureFindingSchema = Type.Object({
  kind: Type.String({ description: 'gap, overlap, cut, damaged, unreadable, ...' }),
  severity: Type.Enum(['error', 'warning', 'note']),
  path: Type.String(),
  message: Type.String(),
});

/** A process that captures. */
export const CaptureSensorSchema = Type.Object({
  name: Type.String(),
  source: Type.String({ description: 'Name of the interface, or the captures.' }),
  live: Type.Boolean(),
  working: Type.Boolean({ description: 'False when all captures are read.' }),
  packets: Type.Number(),
  dropped: Type.Number(),
  written: Type.Number({ description: 'Packets that went into the ring.' }),
  unwritten: Type.Number({ description: 'Packets that could not.' }),
  problem: Type.String({
    description: 'Why nothing is written to the ring at present; empty while all is well.',
  }),
});

/** Packets that are kept. */
export const CapturesSchema = Type.Object({
  kind: Type.Enum(['ring', 'captures', 'none'], {
    description: 'The ring of a live capture, captures that are read instead, or nothing.',
  }),
  advice: Type.String({ description: 'What would keep packets, where none are kept; else empty.' }),
  ring: Type.Optional(
    Type.Object({
      folder: Type.String(),
      folders: Type.Array(Type.String(), { description: 'One of each sensor.' }),
      sizeBytes: Type.Number({ description: 'Most bytes of each folder.' }),
      ageMs: Type.Number(),
      fileBytes: Type.Number(),
    }),
  ),
  fileCount: Type.Integer(),
  bytes: Type.Number(),
  firstUs: optionalNumber,
  lastUs: optionalNumber,
  files: Type.Array(CaptureFileSchema, { description: 'The newest, in the order of time.' }),
  findings: Type.Array(CaptureFindingSchema),
  sensors: Type.Array(CaptureSensorSchema),
});

/** How many files are named. */
export const CapturesQuery = Type.Object(
  { limit: Type.Integer({ default: 200, minimum: 1, maximum: 4096, description: 'Most files.' }) },
  { additionalProperties: false },
);

const limit = Type.Integer({
  default: 1_000_000,
  minimum: 1,
  maximum: 100_000_000,
  description: 'Most packets.',
});

/** Which packets. */
export const PacketsQuery = Type.Object(
  {
    filter: Type.Optional(
      Type.String({ maxLength: 2048, description: 'A pcap-filter expression, as of tcpdump.' }),
    ),
    ...TimeRangeQuery.properties,
    limit,
  },
  { additionalProperties: false },
);

/** How many packets of a flow. */
export const FlowPacketsQuery = Type.Object({ limit }, { additionalProperties: false });

import type { RecordSink } from '../event/index.ts';
import type { Admission } from './admission.ts';
import { Engine } from './engine.ts';
import type { EngineOptions } from './engine-options.ts';
import { FileTracker, type HashName } from './file/index.ts';
import type { OverlapPolicy } from './flow/overlap.ts';
import { DEFAULT_TIMEOUTS } from './flow/timeouts.ts';
import { NdpiVoice } from './protocol/ndpi/index.ts';
import { PROTOCOLS } from './protocol/registry.ts';

/** What a user decides of an engine. */
export interface EngineSettings {
  readonly sink: RecordSink;
  readonly seed: number;
  readonly maxFlows: number;
  readonly communitySeed: number;
  readonly overlapPolicy: OverlapPolicy;
  readonly streamMemory: number;
  /** Bytes of each direction of a TCP flow that are inspected; undefined: all. */
  readonly streamDepth?: number | undefined;
  readonly bodyBytes: number;
  readonly headerBytes: number;
  readonly midstream: boolean;
  readonly flowsOnly: boolean;
  /** Ask nDPI, where it is installed, about flows that nothing else recognises. */
  readonly ndpi: boolean;
  /** Flows that nDPI looks into at the same time; undefined: 65,536. */
  readonly ndpiFlows?: number | undefined;
  readonly hashes: readonly HashName[];
  readonly payload?: EngineOptions['payload'];
  /** See `EngineOptions`; undefined: flows are not looked at again. {@link REINSPECT_SECONDS} suits live traffic. */
  readonly reinspectSeconds?: number | undefined;
  readonly admission?: Admission | undefined;
  readonly progressUs?: EngineOptions['progressUs'];
}

/** When flows of live traffic are looked at again for the first time. */
export const REINSPECT_SECONDS = 30;

/** What is used where a user decides nothing; without a sink. */
export const DEFAULT_SETTINGS: Omit<EngineSettings, 'sink'> = {
  seed: 0,
  maxFlows: 2_000_000,
  communitySeed: 0,
  overlapPolicy: 'bsd',
  streamMemory: 64 << 20,
  bodyBytes: 4 << 20,
  headerBytes: 256 << 10,
  midstream: true,
  flowsOnly: false,
  ndpi: false,
  hashes: ['md5', 'sha1', 'sha256'],
};

/** Bytes that one direction of one flow may hold out of order. */
const STREAM_BYTES = 4 << 20;
const PENDING_TRANSACTIONS = 256;

/** An engine with every protocol of the registry. */
export async function createEngine(settings: EngineSettings): Promise<Engine> {
  return new Engine({
    protocols: PROTOCOLS,
    sink: settings.sink,
    files: new FileTracker({ hashes: settings.hashes }),
    maxFlows: settings.maxFlows,
    seed: settings.seed,
    communitySeed: settings.communitySeed,
    reassembly: {
      policy: settings.overlapPolicy,
      streamBytes: STREAM_BYTES,
      totalBytes: settings.streamMemory,
      // Who keeps conversations wants all of them.
      depthBytes: settings.payload === undefined ? settings.streamDepth : undefined,
    },
    limits: {
      bodyBytes: settings.bodyBytes,
      headerBytes: settings.headerBytes,
      pendingTransactions: PENDING_TRANSACTIONS,
    },
    timeouts: DEFAULT_TIMEOUTS,
    midstream: settings.midstream,
    inspect: !settings.flowsOnly || settings.payload !== undefined,
    ignoreChecksums: false,
    payload: settings.payload,
    reinspectSeconds: settings.reinspectSeconds ?? 0,
    admission: settings.admission,
    progressUs: settings.progressUs,
    voice:
      settings.ndpi && !settings.flowsOnly
        ? (words) => new NdpiVoice(words, { capacity: settings.ndpiFlows })
        : undefined,
  });
}

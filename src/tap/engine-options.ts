import type { RecordSink } from '../event/index.ts';
import type { Admission } from './admission.ts';
import type { FileTracker } from './file/index.ts';
import type { ReassemblyOptions } from './flow/reassembly.ts';
import type { FlowTables } from './flow/tables.ts';
import type { FlowTimeouts } from './flow/timeouts.ts';
import type { PayloadSink } from './host.ts';
import type { NdpiVoice } from './protocol/ndpi/index.ts';
import type { ParserLimits, Protocol } from './protocol/parser.ts';

/** What an engine is made of. */
export interface EngineOptions {
  readonly protocols: readonly Protocol[];
  readonly sink: RecordSink;
  readonly files: FileTracker;
  readonly maxFlows: number;
  readonly seed: number;
  readonly communitySeed: number;
  readonly reassembly: ReassemblyOptions;
  readonly limits: ParserLimits;
  readonly timeouts: FlowTimeouts;
  /** Inspect TCP flows whose beginning was not seen. */
  readonly midstream: boolean;
  /** Takes the payload of every flow, if somebody wants it; `flows` is the engine's own tables. */
  readonly payload?: ((tables: FlowTables) => PayloadSink) | undefined;
  /** Makes the second voice, which is asked about flows that nothing here recognises; undefined: there is none. */
  readonly voice?: ((words: Int32Array) => NdpiVoice) | undefined;
  /** False: flows and their counters only, no payload is looked at. */
  readonly inspect: boolean;
  /**
   * Seconds after which a flow that is no longer inspected is looked at again, if it still sends payload; the intervals
   * double. 0: never, as records of a capture must not depend on it.
   */
  readonly reinspectSeconds: number;
  /** Says which flows are inspected under load; undefined: all. */
  readonly admission?: Admission | undefined;
  /** Microseconds from one time that an open flow is told to the next; undefined: flows are told at their end only. */
  readonly progressUs?: number | undefined;
  /** False: a packet with a wrong checksum is counted but not inspected. */
  readonly ignoreChecksums: boolean;
}

import type { Transaction } from '../event/index.ts';
import type { Detector } from './detection.ts';
import type { Expectations } from './expectations.ts';
import type { ReassemblyPool } from './flow/reassembly.ts';
import type { FlowView } from './flow/view.ts';
import type { Inspection } from './inspection.ts';
import type { ResolvedNames } from './names.ts';
import type { Direction, FileSink, FileStart, ParserLimits, Protocol } from './protocol/parser.ts';
import type { Recogniser, Recognition } from './protocol/signatures/index.ts';

/** What the engine offers to the inspections of its flows. `w` is the first word of a flow's record. */
export interface InspectionHost {
  readonly pool: ReassemblyPool;
  readonly detector: Detector;
  readonly recogniser: Recogniser;
  readonly expectations: Expectations;
  readonly names: ResolvedNames;
  readonly limits: ParserLimits;
  readonly view: FlowView;
  /** Where all payload goes besides the parsers; undefined when nobody wants it. */
  readonly payload: PayloadSink | undefined;
  /** Microseconds since 1970 of the packet being handled. */
  readonly timeUs: number;
  transaction(w: number, transaction: Transaction, direction: Direction): void;
  applicationAnomaly(
    w: number,
    event: string,
    direction: Direction,
    protocol: string | undefined,
    transaction: number,
  ): void;
  /** Exchanges client and server of a flow. */
  reverse(w: number): void;
  /** State that all flows share, made on first use of its name. */
  shared<T>(name: string, make: () => T): T;
  streamAnomaly(w: number, event: string, direction: Direction): void;
  gap(w: number, direction: Direction, length: number): void;
  detected(w: number, protocol: Protocol): void;
  /** As `detected`, for a flow that had been given up. */
  detectedLate(w: number, protocol: Protocol): void;
  /** A flow was found to speak another protocol than it did: its name stays. */
  unexpected(w: number, protocol: Protocol, direction: Direction): void;
  /** An anomaly was seen of a flow from which nothing is wanted any more. */
  putBack(w: number): void;
  /** The protocol that was spoken is over, another one begins. */
  changing(w: number): void;
  /** One side speaks another protocol than the flow's. */
  mismatch(w: number, protocol: Protocol, direction: Direction): void;
  /** A signature has named what is spoken; it may be called again with a better name. */
  recognised(w: number, recognition: Recognition): void;
  failed(w: number): void;
  /** Zeek's names (joined by commas) of what the flow was confirmed to speak, or turned out not to. */
  addService(w: number, names: string): void;
  removeService(w: number, names: string): void;
  /** Not everything of the flow was analysed: a limit was reached. */
  historyLimit(w: number): void;
  released(w: number): void;
  /** As `released`, but the flow is inspected again from its next datagram on. */
  parked(w: number): void;
  /** EVE records of the flow so far. */
  emitted(w: number): number;
  serverName(w: number, name: string, source: 'sni' | 'host' | 'certificate' | 'query'): void;
  certificate(w: number, holder: readonly string[], issuer: readonly string[]): void;
  risk(w: number, name: string): void;
  openFile(inspection: Inspection, file: FileStart): FileSink;
}

/** Takes the payload of every flow: conversations, payload maps. `w` is the first word of the flow's record. */
export interface PayloadSink {
  /** Bytes in order; `origin` is where `bytes[start]` lies in the captures, or -1 (see flow/payload-map.ts). */
  payload(
    w: number,
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
    origin: number,
  ): void;
  missing(w: number, direction: Direction, length: number): void;
  /** The flow has ended; it is still in the table. */
  ended(w: number): void;
}

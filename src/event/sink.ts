import type { Anomaly, FlowProgress, FlowRecord, LoosePacket, Occasion } from './flow.ts';
import type { Transaction } from './transaction.ts';

/** Where the sensor puts what it finds. Implemented by the outputs; what it is given is valid during the call. */
export interface RecordSink {
  transaction(flow: FlowRecord, transaction: Transaction, at: Occasion): void;
  flow(flow: FlowRecord): void;
  /** An open flow goes on; only where progress is told, and only for those who want it. */
  progress?(flow: FlowRecord, progress: FlowProgress): void;
  /** `flow` is undefined for a packet that belongs to none. */
  anomaly(
    anomaly: Anomaly,
    at: Occasion,
    flow: FlowRecord | undefined,
    packet: LoosePacket | undefined,
  ): void;
}

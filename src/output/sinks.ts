import type {
  Anomaly,
  FlowProgress,
  FlowRecord,
  LoosePacket,
  Occasion,
  RecordSink,
  Transaction,
} from '../event/index.ts';

/**
 * Gives every record to each of several sinks, in their order: all outputs are fed from one pass. Which they are may change
 * while flows are alive.
 */
export class Sinks implements RecordSink {
  sinks: readonly RecordSink[];

  constructor(sinks: readonly RecordSink[]) {
    this.sinks = sinks;
  }

  transaction(flow: FlowRecord, transaction: Transaction, at: Occasion): void {
    for (const sink of this.sinks) sink.transaction(flow, transaction, at);
  }

  flow(flow: FlowRecord): void {
    for (const sink of this.sinks) sink.flow(flow);
  }

  progress(flow: FlowRecord, progress: FlowProgress): void {
    for (const sink of this.sinks) sink.progress?.(flow, progress);
  }

  anomaly(
    anomaly: Anomaly,
    at: Occasion,
    flow: FlowRecord | undefined,
    packet: LoosePacket | undefined,
  ): void {
    for (const sink of this.sinks) sink.anomaly(anomaly, at, flow, packet);
  }
}

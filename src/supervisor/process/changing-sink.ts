import type {
  Anomaly,
  FlowRecord,
  LoosePacket,
  Occasion,
  RecordSink,
  Transaction,
} from '../../event/index.ts';

/** Gives records to another sink, which may be changed while flows are alive. */
export class ChangingSink implements RecordSink {
  target: RecordSink;

  constructor(target: RecordSink) {
    this.target = target;
  }

  transaction(flow: FlowRecord, transaction: Transaction, at: Occasion): void {
    this.target.transaction(flow, transaction, at);
  }

  flow(flow: FlowRecord): void {
    this.target.flow(flow);
  }

  anomaly(
    anomaly: Anomaly,
    at: Occasion,
    flow: FlowRecord | undefined,
    packet: LoosePacket | undefined,
  ): void {
    this.target.anomaly(anomaly, at, flow, packet);
  }
}

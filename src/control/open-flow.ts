import type { FlowAnswer } from '../store/index.ts';
import { fields, list, maybe, number, type Shape, text } from './shape.ts';

/** A flow that is open: as one of the history, with the counters so far and the time of the last packet that was told. */
export interface OpenFlow extends FlowAnswer {
  /** First packet, microseconds since 1970. */
  readonly startUs: number;
  /** Bits per second of both directions between the last two times that it was told; 0 when that is long ago. */
  readonly bitsPerSecond: number;
}

/** Flows that are open, those that carry the most at the moment first. */
export interface OpenFlowList {
  readonly flows: readonly OpenFlow[];
  /** How many are as was asked for, whether listed or not. */
  readonly matching: number;
  /** How many open flows are known at all; and how many there was no room for, since the start. */
  readonly open: number;
  readonly turnedAway: number;
}

/** Fields of a flow, as they come from outside. */
export const FLOW_FIELDS = {
  timeUs: number,
  flowId: maybe(number),
  source: text,
  sourcePort: maybe(number),
  destination: text,
  destinationPort: maybe(number),
  transport: text,
  communityId: text,
  protocol: text,
  application: text,
  category: text,
  name: text,
  bytesToServer: number,
  bytesToClient: number,
  packetsToServer: number,
  packetsToClient: number,
  durationUs: maybe(number),
  state: text,
};

/** True for a list that came from outside. */
export const isOpenFlowList: Shape<OpenFlowList> = fields<OpenFlowList>({
  flows: list(fields<OpenFlow>({ ...FLOW_FIELDS, startUs: number, bitsPerSecond: number })),
  matching: number,
  open: number,
  turnedAway: number,
});

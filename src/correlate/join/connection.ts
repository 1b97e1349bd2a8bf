import { countOf, type EveRecord } from '../../event/index.ts';
import { FlowState } from './flow-side.ts';
import type { JoinBounds } from './options.ts';
import type { HeldRequest } from './request.ts';

/** Flows of one community id that are told apart: its ports come again. */
const MOST_FLOWS = 8;
/** Requests of one connection that wait for more; older ones are let go. */
const MOST_HELD = 64;

/** All that is held of one community id: its flows, and the requests that went over them. */
export class Connection {
  readonly id: string;
  flows: FlowState[] = [];
  /** Requests whose client's, or server's, side this is. */
  held: HeldRequest[] = [];
  /** Time of its latest record. */
  lastUs: number;
  slot = -1;
  bytes = 0;

  constructor(id: string, timeUs: number) {
    this.id = id;
    this.lastUs = timeUs;
  }

  /** Whether a further flow makes an older one go. */
  get isFull(): boolean {
    return this.flows.length >= MOST_FLOWS;
  }

  /** The flow that a passive record belongs to; undefined where that is not known. */
  flowOf(record: EveRecord, timeUs: number, slackUs: number): FlowState | undefined {
    const flowId = flowIdOf(record);
    for (const flow of this.flows) {
      if (flow.flowId !== flowId) continue;
      // Without a number only the time tells flows apart.
      if (flowId >= 0 || (timeUs >= flow.startUs - slackUs && !isOver(flow, timeUs, slackUs))) return flow;
    }
    return undefined;
  }

  /** Begins a flow with its first record. */
  open(record: EveRecord, timeUs: number): FlowState {
    if (this.isFull) this.flows.shift();
    const flow = new FlowState(this.id, flowIdOf(record), record, timeUs);
    this.flows.push(flow);
    return flow;
  }

  /** Adds a request; one that has to be let go for it, or undefined. */
  hold(request: HeldRequest): HeldRequest | undefined {
    this.held.push(request);
    return this.held.length > MOST_HELD ? this.held.shift() : undefined;
  }

  /** The flow that a request at this time went over; undefined where none fits. */
  flowAt(timeUs: number, bounds: JoinBounds): FlowState | undefined {
    let best: FlowState | undefined;
    for (const flow of this.flows) {
      if (fits(flow, timeUs, bounds) && (best === undefined || isBetter(flow, best, timeUs))) best = flow;
    }
    return best;
  }

  /** Until when more is waited for. */
  deadline({ waitUs, openUs }: JoinBounds): number {
    if (this.flows.length === 0) return this.lastUs + openUs;
    let endUs = this.lastUs;
    for (const flow of this.flows) {
      if (!flow.isEnded) return this.lastUs + openUs;
      if (flow.endUs > endUs) endUs = flow.endUs;
    }
    return endUs + waitUs;
  }
}

function flowIdOf(record: EveRecord): number {
  return countOf(record.flow_id) ?? -1;
}

function isOver(flow: FlowState, timeUs: number, slackUs: number): boolean {
  return flow.isEnded && timeUs > flow.endUs + slackUs;
}

function fits(flow: FlowState, timeUs: number, { slackUs, openUs }: JoinBounds): boolean {
  if (isOver(flow, timeUs, slackUs)) return false;
  // Its first packet may have been long before its first record.
  return timeUs >= flow.startUs - (flow.isStartKnown ? slackUs : openUs);
}

/** Whether a flow is a better one than another for this time; of two that fit, one always is. */
function isBetter(a: FlowState, b: FlowState, timeUs: number): boolean {
  const insideA = isInside(a, timeUs);
  if (insideA !== isInside(b, timeUs)) return insideA;
  return a.startUs === b.startUs ? a.flowId < b.flowId : a.startUs > b.startUs;
}

function isInside(flow: FlowState, timeUs: number): boolean {
  return timeUs >= flow.startUs && !isOver(flow, timeUs, 0);
}

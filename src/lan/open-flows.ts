import type { Flow } from './flow.ts';
import { addTraffic, isNothing, leastOf, noTraffic, rest, reversed, type Traffic } from './traffic.ts';

/** Something of a flow that is to be counted, and when it passed. Times in microseconds since 1970. */
export interface Part {
  readonly fromUs: number;
  readonly untilUs: number;
  readonly traffic: Readonly<Traffic>;
}

/** Under which names a flow was counted, and how much of it. */
export interface Counted {
  readonly protocol: string;
  readonly application: string;
  /** As the flow's source sees it. */
  readonly traffic: Readonly<Traffic>;
}

/** What is to be done about a record of a flow. */
export interface Due {
  /** What was not counted yet, the oldest first. */
  readonly parts: readonly Part[];
  /** What was counted before; undefined: nothing. */
  readonly before: Counted | undefined;
}

interface Entry extends Counted {
  readonly source: string;
  readonly sourcePort: number;
  readonly startUs: number;
  /** Last packet that was counted. */
  readonly untilUs: number;
}

/** Flows end after ten minutes of silence at most: what is silent for longer has ended, and its end was not told. */
const SILENT_US = 900e6;

/**
 * What was counted of flows that are open, by their number: each of their packets counts once, whether records of their
 * progress come, are lost or come twice. What a record says since the flow began decides; what it says since the record
 * before only tells when that passed.
 *
 * Of a flow that is not known here, all is counted; unless it may have been here before there was no more room for
 * it: then only what is certainly new, and the rest is put to `uncertain`.
 */
export class OpenFlows {
  /** Flows that had to go while they were open. */
  turnedAway = 0;
  /** What may have been counted before its flow had to go, and was not counted again. */
  readonly uncertain = noTraffic();
  private readonly limit: number;
  private readonly entries = new Map<number, Entry>();
  /** All that had to go had its last packet that was counted by then. */
  private goneUntilUs = Number.NEGATIVE_INFINITY;

  /** `limit`: the most flows that are kept. */
  constructor(limit: number) {
    this.limit = limit;
  }

  get size(): number {
    return this.entries.size;
  }

  /** What a record of a flow adds; the flow is taken to be counted so far. */
  take(flow: Flow): Due {
    const { id } = flow;
    if (id === undefined) return { parts: partsOf(flow, flow.traffic, flow.startUs), before: undefined };
    const held = this.entries.get(id);
    const known = held === undefined ? undefined : asSeen(held, flow);
    // The number may be that of another sensor's flow.
    if (held !== undefined && known === undefined) this.drop(id, held);
    const due = known === undefined ? this.unknown(flow) : continued(flow, known);
    if (flow.progress === undefined) this.entries.delete(id);
    else this.keep(id, flow);
    return due;
  }

  /** Time goes on: flows whose end was not told are dropped. */
  expire(nowUs: number): void {
    for (const [id, entry] of this.entries) {
      if (entry.untilUs >= nowUs - SILENT_US) break;
      this.drop(id, entry);
    }
  }

  private unknown(flow: Flow): Due {
    const { traffic, startUs, progress } = flow;
    const recent = progress?.traffic;
    // Where its sensor tells it for the first time, or it began behind all that went, it has not been here.
    const isFirst = recent !== undefined && packetsOf(recent) === packetsOf(traffic);
    if (isFirst || startUs > this.goneUntilUs) {
      return { parts: partsOf(flow, traffic, startUs), before: undefined };
    }
    // The flow itself counts where it was seen first.
    const sure = { ...(recent ?? noTraffic()), flows: 0 };
    addTraffic(this.uncertain, rest(traffic, sure));
    return { parts: partsOf(flow, sure, startUs), before: undefined };
  }

  private keep(id: number, flow: Flow): void {
    const { source, sourcePort, startUs, endUs: untilUs, traffic, protocol, application } = flow;
    // Behind all others: those that were told longest ago go first.
    this.entries.delete(id);
    if (this.entries.size >= this.limit) {
      const [oldest] = this.entries;
      if (oldest !== undefined) {
        this.turnedAway++;
        this.drop(...oldest);
      }
    }
    this.entries.set(id, { source, sourcePort, startUs, untilUs, traffic, protocol, application });
  }

  private drop(id: number, entry: Entry): void {
    this.entries.delete(id);
    this.goneUntilUs = Math.max(this.goneUntilUs, entry.untilUs);
  }
}

/** An entry with the counters as the flow's source sees them: sides may be exchanged. Undefined: of another flow. */
function asSeen(entry: Entry, flow: Flow): Entry | undefined {
  if (entry.startUs !== flow.startUs) return undefined;
  if (entry.source === flow.source && entry.sourcePort === flow.sourcePort) return entry;
  if (entry.source !== flow.destination || entry.sourcePort !== flow.destinationPort) return undefined;
  return { ...entry, traffic: reversed(entry.traffic) };
}

function continued(flow: Flow, before: Entry): Due {
  return { parts: partsOf(flow, rest(flow.traffic, before.traffic), before.untilUs), before };
}

/** What is to be counted, in two parts where records were lost: what passed since the last of them, and before. */
function partsOf(flow: Flow, traffic: Readonly<Traffic>, fromUs: number): Part[] {
  if (isNothing(traffic)) return [];
  const untilUs = flow.endUs;
  const { progress } = flow;
  if (progress === undefined) return [{ fromUs: Math.min(fromUs, untilUs), untilUs, traffic }];
  const { sinceUs } = progress;
  const recent = { ...leastOf(traffic, progress.traffic), flows: traffic.flows };
  const earlier = rest(traffic, recent);
  const last = { fromUs: sinceUs, untilUs, traffic: recent };
  return isNothing(earlier)
    ? [last]
    : [{ fromUs: Math.min(fromUs, sinceUs), untilUs: sinceUs, traffic: earlier }, last];
}

function packetsOf({ packetsUp, packetsDown }: Readonly<Traffic>): number {
  return packetsUp + packetsDown;
}

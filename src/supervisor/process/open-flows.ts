import { type OpenFlow, type OpenFlowList, QuestionError } from '../../control/index.ts';
import { type EveRecord, timeOf } from '../../lan/index.ts';
import { PrefixSet } from '../../net/index.ts';
import type { Selection } from '../../store/index.ts';

/** Flows that are kept at the same time. */
const MOST_FLOWS = 16_384;
/** Flows end after ten minutes of silence at most: the end of what is silent for longer was lost. */
const SILENT_US = 900e6;
/** Silent flows that are dropped with each record. */
const MOST_DROPPED = 4;
const LONGEST_TEXT = 255;

/** The flows that are open, by what was told of them last. */
export class OpenFlowTable {
  private readonly flows = new Map<number, OpenFlow>();
  private readonly limit: number;
  /** A flow that was told before that is silent. */
  private readonly staleUs: number;
  private nowUs = Number.NEGATIVE_INFINITY;
  /** Flows that had to go while they were open. */
  private turnedAway = 0;

  /** `progressMs`: how often flows are told. `limit`: the most flows that are kept. */
  constructor(progressMs: number, limit = MOST_FLOWS) {
    this.staleUs = (2 * progressMs + 2000) * 1000;
    this.limit = limit;
  }

  /** Open flows that are known. */
  get size(): number {
    return this.flows.size;
  }

  /** Bits per second that all of them carry, by what was told of each last. */
  bitsPerSecond(): number {
    let sum = 0;
    for (const flow of this.flows.values()) if (!this.isStale(flow)) sum += flow.bitsPerSecond;
    return sum;
  }

  /** Takes a record; those that are not of flows only move the time on. */
  take(record: EveRecord): void {
    const { event_type: type, flow_id: id } = record;
    this.nowUs = Math.max(this.nowUs, timeOf(record.timestamp) ?? Number.NEGATIVE_INFINITY);
    this.dropSilent();
    if (typeof id !== 'number') return;
    if (type === 'flow') this.flows.delete(id);
    if (type !== 'flow_progress') return;
    const flow = openFlowOf(record, id);
    if (flow === undefined) return;
    this.flows.delete(id);
    if (this.flows.size >= this.limit) {
      const [oldest] = this.flows.keys();
      if (oldest !== undefined) this.flows.delete(oldest);
      this.turnedAway++;
    }
    this.flows.set(id, flow);
  }

  /** The flows of a selection; throws a QuestionError where its address is none. */
  list(selection: Selection, limit: number): OpenFlowList {
    const matches = matcherOf(selection);
    const found: OpenFlow[] = [];
    for (const flow of this.flows.values()) {
      if (!matches(flow)) continue;
      found.push(this.isStale(flow) ? { ...flow, bitsPerSecond: 0 } : flow);
    }
    return {
      flows: found
        .toSorted((a, b) => b.bitsPerSecond - a.bitsPerSecond || bytesOf(b) - bytesOf(a))
        .slice(0, limit),
      matching: found.length,
      open: this.flows.size,
      turnedAway: this.turnedAway,
    };
  }

  private isStale({ timeUs }: OpenFlow): boolean {
    return timeUs < this.nowUs - this.staleUs;
  }

  private dropSilent(): void {
    let dropped = 0;
    for (const [id, { timeUs }] of this.flows) {
      if (timeUs >= this.nowUs - SILENT_US || dropped++ >= MOST_DROPPED) return;
      this.flows.delete(id);
    }
  }
}

function bytesOf({ bytesToServer, bytesToClient }: OpenFlow): number {
  return bytesToServer + bytesToClient;
}

function matcherOf(selection: Selection): (flow: OpenFlow) => boolean {
  const { sinceUs, untilUs, address, communityId, flowId } = selection;
  const protocol = selection.protocol?.toLowerCase();
  const application = selection.application?.toLowerCase();
  const prefix = address === undefined ? undefined : PrefixSet.parse([address]);
  if (prefix !== undefined && prefix.set === undefined) {
    throw new QuestionError(
      `'${address}' is no address and no prefix; examples: 192.0.2.7, 192.0.2.0/24, 2001:db8::/32`,
    );
  }
  return (flow) =>
    (sinceUs === undefined || flow.timeUs >= sinceUs) &&
    (untilUs === undefined || flow.timeUs < untilUs) &&
    (communityId === undefined || flow.communityId === communityId) &&
    (flowId === undefined || flow.flowId === flowId) &&
    (protocol === undefined || flow.protocol.toLowerCase() === protocol) &&
    (application === undefined || flow.application.toLowerCase() === application) &&
    (prefix?.set === undefined || prefix.set.hasText(flow.source) || prefix.set.hasText(flow.destination));
}

type Fields = { readonly [name: string]: unknown };

/** A record of the progress of a flow, as an answer has it; undefined where it is none. */
function openFlowOf(record: EveRecord, flowId: number): OpenFlow | undefined {
  const counters = fieldsOf(record.flow_progress);
  const total = fieldsOf(counters.total);
  const app = fieldsOf(record.app);
  const timeUs = timeOf(counters.end);
  const startUs = timeOf(counters.start);
  const sinceUs = timeOf(counters.since);
  if (timeUs === undefined || startUs === undefined || sinceUs === undefined) return undefined;
  // Of a moment no rate can be told: a second is taken at least.
  const seconds = Math.max(1, (timeUs - sinceUs) / 1e6);
  const bytes = numberOf(counters.bytes_toserver) + numberOf(counters.bytes_toclient);
  return {
    timeUs,
    flowId,
    source: textOf(record.src_ip),
    sourcePort: portOf(record.src_port),
    destination: textOf(record.dest_ip),
    destinationPort: portOf(record.dest_port),
    transport: textOf(record.proto),
    communityId: textOf(record.community_id),
    protocol: textOf(app.protocol),
    application: textOf(app.application),
    category: textOf(app.category),
    name: textOf(app.name),
    bytesToServer: numberOf(total.bytes_toserver),
    bytesToClient: numberOf(total.bytes_toclient),
    packetsToServer: numberOf(total.pkts_toserver),
    packetsToClient: numberOf(total.pkts_toclient),
    durationUs: timeUs - startUs,
    state: textOf(counters.state),
    startUs,
    bitsPerSecond: Math.round((bytes * 8) / seconds),
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, LONGEST_TEXT) : '';
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}

function portOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

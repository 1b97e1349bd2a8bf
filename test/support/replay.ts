import type { Direction, Parser, Protocol } from '../../src/tap/protocol/parser.ts';
import { readSegments, type Segment } from './capture-segments.ts';
import { RecordingContext } from './recording-context.ts';

const MAX_HELD = 2000;

/** A flow of a capture whose bytes one of the given protocols recognised. */
export interface ReplayedFlow {
  readonly first: Segment;
  readonly context: RecordingContext;
}

/**
 * Feeds the flows of a capture to parsers without the engine: a parser is made at the first segment that its
 * protocol's probe takes, so that what follows a STARTTLS is found too. Sequence numbers order a stream's segments.
 */
export function replay(file: string, protocols: readonly Protocol[]): ReplayedFlow[] {
  const flows = new Map<string, Flow>();
  const all: Flow[] = [];
  const shared = new Map<string, unknown>();
  for (const segment of readSegments(file)) {
    const source = `${segment.source} ${segment.sourcePort}`;
    const destination = `${segment.destination} ${segment.destinationPort}`;
    const there = `${segment.transport} ${source} ${destination}`;
    let direction: Direction = 0;
    let flow = flows.get(there);
    if (flow === undefined) {
      flow = flows.get(`${segment.transport} ${destination} ${source}`);
      direction = 1;
    }
    if (flow === undefined || (segment.syn && direction === 0 && flow.parser !== undefined)) {
      flow = new Flow(segment, protocols, shared);
      flows.set(there, flow);
      all.push(flow);
      direction = 0;
    }
    flow.segment(segment, direction);
  }
  for (const flow of all) flow.parser?.end?.();
  return all.filter((flow) => flow.parser !== undefined);
}

class Flow implements ReplayedFlow {
  readonly first: Segment;
  readonly context: RecordingContext;
  parser: Parser | undefined;
  private readonly protocols: readonly Protocol[];
  private readonly next: [number | undefined, number | undefined] = [undefined, undefined];
  private readonly held = [new Map<number, Segment>(), new Map<number, Segment>()] as const;

  constructor(first: Segment, protocols: readonly Protocol[], shared: Map<string, unknown>) {
    this.first = first;
    this.protocols = protocols.filter((protocol) => protocol.transports.includes(first.transport));
    this.context = new RecordingContext(first.transport);
    this.context.midstream = first.transport === 'tcp' && !first.syn;
    Object.assign(this.context, {
      shared: (name: string, make: () => unknown): unknown => {
        if (!shared.has(name)) shared.set(name, make());
        return shared.get(name);
      },
    });
  }

  segment(segment: Segment, direction: Direction): void {
    if (segment.transport === 'udp') {
      this.feed(segment.payload, direction, segment.timeUs);
      return;
    }
    if (segment.syn) {
      this.next[direction] = (segment.sequence + 1) >>> 0;
      return;
    }
    this.next[direction] ??= segment.sequence;
    const held = this.held[direction];
    if (segment.payload.length > 0 && held.size < MAX_HELD) held.set(segment.sequence, segment);
    while (this.deliver(held, direction));
  }

  /** Delivers one held segment that is due; false when none is. */
  private deliver(held: Map<number, Segment>, direction: Direction): boolean {
    for (const [sequence, segment] of held) {
      const known = ((this.next[direction] as number) - sequence) | 0;
      if (known < 0) continue;
      held.delete(sequence);
      if (known >= segment.payload.length) continue;
      this.next[direction] = (sequence + segment.payload.length) >>> 0;
      this.feed(segment.payload.subarray(known), direction, segment.timeUs);
      return true;
    }
    return false;
  }

  private feed(payload: Uint8Array, direction: Direction, timeUs: number): void {
    if (payload.length === 0) return;
    this.context.timeUs = timeUs;
    const ports = { client: this.first.sourcePort, server: this.first.destinationPort };
    this.parser ??= this.protocols
      .find((protocol) => protocol.probe(payload, 0, payload.length, direction, ports) === 'yes')
      ?.create(this.context);
    if (this.parser !== undefined) this.context.feed(this.parser, direction, payload);
  }
}

import { addressOf } from '../../event/index.ts';
import { TwoTierMap } from './two-tier-map.ts';
import { Wheel } from './wheel.ts';

/** A flow or a request that an address took part in. */
export interface Trace {
  readonly kind: 'flow' | 'request';
  /** Reference of the request; community id of the flow. */
  readonly id: string;
  /** Microseconds since 1970, first and last. */
  readonly fromUs: number;
  readonly untilUs: number;
  /** The other address, as its record has it. */
  readonly peer: string;
}

/** Something of which only the address is known, with what the address did around that time. */
export interface JoinedAddress {
  readonly id: string;
  readonly address: string;
  readonly timeUs: number;
  /** Latest ones within the window, at most 16 in all. */
  readonly flows: readonly Trace[];
  readonly requests: readonly Trace[];
}

interface Known {
  readonly traces: Trace[];
  readonly waiting: Waiting[];
}

interface Waiting {
  readonly id: string;
  readonly address: string;
  readonly timeUs: number;
  slot: number;
  matched: number;
}

/** Traces of an address that are remembered. */
const MOST_TRACES = 16;
const MOST_WAITING = 8;

/** What addresses did lately, for events that name no connection. */
export class AddressWindow {
  /** Events that waited, and found nothing at all. */
  unjoined = 0;
  private readonly windowUs: number;
  private readonly waitUs: number;
  private readonly known: TwoTierMap<Known>;
  private readonly wheel = new Wheel<Waiting>();
  private readonly updated: (joined: JoinedAddress) => void;

  /** `updated` is told when something was found later for an event that waits. */
  constructor(addresses: number, windowUs: number, waitUs: number, updated: (joined: JoinedAddress) => void) {
    this.windowUs = windowUs;
    this.waitUs = waitUs;
    this.updated = updated;
    this.known = new TwoTierMap(addresses, ({ waiting }) => {
      for (const one of waiting) this.release(one);
    });
  }

  get size(): number {
    return this.known.size;
  }

  /** Remembers what an address did. `recordAddress` is as the record has it. */
  note(recordAddress: string, trace: Trace): void {
    const address = keyOf(recordAddress);
    if (address === '') return;
    const known = this.knownOf(address);
    known.traces.push(trace);
    if (known.traces.length > MOST_TRACES) known.traces.shift();
    for (const one of known.waiting) {
      if (!isWithin(trace, one.timeUs, this.windowUs)) continue;
      one.matched++;
      this.updated(this.joined(one, known));
    }
  }

  /** What an address did around a time; what comes later within the wait is told as an update. */
  join(id: string, recordAddress: string, timeUs: number): JoinedAddress | undefined {
    const address = keyOf(recordAddress);
    if (address === '') return undefined;
    const known = this.knownOf(address);
    this.known.promote(address);
    const one: Waiting = { id, address, timeUs, slot: -1, matched: 0 };
    known.waiting.push(one);
    if (known.waiting.length > MOST_WAITING) this.release(known.waiting.shift()!);
    this.wheel.put(one, timeUs + this.windowUs + this.waitUs);
    const joined = this.joined(one, known);
    one.matched = joined.flows.length + joined.requests.length;
    return joined;
  }

  /** Ends the wait of what is due. */
  advance(nowUs: number): void {
    this.wheel.due(nowUs, (one) => {
      const waiting = this.known.get(one.address)?.waiting;
      const at = waiting?.indexOf(one) ?? -1;
      if (at >= 0) waiting?.splice(at, 1);
      this.release(one);
    });
  }

  private release(one: Waiting): void {
    this.wheel.delete(one);
    if (one.matched === 0) this.unjoined++;
  }

  private knownOf(address: string): Known {
    let known = this.known.get(address);
    if (known === undefined) {
      known = { traces: [], waiting: [] };
      this.known.add(address, known);
    }
    return known;
  }

  private joined({ id, address, timeUs }: Waiting, { traces }: Known): JoinedAddress {
    const within = traces.filter((trace) => isWithin(trace, timeUs, this.windowUs));
    return {
      id,
      address,
      timeUs,
      flows: within.filter(({ kind }) => kind === 'flow'),
      requests: within.filter(({ kind }) => kind === 'request'),
    };
  }
}

function isWithin({ fromUs, untilUs }: Trace, timeUs: number, windowUs: number): boolean {
  return fromUs <= timeUs + windowUs && untilUs >= timeUs - windowUs;
}

/** IPv4 is written in one way only: it need not be read. */
function keyOf(address: string): string {
  return address.includes(':') ? (addressOf(address) ?? '') : address.slice(0, 15);
}

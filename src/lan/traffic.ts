import { BoundedMap, type Budget } from './bounded-map.ts';

/** Counters of a client's flows, seen from the client: up is what it sends. Bytes are of whole frames. */
export interface Traffic {
  flows: number;
  packetsUp: number;
  packetsDown: number;
  bytesUp: number;
  bytesDown: number;
}

/** Traffic under a name, and when there was some. Times in microseconds since 1970. */
export interface NamedTraffic extends Traffic {
  firstUs: number;
  lastUs: number;
}

/** No traffic yet. */
export function noTraffic(): Traffic {
  return { flows: 0, packetsUp: 0, packetsDown: 0, bytesUp: 0, bytesDown: 0 };
}

/** Adds the counters of one to another. */
export function addTraffic(to: Traffic, what: Readonly<Traffic>): void {
  to.flows += what.flows;
  to.packetsUp += what.packetsUp;
  to.packetsDown += what.packetsDown;
  to.bytesUp += what.bytesUp;
  to.bytesDown += what.bytesDown;
}

/** Adds the counters and widens the span of time. */
export function addNamedTraffic(to: NamedTraffic, what: Readonly<NamedTraffic>): void {
  addTraffic(to, what);
  to.firstUs = Math.min(to.firstUs, what.firstUs);
  to.lastUs = Math.max(to.lastUs, what.lastUs);
}

/** The same seen from the other end. */
export function reversed(traffic: Readonly<Traffic>): Traffic {
  return {
    flows: traffic.flows,
    packetsUp: traffic.packetsDown,
    packetsDown: traffic.packetsUp,
    bytesUp: traffic.bytesDown,
    bytesDown: traffic.bytesUp,
  };
}

/** What is left of counters when others are taken off; never below zero. */
export function rest(of: Readonly<Traffic>, without: Readonly<Traffic>): Traffic {
  return {
    flows: Math.max(0, of.flows - without.flows),
    packetsUp: Math.max(0, of.packetsUp - without.packetsUp),
    packetsDown: Math.max(0, of.packetsDown - without.packetsDown),
    bytesUp: Math.max(0, of.bytesUp - without.bytesUp),
    bytesDown: Math.max(0, of.bytesDown - without.bytesDown),
  };
}

/** The lower one of each counter. */
export function leastOf(a: Readonly<Traffic>, b: Readonly<Traffic>): Traffic {
  return {
    flows: Math.min(a.flows, b.flows),
    packetsUp: Math.min(a.packetsUp, b.packetsUp),
    packetsDown: Math.min(a.packetsDown, b.packetsDown),
    bytesUp: Math.min(a.bytesUp, b.bytesUp),
    bytesDown: Math.min(a.bytesDown, b.bytesDown),
  };
}

/** True where nothing is counted. */
export function isNothing({ flows, packetsUp, packetsDown, bytesUp, bytesDown }: Readonly<Traffic>): boolean {
  return flows === 0 && packetsUp === 0 && packetsDown === 0 && bytesUp === 0 && bytesDown === 0;
}

/** Bytes of both directions. */
export function bytesOf(traffic: Readonly<Traffic>): number {
  return traffic.bytesUp + traffic.bytesDown;
}

/**
 * Traffic by name, bounded. What had to go, or found no room, is kept in `other`, so that entries and `other`
 * together are always the whole.
 */
export class Tally<T extends NamedTraffic = NamedTraffic> {
  readonly other: Traffic = noTraffic();
  /** How often an entry found no room or had to go. */
  turnedAway = 0;
  readonly entries: BoundedMap<T>;
  private readonly create: (traffic: NamedTraffic) => T;

  constructor(limit: number, budget: Budget, create: (traffic: NamedTraffic) => T) {
    this.create = create;
    this.entries = new BoundedMap<T>(limit, budget, bytesOf, (gone) => this.toOther(gone));
  }

  /** Counts traffic under a name; the entry, or undefined where there is no room for one. */
  add(name: string, traffic: Readonly<Traffic>, firstUs: number, lastUs: number): T | undefined {
    const known = this.entries.use(name);
    if (known !== undefined) {
      addNamedTraffic(known, { ...traffic, firstUs, lastUs });
      return known;
    }
    const made = this.create({ ...traffic, firstUs, lastUs });
    if (this.entries.add(name, made)) return made;
    this.toOther(made);
    return undefined;
  }

  /**
   * What was counted under one name is another's: as much of it as is still there. Such is a flow that is recognised
   * only after it was counted.
   */
  move(from: string, to: string, traffic: Readonly<Traffic>): void {
    const entry = this.entries.get(from);
    if (entry === undefined || from === to) return;
    const moved = leastOf(entry, traffic);
    if (isNothing(moved)) return;
    Object.assign(entry, rest(entry, moved));
    if (isNothing(entry)) this.entries.delete(from);
    this.add(to, moved, entry.firstUs, entry.lastUs);
  }

  /** Drops entries that were not seen since; their traffic stays in `other`. Returns how many. */
  expire(beforeUs: number): number {
    let count = 0;
    for (const [name, entry] of this.entries) {
      if (entry.lastUs >= beforeUs) continue;
      this.entries.delete(name);
      addTraffic(this.other, entry);
      count++;
    }
    return count;
  }

  private toOther(traffic: Readonly<Traffic>): void {
    this.turnedAway++;
    addTraffic(this.other, traffic);
  }
}

/** A tally without anything beside the counters. */
export function plainTally(limit: number, budget: Budget): Tally {
  return new Tally(limit, budget, (traffic) => traffic);
}

import { Budget } from './bounded-map.ts';
import { addTraffic, noTraffic, plainTally, reversed, type Tally, type Traffic } from './traffic.ts';

/** Traffic of one interval. */
export interface Interval {
  /** Its begin, in microseconds since 1970. */
  readonly startUs: number;
  readonly total: Readonly<Traffic>;
  /** By address of the client. */
  readonly clients: Tally;
  readonly protocols: Tally;
  readonly applications: Tally;
  readonly destinations: Tally;
}

interface Slot extends Interval {
  number: number;
  startUs: number;
  total: Traffic;
}

/** How one flow is named in each dimension. */
export interface IntervalNames {
  /** The client whose view the counters are. */
  readonly client: string;
  /** The client at the other end, when that is one as well. */
  readonly otherClient: string | undefined;
  readonly protocol: string;
  readonly application: string;
  /** The address outside; none for flows between clients. */
  readonly destination: string | undefined;
}

/** Names that are kept of each interval and dimension; what goes beyond is in `other`. */
const MOST_NAMES = 48;
const MOST_ENTRIES = 65_536;

/**
 * The last intervals of fixed length. Counters of a flow, or of a part of it, are spread evenly over the time in which
 * they were counted; the flow itself counts where the part ended that has it.
 */
export class Intervals {
  readonly lengthUs: number;
  /** Flows that ended before the oldest interval that is kept. */
  late = 0;
  private readonly slots: (Slot | undefined)[];
  private readonly budget = new Budget(MOST_ENTRIES);
  private newest = -1;

  constructor(lengthUs: number, count: number) {
    this.lengthUs = lengthUs;
    this.slots = new Array<Slot | undefined>(count).fill(undefined);
  }

  /** Spreads a flow, or a part of it, over the intervals in which it passed. */
  add(startUs: number, endUs: number, traffic: Readonly<Traffic>, names: IntervalNames): void {
    this.spread(startUs, endUs, traffic, (slot, share) => count(slot, share, names));
  }

  /** The same for a client whose other end was counted already: only by client. */
  addClient(startUs: number, endUs: number, traffic: Readonly<Traffic>, client: string): void {
    this.spread(startUs, endUs, traffic, ({ clients, startUs: at }, share) =>
      clients.add(client, share, at, at),
    );
  }

  private spread(
    startUs: number,
    endUs: number,
    traffic: Readonly<Traffic>,
    visit: (slot: Slot, share: Traffic) => void,
  ): void {
    const last = Math.floor(endUs / this.lengthUs);
    this.newest = Math.max(this.newest, last);
    const oldest = this.newest - this.slots.length + 1;
    if (last < oldest) {
      this.late++;
      return;
    }
    const spanUs = Math.max(endUs - startUs, 1);
    const first = Math.max(Math.floor(startUs / this.lengthUs), oldest);
    // Shares are differences of rounded running sums, so that nothing is lost to rounding.
    let before = shareOf(traffic, Math.min(1, Math.max(0, (first * this.lengthUs - startUs) / spanUs)));
    for (let number = first; number <= last; number++) {
      const until = number === last ? 1 : ((number + 1) * this.lengthUs - startUs) / spanUs;
      const after = shareOf(traffic, until);
      visit(this.slot(number), difference(after, before, number === last ? traffic.flows : 0));
      before = after;
    }
  }

  /** The intervals that are kept, the oldest first; those without traffic are left out. */
  list(): Interval[] {
    const oldest = this.newest - this.slots.length + 1;
    return this.slots
      .filter((slot) => slot !== undefined && slot.number >= oldest)
      .map((slot) => slot as Slot)
      .toSorted((a, b) => a.number - b.number);
  }

  private slot(number: number): Slot {
    const at = number % this.slots.length;
    const held = this.slots[at];
    if (held !== undefined && held.number === number) return held;
    if (held !== undefined) {
      for (const tally of [held.clients, held.protocols, held.applications, held.destinations]) {
        tally.entries.clear();
      }
    }
    const made: Slot = {
      number,
      startUs: number * this.lengthUs,
      total: noTraffic(),
      clients: plainTally(MOST_NAMES, this.budget),
      protocols: plainTally(MOST_NAMES, this.budget),
      applications: plainTally(MOST_NAMES, this.budget),
      destinations: plainTally(MOST_NAMES, this.budget),
    };
    this.slots[at] = made;
    return made;
  }
}

function count(slot: Slot, traffic: Readonly<Traffic>, names: IntervalNames): void {
  const { startUs } = slot;
  addTraffic(slot.total, traffic);
  slot.clients.add(names.client, traffic, startUs, startUs);
  if (names.otherClient !== undefined) {
    slot.clients.add(names.otherClient, reversed(traffic), startUs, startUs);
  }
  slot.protocols.add(names.protocol, traffic, startUs, startUs);
  slot.applications.add(names.application, traffic, startUs, startUs);
  if (names.destination !== undefined) slot.destinations.add(names.destination, traffic, startUs, startUs);
}

function shareOf(traffic: Readonly<Traffic>, share: number): Traffic {
  return {
    flows: 0,
    packetsUp: Math.round(traffic.packetsUp * share),
    packetsDown: Math.round(traffic.packetsDown * share),
    bytesUp: Math.round(traffic.bytesUp * share),
    bytesDown: Math.round(traffic.bytesDown * share),
  };
}

function difference(after: Readonly<Traffic>, before: Readonly<Traffic>, flows: number): Traffic {
  return {
    flows,
    packetsUp: after.packetsUp - before.packetsUp,
    packetsDown: after.packetsDown - before.packetsDown,
    bytesUp: after.bytesUp - before.bytesUp,
    bytesDown: after.bytesDown - before.bytesDown,
  };
}

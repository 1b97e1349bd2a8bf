import { BoundedMap, Budget } from './bounded-map.ts';
import type { Flow } from './flow.ts';
import type { Part } from './open-flows.ts';
import { addTraffic, bytesOf, noTraffic, type Traffic } from './traffic.ts';

/** Traffic to an address that has not shown itself. */
export interface Held {
  /** The flow as its last record had it. */
  flow: Flow;
  /** Whether it was counted for its source, which is a client then. */
  readonly counted: boolean;
  readonly fromUs: number;
  untilUs: number;
  readonly traffic: Traffic;
}

const MOST_ADDRESSES = 512;
const MOST_FLOWS = 32;

interface Target {
  readonly flows: Held[];
  bytes: number;
}

/**
 * What was sent to addresses in the networks from which nothing came yet. A scan must not make clients of them, but
 * when one turns out to be there, what it was sent is its own, whichever came first.
 */
export class Unanswered {
  /** Parts of flows that found no room. */
  turnedAway = 0;
  private readonly targets = new BoundedMap<Target>(
    MOST_ADDRESSES,
    new Budget(MOST_ADDRESSES),
    ({ bytes }) => bytes,
    ({ flows }) => {
      this.turnedAway += flows.length;
    },
  );

  /** Holds a part of a flow for whoever may be at an address; `key` is the roster's. */
  hold(key: string, flow: Flow, part: Part, counted: boolean): void {
    const target = this.target(key);
    if (target === undefined) return;
    target.bytes += bytesOf(part.traffic);
    const same = flow.id === undefined ? undefined : target.flows.find((held) => held.flow.id === flow.id);
    if (same !== undefined) {
      same.flow = flow;
      same.untilUs = part.untilUs;
      addTraffic(same.traffic, part.traffic);
    } else if (target.flows.length >= MOST_FLOWS) this.turnedAway++;
    else {
      const traffic = noTraffic();
      addTraffic(traffic, part.traffic);
      target.flows.push({ flow, counted, fromUs: part.fromUs, untilUs: part.untilUs, traffic });
    }
  }

  /** Gives out what was held for an address that is there after all. */
  release(key: string): readonly Held[] {
    const target = this.targets.get(key);
    if (target === undefined) return [];
    this.targets.delete(key);
    return target.flows;
  }

  /** Drops what was sent before. */
  expire(beforeUs: number): void {
    for (const [key, { flows }] of this.targets) {
      if (flows.every(({ untilUs }) => untilUs < beforeUs)) this.targets.delete(key);
    }
  }

  private target(key: string): Target | undefined {
    const known = this.targets.use(key);
    if (known !== undefined) return known;
    const made: Target = { flows: [], bytes: 0 };
    if (this.targets.add(key, made)) return made;
    this.turnedAway++;
    return undefined;
  }
}

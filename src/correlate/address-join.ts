import { addressOf, type EveRecord, nameOf, objectOf, timeOf } from '../event/index.ts';
import {
  type AddressAround,
  type AddressContexts,
  type SecuboxContext,
  secuboxContext,
} from './context/index.ts';
import type { Evidence } from './evidence.ts';

/** The requests and flows that a piece of evidence was joined with by its address and the time alone. */
export interface AddressJoin {
  readonly context: SecuboxContext;
  /** References of the requests, and community ids of the flows, the newest last. */
  readonly requests: readonly string[];
  readonly flows: readonly string[];
  /** What lies nearest in time; of a request empty without, of a flow undefined. */
  readonly reference: string;
  readonly flow: AddressAround['flows'][number] | undefined;
}

/** Counters of evidence that names no connection. */
export interface AddressJoinStatistics {
  /** Joined with something, and with nothing. */
  readonly joined: number;
  readonly alone: number;
  /** Requests and flows within the window of evidence that was told of before they came. */
  readonly late: number;
}

/** Evidence that was told of and that later requests and flows are compared with: the latest of each address. */
const MOST_TOLD = 1024;

interface Told {
  readonly timeUs: number;
  readonly ids: ReadonlySet<string>;
}

/**
 * Joins evidence that has an address and no connection (a decision of CrowdSec, an alert of another sensor, a line of a
 * log) with what the address did within a window. The contexts of addresses know that, so nothing is kept for it twice.
 */
export class AddressJoins {
  private readonly contexts: AddressContexts;
  private readonly windowUs: number;
  private readonly told = new Map<string, Told>();
  private joined = 0;
  private alone = 0;
  private late = 0;

  /** `windowMs`: before and after the evidence. */
  constructor(contexts: AddressContexts, windowMs: number) {
    this.contexts = contexts;
    this.windowUs = 1000 * windowMs;
  }

  /** Joins a piece of evidence with what is known by now, and counts it: it is told of. Undefined where that is nothing. */
  join({ address, timeUs }: Evidence): AddressJoin | undefined {
    const found = this.contexts.around(address, timeUs, this.windowUs);
    const requests = unique((found?.requests ?? []).map(({ reference }) => reference));
    const flows = unique((found?.flows ?? []).map(({ communityId }) => communityId));
    this.told.delete(address);
    this.told.set(address, { timeUs, ids: new Set([...requests, ...flows]) });
    if (this.told.size > MOST_TOLD) {
      const [oldest] = this.told.keys();
      if (oldest !== undefined) this.told.delete(oldest);
    }
    if (found === undefined) {
      this.alone++;
      return undefined;
    }
    this.joined++;
    return {
      context: secuboxContext(found),
      requests,
      flows,
      reference:
        nearest(
          found.requests.filter(({ reference }) => reference !== ''),
          timeUs,
        )?.reference ?? '',
      flow: nearest(found.flows, timeUs),
    };
  }

  /** Counts a request or the end of a flow that evidence was not joined with, for it came too late. */
  saw(record: EveRecord, timeUs: number): void {
    if (this.told.size === 0) return;
    switch (record.event_type) {
      case 'http': {
        // What is only seen has no name of its own: its flow counts.
        const reference = nameOf(objectOf(record.web)?.reference);
        if (reference !== undefined) this.compare(record.src_ip, reference, timeUs, timeUs);
        break;
      }
      case 'flow': {
        const id = nameOf(record.community_id);
        if (id === undefined) break;
        const startUs = timeOf(objectOf(record.flow)?.start) ?? timeUs;
        this.compare(record.src_ip, id, startUs, timeUs);
        this.compare(record.dest_ip, id, startUs, timeUs);
        break;
      }
      default:
    }
  }

  statistics(): AddressJoinStatistics {
    const { joined, alone, late } = this;
    return { joined, alone, late };
  }

  private compare(recordAddress: unknown, id: string, fromUs: number, untilUs: number): void {
    // IPv4 is written in one way only.
    const isShort = typeof recordAddress === 'string' && !recordAddress.includes(':');
    const address = isShort ? recordAddress : addressOf(recordAddress);
    const told = address === undefined ? undefined : this.told.get(address);
    if (told === undefined || told.ids.has(id)) return;
    if (fromUs <= told.timeUs + this.windowUs && untilUs >= told.timeUs - this.windowUs) this.late++;
  }
}

/** What lies nearest to a time; of equals the latest. */
function nearest<T extends { readonly timeUs: number; readonly untilUs?: number }>(
  entries: readonly T[],
  timeUs: number,
): T | undefined {
  let found: T | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    const distance = Math.max(0, entry.timeUs - timeUs, timeUs - (entry.untilUs ?? entry.timeUs));
    if (distance > least) continue;
    least = distance;
    found = entry;
  }
  return found;
}

function unique(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].filter((id) => id !== '');
}

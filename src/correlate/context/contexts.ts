import { addressOf, type Decision, type EveRecord, timeOf } from '../../event/index.ts';
import type { Evidence, Overflow } from '../evidence.ts';
import { type FlowSide, TwoTierMap } from '../join/index.ts';
import { type AddressCounts, AddressState } from './address-state.ts';
import { type AddressAround, around } from './around.ts';
import type {
  AlertEntry,
  DecisionEntry,
  FileEntry,
  FlowEntry,
  MatchEntry,
  NameEntry,
  RequestEntry,
  TimelineEntry,
} from './entries.ts';
import { readRecord } from './read-record.ts';
import { type SecuboxContext, secuboxContext } from './secubox.ts';
import { mergeTimelines, timelineOf } from './timeline.ts';

/** Bounds of what is known of addresses. */
export interface ContextOptions {
  /** Addresses; 20,000 without. */
  readonly addresses?: number | undefined;
  /** Entries of all of them; 250,000 without. */
  readonly entries?: number | undefined;
}

/** All that is known of an address; lists have the newest first. */
export interface AddressContext {
  readonly address: string;
  /** Microseconds since 1970. */
  readonly firstUs: number;
  readonly lastUs: number;
  readonly counts: Readonly<AddressCounts>;
  readonly requests: readonly RequestEntry[];
  readonly matches: readonly MatchEntry[];
  readonly flows: readonly FlowEntry[];
  /** Flows by port of the server and by protocol, the most frequent first. */
  readonly ports: readonly (readonly [string, number])[];
  readonly protocols: readonly (readonly [string, number])[];
  readonly namesAsked: readonly NameEntry[];
  readonly namesResolved: readonly NameEntry[];
  readonly files: readonly FileEntry[];
  readonly alerts: readonly AlertEntry[];
  readonly decisions: readonly DecisionEntry[];
  readonly ja4s: readonly string[];
  readonly timeline: readonly TimelineEntry[];
}

/** What a question about an address asks for. */
export interface ContextQuestion {
  /** Entries of the timeline; 100 without. */
  readonly limit?: number | undefined;
  /** Older entries, as out of the history. */
  readonly older?: readonly TimelineEntry[] | undefined;
}

/** An address becomes the youngest once in this time at most. */
const TOUCH_US = 1e6;
const NO_COUNTS = { mitm_requests: 0, dpi_flows: 0, waf_alerts: 0 } as const;

/**
 * What addresses did lately. Addresses that nothing speaks against go first when there is no room, then those that were
 * silent for longest.
 */
export class AddressContexts {
  private readonly states: TwoTierMap<AddressState>;
  private readonly mostEntries: number;
  private entries = 0;
  private evicted = 0;

  constructor(options: ContextOptions = {}) {
    this.mostEntries = options.entries ?? 250_000;
    this.states = new TwoTierMap(options.addresses ?? 20_000, (state) => {
      this.entries -= state.entries;
      this.evicted++;
    });
  }

  /** Takes a record; `side`: what was told of its connection before, for the records of flows. */
  take(record: EveRecord, side?: FlowSide): void {
    const timeUs = timeOf(record.timestamp);
    if (timeUs !== undefined) readRecord(record, timeUs, side, this.on);
  }

  /** Takes evidence, for who did it and whom it was done to. */
  takeEvidence({ id, timeUs, address, target, reason, source, threat }: Evidence): void {
    this.alert(address, target, { timeUs, kind: 'evidence', reason, source, id, threat });
  }

  /** Takes a bucket that ran over; only of an address. */
  takeOverflow({ id, timeUs, scope, value, target, scenario, description, threat }: Overflow): void {
    if (scope !== 'address') return;
    this.alert(value, target, {
      timeUs,
      kind: 'overflow',
      reason: description || scenario,
      source: scenario,
      id,
      threat,
    });
  }

  /** Takes what was decided about an address; `timeUs`: when. Decisions about networks and sessions are passed over. */
  takeDecision(decision: Decision, change: DecisionEntry['change'], timeUs: number): void {
    const address = decision.scope === 'address' ? addressOf(decision.value) : undefined;
    if (address === undefined) return;
    const { type, origin, reason, untilMs, id } = decision;
    this.on(address, timeUs, true, (state) => {
      if (change === 'taken') state.counts.decisions++;
      state.addDecision({ timeUs, change, type, origin, reason, untilUs: 1000 * untilMs, id });
    });
  }

  /** All that is known of an address; undefined where that is nothing, or it is no address. */
  context(address: string, question: ContextQuestion = {}): AddressContext | undefined {
    const { limit = 100, older = [] } = question;
    const state = this.stateOf(address);
    if (state === undefined) return undefined;
    return {
      address: state.address,
      firstUs: state.firstUs,
      lastUs: state.lastUs,
      counts: { ...state.counts },
      requests: newestFirst(state.requests),
      matches: newestFirst(state.matches),
      flows: newestFirst(state.flows),
      ports: mostFirst(state.ports),
      protocols: mostFirst(state.protocols),
      namesAsked: newestFirst(state.asked),
      namesResolved: newestFirst(state.resolved),
      files: newestFirst(state.files),
      alerts: newestFirst(state.alerts),
      decisions: newestFirst(state.decisions),
      ja4s: [...(state.ja4s ?? [])].reverse(),
      timeline: mergeTimelines([timelineOf(state), older], limit),
    };
  }

  /**
   * What an address did around a time, within `windowUs` before and after it; undefined where nothing is known of that.
   * Microseconds.
   */
  around(address: string, timeUs: number, windowUs: number): AddressAround | undefined {
    const state = this.stateOf(address);
    return state && around(state, timeUs, windowUs);
  }

  /** The context of an address as SecuBox's correlations have it, in lists. */
  secubox(address: string): SecuboxContext {
    return secuboxContext(this.stateOf(address));
  }

  /** The same in numbers, since the address is known. */
  secuboxCounts(address: string): { readonly [Name in keyof SecuboxContext]: number } {
    const counts = this.stateOf(address)?.counts;
    if (counts === undefined) return NO_COUNTS;
    return {
      mitm_requests: counts.requests,
      dpi_flows: counts.flows + counts.flowsServed,
      waf_alerts: counts.wafMatches,
    };
  }

  /** Forgets addresses; how many it knew. What others say of them as their peer stays. */
  forget(isMeant: (address: string) => boolean): number {
    const meant = [...this.states.values()].filter(({ address }) => isMeant(address));
    for (const { address, entries } of meant) {
      this.states.delete(address);
      this.entries -= entries;
    }
    return meant.length;
  }

  statistics(): { readonly addresses: number; readonly entries: number; readonly evicted: number } {
    return { addresses: this.states.size, entries: this.entries, evicted: this.evicted };
  }

  private stateOf(address: string): AddressState | undefined {
    const short = addressOf(address);
    return short === undefined ? undefined : this.states.get(short);
  }

  private alert(address: string, target: string, entry: Omit<AlertEntry, 'role' | 'peer'>): void {
    const source = addressOf(address);
    const victim = addressOf(target);
    const sides = [
      { of: source, role: 'source', peer: victim ?? '' },
      { of: victim === source ? undefined : victim, role: 'target', peer: source ?? '' },
    ] as const;
    for (const { of, role, peer } of sides) {
      if (of === undefined) continue;
      // Who is only attacked is in the upper tier as well: it is one of few.
      this.on(of, entry.timeUs, true, (state) => {
        if (entry.kind === 'evidence') state.counts.evidence++;
        else if (entry.kind === 'overflow') state.counts.overflows++;
        state.addAlert({ ...entry, role, peer });
      });
    }
  }

  /** Changes the state of an address, which is made where it is new. `isMarked`: something speaks against it. */
  private readonly on = (
    address: string,
    timeUs: number,
    isMarked: boolean,
    change: (state: AddressState) => void,
  ): void => {
    if (this.entries > this.mostEntries) {
      const enough = 0.97 * this.mostEntries;
      this.states.giveUpWhile(() => this.entries > enough);
    }
    let state = this.states.get(address);
    if (state === undefined) {
      state = new AddressState(address, timeUs);
      this.states.add(address, state);
    } else if (timeUs - state.touchedUs > TOUCH_US) {
      state.touchedUs = timeUs;
      this.states.touch(address);
    }
    if (isMarked) this.states.promote(address);
    if (timeUs < state.firstUs) state.firstUs = timeUs;
    if (timeUs > state.lastUs) state.lastUs = timeUs;
    const before = state.entries;
    change(state);
    this.entries += state.entries - before;
  };
}

function newestFirst<T extends { readonly timeUs: number }>(list: readonly T[] | undefined): readonly T[] {
  return [...(list ?? [])].sort((a, b) => b.timeUs - a.timeUs);
}

function mostFirst(counts: ReadonlyMap<string, number> | undefined): readonly (readonly [string, number])[] {
  return [...(counts ?? [])].sort((a, b) => b[1] - a[1]);
}

import { type EveRecord, timeOf } from '../event/index.ts';
import { parseAddress } from '../net/index.ts';
import { Budget } from './bounded-map.ts';
import { type ClientOptions, clientsOf, type LanClient } from './clients.ts';
import { destinationsOf, type LanDestination } from './destinations.ts';
import { type FirstSeen, FirstSeenLog } from './first-seen.ts';
import { type Flow, readFlow, UNKNOWN } from './flow.ts';
import { PeerTally } from './host.ts';
import { type Interval, Intervals } from './intervals.ts';
import { isMadeFrom } from './mac.ts';
import { Messages } from './messages.ts';
import { NameBook } from './name-book.ts';
import { LanNetworks, PRIVATE_NETWORKS } from './networks.ts';
import { type Counted, type Due, OpenFlows, type Part } from './open-flows.ts';
import type { LanOptions, LanStatistics } from './options.ts';
import { Roster } from './roster.ts';
import {
  addNamedTraffic,
  addTraffic,
  bytesOf,
  noTraffic,
  plainTally,
  reversed,
  type Tally,
  type Traffic,
} from './traffic.ts';
import { Unanswered } from './unanswered.ts';
import { loadVendors } from './vendors.ts';

const MOST_PROTOCOLS = 256;
const MOST_APPLICATIONS = 512;
const MOST_DESTINATIONS = 8192;
const MOST_INTERVALS = 720;

/** A protocol or application of the whole LAN. */
export interface LanProtocol extends Readonly<Traffic> {
  readonly name: string;
  readonly firstUs: number;
  readonly lastUs: number;
}

/** What all clients did together; flows between two clients count once. */
export interface LanTotals {
  /** Everything, seen from the clients: up is what they sent. */
  readonly all: Readonly<Traffic>;
  /** The part between two clients, seen from the one that began. */
  readonly local: Readonly<Traffic>;
  /** What addresses did that are no longer kept. */
  readonly forgotten: Readonly<Traffic>;
  readonly firstUs: number | undefined;
  readonly lastUs: number | undefined;
}

/** A client at one end of a flow. */
interface Side {
  readonly mac: string;
  readonly address: string;
}

/** What is counted for one end of a flow. */
interface Credit {
  readonly side: Side;
  readonly flow: Flow;
  readonly due: Due;
  readonly peer: string;
  readonly view: (traffic: Readonly<Traffic>) => Readonly<Traffic>;
}

/**
 * The clients of a LAN and what they do, from EVE records in any order. Passive; knows no clock but the records';
 * everything is bounded, and what is turned away is counted.
 */
export class LanView {
  readonly networks: LanNetworks;
  private readonly options: Required<Omit<LanOptions, 'networks' | 'interfaces' | 'vendorOf'>>;
  private readonly interfaces: ReadonlySet<string> | undefined;
  private readonly vendorOf: (mac: string) => string | undefined;
  private readonly roster: Roster;
  private readonly messages: Messages;
  private readonly book = new NameBook();
  private readonly open: OpenFlows;
  private readonly unanswered = new Unanswered();
  private readonly log: FirstSeenLog;
  private readonly timeline: Intervals;
  private readonly protocolTally = plainTally(MOST_PROTOCOLS, new Budget(MOST_PROTOCOLS));
  private readonly applicationTally = plainTally(MOST_APPLICATIONS, new Budget(MOST_APPLICATIONS));
  private readonly destinationTally = new PeerTally(
    MOST_DESTINATIONS,
    new Budget(MOST_DESTINATIONS),
    () => true,
  );
  private readonly all = noTraffic();
  private readonly local = noTraffic();
  private firstUs = Number.POSITIVE_INFINITY;
  private nowUs = Number.NEGATIVE_INFINITY;
  private sweptUs = Number.NEGATIVE_INFINITY;
  private readonly counts = {
    records: 0,
    malformed: 0,
    otherInterfaces: 0,
    outside: 0,
    unattributed: 0,
  };

  /** Throws a RangeError where a network is none. */
  constructor(options: LanOptions = {}) {
    this.networks = new LanNetworks(options.networks ?? PRIVATE_NETWORKS);
    this.interfaces = options.interfaces === undefined ? undefined : new Set(options.interfaces);
    this.options = {
      learn: options.learn ?? options.networks === undefined,
      intervalSeconds: options.intervalSeconds ?? 5,
      retentionSeconds: options.retentionSeconds ?? 3600,
      routerAddresses: options.routerAddresses ?? 4,
      maxAddresses: options.maxAddresses ?? 4096,
      maxDestinations: options.maxDestinations ?? 256,
      maxEntries: options.maxEntries ?? 65_536,
      maxEvents: options.maxEvents ?? 4096,
      maxOpenFlows: options.maxOpenFlows ?? 131_072,
    };
    this.open = new OpenFlows(this.options.maxOpenFlows);
    this.vendorOf = options.vendorOf ?? ((mac) => loadVendors().vendorOf(mac));
    const { intervalSeconds, retentionSeconds } = this.options;
    const intervals = Math.ceil(retentionSeconds / intervalSeconds);
    this.timeline = new Intervals(intervalSeconds * 1e6, Math.max(1, Math.min(MOST_INTERVALS, intervals)));
    this.log = new FirstSeenLog(this.options.maxEvents);
    this.roster = new Roster(this.networks, this.options, this.log);
    this.messages = new Messages(this.networks, this.roster, this.book, this.options.learn);
  }

  /** Takes one record; those of types that say nothing of clients are only counted. Never throws. */
  take(record: EveRecord): void {
    this.counts.records++;
    if (
      this.interfaces !== undefined &&
      typeof record.in_iface === 'string' &&
      !this.interfaces.has(record.in_iface)
    ) {
      this.counts.otherInterfaces++;
      return;
    }
    const timeUs = timeOf(record.timestamp);
    if (timeUs === undefined) {
      this.counts.malformed++;
      return;
    }
    this.pass(timeUs);
    if (record.event_type === 'flow' || record.event_type === 'flow_progress') this.takeFlow(record);
    else this.messages.take(record, timeUs);
    for (const key of this.roster.takeNew()) this.release(key);
  }

  /** The clients, those with the most bytes first. */
  clients(options: ClientOptions = {}): LanClient[] {
    return clientsOf(
      {
        hosts: this.roster.hosts.values(),
        devices: this.roster.devices,
        book: this.book,
        routerAddresses: this.options.routerAddresses,
        vendorOf: this.vendorOf,
      },
      options,
    );
  }

  /** Destinations outside of the networks, those with the most bytes first. */
  destinations(limit = Number.POSITIVE_INFINITY): LanDestination[] {
    return destinationsOf(this.destinationTally.tally.entries, this.roster.hosts.values(), this.book).slice(
      0,
      limit,
    );
  }

  /** Protocols of the whole LAN, those with the most bytes first. */
  protocols(): LanProtocol[] {
    return listed(this.protocolTally.entries);
  }

  /** Applications of the whole LAN, those with the most bytes first; flows of none are under the empty name. */
  applications(): LanProtocol[] {
    return listed(this.applicationTally.entries);
  }

  /** What was new, the oldest first: behind event number `after`, as far back as there is room for. */
  events(after = 0): FirstSeen[] {
    return this.log.list(after);
  }

  /** The last intervals, the oldest first. */
  intervals(): Interval[] {
    return this.timeline.list();
  }

  /** Sums over everything since the start. */
  totals(): LanTotals {
    const seen = this.nowUs !== Number.NEGATIVE_INFINITY;
    return {
      all: this.all,
      local: this.local,
      forgotten: this.roster.forgotten,
      firstUs: Number.isFinite(this.firstUs) ? this.firstUs : undefined,
      lastUs: seen ? this.nowUs : undefined,
    };
  }

  /** What was turned away or left out. */
  statistics(): LanStatistics {
    const { roster, protocolTally, applicationTally, destinationTally } = this;
    return {
      ...this.counts,
      addressesTurnedAway: roster.addressesTurnedAway,
      devicesTurnedAway: roster.devicesTurnedAway,
      entriesTurnedAway:
        roster.entriesTurnedAway +
        protocolTally.turnedAway +
        applicationTally.turnedAway +
        destinationTally.tally.turnedAway,
      namesTurnedAway: roster.namesTurnedAway + this.book.turnedAway,
      eventsTurnedAway: this.log.turnedAway,
      expired: roster.expired,
      networksRefused: this.networks.refused,
      late: this.timeline.late,
      open: this.open.size,
      openTurnedAway: this.open.turnedAway,
      uncertainBytes: bytesOf(this.open.uncertain),
      unansweredTurnedAway: this.unanswered.turnedAway,
    };
  }

  private takeFlow(record: EveRecord): void {
    const flow = readFlow(record);
    if (flow === undefined) {
      this.counts.malformed++;
      return;
    }
    this.firstUs = Math.min(this.firstUs, flow.startUs);
    if (this.options.learn) {
      this.learnFrom(flow.source, flow.sourceMacs);
      this.learnFrom(flow.destination, flow.destinationMacs);
    }
    const due = this.open.take(flow);
    this.noteOutside(flow.source, flow.sourceMacs, flow, due.parts);
    this.noteOutside(flow.destination, flow.destinationMacs, flow, due.parts);
    const source = this.clientSide(flow.source, flow.sourceMacs, true);
    const target = this.clientSide(flow.destination, flow.destinationMacs, false);
    const destination = target !== undefined && this.isThere(target, flow) ? target : undefined;
    if (source !== undefined) {
      this.credit({ side: source, flow, due, peer: flow.destination, view: asIs });
      if (destination !== undefined) {
        this.credit({ side: destination, flow, due, peer: flow.source, view: reversed });
        for (const { traffic } of due.parts) addTraffic(this.local, traffic);
      }
      this.creditAll(flow, due, source.address, destination?.address, flow.destination);
    } else if (destination !== undefined) {
      this.credit({ side: destination, flow, due, peer: flow.source, view: reversed });
      this.creditAll(flow, reversedDue(due), destination.address, undefined, flow.source);
    } else this.counts.outside += flowsOf(due.parts);
    if (target === undefined || destination !== undefined) return;
    const key = Roster.keyOf(target.mac, target.address);
    for (const part of due.parts) this.unanswered.hold(key, flow, part, source !== undefined);
  }

  /** Who never answered may not be there at all, unless it is known already: a scan does not make clients. */
  private isThere({ mac, address }: Side, flow: Flow): boolean {
    return flow.traffic.packetsDown > 0 || this.roster.hosts.get(Roster.keyOf(mac, address)) !== undefined;
  }

  /** Counts what was sent to an address before it showed itself. */
  private release(key: string): void {
    for (const { flow, counted, fromUs, untilUs, traffic } of this.unanswered.release(key)) {
      const side = this.clientSide(flow.destination, flow.destinationMacs, false);
      if (side === undefined) continue;
      const due: Due = { parts: [{ fromUs, untilUs, traffic }], before: undefined };
      this.credit({ side, flow, due, peer: flow.source, view: reversed });
      if (counted) {
        addTraffic(this.local, traffic);
        this.timeline.addClient(fromUs, untilUs, reversed(traffic), side.address);
      } else {
        this.counts.outside -= traffic.flows;
        this.creditAll(flow, reversedDue(due), side.address, undefined, flow.source);
      }
    }
  }

  /** Which client, if any, is at one end of a flow. */
  private clientSide(address: string, macs: readonly string[], sends: boolean): Side | undefined {
    if (this.networks.placeOf(address) === 'inside') return { mac: macs[0] ?? '', address };
    if (!sends || (address !== '0.0.0.0' && address !== '::')) return undefined;
    // A device without an address yet: only its hardware address can tell it.
    if (macs.length === 1) return { mac: macs[0]!, address: '' };
    this.counts.unattributed++;
    return undefined;
  }

  /** Counts a flow for one of its ends; `view` turns counters of the flow's source into those of this end. */
  private credit({ side, flow, due, peer, view }: Credit): void {
    const host = this.roster.host(side.mac, side.address, flow.startUs);
    const { protocol, application } = flow;
    if (host === undefined) {
      for (const { traffic } of due.parts) addTraffic(this.roster.forgotten, view(traffic));
      return;
    }
    const wasNew = host.protocols.entries.get(protocol) === undefined;
    if (due.before !== undefined) rename(host.protocols, host.applications, flow, due.before, view);
    const isServer = peer === flow.source;
    for (const part of due.parts) {
      const { fromUs, untilUs } = part;
      const traffic = view(part.traffic);
      addNamedTraffic(host, { ...traffic, firstUs: fromUs, lastUs: untilUs });
      host.protocols.add(protocol, traffic, fromUs, untilUs);
      host.applications.add(application, traffic, fromUs, untilUs);
      host.peers.add(
        peer,
        traffic,
        fromUs,
        untilUs,
        isServer ? undefined : flow.name,
        isServer ? '' : flow.port,
      );
    }
    // What is not recognised yet may be in a moment.
    const isEarly = flow.progress !== undefined && protocol === UNKNOWN;
    const isKnown = host.protocols.entries.get(protocol) !== undefined;
    if (wasNew && isKnown && !isEarly) this.roster.tellProtocol(host, protocol, flow.startUs);
  }

  /** Counts a flow for the whole LAN; counters are those of the client. */
  private creditAll(
    flow: Flow,
    due: Due,
    client: string,
    otherClient: string | undefined,
    peer: string,
  ): void {
    const { protocol, application } = flow;
    const isOutside = this.networks.placeOf(peer) === 'outside';
    const names = {
      client,
      otherClient,
      protocol,
      application,
      destination: isOutside ? peer : undefined,
    };
    if (due.before !== undefined) rename(this.protocolTally, this.applicationTally, flow, due.before, asIs);
    for (const { fromUs, untilUs, traffic } of due.parts) {
      addTraffic(this.all, traffic);
      this.protocolTally.add(protocol, traffic, fromUs, untilUs);
      this.applicationTally.add(application, traffic, fromUs, untilUs);
      this.timeline.add(fromUs, untilUs, traffic, names);
      if (isOutside) this.creditDestination(flow, { fromUs, untilUs, traffic }, client, peer);
    }
  }

  private creditDestination(flow: Flow, part: Part, client: string, peer: string): void {
    const { fromUs, untilUs, traffic } = part;
    const outbound = peer === flow.destination;
    const { tally } = this.destinationTally;
    const isNew = tally.entries.get(peer) === undefined;
    const name = outbound ? (flow.name ?? this.book.answersFor(client, peer)[0]) : undefined;
    this.destinationTally.add(peer, traffic, fromUs, untilUs, name, outbound ? flow.port : '');
    if (!isNew) return;
    const mac = (outbound ? flow.sourceMacs : flow.destinationMacs)[0];
    const event = {
      timeUs: flow.startUs,
      kind: 'destination',
      client: mac ?? client,
      value: peer,
    } as const;
    this.log.add(name === undefined ? event : { ...event, name });
  }

  /** Notes addresses outside that frames of a device carry: many of them are the mark of a router. */
  private noteOutside(address: string, macs: readonly string[], flow: Flow, parts: readonly Part[]): void {
    const isOutside = this.networks.placeOf(address) === 'outside';
    for (const mac of macs) {
      const device = this.roster.device(mac, flow.startUs);
      device.seen(flow.endUs);
      for (const { traffic } of parts) device.seen(flow.endUs, traffic);
      if (isOutside) this.roster.noteOutside(device, address);
    }
  }

  private learnFrom(address: string, macs: readonly string[]): void {
    if (!address.includes(':') || this.networks.placeOf(address) !== 'outside') return;
    const parsed = parseAddress(address);
    if (parsed !== undefined && macs.some((mac) => isMadeFrom(parsed.words, mac))) {
      this.networks.learn(address, 64);
    }
  }

  /** Time goes on: once per interval, what was not seen for the retention is dropped. */
  private pass(timeUs: number): void {
    this.nowUs = Math.max(this.nowUs, timeUs);
    const { retentionSeconds, intervalSeconds } = this.options;
    if (this.nowUs - this.sweptUs < intervalSeconds * 1e6) return;
    this.sweptUs = this.nowUs;
    this.open.expire(this.nowUs);
    const beforeUs = this.nowUs - retentionSeconds * 1e6;
    if (!Number.isFinite(beforeUs)) return;
    this.roster.expire(beforeUs);
    this.unanswered.expire(beforeUs);
    this.protocolTally.expire(beforeUs);
    this.applicationTally.expire(beforeUs);
    this.destinationTally.tally.expire(beforeUs);
    this.book.expire(beforeUs);
  }
}

function asIs(traffic: Readonly<Traffic>): Readonly<Traffic> {
  return traffic;
}

function reversedDue({ parts, before }: Due): Due {
  return {
    parts: parts.map((part) => ({ ...part, traffic: reversed(part.traffic) })),
    before: before && { ...before, traffic: reversed(before.traffic) },
  };
}

function flowsOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { traffic }) => sum + traffic.flows, 0);
}

/** Puts what was counted of a flow under the names that it has now. */
function rename(
  protocols: Tally,
  applications: Tally,
  flow: Flow,
  before: Counted,
  view: Credit['view'],
): void {
  const traffic = view(before.traffic);
  protocols.move(before.protocol, flow.protocol, traffic);
  applications.move(before.application, flow.application, traffic);
}

function listed(entries: Iterable<[string, LanProtocol | Omit<LanProtocol, 'name'>]>): LanProtocol[] {
  return [...entries]
    .map(([name, traffic]) => ({ ...traffic, name }))
    .toSorted((a, b) => bytesOf(b) - bytesOf(a) || (a.name < b.name ? -1 : 1));
}

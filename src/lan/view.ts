import { parseAddress } from '../net/index.ts';
import { Budget } from './bounded-map.ts';
import { type ClientOptions, clientsOf, type LanClient } from './clients.ts';
import { destinationsOf, type LanDestination } from './destinations.ts';
import { type FirstSeen, FirstSeenLog } from './first-seen.ts';
import { type Flow, readFlow } from './flow.ts';
import { PeerTally } from './host.ts';
import { type Interval, Intervals } from './intervals.ts';
import { isMadeFrom } from './mac.ts';
import { Messages } from './messages.ts';
import { NameBook } from './name-book.ts';
import { LanNetworks, PRIVATE_NETWORKS } from './networks.ts';
import type { LanOptions, LanStatistics } from './options.ts';
import { type EveRecord, timeOf } from './record.ts';
import { Roster } from './roster.ts';
import {
  addNamedTraffic,
  addTraffic,
  bytesOf,
  noTraffic,
  plainTally,
  reversed,
  type Traffic,
} from './traffic.ts';
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
    };
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
    if (record.event_type === 'flow') this.takeFlow(record);
    else this.messages.take(record, timeUs);
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
    this.noteOutside(flow.source, flow.sourceMacs, flow);
    this.noteOutside(flow.destination, flow.destinationMacs, flow);
    const source = this.clientSide(flow.source, flow.sourceMacs, true);
    // Who never answered may not be there at all: a scan does not make clients.
    const answered = flow.traffic.packetsDown > 0;
    const destination = answered ? this.clientSide(flow.destination, flow.destinationMacs, false) : undefined;
    if (source !== undefined) {
      this.credit(source, flow, flow.traffic, flow.destination);
      if (destination !== undefined) {
        this.credit(destination, flow, reversed(flow.traffic), flow.source);
        addTraffic(this.local, flow.traffic);
      }
      this.creditAll(flow, flow.traffic, source.address, destination?.address, flow.destination);
    } else if (destination !== undefined) {
      const traffic = reversed(flow.traffic);
      this.credit(destination, flow, traffic, flow.source);
      this.creditAll(flow, traffic, destination.address, undefined, flow.source);
    } else {
      this.counts.outside++;
    }
  }

  /** Which client, if any, is at one end of a flow. */
  private clientSide(
    address: string,
    macs: readonly string[],
    sends: boolean,
  ): { readonly mac: string; readonly address: string } | undefined {
    if (this.networks.placeOf(address) === 'inside') return { mac: macs[0] ?? '', address };
    if (!sends || (address !== '0.0.0.0' && address !== '::')) return undefined;
    // A device without an address yet: only its hardware address can tell it.
    if (macs.length === 1) return { mac: macs[0]!, address: '' };
    this.counts.unattributed++;
    return undefined;
  }

  private credit(
    side: { readonly mac: string; readonly address: string },
    flow: Flow,
    traffic: Readonly<Traffic>,
    peer: string,
  ): void {
    const host = this.roster.host(side.mac, side.address, flow.startUs);
    if (host === undefined) {
      addTraffic(this.roster.forgotten, traffic);
      return;
    }
    const { startUs, endUs } = flow;
    addNamedTraffic(host, { ...traffic, firstUs: startUs, lastUs: endUs });
    const newProtocol = host.protocols.entries.get(flow.protocol) === undefined;
    host.protocols.add(flow.protocol, traffic, startUs, endUs);
    host.applications.add(flow.application, traffic, startUs, endUs);
    const isServer = peer === flow.source;
    host.peers.add(
      peer,
      traffic,
      startUs,
      endUs,
      isServer ? undefined : flow.name,
      isServer ? '' : flow.port,
    );
    if (newProtocol) this.roster.tellProtocol(host, flow.protocol, startUs);
  }

  private creditAll(
    flow: Flow,
    traffic: Readonly<Traffic>,
    client: string,
    otherClient: string | undefined,
    peer: string,
  ): void {
    const { startUs, endUs, protocol, application } = flow;
    addTraffic(this.all, traffic);
    this.protocolTally.add(protocol, traffic, startUs, endUs);
    this.applicationTally.add(application, traffic, startUs, endUs);
    const isOutside = this.networks.placeOf(peer) === 'outside';
    const destination = isOutside ? peer : undefined;
    this.timeline.add(startUs, endUs, traffic, { client, otherClient, protocol, application, destination });
    if (!isOutside) return;
    const outbound = peer === flow.destination;
    const { tally } = this.destinationTally;
    const isNew = tally.entries.get(peer) === undefined;
    const name = outbound ? (flow.name ?? this.book.answersFor(client, peer)[0]) : undefined;
    this.destinationTally.add(peer, traffic, startUs, endUs, name, outbound ? flow.port : '');
    if (!isNew) return;
    const mac = (outbound ? flow.sourceMacs : flow.destinationMacs)[0];
    const event = { timeUs: startUs, kind: 'destination', client: mac ?? client, value: peer } as const;
    this.log.add(name === undefined ? event : { ...event, name });
  }

  /** Notes addresses outside that frames of a device carry: many of them are the mark of a router. */
  private noteOutside(address: string, macs: readonly string[], flow: Flow): void {
    const isOutside = this.networks.placeOf(address) === 'outside';
    for (const mac of macs) {
      const device = this.roster.device(mac, flow.startUs);
      device.seen(flow.endUs, flow.traffic);
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
    const beforeUs = this.nowUs - retentionSeconds * 1e6;
    if (!Number.isFinite(beforeUs)) return;
    this.roster.expire(beforeUs);
    this.protocolTally.expire(beforeUs);
    this.applicationTally.expire(beforeUs);
    this.destinationTally.tally.expire(beforeUs);
    this.book.expire(beforeUs);
  }
}

function listed(entries: Iterable<[string, LanProtocol | Omit<LanProtocol, 'name'>]>): LanProtocol[] {
  return [...entries]
    .map(([name, traffic]) => ({ ...traffic, name }))
    .toSorted((a, b) => bytesOf(b) - bytesOf(a) || (a.name < b.name ? -1 : 1));
}

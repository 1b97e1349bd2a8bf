import type { BoundedMap } from './bounded-map.ts';
import { addOnce, type Device, type Host, type Peer } from './host.ts';
import { isRandomised } from './mac.ts';
import type { NameBook } from './name-book.ts';
import type { ClientName } from './names.ts';
import { groupHosts } from './routers.ts';
import {
  addNamedTraffic,
  addTraffic,
  bytesOf,
  type NamedTraffic,
  noTraffic,
  type Traffic,
} from './traffic.ts';

/** An address of a client. Times in microseconds since 1970. */
export interface ClientAddress {
  readonly address: string;
  readonly version: 4 | 6;
  readonly firstUs: number;
  readonly lastUs: number;
  /** False when another device was seen with it later. */
  readonly current: boolean;
}

/** Traffic under a name. */
export interface ClientShare extends Readonly<Traffic> {
  readonly name: string;
}

/** Whom a client spoke with. */
export interface ClientDestination extends Readonly<Traffic> {
  readonly address: string;
  /** Outside of the networks that are watched. */
  readonly external: boolean;
  /** Names that led there: as the flow has it, or as DNS answered this client. */
  readonly names: readonly string[];
  /** Ports there, as `443/tcp`; none where it only ever began the flows. */
  readonly ports: readonly string[];
  readonly firstUs: number;
  readonly lastUs: number;
}

/** One client of the LAN. Times in microseconds since 1970; counters are since it was first seen. */
export interface LanClient extends Readonly<Traffic> {
  /** Its MAC address, or its address where it has none of its own. */
  readonly id: string;
  /** Its hardware address; of a client behind a router none. */
  readonly mac: string | undefined;
  /** Hardware address of the router that it is behind. */
  readonly behind: string | undefined;
  readonly vendor: string | undefined;
  /** The MAC address is chosen by the device or by software (locally administered), not given by a vendor. */
  readonly randomised: boolean;
  /** It forwards for others. */
  readonly router: boolean;
  /** What it says it is, to DHCP servers. */
  readonly kind: string | undefined;
  /** Best name first: those that it gave itself, then those that others know it by. */
  readonly names: readonly ClientName[];
  /** The address that was seen last comes first, IPv4 before IPv6. */
  readonly addresses: readonly ClientAddress[];
  readonly firstUs: number;
  readonly lastUs: number;
  readonly protocols: readonly ClientShare[];
  readonly applications: readonly ClientShare[];
  readonly destinations: readonly ClientDestination[];
  /** What is in none of the destinations any more, for lack of room or because of its age. */
  readonly otherDestinations: Readonly<Traffic>;
}

/** How much of each client is wanted. */
export interface ClientOptions {
  /** The most protocols, applications and destinations of each; default all. */
  readonly top?: number;
}

/** What clients are put together from. */
export interface ClientSources {
  readonly hosts: Iterable<Host>;
  readonly devices: BoundedMap<Device>;
  readonly book: NameBook;
  readonly routerAddresses: number;
  readonly vendorOf: (mac: string) => string | undefined;
}

const SOURCE_ORDER = ['dhcp', 'dhcpv6', 'netbios', 'mdns', 'ptr', 'dns'] as const;
const MOST_DESTINATION_NAMES = 4;

/** Clients out of the addresses that were seen, those with the most bytes first. */
export function clientsOf(sources: ClientSources, options: ClientOptions): LanClient[] {
  const hosts = [...sources.hosts];
  const holders = latestHolders(hosts);
  return groupHosts(hosts, sources.devices, sources.routerAddresses)
    .map((group) => clientOf(group, sources, holders, options.top ?? Number.POSITIVE_INFINITY))
    .toSorted((a, b) => bytesOf(b) - bytesOf(a) || (a.id < b.id ? -1 : 1));
}

function clientOf(
  group: ReturnType<typeof groupHosts>[number],
  { devices, book, vendorOf }: ClientSources,
  holders: ReadonlyMap<string, Host>,
  top: number,
): LanClient {
  const { hosts, mac } = group;
  const device = mac === undefined ? undefined : devices.get(mac);
  const total: NamedTraffic = { ...noTraffic(), firstUs: Number.POSITIVE_INFINITY, lastUs: 0 };
  const otherDestinations = noTraffic();
  const names = new Map<string, ClientName>();
  for (const name of device?.names.values() ?? []) names.set(`${name.source} ${name.name}`, name);
  for (const host of hosts) {
    addNamedTraffic(total, host);
    addTraffic(otherDestinations, host.peers.tally.other);
    // A name is the address's: it is this client's as long as nobody else got the address.
    if (holders.get(host.address) !== host) continue;
    for (const name of book.namesOf(host.address)?.values() ?? [])
      names.set(`${name.source} ${name.name}`, name);
  }
  return {
    ...total,
    id: group.id,
    mac,
    behind: group.behind,
    vendor: mac === undefined ? undefined : vendorOf(mac),
    randomised: mac !== undefined && isRandomised(mac),
    router: group.router,
    kind: device?.kind,
    names: [...names.values()].toSorted(byWorth),
    addresses: addressesOf(hosts, holders),
    protocols: shares(hosts.map((host) => host.protocols.entries)).slice(0, top),
    applications: shares(hosts.map((host) => host.applications.entries)).slice(0, top),
    destinations: destinationsOf(hosts, book).slice(0, top),
    otherDestinations,
  };
}

/** Who held each address last. */
function latestHolders(hosts: readonly Host[]): Map<string, Host> {
  const holders = new Map<string, Host>();
  for (const host of hosts) {
    const held = holders.get(host.address);
    if (held === undefined || isLater(host, held)) holders.set(host.address, host);
  }
  return holders;
}

/** One with a hardware address counts more than one without, whose frames could be anybody's. */
function isLater(host: Host, than: Host): boolean {
  if ((host.mac === '') !== (than.mac === '')) return than.mac === '';
  if (host.lastUs !== than.lastUs) return host.lastUs > than.lastUs;
  if (host.firstUs !== than.firstUs) return host.firstUs > than.firstUs;
  // Both at once: one of them, and always the same.
  return host.mac < than.mac;
}

function addressesOf(hosts: readonly Host[], holders: ReadonlyMap<string, Host>): ClientAddress[] {
  const found = new Map<string, ClientAddress>();
  for (const host of hosts) {
    if (host.address === '') continue;
    const known = found.get(host.address);
    found.set(host.address, {
      address: host.address,
      version: host.address.includes(':') ? 6 : 4,
      firstUs: Math.min(host.firstUs, known?.firstUs ?? host.firstUs),
      lastUs: Math.max(host.lastUs, known?.lastUs ?? host.lastUs),
      current: (known?.current ?? false) || holders.get(host.address) === host,
    });
  }
  return [...found.values()].toSorted(
    (a, b) => a.version - b.version || b.lastUs - a.lastUs || (a.address < b.address ? -1 : 1),
  );
}

function shares(tallies: readonly Iterable<[string, NamedTraffic]>[]): ClientShare[] {
  const sums = new Map<string, Traffic>();
  for (const tally of tallies) {
    for (const [name, traffic] of tally) {
      const sum = sums.get(name) ?? noTraffic();
      addTraffic(sum, traffic);
      sums.set(name, sum);
    }
  }
  return [...sums]
    .map(([name, traffic]) => ({ ...traffic, name }))
    .toSorted((a, b) => bytesOf(b) - bytesOf(a) || (a.name < b.name ? -1 : 1));
}

function destinationsOf(hosts: readonly Host[], book: NameBook): ClientDestination[] {
  const found = new Map<string, Peer>();
  for (const host of hosts) {
    for (const [address, peer] of host.peers.tally.entries) {
      let sum = found.get(address);
      if (sum === undefined) {
        sum = { ...peer, names: [...peer.names], ports: [...peer.ports] };
        found.set(address, sum);
      } else {
        addNamedTraffic(sum, peer);
        for (const name of peer.names) addOnce(sum.names, name, MOST_DESTINATION_NAMES);
        for (const port of peer.ports) addOnce(sum.ports, port, sum.ports.length + 1);
      }
      for (const name of book.answersFor(host.address, address)) {
        addOnce(sum.names, name, MOST_DESTINATION_NAMES);
      }
    }
  }
  return [...found]
    .map(([address, peer]) => ({ ...peer, address }))
    .toSorted((a, b) => bytesOf(b) - bytesOf(a) || (a.address < b.address ? -1 : 1));
}

function byWorth(a: ClientName, b: ClientName): number {
  return (
    SOURCE_ORDER.indexOf(a.source) - SOURCE_ORDER.indexOf(b.source) ||
    b.lastUs - a.lastUs ||
    (a.name < b.name ? -1 : 1)
  );
}

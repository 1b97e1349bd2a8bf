import type { Budget } from './bounded-map.ts';
import { NameList } from './names.ts';
import { addTraffic, type NamedTraffic, noTraffic, plainTally, Tally, type Traffic } from './traffic.ts';

/** Whom a client spoke with. */
export interface Peer extends NamedTraffic {
  /** Not in the networks that are watched. */
  readonly external: boolean;
  /** Names by which the client asked for it. */
  readonly names: string[];
  /** Ports of the server side, as `443/tcp`. */
  readonly ports: string[];
}

const MOST_PEER_NAMES = 4;
const MOST_PEER_PORTS = 8;

/** How much is kept of each address. */
export interface HostLimits {
  readonly protocols: number;
  readonly applications: number;
  readonly peers: number;
}

/** Traffic by peer, with the names and ports that led there. */
export class PeerTally {
  private readonly isExternal: (address: string) => boolean;
  readonly tally: Tally<Peer>;
  private address = '';

  constructor(limit: number, budget: Budget, isExternal: (address: string) => boolean) {
    this.isExternal = isExternal;
    this.tally = new Tally<Peer>(limit, budget, (traffic) => ({
      ...traffic,
      external: this.isExternal(this.address),
      names: [],
      ports: [],
    }));
  }

  /** Counts traffic with an address; the entry, or undefined where there was no room for one. */
  add(
    address: string,
    traffic: Readonly<Traffic>,
    firstUs: number,
    lastUs: number,
    name: string | undefined,
    port: string,
  ): Peer | undefined {
    this.address = address;
    const peer = this.tally.add(address, traffic, firstUs, lastUs);
    if (peer === undefined) return undefined;
    if (name !== undefined) addOnce(peer.names, name, MOST_PEER_NAMES);
    if (port !== '') addOnce(peer.ports, port, MOST_PEER_PORTS);
    return peer;
  }
}

/** Puts a text into a short list, unless it is there or the list is full. */
export function addOnce(list: string[], text: string, most: number): void {
  if (list.length < most && !list.includes(text)) list.push(text);
}

/**
 * One address as one device held it. An address that moves to another device begins anew there, and what the first
 * did with it stays with the first. Without hardware addresses `mac` is empty; `address` is empty for packets of a
 * device that had none yet.
 */
export class Host implements NamedTraffic {
  readonly mac: string;
  readonly address: string;
  firstUs: number;
  lastUs: number;
  flows = 0;
  packetsUp = 0;
  packetsDown = 0;
  bytesUp = 0;
  bytesDown = 0;
  readonly protocols: Tally;
  readonly applications: Tally;
  readonly peers: PeerTally;

  constructor(
    mac: string,
    address: string,
    timeUs: number,
    limits: HostLimits,
    budget: Budget,
    isExternal: (address: string) => boolean,
  ) {
    this.mac = mac;
    this.address = address;
    this.firstUs = timeUs;
    this.lastUs = timeUs;
    this.protocols = plainTally(limits.protocols, budget);
    this.applications = plainTally(limits.applications, budget);
    this.peers = new PeerTally(limits.peers, budget, isExternal);
  }

  /** Gives the room of its tallies back. */
  clear(): void {
    this.protocols.entries.clear();
    this.applications.entries.clear();
    this.peers.tally.entries.clear();
  }

  /** Drops what was not seen since; returns how much. */
  expire(beforeUs: number): number {
    return (
      this.protocols.expire(beforeUs) + this.applications.expire(beforeUs) + this.peers.tally.expire(beforeUs)
    );
  }
}

/** What is known of a hardware address, whichever addresses it has. */
export class Device {
  readonly mac: string;
  firstUs: number;
  lastUs: number;
  readonly names = new NameList();
  /** What the device says it is (DHCP vendor class). */
  kind: string | undefined;
  /** Addresses outside of the networks that it sent from or was sent to; no more than tell a router. */
  readonly outside = new Set<string>();
  /** Protocols that were told as new. */
  readonly protocols = new Set<string>();
  /** Whether the device was told as new. */
  announced = false;
  readonly traffic: Traffic = noTraffic();

  constructor(mac: string, timeUs: number) {
    this.mac = mac;
    this.firstUs = timeUs;
    this.lastUs = timeUs;
  }

  /** Seen at a time, with traffic that it sent and got, whoever's it is. */
  seen(timeUs: number, traffic?: Readonly<Traffic>): void {
    this.firstUs = Math.min(this.firstUs, timeUs);
    this.lastUs = Math.max(this.lastUs, timeUs);
    if (traffic !== undefined) addTraffic(this.traffic, traffic);
  }
}

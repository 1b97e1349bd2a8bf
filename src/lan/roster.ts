import { BoundedMap, Budget } from './bounded-map.ts';
import type { FirstSeenLog } from './first-seen.ts';
import { Device, Host } from './host.ts';
import type { LanNetworks } from './networks.ts';
import { addTraffic, bytesOf, noTraffic, type Traffic } from './traffic.ts';

const MOST_DEVICES = 8192;
const MOST_PROTOCOLS_OF_ONE = 64;
const MOST_APPLICATIONS_OF_ONE = 128;

/** Bounds of a roster. */
export interface RosterLimits {
  readonly maxAddresses: number;
  readonly maxDestinations: number;
  readonly maxEntries: number;
  readonly routerAddresses: number;
}

/** The addresses of clients and the devices that hold them, bounded; new ones are told to the log. */
export class Roster {
  readonly hosts: BoundedMap<Host>;
  readonly devices: BoundedMap<Device>;
  /** What addresses did that had to go, were silent too long or found no room. */
  readonly forgotten: Traffic = noTraffic();
  addressesTurnedAway = 0;
  devicesTurnedAway = 0;
  expired = 0;
  private appeared: string[] = [];
  private entriesGone = 0;
  private namesGone = 0;
  private readonly networks: LanNetworks;
  private readonly limits: RosterLimits;
  private readonly log: FirstSeenLog;
  private readonly entries: Budget;

  constructor(networks: LanNetworks, limits: RosterLimits, log: FirstSeenLog) {
    this.networks = networks;
    this.limits = limits;
    this.log = log;
    this.entries = new Budget(limits.maxEntries);
    this.hosts = new BoundedMap<Host>(
      limits.maxAddresses,
      new Budget(limits.maxAddresses),
      bytesOf,
      (host) => {
        this.addressesTurnedAway++;
        this.forget(host);
      },
    );
    this.devices = new BoundedMap<Device>(
      MOST_DEVICES,
      new Budget(MOST_DEVICES),
      (device) => bytesOf(device.traffic),
      (device) => {
        this.devicesTurnedAway++;
        this.namesGone += device.names.turnedAway;
      },
    );
  }

  /** Destinations, protocols and applications of addresses that had to go. */
  get entriesTurnedAway(): number {
    let count = this.entriesGone;
    for (const host of this.hosts.values()) count += turnedAwayOf(host);
    return count;
  }

  /** Names of devices that had to go. */
  get namesTurnedAway(): number {
    let count = this.namesGone;
    for (const device of this.devices.values()) count += device.names.turnedAway;
    return count;
  }

  /** Names an address as a device holds it. */
  static keyOf(mac: string, address: string): string {
    return `${mac} ${address}`;
  }

  /** Takes the keys of addresses that are new since this was asked before. */
  takeNew(): readonly string[] {
    const keys = this.appeared;
    if (keys.length > 0) this.appeared = [];
    return keys;
  }

  /** The entry of an address as this device holds it; undefined where there is no room. */
  host(mac: string, address: string, timeUs: number): Host | undefined {
    const key = Roster.keyOf(mac, address);
    const known = this.hosts.use(key);
    if (known !== undefined) return known;
    const limits = {
      protocols: MOST_PROTOCOLS_OF_ONE,
      applications: MOST_APPLICATIONS_OF_ONE,
      peers: this.limits.maxDestinations,
    };
    const isExternal = (peer: string): boolean => this.networks.placeOf(peer) === 'outside';
    const host = new Host(mac, address, timeUs, limits, this.entries, isExternal);
    if (!this.hosts.add(key, host)) {
      this.addressesTurnedAway++;
      return undefined;
    }
    this.appeared.push(key);
    this.tellDevice(host, timeUs);
    return host;
  }

  /** The entry of a hardware address. */
  device(mac: string, timeUs: number): Device {
    let device = this.devices.use(mac);
    if (device === undefined) {
      device = new Device(mac, timeUs);
      this.devices.add(mac, device);
    }
    device.seen(timeUs);
    return device;
  }

  /** Notes an address outside that a device's frames carry: many of them are the mark of a router. */
  noteOutside(device: Device, address: string): void {
    if (!this.isRouter(device)) device.outside.add(address);
  }

  /** A protocol that an address spoke for the first time: an event, unless the device spoke it before. */
  tellProtocol(host: Host, protocol: string, timeUs: number): void {
    const device = host.mac === '' ? undefined : this.devices.get(host.mac);
    // Behind a router are many: what one of them spoke is still new for the next.
    if (device !== undefined && !this.isRouter(device)) {
      if (device.protocols.has(protocol) || device.protocols.size >= MOST_PROTOCOLS_OF_ONE) return;
      device.protocols.add(protocol);
    }
    this.log.add({ timeUs, kind: 'protocol', client: host.mac || host.address, value: protocol });
  }

  /** Drops what was not seen since. */
  expire(beforeUs: number): void {
    for (const [key, host] of this.hosts) {
      if (host.lastUs >= beforeUs) {
        host.expire(beforeUs);
        continue;
      }
      this.expired++;
      this.hosts.delete(key);
      this.forget(host);
    }
    for (const [mac, device] of this.devices) if (device.lastUs < beforeUs) this.devices.delete(mac);
  }

  private tellDevice(host: Host, timeUs: number): void {
    const device = host.mac === '' ? undefined : this.device(host.mac, timeUs);
    if (device?.announced !== true || this.isRouter(device)) {
      this.log.add({ timeUs, kind: 'device', client: host.mac || host.address, value: host.address });
    }
    if (device !== undefined) device.announced = true;
  }

  private isRouter(device: Device): boolean {
    return device.outside.size > this.limits.routerAddresses;
  }

  private forget(host: Host): void {
    addTraffic(this.forgotten, host);
    this.entriesGone += turnedAwayOf(host);
    host.clear();
  }
}

function turnedAwayOf(host: Host): number {
  return host.protocols.turnedAway + host.applications.turnedAway + host.peers.tally.turnedAway;
}

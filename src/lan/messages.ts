import { addressOf, type EveRecord, listOf, nameOf, objectOf } from '../event/index.ts';
import { macOf } from './mac.ts';
import type { NameBook } from './name-book.ts';
import { claimsOf } from './names.ts';
import { isLinkLocal, type LanNetworks, maskLength } from './networks.ts';
import type { Roster } from './roster.ts';

const MOST_GIVEN_ADDRESSES = 16;

/** Reads names, addresses and networks out of the messages of other protocols. */
export class Messages {
  private readonly networks: LanNetworks;
  private readonly roster: Roster;
  private readonly book: NameBook;
  private readonly learn: boolean;

  /** `learn`: whether networks that servers give addresses of are taken in. */
  constructor(networks: LanNetworks, roster: Roster, book: NameBook, learn: boolean) {
    this.networks = networks;
    this.roster = roster;
    this.book = book;
    this.learn = learn;
  }

  /** Takes a record of a type that names clients; of others nothing. */
  take(record: EveRecord, timeUs: number): void {
    switch (record.event_type) {
      case 'dns':
      case 'mdns':
        this.takeNames(record, timeUs);
        break;
      case 'dhcp':
        this.takeDhcp(record, timeUs);
        break;
      case 'dhcpv6':
        this.takeDhcpv6(record, timeUs);
        break;
      case 'smb':
        this.takeLogin(record, timeUs);
        break;
    }
  }

  private takeNames(record: EveRecord, timeUs: number): void {
    const asker = addressOf(record.dest_ip);
    for (const claim of claimsOf(record)) {
      const place = this.networks.placeOf(claim.address);
      if (place === 'inside') this.book.nameClient(claim, timeUs);
      else if (place === 'outside' && asker !== undefined && claim.source === 'dns') {
        if (this.networks.placeOf(asker) === 'inside') this.book.answer(asker, claim, timeUs);
      }
    }
  }

  private takeDhcp(record: EveRecord, timeUs: number): void {
    const message = objectOf(record.dhcp);
    const mac = macOf(message?.client_mac);
    if (message === undefined || mac === undefined) return;
    const device = this.roster.device(mac, timeUs);
    const name = nameOf(message.hostname);
    if (name !== undefined) device.names.add(name, 'dhcp', timeUs);
    device.kind = nameOf(message.vendor_class_identifier) ?? device.kind;
    const given = addressOf(message.assigned_ip);
    if (message.dhcp_type !== 'ack' || given === undefined || given === '0.0.0.0') return;
    const bits = typeof message.subnet_mask === 'string' ? maskLength(message.subnet_mask) : undefined;
    if (this.learn && bits !== undefined) this.networks.learn(given, bits);
    this.hold(mac, given, timeUs);
  }

  private takeDhcpv6(record: EveRecord, timeUs: number): void {
    const message = objectOf(record.dhcpv6);
    if (message === undefined) return;
    // DUIDs without a hardware address are those of devices that are told by what else they send.
    const mac = macOf(message.client_mac);
    const name = nameOf(message.client_fqdn);
    if (mac !== undefined) {
      const device = this.roster.device(mac, timeUs);
      if (name !== undefined) device.names.add(name, 'dhcpv6', timeUs);
      device.kind = nameOf(message.vendor_class) ?? device.kind;
    }
    if (message.type !== 'reply') return;
    for (const entry of listOf(message.addresses).slice(0, MOST_GIVEN_ADDRESSES)) {
      const address = addressOf(objectOf(entry)?.address);
      if (address === undefined) continue;
      if (this.learn) this.networks.learn(address, 64);
      if (mac !== undefined) this.hold(mac, address, timeUs);
      if (name !== undefined) this.book.nameClient({ address, name, source: 'dhcpv6' }, timeUs);
    }
  }

  /** Records of sensors that read SMB have the computer's NetBIOS name in its login (NTLM). */
  private takeLogin(record: EveRecord, timeUs: number): void {
    const address = addressOf(record.src_ip);
    const name = nameOf(objectOf(objectOf(record.smb)?.ntlmssp)?.host);
    if (address === undefined || name === undefined || this.networks.placeOf(address) !== 'inside') return;
    this.book.nameClient({ address, name, source: 'netbios' }, timeUs);
  }

  /** A server gave this address to this device. */
  private hold(mac: string, address: string, timeUs: number): void {
    if (this.networks.placeOf(address) !== 'inside' || isLinkLocal(address)) return;
    const host = this.roster.host(mac, address, timeUs);
    if (host === undefined) return;
    host.firstUs = Math.min(host.firstUs, timeUs);
    host.lastUs = Math.max(host.lastUs, timeUs);
  }
}

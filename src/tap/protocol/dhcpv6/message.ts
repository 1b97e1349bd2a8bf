import { formatIpv6, hex, i32, latin1, u8, u16, u24, u32, utf8 } from '../../../net/index.ts';
import * as dhcp from './options.ts';

/** Relays that one message may be wrapped in (RFC 8415, section 7.6: HOP_COUNT_LIMIT). */
const RELAYS_LIMIT = 8;
/** Options of one message that are read, nested ones counted. */
const OPTIONS_LIMIT = 512;
/** Names in one list, and characters in one name. */
const NAMES_LIMIT = 32;
const NAME_LIMIT = 255;

/** An address or a prefix that is asked for, offered or given; lifetimes in seconds. */
export interface Lease {
  readonly address: string;
  /** Length of a delegated prefix; undefined for an address. */
  readonly prefixLength?: number;
  readonly preferredLifetime: number;
  readonly validLifetime: number;
}

/** One relay around the message, the outermost first. */
export interface Relay {
  readonly hops: number;
  readonly linkAddress: string;
  readonly peerAddress: string;
}

/** One DHCPv6 message; within relays the innermost one. */
export interface Dhcpv6Message {
  type: number;
  /** 24 bits; undefined when only a relay's wrapping could be read. */
  id: number | undefined;
  readonly relays: Relay[];
  /** DUIDs in hexadecimal, and the hardware address where the client's kind holds one. */
  clientDuid: string | undefined;
  clientMac: string | undefined;
  serverDuid: string | undefined;
  readonly leases: Lease[];
  requested: number[] | undefined;
  /** Milliseconds since the client began. */
  elapsedMs: number | undefined;
  status: number | undefined;
  statusMessage: string | undefined;
  vendorClass: string | undefined;
  clientFqdn: string | undefined;
  dnsServers: string[] | undefined;
  domains: string[] | undefined;
  /** An option reaches beyond its message, or a bound was met. */
  malformed: boolean;
}

/** Reads the message in `[start, end)`; undefined when it is too short to be one. */
export function readMessage(bytes: Uint8Array, start: number, end: number): Dhcpv6Message | undefined {
  const message: Dhcpv6Message = {
    type: 0,
    id: undefined,
    relays: [],
    clientDuid: undefined,
    clientMac: undefined,
    serverDuid: undefined,
    leases: [],
    requested: undefined,
    elapsedMs: undefined,
    status: undefined,
    statusMessage: undefined,
    vendorClass: undefined,
    clientFqdn: undefined,
    dnsServers: undefined,
    domains: undefined,
    malformed: false,
  };
  let from = start;
  let to = end;
  for (;;) {
    if (to - from < 4) {
      if (from === start) return undefined;
      message.malformed = true;
      return message;
    }
    message.type = u8(bytes, from);
    if (message.type !== dhcp.RELAY_FORWARD && message.type !== dhcp.RELAY_REPLY) break;
    // RFC 8415, section 9: hop count, link address, peer address.
    if (to - from < 34 || message.relays.length === RELAYS_LIMIT) {
      if (from === start) return undefined;
      message.malformed = true;
      return message;
    }
    message.relays.push({
      hops: u8(bytes, from + 1),
      linkAddress: address(bytes, from + 2),
      peerAddress: address(bytes, from + 18),
    });
    const inner = findOption(bytes, from + 34, to, dhcp.OPTION_RELAY_MESSAGE);
    if (inner < 0) {
      message.malformed = true;
      return message;
    }
    from = inner + 4;
    to = from + u16(bytes, inner + 2);
  }
  message.id = u24(bytes, from + 1);
  readOptions(bytes, from + 4, to, message);
  return message;
}

/** Index of the first option with this code whose value lies inside; -1 where there is none. */
function findOption(bytes: Uint8Array, start: number, end: number, code: number): number {
  for (let at = start; at + 4 <= end; at += 4 + u16(bytes, at + 2)) {
    if (u16(bytes, at) === code && at + 4 + u16(bytes, at + 2) <= end) return at;
  }
  return -1;
}

/** True when `[start, end)` is a run of whole options and nothing else. */
export function optionsAreWhole(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at + 4 <= end) at += 4 + u16(bytes, at + 2);
  return at === end;
}

function readOptions(bytes: Uint8Array, start: number, end: number, message: Dhcpv6Message): void {
  let at = start;
  let count = 0;
  while (at < end) {
    if (at + 4 > end || ++count > OPTIONS_LIMIT) {
      message.malformed = true;
      return;
    }
    const code = u16(bytes, at);
    const from = at + 4;
    const to = from + u16(bytes, at + 2);
    if (to > end) {
      message.malformed = true;
      return;
    }
    readOption(bytes, code, from, to, message);
    at = to;
  }
}

function readOption(bytes: Uint8Array, code: number, from: number, to: number, message: Dhcpv6Message): void {
  const length = to - from;
  switch (code) {
    case dhcp.OPTION_CLIENT_ID:
      message.clientDuid = hex(bytes, from, to);
      message.clientMac = hardwareAddress(bytes, from, to);
      return;
    case dhcp.OPTION_SERVER_ID:
      message.serverDuid = hex(bytes, from, to);
      return;
    case dhcp.OPTION_IA_NA:
    case dhcp.OPTION_IA_PD:
      // Identifier, T1 and T2 come before the leases.
      if (length >= 12) readLeases(bytes, from + 12, to, message);
      else message.malformed = true;
      return;
    case dhcp.OPTION_IA_TA:
      if (length >= 4) readLeases(bytes, from + 4, to, message);
      else message.malformed = true;
      return;
    case dhcp.OPTION_REQUESTED:
      message.requested = [];
      for (let at = from; at + 2 <= to && message.requested.length < OPTIONS_LIMIT; at += 2)
        message.requested.push(u16(bytes, at));
      return;
    case dhcp.OPTION_ELAPSED_TIME:
      if (length >= 2) message.elapsedMs = u16(bytes, from) * 10;
      return;
    case dhcp.OPTION_STATUS:
      readStatus(bytes, from, to, message);
      return;
    case dhcp.OPTION_VENDOR_CLASS:
      // Enterprise number, then items of which the first is taken.
      if (length >= 6) {
        const itemEnd = Math.min(to, from + 6 + u16(bytes, from + 4));
        message.vendorClass = utf8(bytes, from + 6, itemEnd);
      }
      return;
    case dhcp.OPTION_DNS_SERVERS:
      message.dnsServers = [];
      for (let at = from; at + 16 <= to && message.dnsServers.length < NAMES_LIMIT; at += 16)
        message.dnsServers.push(address(bytes, at));
      return;
    case dhcp.OPTION_DOMAIN_LIST:
      message.domains = readNames(bytes, from, to);
      return;
    case dhcp.OPTION_CLIENT_FQDN:
      if (length >= 1) message.clientFqdn = readNames(bytes, from + 1, to)[0];
      return;
    default:
      return;
  }
}

/** Leases and the status inside of an identity association; nothing nests below them that is read. */
function readLeases(bytes: Uint8Array, start: number, end: number, message: Dhcpv6Message): void {
  let at = start;
  while (at + 4 <= end) {
    const code = u16(bytes, at);
    const from = at + 4;
    const to = from + u16(bytes, at + 2);
    if (to > end || message.leases.length >= OPTIONS_LIMIT) {
      message.malformed = true;
      return;
    }
    if (code === dhcp.OPTION_IA_ADDRESS && to - from >= 24) {
      message.leases.push({
        address: address(bytes, from),
        preferredLifetime: u32(bytes, from + 16),
        validLifetime: u32(bytes, from + 20),
      });
    } else if (code === dhcp.OPTION_IA_PREFIX && to - from >= 25) {
      message.leases.push({
        address: address(bytes, from + 9),
        prefixLength: u8(bytes, from + 8),
        preferredLifetime: u32(bytes, from),
        validLifetime: u32(bytes, from + 4),
      });
    } else if (code === dhcp.OPTION_STATUS) readStatus(bytes, from, to, message);
    at = to;
  }
}

function readStatus(bytes: Uint8Array, from: number, to: number, message: Dhcpv6Message): void {
  if (to - from < 2) return;
  message.status = u16(bytes, from);
  message.statusMessage = to - from > 2 ? utf8(bytes, from + 2, to) : undefined;
}

/** RFC 8415, section 11: kinds 1 (with time) and 3 hold a hardware type and address; 1 is Ethernet. */
function hardwareAddress(bytes: Uint8Array, from: number, to: number): string | undefined {
  if (to - from < 10) return undefined;
  const kind = u16(bytes, from);
  const at = kind === 1 ? from + 8 : kind === 3 ? from + 4 : -1;
  if (at < 0 || to - at !== 6 || u16(bytes, from + 2) !== 1) return undefined;
  return hex(bytes, at, to).replace(/..(?=.)/g, '$&:');
}

/** Names in DNS wire form without compression (RFC 8415, section 10); the last may lack its end. */
function readNames(bytes: Uint8Array, start: number, end: number): string[] {
  const names: string[] = [];
  let name = '';
  let at = start;
  while (at < end && names.length < NAMES_LIMIT) {
    const length = u8(bytes, at++);
    if (length === 0) {
      if (name !== '') names.push(name);
      name = '';
      continue;
    }
    if (length > 63 || at + length > end || name.length + length > NAME_LIMIT) break;
    name += (name === '' ? '' : '.') + latin1(bytes, at, at + length);
    at += length;
  }
  if (name !== '' && names.length < NAMES_LIMIT) names.push(name);
  return names;
}

function address(bytes: Uint8Array, offset: number): string {
  return formatIpv6(
    i32(bytes, offset),
    i32(bytes, offset + 4),
    i32(bytes, offset + 8),
    i32(bytes, offset + 12),
  );
}

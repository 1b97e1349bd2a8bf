import { formatIpv4, formatIpv6, i32, latin1, u8, u32, utf8 } from '../../../net/index.ts';
import * as dhcp from './options.ts';

/** One DHCP message, decoded. Addresses are text; options that were not there are undefined. */
export interface DhcpMessage {
  readonly opcode: number;
  readonly id: number;
  readonly clientAddress: string;
  readonly assignedAddress: string;
  readonly serverAddress: string;
  readonly relayAddress: string;
  /** Client's hardware address: as many bytes as its length field says, at most 16. */
  readonly clientMac: string;
  /** The hardware address field read as Zeek does: 6 bytes, or 8 where bytes 7 and 8 are not zero. */
  readonly hardwareField: string;
  /** False for BOOTP: the options cannot be read. */
  readonly cookie: boolean;
  /** The options ended without an end mark, or one was cut or too short. */
  truncated: boolean;
  messageType: number | undefined;
  clientId: string | undefined;
  /** First byte of the client identifier: 1 is Ethernet. */
  clientIdType: number | undefined;
  hostName: string | undefined;
  /** Host name, one character per byte. */
  hostNameBytes: string | undefined;
  clientFqdn: string | undefined;
  domain: string | undefined;
  message: string | undefined;
  vendorClass: string | undefined;
  subnetMask: string | undefined;
  requestedAddress: string | undefined;
  /** Seconds. */
  leaseTime: number | undefined;
  renewalTime: number | undefined;
  rebindingTime: number | undefined;
  /** Numbers of the options that the client asks for. */
  parameters: readonly number[] | undefined;
  routers: readonly string[] | undefined;
  dnsServers: readonly string[] | undefined;
}

/** Reads the message in `[start, end)`; undefined when it is shorter than the fixed part. */
export function readMessage(bytes: Uint8Array, start: number, end: number): DhcpMessage | undefined {
  if (end - start < dhcp.HEADER_LENGTH) return undefined;
  const hardware = start + dhcp.CLIENT_HARDWARE;
  const wide = u8(bytes, hardware + 6) !== 0 || u8(bytes, hardware + 7) !== 0;
  const message: DhcpMessage = {
    opcode: u8(bytes, start + dhcp.OPCODE),
    id: u32(bytes, start + dhcp.TRANSACTION_ID),
    clientAddress: formatIpv4(i32(bytes, start + dhcp.CLIENT_ADDRESS)),
    assignedAddress: formatIpv4(i32(bytes, start + dhcp.YOUR_ADDRESS)),
    serverAddress: formatIpv4(i32(bytes, start + dhcp.SERVER_ADDRESS)),
    relayAddress: formatIpv4(i32(bytes, start + dhcp.RELAY_ADDRESS)),
    clientMac: colonHex(bytes, hardware, hardware + Math.min(u8(bytes, start + dhcp.HARDWARE_LENGTH), 16)),
    hardwareField: colonHex(bytes, hardware, hardware + (wide ? 8 : 6)),
    cookie: i32(bytes, start + dhcp.COOKIE) === dhcp.MAGIC_COOKIE,
    truncated: false,
    messageType: undefined,
    clientId: undefined,
    clientIdType: undefined,
    hostName: undefined,
    hostNameBytes: undefined,
    clientFqdn: undefined,
    domain: undefined,
    message: undefined,
    vendorClass: undefined,
    subnetMask: undefined,
    requestedAddress: undefined,
    leaseTime: undefined,
    renewalTime: undefined,
    rebindingTime: undefined,
    parameters: undefined,
    routers: undefined,
    dnsServers: undefined,
  };
  if (!message.cookie) return message;
  const overload = readOptions(bytes, start + dhcp.HEADER_LENGTH, end, message);
  // RFC 2131, section 4.1: the overload option lends the file (1) and server name (2) fields to options.
  if (overload & 1) readOptions(bytes, start + dhcp.BOOT_FILE, start + dhcp.COOKIE, message);
  if (overload & 2) readOptions(bytes, start + dhcp.SERVER_NAME, start + dhcp.BOOT_FILE, message);
  return message;
}

/** Reads options up to the end mark; returns the value of the overload option, 0 where there is none. */
function readOptions(bytes: Uint8Array, start: number, end: number, message: DhcpMessage): number {
  let overload = 0;
  let at = start;
  while (at < end) {
    const code = u8(bytes, at);
    if (code === dhcp.OPTION_END) return overload;
    if (code === dhcp.OPTION_PAD) {
      at++;
      continue;
    }
    const from = at + 2;
    if (from > end) break;
    const to = from + u8(bytes, at + 1);
    if (to > end) break;
    if (code === dhcp.OPTION_OVERLOAD && to > from) overload = u8(bytes, from);
    else if (!readOption(bytes, code, from, to, message)) break;
    at = to;
  }
  message.truncated = true;
  return overload;
}

/** Takes one option's value; false when it is shorter than its kind needs. */
function readOption(
  bytes: Uint8Array,
  code: number,
  from: number,
  to: number,
  message: DhcpMessage,
): boolean {
  const length = to - from;
  switch (code) {
    case dhcp.OPTION_MESSAGE_TYPE:
      if (length > 0) message.messageType ??= u8(bytes, from);
      return true;
    case dhcp.OPTION_CLIENT_ID:
      if (length < 2) return false;
      message.clientIdType = u8(bytes, from);
      message.clientId = colonHex(bytes, from + 1, to);
      return true;
    case dhcp.OPTION_HOST_NAME:
      if (length === 0) return true;
      message.hostName = printable(bytes, from, to);
      message.hostNameBytes = latin1(bytes, from, to);
      return true;
    case dhcp.OPTION_VENDOR_CLASS:
      if (length > 0) message.vendorClass = printable(bytes, from, to);
      return true;
    case dhcp.OPTION_DOMAIN_NAME:
      message.domain = latin1(bytes, from, withoutZeros(bytes, from, to));
      return true;
    case dhcp.OPTION_MESSAGE:
      message.message = latin1(bytes, from, to);
      return true;
    case dhcp.OPTION_CLIENT_FQDN:
      if (length >= 3) message.clientFqdn = readFqdn(bytes, from, to);
      return true;
    case dhcp.OPTION_LEASE_TIME:
      if (length < 4) return false;
      message.leaseTime = u32(bytes, from);
      return true;
    case dhcp.OPTION_RENEWAL_TIME:
      if (length < 4) return false;
      message.renewalTime = u32(bytes, from);
      return true;
    case dhcp.OPTION_REBINDING_TIME:
      if (length < 4) return false;
      message.rebindingTime = u32(bytes, from);
      return true;
    case dhcp.OPTION_SUBNET_MASK:
      message.subnetMask = address(bytes, from, to);
      return true;
    case dhcp.OPTION_REQUESTED_ADDRESS:
      message.requestedAddress = address(bytes, from, to);
      return true;
    case dhcp.OPTION_PARAMETER_LIST:
      message.parameters = Array.from(bytes.subarray(from, to));
      return true;
    case dhcp.OPTION_ROUTERS:
      message.routers = addresses(bytes, from, to);
      return true;
    case dhcp.OPTION_DNS_SERVERS:
      message.dnsServers = addresses(bytes, from, to);
      return true;
    default:
      return true;
  }
}

/** RFC 4702, section 2: flags, two retired bytes, the name; flag E (4) means DNS wire encoding, else ASCII. */
function readFqdn(bytes: Uint8Array, from: number, to: number): string {
  const name = from + 3;
  if ((u8(bytes, from) & 4) === 0) return latin1(bytes, name, to);
  let text = '';
  let at = name;
  while (at < to) {
    const length = u8(bytes, at);
    if (length === 0 || at + 1 + length > to) break;
    text += (text === '' ? '' : '.') + latin1(bytes, at + 1, at + 1 + length);
    at += 1 + length;
  }
  return text;
}

function address(bytes: Uint8Array, from: number, to: number): string {
  if (to - from === 4) return formatIpv4(i32(bytes, from));
  if (to - from === 16)
    return formatIpv6(i32(bytes, from), i32(bytes, from + 4), i32(bytes, from + 8), i32(bytes, from + 12));
  return '';
}

function addresses(bytes: Uint8Array, from: number, to: number): string[] {
  const list: string[] = [];
  for (let at = from; at + 4 <= to; at += 4) list.push(formatIpv4(i32(bytes, at)));
  return list;
}

function withoutZeros(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && bytes[end - 1] === 0) end--;
  return end;
}

const COLON_HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));

function colonHex(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at++) text += (at > from ? ':' : '') + (COLON_HEX[u8(bytes, at)] as string);
  return text;
}

/** UTF-8 where the bytes are that; otherwise ASCII with `\xNN` for what is not, as EVE has it. */
function printable(bytes: Uint8Array, from: number, to: number): string {
  const text = utf8(bytes, from, to);
  if (!text.includes('\ufffd')) return text;
  let escaped = '';
  for (let at = from; at < to; at++) {
    const byte = u8(bytes, at);
    escaped += byte < 128 ? String.fromCharCode(byte) : `\\x${COLON_HEX[byte] as string}`;
  }
  return escaped;
}

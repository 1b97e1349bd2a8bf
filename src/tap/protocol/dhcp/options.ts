/** Numbers and names of DHCP for IPv4 (RFC 2131, RFC 2132 and the IANA registry). */

/** Offsets in the fixed part of a message (RFC 2131, section 2). */
export const OPCODE = 0;
export const HARDWARE_LENGTH = 2;
export const TRANSACTION_ID = 4;
export const CLIENT_ADDRESS = 12;
export const YOUR_ADDRESS = 16;
export const SERVER_ADDRESS = 20;
export const RELAY_ADDRESS = 24;
export const CLIENT_HARDWARE = 28;
export const SERVER_NAME = 44;
export const BOOT_FILE = 108;
export const COOKIE = 236;
/** Length of the fixed part with the cookie behind it; the options follow. */
export const HEADER_LENGTH = 240;

/** The cookie that announces options (RFC 2131, section 3), as a signed word. */
export const MAGIC_COOKIE = 0x63825363;

export const BOOT_REQUEST = 1;
export const BOOT_REPLY = 2;

export const OPTION_PAD = 0;
export const OPTION_SUBNET_MASK = 1;
export const OPTION_ROUTERS = 3;
export const OPTION_DNS_SERVERS = 6;
export const OPTION_HOST_NAME = 12;
export const OPTION_DOMAIN_NAME = 15;
export const OPTION_REQUESTED_ADDRESS = 50;
export const OPTION_LEASE_TIME = 51;
export const OPTION_OVERLOAD = 52;
export const OPTION_MESSAGE_TYPE = 53;
export const OPTION_PARAMETER_LIST = 55;
export const OPTION_MESSAGE = 56;
export const OPTION_RENEWAL_TIME = 58;
export const OPTION_REBINDING_TIME = 59;
export const OPTION_VENDOR_CLASS = 60;
export const OPTION_CLIENT_ID = 61;
export const OPTION_CLIENT_FQDN = 81;
export const OPTION_END = 255;

/** EVE's `dhcp_type` by message type; any other number is `unknown`. */
export const EVE_MESSAGE_TYPES: readonly (string | undefined)[] = [
  undefined,
  'discover',
  'offer',
  'request',
  'decline',
  'ack',
  'nak',
  'release',
  'inform',
];

/** Zeek's `msg_types` by message type (RFC 2132, 3203, 4388, 6926, 7724). */
export const ZEEK_MESSAGE_TYPES: readonly (string | undefined)[] = [
  undefined,
  'DISCOVER',
  'OFFER',
  'REQUEST',
  'DECLINE',
  'ACK',
  'NAK',
  'RELEASE',
  'INFORM',
  'FORCERENEW',
  'LEASEQUERY',
  'LEASEUNASSIGNED',
  'LEASEUNKNOWN',
  'LEASEACTIVE',
  'BULKLEASEQUERY',
  'LEASEQUERYDONE',
  'ACTIVELEASEQUERY',
  'LEASEQUERYSTATUS',
  'TLS',
];

/** The parameters that EVE's `params` names; others are left out. */
export const PARAMETER_NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'subnet_mask'],
  [3, 'router'],
  [6, 'dns_server'],
  [15, 'domain'],
  [35, 'arp_timeout'],
  [42, 'ntp_server'],
  [66, 'tftp_server_name'],
  [150, 'tftp_server_ip'],
]);

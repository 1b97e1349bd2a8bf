/** Numbers and names of DHCP for IPv6 (RFC 8415 and the IANA registry). */

/** Message types by number (RFC 8415, section 7.3; 14 to 23 from RFC 5007, 5460, 7341). */
export const MESSAGE_TYPES: readonly (string | undefined)[] = [
  undefined,
  'solicit',
  'advertise',
  'request',
  'confirm',
  'renew',
  'rebind',
  'reply',
  'release',
  'decline',
  'reconfigure',
  'information_request',
  'relay_forward',
  'relay_reply',
  'leasequery',
  'leasequery_reply',
  'leasequery_done',
  'leasequery_data',
  'reconfigure_request',
  'reconfigure_reply',
  'dhcpv4_query',
  'dhcpv4_response',
];

export const ADVERTISE = 2;
export const REPLY = 7;
export const RELAY_FORWARD = 12;
export const RELAY_REPLY = 13;

export const OPTION_CLIENT_ID = 1;
export const OPTION_SERVER_ID = 2;
export const OPTION_IA_NA = 3;
export const OPTION_IA_TA = 4;
export const OPTION_IA_ADDRESS = 5;
export const OPTION_REQUESTED = 6;
export const OPTION_ELAPSED_TIME = 8;
export const OPTION_RELAY_MESSAGE = 9;
export const OPTION_STATUS = 13;
export const OPTION_VENDOR_CLASS = 16;
export const OPTION_DNS_SERVERS = 23;
export const OPTION_DOMAIN_LIST = 24;
export const OPTION_IA_PD = 25;
export const OPTION_IA_PREFIX = 26;
export const OPTION_CLIENT_FQDN = 39;

/** Status codes (RFC 8415, section 21.13; RFC 5007). */
export const STATUS_CODES: readonly string[] = [
  'success',
  'unspec_fail',
  'no_addrs_avail',
  'no_binding',
  'not_on_link',
  'use_multicast',
  'no_prefix_avail',
  'unknown_query_type',
  'malformed_query',
  'not_configured',
  'not_allowed',
];

/** How a view is set up; all have defaults. */
export interface LanOptions {
  /** Networks whose addresses are clients, in CIDR form; default: private and link-local ranges. */
  readonly networks?: readonly string[];
  /**
   * Whether networks are learned as well: those that DHCP servers give addresses of, and /64 of IPv6 in which an
   * address is made from the MAC address of its sender. Default: true where no networks are given.
   */
  readonly learn?: boolean;
  /** Records that name another interface (`in_iface`) are left out; default: none is. Those that name none count. */
  readonly interfaces?: readonly string[];
  /** Length of an interval in seconds; default 5. */
  readonly intervalSeconds?: number;
  /** How long after it was seen last something is kept, in seconds of the records' time; default 3600. */
  readonly retentionSeconds?: number;
  /** A MAC address with more addresses than this outside of its own network is a router; default 4. */
  readonly routerAddresses?: number;
  /** Vendor of a MAC address; default: the registry of `oui-data`, read when first needed. */
  readonly vendorOf?: (mac: string) => string | undefined;
  /** The most addresses of clients at a time; default 4096. */
  readonly maxAddresses?: number;
  /** The most destinations that are kept of each address; default 256. */
  readonly maxDestinations?: number;
  /** The most entries (destinations, protocols, applications) of all addresses together; default 65,536. */
  readonly maxEntries?: number;
  /** The most first-seen events that are kept; default 4096. */
  readonly maxEvents?: number;
  /** The most flows whose progress is followed while they are open; default 131,072. */
  readonly maxOpenFlows?: number;
}

/** What a view turned away or left out, by cause; numbers since the start. */
export interface LanStatistics {
  /** Records that were looked at. */
  readonly records: number;
  /** Flow records without usable addresses, times or counters. */
  readonly malformed: number;
  /** Records of other interfaces. */
  readonly otherInterfaces: number;
  /** Flows without a client: neither end is in the networks. */
  readonly outside: number;
  /** Flows from no address, of several devices: they cannot be told apart. */
  readonly unattributed: number;
  /** Addresses that had to go, or found no room. */
  readonly addressesTurnedAway: number;
  /** Devices that had to go. */
  readonly devicesTurnedAway: number;
  /** Destinations, protocols and applications of addresses that had to go. */
  readonly entriesTurnedAway: number;
  /** Names of clients and of destinations that had to go. */
  readonly namesTurnedAway: number;
  /** First-seen events that had to go. */
  readonly eventsTurnedAway: number;
  /** Addresses that were not seen for the retention. */
  readonly expired: number;
  /** Networks that were announced, but are too large or too many. */
  readonly networksRefused: number;
  /** Flows, or parts of flows, that ended before the oldest interval. */
  readonly late: number;
  /** Flows that are open now, and those that had to go while they were. */
  readonly open: number;
  readonly openTurnedAway: number;
  /** Bytes that may have been counted before their flow had to go: they were not counted again. */
  readonly uncertainBytes: number;
  /** Parts of flows to addresses that never showed themselves, for which there was no room. */
  readonly unansweredTurnedAway: number;
}

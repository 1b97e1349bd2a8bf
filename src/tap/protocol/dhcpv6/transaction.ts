import type { Transaction } from '../../../event/index.ts';
import type { Dhcpv6Message, Lease } from './message.ts';
import { MESSAGE_TYPES, STATUS_CODES } from './options.ts';

/** One message as a `dhcpv6` record: our own shape, since neither Suricata nor Zeek has one. */
export class Dhcpv6Transaction implements Transaction {
  readonly type = 'dhcpv6';
  private readonly message: Dhcpv6Message;

  constructor(message: Dhcpv6Message) {
    this.message = message;
  }

  eve(): Record<string, unknown> {
    const message = this.message;
    const record: Record<string, unknown> = { type: MESSAGE_TYPES[message.type] ?? 'unknown' };
    set(record, 'id', message.id);
    set(record, 'client_duid', message.clientDuid);
    set(record, 'client_mac', message.clientMac);
    set(record, 'server_duid', message.serverDuid);
    const addresses: unknown[] = [];
    const prefixes: unknown[] = [];
    for (const lease of message.leases) {
      if (lease.prefixLength === undefined) addresses.push({ address: lease.address, ...lifetimes(lease) });
      else prefixes.push({ prefix: `${lease.address}/${lease.prefixLength}`, ...lifetimes(lease) });
    }
    if (addresses.length > 0) record.addresses = addresses;
    if (prefixes.length > 0) record.prefixes = prefixes;
    set(record, 'client_fqdn', message.clientFqdn);
    set(record, 'vendor_class', message.vendorClass);
    set(record, 'dns_servers', message.dnsServers);
    set(record, 'domains', message.domains);
    set(record, 'requested_options', message.requested);
    set(record, 'elapsed_ms', message.elapsedMs);
    if (message.status !== undefined) {
      record.status = STATUS_CODES[message.status] ?? `code_${message.status}`;
      set(record, 'status_message', message.statusMessage);
    }
    if (message.relays.length > 0) {
      record.relays = message.relays.map((relay) => ({
        hops: relay.hops,
        link_address: relay.linkAddress,
        peer_address: relay.peerAddress,
      }));
    }
    return { dhcpv6: record };
  }
}

function lifetimes(lease: Lease): Record<string, number> {
  return { preferred_lifetime: lease.preferredLifetime, valid_lifetime: lease.validLifetime };
}

function set(record: Record<string, unknown>, name: string, value: unknown): void {
  if (value !== undefined) record[name] = value;
}

import { expandIpv6 } from '../../net/index.ts';

/** An address as Suricata 8 writes it: IPv6 with all its digits. */
export function eveAddress(version: number, address: string): string {
  return version === 6 ? expandIpv6(address) : address;
}

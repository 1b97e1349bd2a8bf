import type { BoundedMap } from './bounded-map.ts';
import type { Device, Host } from './host.ts';
import { isLinkLocal, subnetOf } from './networks.ts';

/** Addresses that are one client's. */
export interface HostGroup {
  readonly id: string;
  readonly mac: string | undefined;
  readonly behind: string | undefined;
  readonly router: boolean;
  readonly hosts: Host[];
}

/**
 * Puts addresses together into clients: by hardware address, except for those that a router only forwards for. It is
 * done anew from what is known of all addresses, so that it does not matter in which order they were seen.
 *
 * A router is a device with more than `most` addresses outside of its own network: outside of all networks that
 * are watched, or in subnets where no other device has an address. Its own are those of the link and of subnets that
 * it shares with others.
 */
export function groupHosts(hosts: readonly Host[], devices: BoundedMap<Device>, most: number): HostGroup[] {
  const byMac = Map.groupBy(hosts, (host) => host.mac);
  const direct = new Map<string, HostGroup>();
  const groups: HostGroup[] = [];
  const suspects = new Set<string>();
  for (const [mac, held] of byMac)
    if (mac !== '' && isSpread(held, devices.get(mac), most)) suspects.add(mac);
  const neighbours = subnetsInUse(byMac, suspects);
  for (const [mac, held] of byMac) {
    if (mac === '') continue;
    const foreign = held.filter((host) => !isOwn(host, neighbours));
    const outside = devices.get(mac)?.outside.size ?? 0;
    const router = outside > most || countForeign(foreign) + outside > most || hasManyInOne(held, most);
    const own = router ? held.filter((host) => isOwn(host, neighbours)) : held;
    const kept = router && hasManyInOne(own, most) ? [] : own;
    if (kept.length > 0) {
      const group = { id: mac, mac, behind: undefined, router, hosts: [...kept] };
      groups.push(group);
      for (const host of kept) direct.set(host.address, newer(direct.get(host.address), group, host));
    }
    for (const host of held) {
      if (kept.includes(host)) continue;
      const behind = host.address === '' ? undefined : mac;
      groups.push({ id: host.address || mac, mac: undefined, behind, router: false, hosts: [host] });
    }
  }
  return mergeNameless(groups, byMac.get('') ?? [], direct);
}

/** Addresses that came without a hardware address belong to the client that is known to hold them. */
function mergeNameless(
  groups: HostGroup[],
  nameless: readonly Host[],
  direct: ReadonlyMap<string, HostGroup>,
): HostGroup[] {
  // Clients behind several routers are one client each.
  const byAddress = new Map<string, HostGroup>();
  const merged: HostGroup[] = [];
  for (const group of groups) {
    const known = group.mac === undefined ? byAddress.get(group.id) : undefined;
    if (known !== undefined) {
      known.hosts.push(...group.hosts);
      continue;
    }
    if (group.mac === undefined) byAddress.set(group.id, group);
    merged.push(group);
  }
  for (const host of nameless) {
    const group = direct.get(host.address) ?? byAddress.get(host.address);
    if (group !== undefined) group.hosts.push(host);
    else {
      merged.push({ id: host.address, mac: undefined, behind: undefined, router: false, hosts: [host] });
    }
  }
  return merged;
}

function newer(known: HostGroup | undefined, group: HostGroup, host: Host): HostGroup {
  const held = known?.hosts.find((other) => other.address === host.address);
  return known === undefined || held === undefined || host.lastUs > held.lastUs ? group : known;
}

/** Whether a device has addresses all over the place: it does not show which subnets are in use on the link. */
function isSpread(held: readonly Host[], device: Device | undefined, most: number): boolean {
  const subnets = new Set(held.filter((host) => !isOfLink(host)).map((host) => subnetOf(host.address)));
  return (device?.outside.size ?? 0) > most || subnets.size > most || hasManyInOne(held, most);
}

/** Subnets in which devices that are no routers have addresses. */
function subnetsInUse(byMac: ReadonlyMap<string, Host[]>, suspects: ReadonlySet<string>): Set<string> {
  const subnets = new Set<string>();
  for (const [mac, held] of byMac) {
    if (mac === '' || suspects.has(mac)) continue;
    for (const host of held) if (host.address !== '') subnets.add(subnetOf(host.address));
  }
  return subnets;
}

function isOwn(host: Host, neighbours: ReadonlySet<string>): boolean {
  return isOfLink(host) || neighbours.has(subnetOf(host.address));
}

function isOfLink(host: Host): boolean {
  return host.address === '' || isLinkLocal(host.address);
}

/** Addresses of IPv4, but subnets of IPv6: a host makes itself as many addresses there as it likes. */
function countForeign(foreign: readonly Host[]): number {
  return new Set(foreign.map(({ address }) => (address.includes(':') ? subnetOf(address) : address))).size;
}

/** Many IPv4 addresses of one subnet behind one hardware address: a repeater, or a router without a network of its own. */
function hasManyInOne(held: readonly Host[], most: number): boolean {
  const counts = new Map<string, number>();
  for (const { address } of held) {
    if (address === '' || address.includes(':')) continue;
    const subnet = subnetOf(address);
    counts.set(subnet, (counts.get(subnet) ?? 0) + 1);
  }
  return [...counts.values()].some((count) => count > 2 * most);
}

import { hostOrderAddress, networkOrderAddress } from './kernel-address.ts';
import type { Protected } from './protected-set.ts';
import { type ProtectionSource, readSystemFile } from './source.ts';

/** Files of the kernel's main routing tables. */
export interface RouteFiles {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** RTF_UP, RTF_GATEWAY and RTF_REJECT of linux/route.h. */
const UP = 0x1;
const GATEWAY = 0x2;
const REJECT = 0x200;

/** Gateways of the default routes, or of the two halves that VPNs put in their place. */
export function gateways(
  files: RouteFiles = { ipv4: '/proc/net/route', ipv6: '/proc/net/ipv6_route' },
): ProtectionSource {
  return {
    name: 'gateway',
    everyMs: 10_000,
    read: async () => [
      ...gatewaysOf4(await readSystemFile(files.ipv4)),
      ...gatewaysOf6(await readSystemFile(files.ipv6)),
    ],
  };
}

function gatewaysOf4(text: string): Protected[] {
  const found: Protected[] = [];
  for (const line of text.split('\n').slice(1)) {
    const [device, destination, gateway, flags, , , , mask] = line.split(/\s+/);
    if (destination === undefined || gateway === undefined || mask === undefined) continue;
    // 128.0.0.0/1 is written 00000080 where the least byte comes first, and 80000000 elsewhere.
    const isDefault =
      (/^0{8}$/.test(destination) || /^(?:00000080|80000000)$/.test(destination)) &&
      /^(?:0{8}|00000080|80000000)$/.test(mask);
    if (isDefault) found.push(...gatewayEntry(hostOrderAddress(gateway), flags, device));
  }
  return found;
}

function gatewaysOf6(text: string): Protected[] {
  const found: Protected[] = [];
  for (const line of text.split('\n')) {
    const [destination, length, , , gateway, , , , flags, device] = line.trim().split(/\s+/);
    if (destination === undefined || length === undefined || gateway === undefined) continue;
    // 2000::/3, or less, is the whole of the internet.
    if (Number.parseInt(length, 16) > 3) continue;
    found.push(...gatewayEntry(networkOrderAddress(gateway), flags, device));
  }
  return found;
}

function gatewayEntry(
  prefix: Protected['prefix'] | undefined,
  flagsText: string | undefined,
  device: string | undefined,
): Protected[] {
  const flags = Number.parseInt(flagsText ?? '', 16);
  if (prefix === undefined || (flags & UP) === 0 || (flags & GATEWAY) === 0 || (flags & REJECT) !== 0)
    return [];
  return [{ prefix, what: `the gateway on ${device}` }];
}

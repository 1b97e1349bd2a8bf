import { readFileSync } from 'node:fs';

/** RTF_UP and RTF_REJECT of linux/route.h. */
const UP = 0x1;
const REJECT = 0x200;

/** The interface of the default route, IPv4 before IPv6, the lowest metric first; undefined when there is none. */
export function defaultInterface(
  ipv4 = readFileSync('/proc/net/route', 'utf8'),
  ipv6 = readIpv6Routes(),
): string | undefined {
  return lowest(ipv4Routes(ipv4)) ?? lowest(ipv6Routes(ipv6));
}

interface Route {
  readonly name: string;
  readonly metric: number;
}

function lowest(routes: readonly Route[]): string | undefined {
  return routes.toSorted((a, b) => a.metric - b.metric)[0]?.name;
}

/** Iface Destination Gateway Flags RefCnt Use Metric Mask ...; numbers in hexadecimal but for the metric. */
function ipv4Routes(text: string): Route[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', destination, , flags = '', , , metric = '', mask] = line.trim().split(/\s+/);
    return destination === '00000000' && mask === '00000000' && isUsable(flags)
      ? [{ name, metric: Number(metric) }]
      : [];
  });
}

/** Destination, its length, source, its length, next hop, metric, references, use, flags, interface; hexadecimal. */
function ipv6Routes(text: string): Route[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [destination = '', length, , , , metric = '', , , flags = '', name = ''] = fields;
    return /^0+$/.test(destination) && length === '00' && isUsable(flags) && name !== 'lo'
      ? [{ name, metric: Number.parseInt(metric, 16) }]
      : [];
  });
}

function isUsable(flags: string): boolean {
  const bits = Number.parseInt(flags, 16);
  return (bits & UP) !== 0 && (bits & REJECT) === 0;
}

function readIpv6Routes(): string {
  try {
    return readFileSync('/proc/net/ipv6_route', 'utf8');
  } catch (error) {
    // A kernel without IPv6 has no such file.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

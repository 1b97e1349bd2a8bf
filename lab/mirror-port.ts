import type { Network } from './network.ts';
import { ADDRESS } from './topology.ts';

/** Where the copies come out. */
export const MIRROR_PORT = 'mirror1';
const INPUT = 'mirror0';
/** The gateway as clients outside see it, and as those on the campus do. */
const OWN = [
  ['ip', ADDRESS.gateway, ADDRESS.front],
  ['ipv6', ADDRESS.gateway6, ADDRESS.front6],
] as const;

/**
 * A port of the gateway that shows each packet once, as a switch between the LAN and the uplink would: all of `lan0`,
 * and of `wan0` what the gateway itself is spoken to about, which never gets to `lan0`. Returns the interface to capture
 * on; `lan0` where the kernel cannot copy packets.
 */
export async function buildMirrorPort(net: Network): Promise<string> {
  net.connect(['gateway', INPUT], ['gateway', MIRROR_PORT]);
  for (const link of [INPUT, MIRROR_PORT]) {
    // Nothing speaks there: neither the kernel by itself, nor in answer to a copy.
    net.sysctl('gateway', `net.ipv6.conf.${link}.disable_ipv6`, 1);
    net.ip('gateway', `link set ${link} arp off`);
  }
  // What goes from one port of the bridge to another as well.
  net.ip('gateway', 'link set lan0 promisc on');
  for (const words of copies()) {
    const { code } = await net.run('gateway', 'tc', ...words.split(' '));
    if (code === 0) continue;
    for (const link of ['lan0', 'wan0'])
      await net.run('gateway', 'tc', 'qdisc', 'del', 'dev', link, 'clsact');
    net.ip('gateway', `link del ${INPUT}`);
    return 'lan0';
  }
  return MIRROR_PORT;
}

/** Commands for tc. The classifier u32 is in more kernels than matchall and flower. */
function copies(): string[] {
  const copied = `action mirred egress mirror dev ${INPUT}`;
  return [
    ...['lan0', 'wan0'].map((link) => `qdisc add dev ${link} clsact`),
    ...['ingress', 'egress'].map(
      (way) => `filter add dev lan0 ${way} protocol all prio 1 u32 match u32 0 0 ${copied}`,
    ),
    ...OWN.flatMap(([family, ...addresses], index) =>
      addresses.flatMap((address) =>
        [
          ['ingress', 'dst'],
          ['egress', 'src'],
        ].map(
          ([way, side]) =>
            `filter add dev wan0 ${way} protocol ${family} prio ${index + 1} u32 match ${family === 'ip' ? 'ip' : 'ip6'} ${side} ${address} ${copied}`,
        ),
      ),
    ),
  ];
}

import { join } from 'node:path';
import type { Network } from './network.ts';

/**
 * The addresses: a campus with a LAN (RFC 5737 TEST-NET-1, so that no address translation is needed), a gateway, and
 * an internet of two sites. A second uplink has addresses for benchmarks (RFC 2544).
 */
export const ADDRESS = {
  gateway: '192.0.2.1',
  /** The gateway as it is called from outside. */
  front: '203.0.113.1',
  alice: '192.0.2.65',
  bob: '192.0.2.77',
  dmz: '192.0.2.80',
  www: '203.0.113.10',
  legacy: '203.0.113.11',
  expired: '203.0.113.12',
  secure: '203.0.113.13',
  files: '203.0.113.30',
  time: '203.0.113.123',
  attacker: '198.51.100.66',
  gateway6: '2001:db8:20::1',
  front6: '2001:db8:113::1',
  alice6: '2001:db8:20::a',
  bob6: '2001:db8:20::77',
  dmz6: '2001:db8:20::80',
  www6: '2001:db8:113::10',
  time6: '2001:db8:113::123',
  attacker6: '2001:db8:66::66',
} as const;

/** The gateway's uplinks, and who is behind them. */
const UPLINK = {
  wan0: { near: ADDRESS.front, far: ADDRESS.www, near6: ADDRESS.front6, far6: ADDRESS.www6 },
  wan1: { near: '198.18.1.2', far: '198.18.1.1', near6: '2001:db8:181::2', far6: '2001:db8:181::1' },
} as const;

export const LAN = '192.0.2.0/24';
const LAN6 = '2001:db8:20::/64';

/** Hosts of the campus. Their programs ask the gateway for names. */
const CLIENTS = ['alice', 'bob', 'dmz'] as const;

/** Hosts of the standing lab that ask for names: a proxy on the gateway asks its own name server. */
const NAMED: readonly string[] = ['gateway', ...CLIENTS];

/** All hosts of the standing lab. */
export const STANDING_HOSTS = ['gateway', ...CLIENTS, 'net', 'attacker'] as const;

/** Where the campus servers and clients are to be found, in the words of the standing lab's status. */
export const ROLES: Readonly<Record<(typeof STANDING_HOSTS)[number], string>> = {
  gateway: 'gateway: LAN on lan0, uplinks on wan0 and wan1; names, DHCP; weir runs here',
  alice: 'client, leaves through wan0',
  bob: 'client, leaves through wan1',
  dmz: 'server behind the gateway: web, a web application, SSH, mail',
  net: 'the internet: web, HTTP/3, FTP, time',
  attacker: 'outside: scans, guesses, sends requests',
};

/**
 * The network of the captures: a long line before the internet, and a tunnel.
 *
 *     alice ─┐
 *     bob ───┤ lan0 [gateway] wan0 ── [line: delay, loss] ── eth0 [net] ── [attacker]
 *     dmz ───┘  └ captured here
 */
export function buildRecordedTopology(net: Network, programs: string): void {
  for (const host of ['gateway', 'line', 'net', 'attacker']) net.addHost(host);
  for (const host of CLIENTS) net.addHost(host, ADDRESS.gateway);
  buildLan(net);
  net.connect(['gateway', 'wan0'], ['line', 'near']);
  net.connect(['line', 'far'], ['net', 'eth0']);
  for (const link of ['near', 'far']) net.sysctl('line', `net.ipv6.conf.${link}.disable_ipv6`, 1);
  buildInternet(net);
  buildTunnel(net);
  net.start('line', '/usr/bin/python3', join(programs, 'line.py'), 'near', 'far');
}

/**
 * The network that stands: no line, two uplinks, IPv6 everywhere.
 *
 *     alice ─┐                 wan0 ── eth0 ┐
 *     bob ───┤ lan0 [gateway]               [net] eth1 ── [attacker]
 *     dmz ───┘                 wan1 ── eth2 ┘
 */
export function buildStandingTopology(net: Network): void {
  for (const host of STANDING_HOSTS) {
    net.addHost(host, NAMED.includes(host) ? ADDRESS.gateway : undefined);
    // Addresses are as this file says and usable at once: none made up, none waiting for an objection.
    net.sysctl(host, 'net.ipv6.conf.default.autoconf', 0);
    net.sysctl(host, 'net.ipv6.conf.default.accept_dad', 0);
  }
  buildLan(net);
  net.connect(['gateway', 'wan0'], ['net', 'eth0']);
  buildInternet(net);
  buildSecondUplink(net);
  for (const host of ['bob', 'dmz'] as const) {
    net.ip(host, `addr add ${ADDRESS[`${host}6`]}/64 dev eth0 nodad`);
    net.ip(host, `-6 route add default via ${ADDRESS.gateway6}`);
  }
  net.ip('net', `addr add ${ADDRESS.time6}/64 dev eth0 nodad`);
  net.ip('net', 'addr add 2001:db8:66::1/64 dev eth1 nodad');
  net.ip('attacker', `addr add ${ADDRESS.attacker6}/64 dev eth0 nodad`);
  net.ip('attacker', '-6 route add default via 2001:db8:66::1');
  net.ip('gateway', `-6 route add 2001:db8:66::/64 via ${ADDRESS.www6}`);
  buildTunnel(net);
}

function buildLan(net: Network): void {
  net.ip('gateway', 'link add lan0 type bridge');
  CLIENTS.forEach((host, index) => {
    const port = `port${index}`;
    net.connect(['gateway', port], [host, 'eth0']);
    // Down while the address changes: the link-local IPv6 address is made of it.
    net.ip(host, `link set eth0 down address 02:00:5e:00:53:0${index + 1}`);
    net.ip(host, 'link set eth0 up');
    net.ip('gateway', `link set ${port} master lan0`);
  });
  net.withoutOffloads('gateway', 'lan0');
  net.ip('gateway', 'link set lan0 address 02:00:5e:00:53:fe up');
  net.ip('gateway', `addr add ${ADDRESS.gateway}/24 dev lan0`);
  net.ip('gateway', `addr add ${ADDRESS.gateway6}/64 dev lan0 nodad`);
  for (const host of ['gateway', 'net']) {
    net.sysctl(host, 'net.ipv4.ip_forward', 1);
    net.sysctl(host, 'net.ipv6.conf.all.forwarding', 1);
  }
  // alice and bob get theirs by DHCP.
  net.ip('dmz', `addr add ${ADDRESS.dmz}/24 dev eth0`);
  net.ip('dmz', `route add default via ${ADDRESS.gateway}`);
  net.ip('alice', `addr add ${ADDRESS.alice6}/64 dev eth0 nodad`);
  net.ip('alice', `-6 route add default via ${ADDRESS.gateway6}`);
}

function buildInternet(net: Network): void {
  const { near, near6 } = UPLINK.wan0;
  net.connect(['net', 'eth1'], ['attacker', 'eth0']);
  net.ip('gateway', `addr add ${near}/24 dev wan0`);
  net.ip('gateway', `addr add ${near6}/64 dev wan0 nodad`);
  net.ip('gateway', `route add 198.51.100.0/24 via ${ADDRESS.www}`);
  for (const name of ['www', 'legacy', 'expired', 'secure', 'files', 'time'] as const) {
    net.ip('net', `addr add ${ADDRESS[name]}/24 dev eth0`);
  }
  net.ip('net', `addr add ${ADDRESS.www6}/64 dev eth0 nodad`);
  net.ip('net', `route add ${LAN} via ${near}`);
  net.ip('net', `-6 route add ${LAN6} via ${near6}`);
  net.ip('net', 'addr add 198.51.100.1/24 dev eth1');
  net.ip('attacker', `addr add ${ADDRESS.attacker}/24 dev eth0`);
  net.ip('attacker', 'route add default via 198.51.100.1');
}

/** The second provider: bob leaves and is reached through it, everybody else through the first. */
function buildSecondUplink(net: Network): void {
  const { near, far, near6, far6 } = UPLINK.wan1;
  net.connect(['gateway', 'wan1'], ['net', 'eth2']);
  for (const host of ['gateway', 'net']) {
    for (const link of ['all', 'default']) net.sysctl(host, `net.ipv4.conf.${link}.rp_filter`, 2);
  }
  net.ip('gateway', `addr add ${near}/24 dev wan1`);
  net.ip('gateway', `addr add ${near6}/64 dev wan1 nodad`);
  net.ip('net', `addr add ${far}/24 dev eth2`);
  net.ip('net', `addr add ${far6}/64 dev eth2 nodad`);
  net.ip('net', `route add ${ADDRESS.bob}/32 via ${near}`);
  net.ip('net', `-6 route add ${ADDRESS.bob6}/128 via ${near6}`);
  // Inside of the campus nothing changes: the own networks are looked up first, the rest by who asks.
  for (const [family, lan, bob, gateway] of [
    ['-4', LAN, ADDRESS.bob, far],
    ['-6', LAN6, ADDRESS.bob6, far6],
  ] as const) {
    net.ip('gateway', `${family} rule add pref 100 to ${lan} lookup main`);
    net.ip('gateway', `${family} rule add pref 101 from ${bob} lookup 101`);
    net.ip('gateway', `${family} route add default via ${gateway} dev wan1 table 101`);
  }
}

/** A VXLAN between the server on the campus and the one outside, as a company joins two sites. */
function buildTunnel(net: Network): void {
  const ends = [
    ['dmz', ADDRESS.dmz, ADDRESS.secure, '10.99.0.1'],
    ['net', ADDRESS.secure, ADDRESS.dmz, '10.99.0.2'],
  ] as const;
  for (const [host, local, remote, inner] of ends) {
    net.ip(host, `link add vx0 type vxlan id 42 local ${local} remote ${remote} dstport 4789 dev eth0`);
    net.sysctl(host, 'net.ipv6.conf.vx0.disable_ipv6', 1);
    net.withoutOffloads(host, 'vx0');
    net.ip(host, `addr add ${inner}/24 dev vx0`);
    net.ip(host, 'link set vx0 up mtu 1450');
  }
}

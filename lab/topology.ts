import { join } from 'node:path';
import type { Network } from './network.ts';

/**
 * The network: a campus with a LAN (RFC 5737 TEST-NET-1, so that no address translation is needed), a router on which
 * the capture is taken, a long line, and an internet of two sites.
 *
 *     alice ─┐
 *     bob ───┤ lan0 [router] wan0 ── [line: delay, loss] ── eth0 [net] ── [attacker]
 *     dmz ───┘  └ captured here
 */
export const ADDRESS = {
  router: '192.0.2.1',
  bob: '192.0.2.77',
  dmz: '192.0.2.80',
  www: '203.0.113.10',
  legacy: '203.0.113.11',
  expired: '203.0.113.12',
  secure: '203.0.113.13',
  files: '203.0.113.30',
  time: '203.0.113.123',
  attacker: '198.51.100.66',
  router6: '2001:db8:20::1',
  alice6: '2001:db8:20::a',
  www6: '2001:db8:113::10',
} as const;

/** Hosts whose programs resolve names ask the router. */
const CLIENTS = ['alice', 'bob', 'dmz'] as const;

/** Builds hosts, links, addresses and routes. */
export function buildTopology(net: Network, programs: string): void {
  for (const host of ['router', 'line', 'net', 'attacker']) net.addHost(host);
  for (const host of CLIENTS) net.addHost(host, ADDRESS.router);
  buildLan(net);
  buildInternet(net, programs);
  buildTunnel(net);
}

function buildLan(net: Network): void {
  net.ip('router', 'link add lan0 type bridge');
  CLIENTS.forEach((host, index) => {
    const port = `port${index}`;
    net.connect(['router', port], [host, 'eth0']);
    // Down while the address changes: the link-local IPv6 address is made of it.
    net.ip(host, `link set eth0 down address 02:00:5e:00:53:0${index + 1}`);
    net.ip(host, 'link set eth0 up');
    net.ip('router', `link set ${port} master lan0`);
  });
  net.withoutOffloads('router', 'lan0');
  net.ip('router', 'link set lan0 address 02:00:5e:00:53:fe up');
  net.ip('router', `addr add ${ADDRESS.router}/24 dev lan0`);
  net.ip('router', `addr add ${ADDRESS.router6}/64 dev lan0 nodad`);
  for (const host of ['router', 'net']) {
    net.sysctl(host, 'net.ipv4.ip_forward', 1);
    net.sysctl(host, 'net.ipv6.conf.all.forwarding', 1);
  }
  // alice and bob get theirs by DHCP.
  net.ip('dmz', `addr add ${ADDRESS.dmz}/24 dev eth0`);
  net.ip('dmz', `route add default via ${ADDRESS.router}`);
  net.ip('alice', `addr add ${ADDRESS.alice6}/64 dev eth0 nodad`);
  net.ip('alice', `-6 route add default via ${ADDRESS.router6}`);
}

function buildInternet(net: Network, programs: string): void {
  net.connect(['router', 'wan0'], ['line', 'near']);
  net.connect(['line', 'far'], ['net', 'eth0']);
  net.connect(['net', 'eth1'], ['attacker', 'eth0']);
  for (const link of ['near', 'far']) net.sysctl('line', `net.ipv6.conf.${link}.disable_ipv6`, 1);
  net.ip('router', 'addr add 203.0.113.1/24 dev wan0');
  net.ip('router', 'addr add 2001:db8:113::1/64 dev wan0 nodad');
  net.ip('router', 'route add 198.51.100.0/24 via 203.0.113.10');
  for (const name of ['www', 'legacy', 'expired', 'secure', 'files', 'time'] as const) {
    net.ip('net', `addr add ${ADDRESS[name]}/24 dev eth0`);
  }
  net.ip('net', `addr add ${ADDRESS.www6}/64 dev eth0 nodad`);
  net.ip('net', 'route add default via 203.0.113.1');
  net.ip('net', '-6 route add default via 2001:db8:113::1');
  net.ip('net', 'addr add 198.51.100.1/24 dev eth1');
  net.ip('attacker', `addr add ${ADDRESS.attacker}/24 dev eth0`);
  net.ip('attacker', 'route add default via 198.51.100.1');
  net.start('line', '/usr/bin/python3', join(programs, 'line.py'), 'near', 'far');
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

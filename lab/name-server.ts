import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Network } from './network.ts';
import { PROGRAMS_FOLDER } from './programs.ts';
import { ADDRESS } from './topology.ts';

/** Lines for dnsmasq that only the standing lab has: addresses that stay, names of what only it serves. */
export const STANDING_NAMES = [
  `dhcp-host=02:00:5e:00:53:01,${ADDRESS.alice},alice`,
  `host-record=shop.example.com,${ADDRESS.dmz},${ADDRESS.dmz6}`,
  `host-record=garden.example.com,${ADDRESS.gateway},${ADDRESS.gateway6}`,
  `host-record=time6.example.com,${ADDRESS.time6}`,
];

/** dnsmasq on the gateway: names, addresses by DHCP, router advertisements. */
export function startNameServer(net: Network, more: readonly string[] = []): void {
  const path = join(net.folder, 'dnsmasq.conf');
  writeFileSync(
    path,
    `no-resolv
no-hosts
no-daemon
user=root
pid-file=
bind-interfaces
interface=lan0
dhcp-leasefile=${net.folder}/leases
local=/com/test/arpa/
local-ttl=300
domain=example.com
host-record=www.example.com,${ADDRESS.www},${ADDRESS.www6}
host-record=quic.example.com,${ADDRESS.www}
host-record=legacy.example.com,${ADDRESS.legacy}
host-record=expired.example.com,${ADDRESS.expired}
host-record=secure.example.com,${ADDRESS.secure}
host-record=files.example.com,${ADDRESS.files}
host-record=mail.example.com,${ADDRESS.dmz}
host-record=time.example.com,${ADDRESS.time}
host-record=files.updates-cdn.test,${ADDRESS.files}
host-record=telemetry.updates-cdn.test,${ADDRESS.attacker}
cname=intranet.example.com,www.example.com
mx-host=example.com,mail.example.com,10
txt-record=example.com,"v=spf1 mx -all"
srv-host=_ldap._tcp.example.com,secure.example.com,389
caa-record=example.com,0,issue,ca.example.com
dhcp-range=192.0.2.100,192.0.2.150,1h
dhcp-host=02:00:5e:00:53:02,${ADDRESS.bob},bob
dhcp-option=option:ntp-server,${ADDRESS.time}
enable-ra
dhcp-range=2001:db8:20::,ra-only
${more.map((line) => `${line}\n`).join('')}`,
  );
  net.start('gateway', '/usr/sbin/dnsmasq', '-C', path);
}

/** Arguments of busybox for a host that asks for its address by DHCP, once. */
export function leaseArguments(host: string): string[] {
  return [
    'udhcpc',
    '-f',
    '-q',
    '-n',
    '-i',
    'eth0',
    '-x',
    `hostname:${host}`,
    '-s',
    join(PROGRAMS_FOLDER, 'lease.sh'),
  ];
}

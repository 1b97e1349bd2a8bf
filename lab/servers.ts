import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Authority, type Identity } from './certificates.ts';
import type { Network } from './network.ts';
import { ADDRESS } from './topology.ts';

/** Starts every server of the network, and writes what their clients need (keys, scripts). */
export function startServers(net: Network, programs: string): void {
  const { folder } = net;
  const authority = new Authority(folder);
  startNameServer(net);
  const www = authority.issue(['www.example.com', 'example.com', 'secure.example.com', 'quic.example.com']);
  startWebServers(net, authority, www);
  startRemoteSite(net, authority, www);
  startSecureShell(net);
  const mail = authority.issue(['mail.example.com'], 'rsa');
  net.start(
    ...(['dmz', '/usr/bin/python3', '-m', 'aiosmtpd', '-n', '-l', `${ADDRESS.dmz}:25`] as const),
    ...(['--tlscert', mail.certificate, '--tlskey', mail.key, '--no-requiretls'] as const),
    ...(['-c', 'aiosmtpd.handlers.Sink'] as const),
  );
  net.start(
    ...(['net', '/usr/bin/python3', '-m', 'pyftpdlib', '-i', ADDRESS.files, '-p', '21', '-w'] as const),
    ...(['-d', join(folder, 'ftp'), '-u', 'anna', '-P', 'example-password'] as const),
  );
  net.start('net', '/usr/bin/python3', join(programs, 'sntp.py'), 'serve', ADDRESS.time);
  net.start(
    ...(['net', '/usr/sbin/gtlsserver', '-q', '-d', join(folder, 'www')] as const),
    ...([ADDRESS.www, '443', www.key, www.certificate] as const),
  );
}

/** dnsmasq on the router: names, addresses by DHCP, router advertisements. */
function startNameServer(net: Network): void {
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
`,
  );
  net.start('router', '/usr/sbin/dnsmasq', '-C', path);
  const script = join(net.folder, 'lease.sh');
  writeFileSync(
    script,
    `#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr replace "$ip/24" dev "$interface"
ip route replace default via "$router"
`,
  );
  chmodSync(script, 0o755);
}

function startWebServers(net: Network, authority: Authority, www: Identity): void {
  const legacy = authority.issue(['legacy.example.com'], 'rsa');
  const expired = authority.issue(['expired.example.com'], 'rsa', '20220301', '20230301');
  const { folder } = net;
  const tls = ({ key, certificate }: Identity): string =>
    `ssl_certificate ${certificate}; ssl_certificate_key ${key};`;
  const old = 'ssl_protocols TLSv1; ssl_ciphers ALL:@SECLEVEL=0;';
  startNginx(
    net,
    'net',
    `limit_req_zone $server_name zone=slow:1m rate=30r/m;
server { listen ${ADDRESS.www}:80; listen [${ADDRESS.www6}]:80; server_name www.example.com intranet.example.com; root ${folder}/www;
  gzip on; gzip_types text/css application/javascript application/json; gzip_min_length 200;
  location = /old { return 301 /about.html; }
  location = /search { limit_req zone=slow burst=8; try_files /data.json =404; }
  location = /contact { return 200 "thank you\\n"; }
  location = /dataset.bin { limit_rate_after 16k; limit_rate 4800; } }
server { listen ${ADDRESS.www}:8080 http2; root ${folder}/www; }
server { listen ${ADDRESS.www}:443 ssl http2; listen [${ADDRESS.www6}]:443 ssl http2; server_name www.example.com; root ${folder}/www; ${tls(www)} ssl_protocols TLSv1.2 TLSv1.3; }
server { listen ${ADDRESS.legacy}:443 ssl; root ${folder}/www; ${tls(legacy)} ${old} }
server { listen ${ADDRESS.expired}:443 ssl; root ${folder}/www; ${tls(expired)} ssl_protocols TLSv1.2; }
server { listen ${ADDRESS.files}:80; root ${folder}/files; types { application/octet-stream exe; } }`,
  );
  const rogue = authority.selfSigned('telemetry.updates-cdn.test');
  startNginx(
    net,
    'attacker',
    `server { listen ${ADDRESS.attacker}:443 ssl; ${tls(rogue)} ssl_protocols TLSv1.2; location / { return 200 "sleep 3\\n"; } }`,
  );
}

function startNginx(net: Network, host: string, servers: string): void {
  const folder = join(net.folder, `nginx-${host}`);
  mkdirSync(folder);
  const path = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  writeFileSync(
    path,
    `daemon off; user root; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 256; }
http { include /etc/nginx/mime.types; access_log off; server_tokens on; ${temporary.join(' ')}
${servers}
}
`,
  );
  net.start(host, '/usr/sbin/nginx', '-p', folder, '-c', path);
}

/** At the far end of the tunnel, and on a port of its own a server that wants client certificates. */
function startRemoteSite(net: Network, authority: Authority, www: Identity): void {
  authority.issue(['alice.example.com']);
  net.start(
    ...(['net', 'openssl', 's_server', '-quiet', '-accept', `${ADDRESS.secure}:8443`, '-www'] as const),
    ...([
      '-cert',
      www.certificate,
      '-key',
      www.key,
      '-CAfile',
      authority.certificate,
      '-Verify',
      '2',
    ] as const),
  );
  net.start('net', 'busybox', 'httpd', '-f', '-p', '10.99.0.2:8000', '-h', join(net.folder, 'www'));
}

/** dropbear on the campus server, with a user that exists only in its mount namespace. */
function startSecureShell(net: Network): void {
  const { folder } = net;
  const home = join(folder, 'anna');
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  for (const name of ['client', 'stranger']) {
    const made = spawnSync('ssh-keygen', [
      '-q',
      '-t',
      'ed25519',
      '-N',
      '',
      '-C',
      name,
      '-f',
      join(folder, `${name}.key`),
    ]);
    if (made.status !== 0) throw new Error('ssh-keygen failed');
  }
  const key = readFileSync(join(folder, 'client.key.pub'));
  writeFileSync(join(home, '.ssh', 'authorized_keys'), key, { mode: 0o600 });
  writeFileSync(join(folder, 'passwd'), `root:x:0:0::/root:/bin/sh\nanna:x:0:0::${home}:/bin/sh\n`);
  for (const kind of ['ed25519', 'ecdsa'])
    spawnSync('dropbearkey', ['-t', kind, '-f', join(folder, `host-${kind}`)]);
  const keys = `-r ${folder}/host-ed25519 -r ${folder}/host-ecdsa`;
  net.start(
    ...(['dmz', 'sh', '-c'] as const),
    `mount --bind ${folder}/passwd /etc/passwd && exec dropbear -F -E -s -j -k -P ${folder}/dropbear.pid -p ${ADDRESS.dmz}:22 ${keys}`,
  );
}

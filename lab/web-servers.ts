import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Authority, Identity } from './certificates.ts';
import type { Network } from './network.ts';
import { ADDRESS } from './topology.ts';
import { APPLICATION, applicationServer, writeApplication } from './web-application.ts';

/** The web of the internet and the attacker's server, and what speaks QUIC. */
export function startWebServers(net: Network, authority: Authority, www: Identity): void {
  const legacy = authority.issue(['legacy.example.com'], 'rsa');
  const expired = authority.issue(['expired.example.com'], 'rsa', '20220301', '20230301');
  const { folder } = net;
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
  startQuic(net, ADDRESS.www, www);
}

/** What only the standing lab has: a shop and a web application behind the gateway, and HTTP/3 over IPv6. */
export function startStandingWebServers(net: Network, authority: Authority, www: Identity): void {
  const shop = authority.issue(['shop.example.com'], 'rsa');
  authority.issue([APPLICATION.name]);
  writeApplication(net.folder);
  const { dmz, dmz6 } = ADDRESS;
  startNginx(
    net,
    'dmz',
    `server { listen ${dmz}:80; listen [${dmz6}]:80; listen ${dmz}:443 ssl http2; listen [${dmz6}]:443 ssl http2;
  server_name shop.example.com; root ${net.folder}/www; ${tls(shop)} ssl_protocols TLSv1.2 TLSv1.3;
  location = /search { try_files /data.json =404; }
  location = /login { return 403 "wrong name or password\\n"; }
  location /admin { return 401 "who are you?\\n"; } }
${applicationServer(net.folder)}`,
  );
  startQuic(net, ADDRESS.www6, www);
}

/** At the far end of the tunnel, and on a port of its own a server that wants client certificates. */
export function startRemoteSite(net: Network, authority: Authority, www: Identity): void {
  authority.issue(['alice.example.com']);
  const identity = ['-cert', www.certificate, '-key', www.key, '-CAfile', authority.certificate];
  const listen = ['-quiet', '-accept', `${ADDRESS.secure}:8443`, '-www', '-Verify', '2'];
  net.start('net', 'openssl', 's_server', ...listen, ...identity);
  net.start('net', 'busybox', 'httpd', '-f', '-p', '10.99.0.2:8000', '-h', join(net.folder, 'www'));
}

function startQuic(net: Network, address: string, { key, certificate }: Identity): void {
  const root = join(net.folder, 'www');
  net.start('net', '/usr/sbin/gtlsserver', '-q', '-d', root, address, '443', key, certificate);
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

function tls({ key, certificate }: Identity): string {
  return `ssl_certificate ${certificate}; ssl_certificate_key ${key};`;
}

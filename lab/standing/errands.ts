import { join } from 'node:path';
import { leaseArguments } from '../name-server.ts';
import { SSH_OPTIONS } from '../secure-shell.ts';
import { ADDRESS } from '../topology.ts';
import { APPLICATION } from '../web-application.ts';
import { CLEAR_PORT, hasWeir } from './gateway-weir.ts';
import { curl, http3, sntp } from './services.ts';

/** One thing that somebody ordinarily does, with a real client. */
export interface Errand {
  readonly what: string;
  readonly from: string;
  readonly family: 4 | 6;
  readonly command: readonly string[];
}

const DESKTOP = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const LAPTOP = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36';

/**
 * What is done in turn, IPv4 and IPv6 taking turns too: who does only the first four has done both. `folder` is where
 * the lab's keys and certificates are.
 */
export function errands(folder: string): Errand[] {
  const { gateway, gateway6, front, front6, dmz, dmz6, www, www6, time, time6 } = ADDRESS;
  const page = (agent: string, family: string, ...urls: readonly string[]): string[] =>
    curl(
      folder,
      family,
      '--compressed',
      '-A',
      agent,
      ...urls.flatMap((url, i) => (i === 0 ? [url] : ['-o', '/dev/null', url])),
    );
  const dig = (server: string, ...words: readonly string[]): string[] => [
    'dig',
    '+tries=1',
    '+time=3',
    `@${server}`,
    ...words,
  ];
  const ssh = (address: string): string[] => [
    'ssh',
    ...SSH_OPTIONS,
    '-o',
    'ConnectTimeout=5',
    '-i',
    join(folder, 'client.key'),
    `anna@${address}`,
    'date; id; ls /',
  ];
  const site = 'http://www.example.com';
  const secure = 'https://www.example.com';
  const shop = (address: string): string[] => [
    '--resolve',
    `shop.example.com:443:${address}`,
    'https://shop.example.com/',
  ];
  const mail = [
    '--mail-from',
    'alice@example.com',
    '--mail-rcpt',
    'bob@example.com',
    '-T',
    join(folder, 'mail.eml'),
  ];
  const ftp = 'ftp://anna:example-password@files.example.com';
  const garden = (port: number, address: string, ...paths: readonly string[]): string[] => {
    const scheme = port === 443 ? 'https' : 'http';
    const base = `${scheme}://${APPLICATION.name}${port === 443 ? '' : `:${port}`}`;
    const own = ['-A', DESKTOP, '--resolve', `${APPLICATION.name}:${port}:${address}`];
    const urls = paths.flatMap((path, i) => [...(i === 0 ? [] : ['-o', '/dev/null']), `${base}${path}`]);
    return curl(folder, '-f', ...own, ...urls);
  };
  const visitors = 'visitors to the garden';
  // Through weir: both of its streams see them.
  const gardenRows: readonly (readonly [string, string, 4 | 6, readonly string[]])[] = hasWeir(folder)
    ? [
        [visitors, 'alice', 4, garden(CLEAR_PORT, gateway, '/', '/style.css', '/app.js')],
        [visitors, 'bob', 6, garden(443, `[${gateway6}]`, '/products', '/products/2')],
        [visitors, 'net', 4, garden(443, front, '/about', '/search?q=garden+hose')],
        [visitors, 'net', 6, garden(CLEAR_PORT, `[${front6}]`, '/products/4', '/api/products')],
      ]
    : [];
  // what, from, family, command
  const rows: readonly (readonly [string, string, 4 | 6, readonly string[]])[] = [
    ['DNS', 'alice', 4, dig(gateway, 'www.example.com', 'A')],
    ['DNS', 'bob', 6, dig(gateway6, 'www.example.com', 'AAAA')],
    [
      'HTTP',
      'alice',
      4,
      page(DESKTOP, '-4', `${site}/`, `${site}/style.css`, `${site}/app.js`, `${site}/logo.png`),
    ],
    ['HTTP', 'bob', 6, page(LAPTOP, '-6', `${site}/`, `${site}/about.html`)],
    ['HTTPS', 'bob', 4, page(LAPTOP, '-4', `${secure}/`, `${secure}/logo.png`)],
    ['HTTPS', 'alice', 6, page(DESKTOP, '-6', `${secure}/`, `${secure}/data.json`)],
    ['NTP', 'alice', 4, sntp(time)],
    ['NTP', 'bob', 6, sntp(time6)],
    ['SSH', 'alice', 4, ssh(dmz)],
    ['SSH', 'bob', 6, ssh(dmz6)],
    ['HTTP/3', 'bob', 4, http3(www)],
    ['HTTP/3', 'alice', 6, http3(www6)],
    ['ping', 'alice', 4, ['busybox', 'ping', '-c', '2', '-W', '2', www]],
    ['ping', 'bob', 6, ['busybox', 'ping6', '-c', '2', '-W', '2', www6]],
    ['visitors to the shop', 'net', 4, curl(folder, ...shop(dmz))],
    ['visitors to the shop', 'net', 6, curl(folder, ...shop(dmz6))],
    ['mail with STARTTLS', 'alice', 4, curl(folder, '-k', '--ssl-reqd', `smtp://${dmz}/alice`, ...mail)],
    ['DNS', 'alice', 6, dig(gateway6, 'example.com', 'MX')],
    ['FTP', 'alice', 4, curl(folder, `${ftp}/firmware-1.2.tar.gz`)],
    ['DNS, no such name', 'bob', 4, dig(gateway, 'no-such-host.example.com', 'A')],
    ['DNS over TCP', 'bob', 6, dig(gateway6, '+tcp', 'example.com', 'TXT')],
    [
      'HTTPS, TLS 1.2',
      'alice',
      4,
      curl(folder, '-4', '--tls-max', '1.2', '--http1.1', `${secure}/about.html`),
    ],
    [
      'HTTP, a form',
      'bob',
      6,
      curl(folder, '-6', '-A', LAPTOP, '--data', 'name=Bob&text=Hello', `${site}/contact`),
    ],
    ['HTTP/2 in clear', 'alice', 4, curl(folder, '--http2-prior-knowledge', `http://${www}:8080/logo.png`)],
    ['HTTP in VXLAN', 'dmz', 4, curl(folder, 'http://10.99.0.2:8000/report.pdf')],
    ['DHCP', 'alice', 4, ['busybox', ...leaseArguments('alice')]],
    ['DNS, a reverse name', 'alice', 6, dig(gateway6, '-x', www6)],
  ];
  return [...gardenRows, ...rows].map(([what, from, family, command]) => ({ what, from, family, command }));
}

import { join } from 'node:path';
import { leaseArguments } from '../name-server.ts';
import type { Network } from '../network.ts';
import { PROGRAMS_FOLDER } from '../programs.ts';
import { ADDRESS } from '../topology.ts';
import { APPLICATION } from '../web-application.ts';
import { webGatewayOf } from '../web-gateway.ts';

/** How long a service may take to answer, in milliseconds. */
const ANSWER_MS = 6000;
/** Services that are asked at the same time. */
const AT_ONCE = 4;

/** A service, and the real client that tells whether it answers. */
export interface Service {
  readonly name: string;
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly transport: 'tcp' | 'udp';
  /** The program that serves. */
  readonly program: string;
  /** The host that asks. */
  readonly from: string;
  /** The client's command line. Its exit code 0 means an answer, if its output also has `expect`. */
  readonly command: readonly string[];
  readonly expect: RegExp;
}

/** How a service answered. */
export interface Answer {
  readonly answers: boolean;
  readonly milliseconds: number;
  /** What the client said when there was no answer. */
  readonly detail: string;
}

/** curl as the lab's clients use it: nothing of the user's configuration, the lab's authority, no body on the screen. */
export function curl(folder: string, ...words: readonly string[]): string[] {
  const own = ['-q', '-sS', '--max-time', '5', '--cacert', join(folder, 'ca/ca.pem')];
  return ['curl', ...own, '-o', '/dev/null', ...words];
}

/** A client of QUIC and HTTP/3 that asks for one page. */
export function http3(address: string): string[] {
  const uri = 'https://quic.example.com/about.html';
  return [
    'gtlsclient',
    '-q',
    '--exit-on-all-streams-close',
    '--timeout=4s',
    '--sni=quic.example.com',
    address,
    '443',
    uri,
  ];
}

/** A client of NTP. */
export function sntp(address: string): string[] {
  return ['/usr/bin/python3', join(PROGRAMS_FOLDER, 'sntp.py'), 'ask', address];
}

/** All services of the standing lab; `folder` is where its keys and certificates are. */
export function services(folder: string): Service[] {
  const { dmz, dmz6, www, www6, gateway, gateway6, attacker } = ADDRESS;
  const web = (url: string, ...words: readonly string[]): string[] => curl(folder, ...words, url);
  const dig = (server: string, family: string): string[] => [
    'dig',
    family,
    '+short',
    '+tries=1',
    '+time=3',
    `@${server}`,
    'www.example.com',
  ];
  const scan = (address: string): string[] => ['ssh-keyscan', '-T', '4', '-t', 'ed25519', address];
  const shop = (host: string): string => `shop.example.com:443:${host}`;
  const oldTls = ['--tlsv1.0', '--tls-max', '1.0', '--ciphers', 'ALL:@SECLEVEL=0'];
  const own = [
    '--cert',
    join(folder, 'ca/alice.example.com.pem'),
    '--key',
    join(folder, 'ca/alice.example.com.key'),
  ];
  const ftp = 'ftp://anna:example-password@files.example.com/README';
  const lease = leaseArguments('bob').with(-1, '/bin/true');
  const garden = (port: number, address: string): string[] => [
    ...['-f', '--resolve', `${APPLICATION.name}:${port}:${address}`],
    ...['-w', '%header{x-application}'],
  ];
  // name, host, address, port, transport, program, from, command, expected words
  type Row = readonly [
    string,
    string,
    string,
    number,
    'tcp' | 'udp',
    string,
    string,
    readonly string[],
    RegExp?,
  ];
  const webRows = (): readonly Row[] => {
    const way = webGatewayOf(folder)?.way;
    if (way === undefined) return [];
    const program = way === 'haproxy' ? 'haproxy, weir' : 'weir';
    const { name, mark } = APPLICATION;
    const answered = new RegExp(mark);
    const plain = ['-L', ...garden(80, gateway), ...garden(443, gateway)];
    return [
      [
        'web application',
        'gateway',
        gateway,
        80,
        'tcp',
        program,
        'net',
        web(`http://${name}/about`, ...plain),
        answered,
      ],
      [
        'web application',
        'gateway',
        gateway,
        443,
        'tcp',
        program,
        'net',
        web(`https://${name}/about`, ...garden(443, gateway)),
        answered,
      ],
      [
        'web application',
        'gateway',
        gateway6,
        443,
        'tcp',
        program,
        'bob',
        web(`https://${name}/about`, ...garden(443, `[${gateway6}]`)),
        answered,
      ],
    ];
  };
  const rows: readonly Row[] = [
    ['DNS', 'gateway', gateway, 53, 'udp', 'dnsmasq', 'alice', dig(gateway, '-4'), /203\.0\.113\.10/],
    ['DNS', 'gateway', gateway6, 53, 'udp', 'dnsmasq', 'alice', dig(gateway6, '-6'), /203\.0\.113\.10/],
    ['DHCP', 'gateway', gateway, 67, 'udp', 'dnsmasq', 'bob', ['busybox', ...lease], /obtained/],
    ['HTTP', 'dmz', dmz, 80, 'tcp', 'nginx', 'net', web(`http://${dmz}/`)],
    ['HTTP', 'dmz', dmz6, 80, 'tcp', 'nginx', 'net', web(`http://[${dmz6}]/`)],
    [
      'web application',
      'dmz',
      dmz,
      APPLICATION.port,
      'tcp',
      'nginx',
      'bob',
      web(`http://${dmz}:${APPLICATION.port}/about`, '-f'),
    ],
    [
      'HTTPS',
      'dmz',
      dmz,
      443,
      'tcp',
      'nginx',
      'net',
      web('https://shop.example.com/', '--resolve', shop(dmz)),
    ],
    [
      'HTTPS',
      'dmz',
      dmz6,
      443,
      'tcp',
      'nginx',
      'net',
      web('https://shop.example.com/', '--resolve', shop(dmz6)),
    ],
    ['SSH', 'dmz', dmz, 22, 'tcp', 'dropbear', 'alice', scan(dmz), /ssh-ed25519/],
    ['SSH', 'dmz', dmz6, 22, 'tcp', 'dropbear', 'alice', scan(dmz6), /ssh-ed25519/],
    ['SMTP', 'dmz', dmz, 25, 'tcp', 'aiosmtpd', 'alice', web(`smtp://${dmz}/`, '-X', 'NOOP')],
    ['HTTP', 'net', www, 80, 'tcp', 'nginx', 'alice', web('http://www.example.com/about.html', '-4')],
    ['HTTP', 'net', www6, 80, 'tcp', 'nginx', 'bob', web('http://www.example.com/about.html', '-6')],
    ['HTTPS', 'net', www, 443, 'tcp', 'nginx', 'bob', web('https://www.example.com/about.html', '-4')],
    ['HTTPS', 'net', www6, 443, 'tcp', 'nginx', 'alice', web('https://www.example.com/about.html', '-6')],
    [
      'HTTP/2 in clear',
      'net',
      www,
      8080,
      'tcp',
      'nginx',
      'alice',
      web(`http://${www}:8080/about.html`, '--http2-prior-knowledge'),
    ],
    ['HTTP/3', 'net', www, 443, 'udp', 'gtlsserver', 'alice', http3(www)],
    ['HTTP/3', 'net', www6, 443, 'udp', 'gtlsserver', 'bob', http3(www6)],
    [
      'TLS 1.0',
      'net',
      ADDRESS.legacy,
      443,
      'tcp',
      'nginx',
      'bob',
      web('https://legacy.example.com/', ...oldTls),
    ],
    [
      'expired certificate',
      'net',
      ADDRESS.expired,
      443,
      'tcp',
      'nginx',
      'bob',
      web('https://expired.example.com/', '-k'),
    ],
    [
      'client certificate',
      'net',
      ADDRESS.secure,
      8443,
      'tcp',
      'openssl',
      'alice',
      web('https://secure.example.com:8443/', ...own),
    ],
    [
      'downloads',
      'net',
      ADDRESS.files,
      80,
      'tcp',
      'nginx',
      'bob',
      web('http://files.updates-cdn.test/player-update.exe'),
    ],
    ['FTP', 'net', ADDRESS.files, 21, 'tcp', 'pyftpdlib', 'alice', web(ftp)],
    ['NTP', 'net', ADDRESS.time, 123, 'udp', 'sntp.py', 'alice', sntp(ADDRESS.time), /48 bytes/],
    ['NTP', 'net', ADDRESS.time6, 123, 'udp', 'sntp.py', 'bob', sntp(ADDRESS.time6), /48 bytes/],
    [
      'HTTP in VXLAN',
      'net',
      '10.99.0.2',
      8000,
      'tcp',
      'busybox',
      'dmz',
      web('http://10.99.0.2:8000/about.html'),
    ],
    [
      'beacon',
      'attacker',
      attacker,
      443,
      'tcp',
      'nginx',
      'bob',
      web('https://telemetry.updates-cdn.test/', '-k'),
    ],
  ];
  return [...rows, ...webRows()].map(
    ([name, host, address, port, transport, program, from, command, expect = /^/]) => {
      return { name, host, address, port, transport, program, from, command, expect };
    },
  );
}

/** Asks each service once. The answers are in the order of the services. */
export async function askServices(net: Network, list: readonly Service[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < list.length) {
      const index = next++;
      answers[index] = await ask(net, list[index]!);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return answers;
}

async function ask(net: Network, { from, command, expect }: Service): Promise<Answer> {
  const began = performance.now();
  const [program = '', ...args] = command;
  const { code, output } = await net.runWithin(ANSWER_MS, from, program, ...args);
  const answers = code === 0 && expect.test(output);
  const milliseconds = Math.round(performance.now() - began);
  const said = output.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
  return {
    answers,
    milliseconds,
    detail: answers ? '' : `${program} ended with ${code ?? 'a signal'}: ${said}`,
  };
}

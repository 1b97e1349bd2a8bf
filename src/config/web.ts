import Type from 'typebox';
import { parseDuration, parseSize } from './quantity.ts';
import { choice, count, duration, flag, integer, section, size, text, texts } from './setting.ts';

const DAY_SECONDS = 86_400;
const PRIVATE = ['127.0.0.0/8', '::1/128', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];
/** Each worker of the WAF holds the rules: some 100 MB, the first 240 with what it loads. */
const MOST_WAF_WORKERS = 64;

const POLICY = section('How requests to a host, below a path, are judged otherwise.', {
  host: text('A name, or *.example.org for those below it; left out: every host.', 'host', ''),
  path: text('/admin means /admin and /admin/...; left out: every path.', 'path', ''),
  mode: choice(
    'As of all rules; off: nothing is judged; inherit: as everywhere.',
    ['inherit', 'on', 'detection', 'off'],
    'inherit',
  ),
  paranoia: integer('Paranoia level; 0: as everywhere.', { default: 0, minimum: 0, maximum: 4 }),
  exclude: Type.Array(Type.Integer({ minimum: 1, maximum: 999_999_999 }), {
    description: 'Rules that do not count, by their id.',
    default: [],
    maxItems: 256,
  }),
});

/** The active stream: requests that are judged before they pass. */
export const WEB = section('The active stream: web traffic that passes through weir.', {
  enabled: flag('Run it: the ways below that have an address or a socket.', false),
  waf: section('Rules that requests are judged by.', {
    enabled: flag('Judge requests.', true),
    crs: text("Folder of the OWASP Core Rule Set; empty: Debian's modsecurity-crs.", 'path', ''),
    rules: texts('Own rule files, and folders of them.', 'path', []),
    paranoia: integer('Paranoia level of the Core Rule Set.', { default: 1, minimum: 1, maximum: 4 }),
    mode: choice(
      'on: what the rules deny is denied; detection: it is only told of.',
      ['on', 'detection'],
      'on',
    ),
    workers: count(
      "Threads that judge, beside the one that takes requests in: one for what takes long, several help it with all. 'auto': one less than there are cores.",
      {
        default: 'auto',
        minimum: 1,
        maximum: MOST_WAF_WORKERS,
      },
    ),
    responses: flag('Judge answers as well: their heads, and their bodies up to `responseBody`.', false),
    requestBody: size('Bytes of a request body that are judged.', '128KiB', 0, 64 << 20),
    responseBody: size('Bytes of the body of an answer that are judged.', '512KiB', 0, 64 << 20),
    exclusions: Type.Array(Type.Enum(['graphql']), {
      description: 'Exclusions from the Core Rule Set that come with weir: graphql.',
      default: [],
      maxItems: 16,
    }),
    policies: Type.Array(POLICY, {
      description:
        'What holds for some hosts and paths: of those that fit, that of the most exact host and the longest path.',
      default: [],
      maxItems: 256,
    }),
    longBodies: choice('Longer request bodies: denied (413), or judged in part.', ['deny', 'judge'], 'deny'),
    failure: choice('What becomes of a request that could not be judged.', ['deny', 'pass'], 'deny'),
    budget: duration('Time that the rules may take for one request.', '500ms', 0.005, 60),
  }),
  deny: texts('Networks whose requests are denied.', 'prefix', [], 100_000),
  rate: section('Requests that one client address may send; of IPv6 one /64.', {
    requests: integer('So many within `per`; 0: no bound.', { default: 0, minimum: 0, maximum: 1_000_000 }),
    per: duration('The span of time.', '10s', 1, DAY_SECONDS),
    burst: integer('So many at once after a pause; 0: as `requests`.', {
      default: 0,
      minimum: 0,
      maximum: 1_000_000,
    }),
  }),
  haproxy: section('The SPOE agent of HAProxy: `weir haproxy config` prints the other side.', {
    socket: text('Unix socket that it listens on; empty: none.', 'path', ''),
    group: text("Group of the socket; 'auto': haproxy, where there is one.", 'user', 'auto'),
    listen: text('The same on TCP; empty: none.', 'endpoint', ''),
    deadline: duration('Time that a judgement may take: less than HAProxy waits.', '150ms', 0.005, 60),
  }),
  mitmproxy: section('The bridge of mitmproxy: integrations/mitmproxy.', {
    socket: text('Unix socket that it listens on; empty: none.', 'path', ''),
  }),
  reverse: section('The built-in reverse proxy.', {
    listen: text('Address and port; empty: it does not run.', 'endpoint', ''),
    to: text('Origin that requests go to.', 'origin', ''),
    routes: texts('Origins by host and path: HOST/PATH=ORIGIN; the longest path counts.', 'route', []),
    certificates: texts('PEM files with certificate chain and key; none: no TLS.', 'path', []),
    plain: text('A second address, for plain HTTP beside HTTPS; empty: none.', 'endpoint', ''),
    plainMode: choice(
      'What becomes of requests there: sent to HTTPS (308), or served.',
      ['redirect', 'serve'],
      'redirect',
    ),
    balancers: texts(
      'Networks of balancers in front of it, whose connections begin with a header of the PROXY protocol.',
      'prefix',
      [],
    ),
  }),
  forward: section('The built-in forward proxy.', {
    listen: text('Address and port; empty: it does not run.', 'endpoint', ''),
    clients: texts('Networks that it serves.', 'prefix', PRIVATE),
    connectPorts: Type.Array(Type.Integer({ minimum: 1, maximum: 65_535 }), {
      description: 'Ports to which it opens tunnels (CONNECT).',
      default: [443],
      maxItems: 256,
    }),
    allow: texts(
      'Networks of this machine itself and of its links that clients may reach all the same.',
      'prefix',
      [],
    ),
    intercept: flag('Look into TLS with certificates of the CA that `weir ca create` made.', false),
    exceptions: texts('Names that are never looked into: bank.example, *.bank.example.', 'host', []),
    ca: text('Folder of the CA.', 'path', '/var/lib/weir/ca'),
  }),
  transparent: section('The built-in transparent proxy, for clients that know of none.', {
    listen: text('Address and port; empty: it does not run.', 'endpoint', ''),
    mode: choice(
      'How connections are led to it: `weir proxy transparent --rules-only` prints the rules.',
      ['redirect', 'tproxy'],
      'redirect',
    ),
    intercept: flag('Look into TLS with certificates of the CA that `weir ca create` made.', false),
    exceptions: texts('Names that are never looked into: bank.example, *.bank.example.', 'host', []),
    ca: text('Folder of the CA.', 'path', '/var/lib/weir/ca'),
  }),
  rewrite: text('File of rules that change requests and answers (docs/web.md); empty: none.', 'path', ''),
  keyLog: text(
    'File that secrets of TLS connections are added to, so that captures of them can be read; empty: none.',
    'path',
    '',
  ),
  buffer: section('Buffer B: the last requests, encrypted, analysed off the live path.', {
    enabled: flag('Keep it.', true),
    folder: text('Folder of the files.', 'path', '/var/lib/weir/buffer'),
    requests: integer('Requests that are kept.', { default: 1000, minimum: 1, maximum: 1_000_000 }),
    size: size('Most that they may take of the disk.', '64MiB', 1 << 20, 2 ** 40),
    age: duration('How long they are kept.', '1h', 1, 365 * DAY_SECONDS),
    findingsAge: duration(
      'How long the log of findings, without contents, keeps each.',
      '30d',
      1,
      3650 * DAY_SECONDS,
    ),
    analyse: flag(
      'Analyse them: all rules at full paranoia, rates, sequences, models of endpoints. Without, what an address sent is judged by all rules when one of its requests is denied.',
      true,
    ),
  }),
});

type WebSettings = Type.Static<typeof WEB>;

/** The same, ready for use: sizes in bytes, times in milliseconds. */
export interface WebConfiguration extends Omit<WebSettings, 'waf' | 'rate' | 'haproxy' | 'buffer'> {
  readonly waf: Omit<WebSettings['waf'], 'workers' | 'requestBody' | 'responseBody' | 'budget'> & {
    readonly workers: number;
    readonly requestBodyBytes: number;
    readonly responseBodyBytes: number;
    readonly budgetMs: number;
  };
  readonly rate: { readonly requests: number; readonly perMs: number; readonly burst: number };
  readonly haproxy: Omit<WebSettings['haproxy'], 'deadline'> & { readonly deadlineMs: number };
  readonly buffer: Omit<WebSettings['buffer'], 'size' | 'age' | 'findingsAge'> & {
    readonly sizeBytes: number;
    readonly ageMs: number;
    readonly findingsAgeMs: number;
  };
}

/** All but one core, for the thread that takes requests in: it judges as well. */
function autoWorkers(cores: number): number {
  return Math.min(MOST_WAF_WORKERS, Math.max(cores - 1, 1));
}

/** `cores`: of this machine. */
export function webOf(settings: WebSettings, cores: number): WebConfiguration {
  const { waf, rate, haproxy, buffer, ...rest } = settings;
  const { deadline, ...agent } = haproxy;
  const { workers, requestBody, responseBody, budget, ...judging } = waf;
  const { size: most, age, findingsAge, ...keeping } = buffer;
  return {
    ...rest,
    waf: {
      ...judging,
      workers: workers === 'auto' ? autoWorkers(cores) : workers,
      requestBodyBytes: parseSize(requestBody),
      responseBodyBytes: parseSize(responseBody),
      budgetMs: parseDuration(budget),
    },
    rate: {
      requests: rate.requests,
      perMs: parseDuration(rate.per),
      burst: rate.burst === 0 ? rate.requests : rate.burst,
    },
    haproxy: { ...agent, deadlineMs: parseDuration(deadline) },
    buffer: {
      ...keeping,
      sizeBytes: parseSize(most),
      ageMs: parseDuration(age),
      findingsAgeMs: parseDuration(findingsAge),
    },
  };
}

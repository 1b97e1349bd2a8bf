import { AGENT_BACKEND, ENGINE, RESPONSE_GROUP, type ResponsePart, spoeFile } from './spoe-config.ts';
import { type HaproxyVersion, isFrom } from './version.ts';

/** What a configuration is made for. */
export interface HaproxyConfigOptions {
  readonly version: HaproxyVersion;
  /** Where the agent listens: path of a Unix socket as HAProxy sees it (within its chroot), or `host:port`. */
  readonly agent: string;
  /** Requests that get no judgement in time: let through, or answered with 503. */
  readonly fail: 'open' | 'closed';
  /** Where the second file will lie. */
  readonly spoePath: string;
  /** Bytes of HAProxy's buffers: head and body of a request that can be inspected, less 1 KiB. */
  readonly bufferBytes: number;
  /** Time that HAProxy waits for a judgement, in milliseconds: more than the agent's own deadline. */
  readonly processingMs: number;
  readonly responses: ResponsePart;
}

/** A web site behind HAProxy. */
export interface VirtualHost {
  /** Of the Host field, in lower case. */
  readonly name: string;
  /** `host:port`. */
  readonly server: string;
}

/** What a whole configuration has besides. */
export interface FullConfigOptions extends HaproxyConfigOptions {
  /** `bind` addresses: `:80`, `:443`. */
  readonly http: string;
  readonly https: string;
  /** PEM file with key and certificates, or a folder of such. */
  readonly certificate: string;
  /** The first is the default. */
  readonly hosts: readonly VirtualHost[];
}

/** The two files. */
export interface HaproxyFiles {
  readonly haproxy: string;
  readonly spoe: string;
}

/** What is taken where nothing is asked for. */
export const CONFIG_DEFAULTS = {
  // Not a Unix socket: Debian's HAProxy lives in a chroot, from which it sees none of ours.
  agent: '127.0.0.1:12345',
  fail: 'open',
  spoePath: '/etc/haproxy/weir-spoe.cfg',
  bufferBytes: 65536,
  processingMs: 200,
  responses: 'none',
} as const;

/** The lines to copy into a haproxy.cfg that is there already, section by section, and the file that they name. */
export function haproxyLines(options: HaproxyConfigOptions): HaproxyFiles {
  const lines = [
    'global',
    `    tune.bufsize ${options.bufferBytes}`,
    '',
    '# in each frontend of mode http that is to be inspected, before its other http-request rules',
    '    option http-buffer-request',
    '    unique-id-format %[uuid()]',
    ...filterAndRules(options),
    '',
    ...agentBackend(options),
  ];
  return { haproxy: `${lines.join('\n')}\n`, spoe: spoeFile(options.responses, options.processingMs) };
}

/** A whole haproxy.cfg: TLS, several sites, the rules for what the agent says, log lines with its verdict. */
export function fullConfig(options: FullConfigOptions): HaproxyFiles {
  const lines = [
    'global',
    '    log /dev/log local0',
    '    maxconn 4096',
    `    tune.bufsize ${options.bufferBytes}`,
    '    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets',
    '',
    'defaults',
    '    mode http',
    '    log global',
    '    timeout connect 5s',
    '    timeout client 60s',
    '    timeout server 60s',
    '    # also the time that a body has to come in',
    '    timeout http-request 10s',
    '    timeout http-keep-alive 30s',
    '',
    'frontend web',
    `    bind ${options.http}`,
    `    bind ${options.https} ssl crt ${options.certificate} alpn h2,http/1.1`,
    '    option http-buffer-request',
    '    unique-id-format %[uuid()]',
    '    unique-id-header X-Request-ID',
    `    log-format "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %tsc ${logged()} %{+Q}r"`,
    ...filterAndRules(options),
    '    http-request redirect scheme https code 301 unless { ssl_fc }',
    '    http-request set-header X-Forwarded-Proto https',
    '    option forwardfor',
    ...options.hosts
      .slice(1)
      .map(({ name }) => `    use_backend ${backendName(name)} if { hdr(host),host_only -i ${name} }`),
    `    default_backend ${backendName(options.hosts[0]?.name ?? 'site')}`,
    '',
  ];
  for (const { name, server } of options.hosts) {
    lines.push(`backend ${backendName(name)}`, '    http-reuse safe', `    server s1 ${server} check`, '');
  }
  lines.push(...agentBackend(options));
  return { haproxy: `${lines.join('\n')}\n`, spoe: spoeFile(options.responses, options.processingMs) };
}

/** The line in the log: what was decided, the score, the rules, and by what name the records know the request. */
function logged(): string {
  return ['deny', 'err', 'score', 'rule_ids', 'reference']
    .map((name) => `${name}=%[var(txn.${ENGINE}.${name})]`)
    .join(' ');
}

/** The filter and the rules that do what the agent says; `deny` is set for all of them, so it comes last. */
function filterAndRules({ spoePath, fail, responses }: HaproxyConfigOptions): string[] {
  const lines = [
    `    filter spoe engine ${ENGINE} config ${quoted(spoePath)}`,
    ...rules('http-request', fail),
  ];
  if (responses === 'none') return lines;
  if (responses === 'body') {
    lines.push(
      '    acl weir_text res.hdr(content-type) -m beg text/html text/plain application/json application/xml',
      '    http-response wait-for-body time 1s if weir_text',
      `    http-response send-spoe-group ${ENGINE} ${RESPONSE_GROUP}`,
    );
  }
  return [...lines, ...rules('http-response', fail)];
}

function rules(part: 'http-request' | 'http-response', fail: 'open' | 'closed'): string[] {
  const set = (name: string): string => `var(txn.${ENGINE}.${name})`;
  const lines: string[] = [];
  if (fail === 'closed') lines.push(`    ${part} deny deny_status 503 if { ${set('err')} -m found }`);
  lines.push(`    ${part} silent-drop if { ${set('drop')} -m bool }`);
  if (part === 'http-request') {
    lines.push(
      `    http-request return status 429 hdr Retry-After %[${set('retry_after')}] if { ${set('limit')} -m bool }`,
      `    http-request return status 403 content-type "text/html; charset=utf-8" hdr Cache-Control no-store hdr Content-Security-Policy %[${set('page_policy')}] hdr X-Weir-Reference %[${set('reference')}] lf-string %[${set('page')}] if { ${set('page')} -m found }`,
      `    http-request return status 303 hdr Location %[${set('location')}] hdr Set-Cookie %[${set('cookie')}] hdr Cache-Control no-store if { ${set('cookie')} -m found }`,
      `    http-request redirect location %[${set('location')}] code 302 if { ${set('location')} -m found }`,
      `    http-request deny deny_status 413 if { ${set('status')} -m int 413 }`,
      `    http-request deny deny_status 503 if { ${set('status')} -m int 503 }`,
    );
  }
  lines.push(
    `    ${part} deny deny_status 403 content-type text/plain lf-string "Blocked. Reference: %[${set('reference')}]" if { ${set('deny')} -m bool }`,
  );
  return lines;
}

function agentBackend({ version, agent }: HaproxyConfigOptions): string[] {
  return [
    `backend ${AGENT_BACKEND}`,
    // 3.1 has a mode of its own for agents.
    `    mode ${isFrom(version, 3, 1) ? 'spop' : 'tcp'}`,
    '    option spop-check',
    '    timeout connect 500ms',
    '    timeout server 60s',
    `    server weir ${agent.startsWith('/') ? `unix@${quoted(agent)}` : agent} check inter 2s fall 2 rise 1`,
  ];
}

/** A name that a section can have. */
function backendName(host: string): string {
  return `site-${host.replace(/[^a-zA-Z0-9.-]/g, '_')}`;
}

/** A word of a configuration; blanks and quotes are escaped. */
function quoted(word: string): string {
  return word.replace(/[\\ "'#]/g, '\\$&');
}

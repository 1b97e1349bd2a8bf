import {
  CONFIG_DEFAULTS,
  fullConfig,
  type HaproxyFiles,
  type HaproxyVersion,
  haproxyLines,
  installedVersion,
  OLDEST,
  parseVersion,
  type VirtualHost,
} from '../mitm/haproxy/index.ts';
import { parseChoice, parseCount, parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir haproxy config [--version 2.6] [--socket PATH | --listen HOST:PORT] [--fail open|closed] [--full ...]

Prints the lines to copy into haproxy.cfg, and the file that they name.

  --version VERSION     of HAProxy: 2.6 to 3.x; by default that of the one installed, else 2.6
  --listen HOST:PORT    where the agent listens (${CONFIG_DEFAULTS.agent})
  --socket PATH         its Unix socket instead, as HAProxy sees it: /weir.sock is /var/lib/haproxy/weir.sock in
                        the chroot of Debian's
  --fail open|closed    requests without a judgement: pass (the default), or get 503
  --responses PART      of the answers: none (the default), head, body
  --buffer BYTES        of HAProxy's buffers: head and body that can be inspected (64ki)
  --timeout MS          that HAProxy waits for a judgement (200)
  --spoe PATH           where the second file will lie (${CONFIG_DEFAULTS.spoePath})
  --only haproxy|spoe   print one of the two files, to be redirected
  --full                a whole haproxy.cfg, with TLS and a site for each --host
  --host NAME=HOST:PORT with --full: a site and its server; may be given several times
  --certificate PATH    with --full: PEM file with key and certificates (/etc/haproxy/certs)
  --http, --https ADDRESS   with --full: where to listen (:80, :443)
`;

/** `weir haproxy config`. */
export async function haproxyConfig(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'string' },
    socket: { type: 'string' },
    listen: { type: 'string' },
    fail: { type: 'string' },
    responses: { type: 'string' },
    buffer: { type: 'string' },
    timeout: { type: 'string' },
    spoe: { type: 'string' },
    only: { type: 'string' },
    full: { type: 'boolean' },
    host: { type: 'string', multiple: true },
    certificate: { type: 'string' },
    http: { type: 'string' },
    https: { type: 'string' },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length > 0) throw new UsageError(`config takes no operand, not '${positionals[0]}'`);
  if (values.socket !== undefined && values.listen !== undefined) {
    throw new UsageError('--socket and --listen exclude each other');
  }
  for (const name of ['host', 'certificate', 'http', 'https'] as const) {
    if (values[name] !== undefined && !values.full) throw new UsageError(`--${name} needs --full`);
  }
  const options = {
    version: version(values.version),
    agent: agent(values.socket, values.listen),
    fail: parseChoice('--fail', values.fail ?? CONFIG_DEFAULTS.fail, ['open', 'closed']),
    responses: parseChoice('--responses', values.responses ?? CONFIG_DEFAULTS.responses, [
      'none',
      'head',
      'body',
    ]),
    bufferBytes: parseCount('--buffer', values.buffer ?? `${CONFIG_DEFAULTS.bufferBytes}`, 16384, 16 << 20),
    processingMs: parseCount('--timeout', values.timeout ?? `${CONFIG_DEFAULTS.processingMs}`, 1, 60_000),
    spoePath: word('--spoe', values.spoe ?? CONFIG_DEFAULTS.spoePath),
  };
  const files = values.full
    ? fullConfig({
        ...options,
        hosts: (values.host ?? ['www.example.org=127.0.0.1:3000']).map(site),
        certificate: word('--certificate', values.certificate ?? '/etc/haproxy/certs'),
        http: word('--http', values.http ?? ':80'),
        https: word('--https', values.https ?? ':443'),
      })
    : haproxyLines(options);
  const only = parseChoice('--only', values.only ?? 'both', ['haproxy', 'spoe', 'both']);
  process.stdout.write(printed(files, options.spoePath, only));
  return 0;
}

function printed(files: HaproxyFiles, spoePath: string, only: 'haproxy' | 'spoe' | 'both'): string {
  switch (only) {
    case 'haproxy':
      return files.haproxy;
    case 'spoe':
      return files.spoe;
    case 'both':
      return `# ==== haproxy.cfg\n${files.haproxy}\n# ==== ${spoePath}: a file of its own (--only spoe)\n${files.spoe}`;
    default:
      return only satisfies never;
  }
}

function version(text: string | undefined): HaproxyVersion {
  if (text === undefined) return installedVersion() ?? OLDEST;
  try {
    return parseVersion(text);
  } catch (error) {
    throw new UsageError(`--version: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function agent(socket: string | undefined, address: string | undefined): string {
  if (address !== undefined) {
    if (!/^[\w.[\]:-]+:\d{1,5}$/.test(address)) {
      throw new UsageError(`--listen takes HOST:PORT, not '${address}'`);
    }
    return address;
  }
  if (socket === undefined) return CONFIG_DEFAULTS.agent;
  const path = word('--socket', socket);
  if (!path.startsWith('/')) throw new UsageError(`--socket takes an absolute path, not '${path}'`);
  return path;
}

function site(text: string): VirtualHost {
  const match = /^([a-z0-9.-]+)=([\w.[\]:-]+:\d{1,5})$/i.exec(text);
  if (match === null) throw new UsageError(`--host takes NAME=HOST:PORT, not '${text}'`);
  return { name: (match[1] as string).toLowerCase(), server: match[2] as string };
}

/** A word for a configuration: one line without control characters. */
function word(name: string, text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (text === '' || /[\u0000-\u001f\u007f]/.test(text))
    throw new UsageError(`${name} takes a path on one line`);
  return text;
}

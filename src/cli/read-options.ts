import type { ParseArgsOptionsConfig } from 'node:util';
import { formatDuration, formatSize, parseDuration, parseSize } from '../config/quantity.ts';
import { PrefixSet } from '../net/index.ts';
import { parseChoice, parseCount, parseOptions, parseTime, UsageError } from './usage.ts';

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  eve: { type: 'string', multiple: true },
  'eve-types': { type: 'string' },
  'eve-dns-version': { type: 'string' },
  zeek: { type: 'string' },
  'zeek-json': { type: 'boolean' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
  top: { type: 'string' },
  filter: { type: 'string', short: 'f' },
  write: { type: 'string', short: 'w' },
  conversations: { type: 'string' },
  index: { type: 'string' },
  'flows-only': { type: 'boolean' },
  ndpi: { type: 'boolean' },
  since: { type: 'string' },
  until: { type: 'string' },
  follow: { type: 'boolean' },
  interface: { type: 'string', short: 'i' },
  duration: { type: 'string' },
  ring: { type: 'string' },
  'ring-size': { type: 'string' },
  'ring-age': { type: 'string' },
  'ring-file': { type: 'string' },
  sampling: { type: 'boolean' },
  critical: { type: 'string' },
  midstream: { type: 'boolean' },
  checksums: { type: 'string', short: 'k' },
  'overlap-policy': { type: 'string' },
  'body-limit': { type: 'string' },
  'header-limit': { type: 'string' },
  'stream-memory': { type: 'string' },
  'stream-depth': { type: 'string' },
  'max-flows': { type: 'string' },
  'tunnel-depth': { type: 'string' },
  'community-seed': { type: 'string' },
  hashes: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

export const READ_HELP = `usage: weir read PATH... [options]
       weir read -i INTERFACE [options]

PATH is a capture (pcap, pcapng; plain, .gz, .zst), a folder of them, a pattern, or '-' for standard input.
All files together are one stream, ordered by time.

Output
  --eve FILE              EVE JSON with Suricata's field names ('-': standard output)
  --eve-types LIST        only these record types: flow,http,dns,... (netflow is written only when named)
  --eve-dns-version N     3: DNS records as Suricata 8 has them (default); 2: as Suricata 5 to 7
  --zeek DIR              Zeek logs (conn, http, ssl, x509, dns, files, weird, quic, ssh, ...)
  --zeek-json             Zeek logs as JSON lines
  --json                  the summary as JSON
  --top N                 rows of each list of the summary (default 6; 100 in JSON)
  -w, --write FILE        the matching packets as pcapng ('-': standard output)
  --conversations DIR     each direction of each conversation as a file
  --index FILE            where each flow's payload lies, for 'weir cat'
  -q, --quiet             no summary

What is read
  -f, --filter EXPR       pcap-filter expression: 'host 10.1.2.3 and tcp port 80'
  --since T, --until T    only packets of this time (ISO 8601, UTC; or seconds since 1970)
  --follow                watch a folder and take files as they are closed, until Ctrl-C
  -i, --interface NAME    what passes on an interface, until Ctrl-C; needs root or CAP_NET_RAW
  --duration SECONDS      end a live capture after so long
  --ring DIR              keep the last packets of a live capture there, as pcapng files: the oldest file goes first
  --ring-size BYTES       that all files of the ring may take (default 2Gi)
  --ring-age TIME         that packets are kept at most: 90s, 1h, 7d (default 1d)
  --ring-file BYTES       of each file, at most a quarter of all (default 64Mi)

  --critical LIST         networks whose flows are inspected though the load is too high for all: 192.0.2.0/24,...
  --no-sampling           inspect every flow however high the load is, and lose packets

How
  --flows-only            flows and counters only, no payload is looked at
  --no-ndpi               without nDPI as second voice
  --no-midstream          inspect only TCP flows whose beginning is in the captures
  -k, --checksums MODE    all, auto or none (default none): packets with a wrong one are not inspected
  --overlap-policy P      first, last, bsd, linux, windows, solaris (default bsd)
  --body-limit BYTES      of each body or file that are decoded and hashed (default 4Mi)
  --header-limit BYTES    that a header or message may take (default 256Ki)
  --stream-memory BYTES   for data out of order, in all (default 64Mi)
  --stream-depth BYTES    of each direction of a TCP flow that are inspected (default all)
  --max-flows N           alive at the same time (default 2M)
  --tunnel-depth N        tunnels inside of each other (default 4)
  --community-seed N      seed of the community id (default 0)
  --hashes LIST           of files: md5,sha1,sha256 (default all; 'none')
`;

const HASHES = ['md5', 'sha1', 'sha256'] as const;
const DNS_VERSIONS = { 2: 2, 3: 3 } as const;
const OVERLAP_POLICIES = ['first', 'last', 'bsd', 'linux', 'windows', 'solaris'] as const;

/** What `weir read` was asked to do. */
export type ReadOptions = NonNullable<ReturnType<typeof parseReadOptions>>;

/** Reads the arguments of `weir read`; undefined when only help was wanted. */
export function parseReadOptions(args: readonly string[]) {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.help) return undefined;
  if (values.interface !== undefined) refuseWithInterface(values, positionals);
  else refuseWithCaptures(values);
  if (values.interface === undefined && positionals.length === 0) {
    throw new UsageError(
      'read needs a capture, a folder, - for standard input, or -i INTERFACE',
      "Try 'weir read --help'",
    );
  }
  const count = (
    name: string,
    text: string | undefined,
    low: number,
    high: number,
    otherwise: number,
  ): number => (text === undefined ? otherwise : parseCount(`--${name}`, text, low, high));
  const list = (text: string | undefined): string[] | undefined =>
    text?.split(',').map((word) => word.trim());
  const hashes = list(values.hashes);
  const toStandardOutput = [...(values.eve ?? []), values.write].filter((path) => path === '-');
  if (toStandardOutput.length > 1) throw new UsageError('only one output can go to standard output');
  return {
    paths: positionals,
    eve: values.eve ?? [],
    eveTypes: list(values['eve-types']),
    eveDnsVersion:
      DNS_VERSIONS[parseChoice('--eve-dns-version', values['eve-dns-version'] ?? '3', ['2', '3'] as const)],
    zeek: values.zeek,
    zeekJson: values['zeek-json'] ?? false,
    json: values.json ?? false,
    quiet: values.quiet ?? false,
    standardOutputTaken: toStandardOutput.length === 1,
    top: count('top', values.top, 1, 10000, values.json ? 100 : 6),
    filter: values.filter,
    write: values.write,
    conversations: values.conversations,
    index: values.index,
    flowsOnly: values['flows-only'] ?? false,
    ndpi: values.ndpi ?? true,
    sinceUs: values.since === undefined ? undefined : parseTime('--since', values.since),
    untilUs: values.until === undefined ? undefined : parseTime('--until', values.until),
    follow: values.follow ?? false,
    interface: values.interface,
    durationSeconds:
      values.duration === undefined ? undefined : parseCount('--duration', values.duration, 1, 2_000_000),
    ring: ringOptions(values),
    sampling: values.sampling ?? true,
    critical: networks('--critical', list(values.critical) ?? []),
    midstream: values.midstream ?? true,
    checksums: parseChoice('--checksums', values.checksums ?? 'none', ['all', 'auto', 'none'] as const),
    overlapPolicy: parseChoice('--overlap-policy', values['overlap-policy'] ?? 'bsd', OVERLAP_POLICIES),
    bodyBytes: count('body-limit', values['body-limit'], 0, 2 ** 31, 4 << 20),
    headerBytes: count('header-limit', values['header-limit'], 1024, 1 << 26, 256 << 10),
    streamDepth:
      values['stream-depth'] === undefined
        ? undefined
        : parseCount('--stream-depth', values['stream-depth'], 1, 2 ** 40),
    streamMemory: count('stream-memory', values['stream-memory'], 1 << 16, 2 ** 36, 64 << 20),
    maxFlows: count('max-flows', values['max-flows'], 16, 12_000_000, 2_000_000),
    tunnelDepth: count('tunnel-depth', values['tunnel-depth'], 0, 16, 4),
    communitySeed: count('community-seed', values['community-seed'], 0, 65535, 0),
    hashes:
      hashes === undefined
        ? HASHES
        : hashes.filter((name) => name !== 'none').map((name) => parseChoice('--hashes', name, HASHES)),
  };
}

/** What goes with `--interface` only. */
function refuseWithCaptures(values: Readonly<Record<string, unknown>>): void {
  for (const name of ['duration', 'ring', 'critical']) {
    if (values[name] !== undefined) throw new UsageError(`--${name} goes with --interface`);
  }
  if (values.sampling !== undefined) throw new UsageError('--no-sampling goes with --interface');
}

function networks(name: string, texts: readonly string[]): readonly string[] {
  const { mistake } = PrefixSet.parse(texts);
  if (mistake === undefined) return texts;
  throw new UsageError(`${name} takes networks, not '${mistake}'; examples: 192.0.2.0/24, 2001:db8::/32`);
}

const RING_SIZE = { low: 16 << 20, high: 2 ** 50 };
const RING_FILE = { low: 1 << 20, high: 2 ** 40 };
const RING_AGE_MS = { low: 10_000, high: 10 * 365 * 86_400_000 };

/** The packet ring on disk that was asked for. */
function ringOptions(values: {
  readonly ring?: string;
  readonly 'ring-size'?: string;
  readonly 'ring-age'?: string;
  readonly 'ring-file'?: string;
}) {
  const {
    ring: folder,
    'ring-size': size = '2GiB',
    'ring-age': age = '1d',
    'ring-file': file = '64MiB',
  } = values;
  if (folder === undefined) {
    for (const name of ['ring-size', 'ring-age', 'ring-file'] as const) {
      if (values[name] !== undefined) throw new UsageError(`--${name} goes with --ring`);
    }
    return undefined;
  }
  if (folder === '') throw new UsageError('--ring takes the name of a folder');
  return {
    folder,
    sizeBytes: quantity('--ring-size', size, parseSize(size), RING_SIZE, 'a size', formatSize),
    ageMs: quantity('--ring-age', age, parseDuration(age), RING_AGE_MS, 'a time', formatDuration),
    fileBytes: quantity('--ring-file', file, parseSize(file), RING_FILE, 'a size', formatSize),
  };
}

function quantity(
  name: string,
  text: string,
  value: number,
  { low, high }: { readonly low: number; readonly high: number },
  what: string,
  format: (value: number) => string,
): number {
  if (value >= low && value <= high) return value;
  throw new UsageError(`${name} takes ${what} from ${format(low)} to ${format(high)}, not '${text}'`);
}

/** What makes no sense of packets that are read as they come. */
function refuseWithInterface(values: Readonly<Record<string, unknown>>, paths: readonly string[]): void {
  if (paths.length > 0) throw new UsageError('read takes captures or an interface, not both');
  if (values.interface === '') throw new UsageError('--interface takes the name of an interface');
  for (const name of ['follow', 'since', 'until']) {
    if (values[name] !== undefined) throw new UsageError(`--${name} is for captures, not for --interface`);
  }
  if (values.index !== undefined) {
    const hint = "Keep the packets with --write FILE; then 'weir read FILE --index INDEX'";
    throw new UsageError('--index tells where payload lies in captures, and --interface has none', hint);
  }
}

import { randomBytes } from 'node:crypto';
import type { ParseArgsOptionsConfig } from 'node:util';
import { type LanPicture, pictureOf } from '../control/index.ts';
import { type EveRecord, LanView, PRIVATE_NETWORKS } from '../lan/index.ts';
import { EveWriter } from '../output/index.ts';
import { type Finding, openCaptures } from '../tap/capture/index.ts';
import { createEngine, DEFAULT_SETTINGS } from '../tap/create.ts';
import { Sensor } from '../tap/sensor.ts';
import { lanJson } from './clients-json.ts';
import { renderLan } from './clients-table.ts';
import { ProgressBar } from './progress.ts';
import { parseChoice, parseCount, parseOptions, UsageError } from './usage.ts';

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  network: { type: 'string', multiple: true },
  by: { type: 'string' },
  top: { type: 'string' },
  config: { type: 'string', short: 'c' },
  json: { type: 'boolean' },
} as const satisfies ParseArgsOptionsConfig;

const HELP = `usage: weir clients [CAPTURE...] [options]

The clients of a LAN: vendor, addresses, names, when they were seen, what they sent and got, by which protocols and
with whom. CAPTURE is as for 'weir read'; without one the running weir is asked. Nothing is sent into the network: all
is from what was captured.

  --network CIDR   addresses that are clients; can be repeated. Default: private and link-local ranges, and networks
                   that show themselves (addresses given by DHCP, IPv6 addresses made from their sender's MAC). The
                   running weir has its own: lan.networks of weir.yaml
  -c, --config FILE  the configuration that the running weir was started with
  --by WHAT        client, destination or protocol (default client)
  --top N          protocols and destinations of each client, rows of other lists (default 4, 20)
  --json           all of it as JSON
`;

/** Records that say something of clients. */
const TYPES = new Set(['flow', 'dns', 'mdns', 'dhcp', 'dhcpv6']);
const BY = ['client', 'destination', 'protocol'] as const;
const MOST_ADDRESSES = 65_536;
const MOST_ENTRIES = 524_288;
/** Whoever reads captures of days wants all of them: nothing is forgotten for its age. */
const RETENTION_SECONDS = Number.POSITIVE_INFINITY;

/** `weir clients`, also `weir lan`: the clients of a LAN, out of captures. */
export async function clients(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const by = parseChoice('--by', values.by ?? 'client', BY);
  const wanted = values.top === undefined ? undefined : parseCount('--top', values.top, 1, 100_000);
  const options: ShowOptions = {
    by,
    top: wanted ?? (by === 'client' ? 4 : 20),
    json: values.json ?? false,
  };
  if (positionals.length === 0) {
    if (values.network !== undefined) {
      throw new UsageError(
        '--network is for captures: the running weir has its networks from lan.networks of weir.yaml',
        "Try 'weir clients --help'",
      );
    }
    return ask(values.config, options, wanted);
  }
  if (values.config !== undefined) {
    throw new UsageError(
      '--config asks the running weir: name no capture with it',
      "Try 'weir clients --help'",
    );
  }
  const view = openView(values.network);
  const code = await readInto(view, positionals);
  if (code === 0) show(pictureOf(view, options.json ? undefined : entriesOf(options)), options);
  return code;
}

interface ShowOptions {
  readonly by: (typeof BY)[number];
  readonly top: number;
  readonly json: boolean;
}

/** Entries of each client's lists that a table needs. */
function entriesOf({ by, top }: ShowOptions): number {
  return by === 'client' ? top : 0;
}

/** The view of the running weir; `wanted`: entries of each client's lists, where the user named a number. */
async function ask(
  config: string | undefined,
  options: ShowOptions,
  wanted: number | undefined,
): Promise<number> {
  const { askRunning } = await import('./running.ts');
  return askRunning(config, "name captures: 'weir clients CAPTURE...'", async (weir) => {
    show(await weir.lan(options.json ? wanted : entriesOf(options)), options);
    return 0;
  });
}

function show(picture: LanPicture, { by, top, json }: ShowOptions): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(lanJson(picture), null, 2)}\n`);
    return;
  }
  const color = process.stdout.isTTY === true && !process.env.NO_COLOR;
  process.stdout.write(renderLan(picture, { by, top, color }));
  note(picture);
}

function openView(networks: readonly string[] | undefined): LanView {
  try {
    return new LanView({
      networks: networks ?? PRIVATE_NETWORKS,
      learn: networks === undefined,
      retentionSeconds: RETENTION_SECONDS,
      maxAddresses: MOST_ADDRESSES,
      maxEntries: MOST_ENTRIES,
    });
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`--network: ${error.message}`);
    throw error;
  }
}

/** Reads captures as `weir read` does and hands the records to the view. */
async function readInto(view: LanView, paths: readonly string[]): Promise<number> {
  const warn = (finding: Finding): void => {
    if (finding.severity !== 'note') process.stderr.write(`weir: ${finding.message}\n`);
  };
  const captures = await openCaptures(paths, { onFinding: warn });
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    if (captures.nothingReadable) {
      process.stderr.write('weir: nothing could be read\n');
      return 1;
    }
    const lines = { write: (line: string) => view.take(JSON.parse(line) as EveRecord), close: () => {} };
    const sink = new EveWriter(lines, { types: TYPES });
    const engine = await createEngine({
      ...DEFAULT_SETTINGS,
      sink,
      seed: randomBytes(4).readInt32LE(),
      ndpi: true,
      hashes: [],
    });
    const sensor = new Sensor(engine, { decoder: {} });
    const progress = new ProgressBar(captures, () => sensor.frames);
    for await (const batch of captures.batches(stop.signal)) {
      sensor.batch(batch);
      progress.update();
    }
    sensor.end();
    sink.close();
    progress.clear();
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    captures.close();
  }
  if (!stop.signal.aborted) return 0;
  process.stderr.write('weir: interrupted\n');
  return 1;
}

/** What the tables do not show, said on standard error. */
function note({ networks, totals, statistics }: LanPicture): void {
  const { outside, addressesTurnedAway, entriesTurnedAway } = statistics;
  if (totals.all.flows === 0 && outside > 0) {
    process.stderr.write(
      `weir: none of ${outside} flows has an address in ${networks.join(', ')}; name the LAN with --network\n`,
    );
  }
  if (addressesTurnedAway > 0) {
    process.stderr.write(
      `weir: ${addressesTurnedAway} addresses with little traffic were left out for lack of room\n`,
    );
  }
  if (entriesTurnedAway > 0) {
    process.stderr.write(
      `weir: ${entriesTurnedAway} destinations with little traffic were left out for lack of room\n`,
    );
  }
}

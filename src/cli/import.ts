import { EveWriter, formatBytes, formatCount } from '../output/index.ts';
import { type EveRecord, Store } from '../store/index.ts';
import { openCaptures } from '../tap/capture/index.ts';
import { createEngine, DEFAULT_SETTINGS } from '../tap/create.ts';
import { Sensor } from '../tap/sensor.ts';
import { reportStoreError } from './history-options.ts';
import { parseCount, parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir import CAPTURE... --store DIR [--quota BYTES] [--keep DAYS]

Reads captures as 'weir read' does and puts their records into the store in DIR, which is made where it is missing.
Reading the same capture twice puts its records there twice.

  --store DIR    folder of the store
  --quota BYTES  that the store may take; beyond it the oldest records go (default 10Gi)
  --keep DAYS    records older than this, seen from the newest one, are removed (default: none are)
`;

/** Records of one append: few enough that memory stays small, enough that a commit is paid for. */
const BATCH = 5000;
/** No record is as old as this; a store of captures is kept whole unless its user says otherwise. */
const ALL_DAYS = 36_500;

/** `weir import`: captures in, their records into a store. */
export async function importCaptures(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    store: { type: 'string' },
    quota: { type: 'string' },
    keep: { type: 'string' },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length === 0 || values.store === undefined) {
    throw new UsageError('import needs a capture and --store DIR', "Try 'weir import --help'");
  }
  const days = values.keep === undefined ? ALL_DAYS : parseCount('--keep', values.keep, 1, ALL_DAYS);
  const quotaBytes = parseCount('--quota', values.quota ?? '10Gi', 16 << 20, 2 ** 50);
  const warn = (message: string): void => {
    process.stderr.write(`weir: ${message}\n`);
  };
  return reportStoreError(async () => {
    const store = await Store.open(values.store ?? '', {
      quotaBytes,
      retentionHours: { default: days * 24 },
      onFinding: warn,
    });
    try {
      return await fill(store, positionals, warn);
    } finally {
      await store.close();
    }
  });
}

async function fill(
  store: Store,
  paths: readonly string[],
  warn: (message: string) => void,
): Promise<number> {
  const sequence = await openCaptures(paths, {
    onFinding: ({ severity, message }) => {
      if (severity !== 'note') warn(message);
    },
  });
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    if (sequence.nothingReadable) {
      warn('nothing could be read');
      return 1;
    }
    let waiting: EveRecord[] = [];
    const write = (line: string): void => {
      waiting.push(JSON.parse(line) as EveRecord);
    };
    const append = async (least: number): Promise<void> => {
      while (waiting.length > least) {
        const batch = waiting.slice(0, BATCH);
        waiting = waiting.slice(BATCH);
        await store.append(batch);
      }
    };
    const sink = new EveWriter({ write, close: () => {} });
    const sensor = new Sensor(await createEngine({ ...DEFAULT_SETTINGS, sink }), { decoder: {} });
    for await (const batch of sequence.batches(stop.signal)) {
      sensor.batch(batch);
      await append(BATCH);
    }
    sensor.end();
    await append(0);
    await store.maintain();
    const { appended, bytes, removed } = store.statistics();
    const gone = removed.retention + removed.quota;
    const less = gone === 0 ? '' : `; ${formatCount(gone)} of the oldest made room`;
    warn(`${formatCount(appended)} records are in the store, which takes ${formatBytes(bytes)}${less}`);
    if (stop.signal.aborted) warn('interrupted; what was read until then is stored');
    return stop.signal.aborted ? 1 : 0;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    sequence.close();
  }
}

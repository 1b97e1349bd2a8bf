import { randomBytes } from 'node:crypto';
import type { RecordSink } from '../event/index.ts';
import { ADVICE, kernelAddon } from '../native/index.ts';
import { EveWriter, renderSummary, Sinks, SummaryCollector, ZeekWriter } from '../output/index.ts';
import { compileFilter, type Filter, FilterError } from '../tap/capture/filter/index.ts';
import type { CaptureSequence, Finding } from '../tap/capture/index.ts';
import { openCaptures, PcapngWriter } from '../tap/capture/index.ts';
import { createEngine } from '../tap/create.ts';
import { Sensor } from '../tap/sensor.ts';
import { ProgressBar } from './progress.ts';
import { parseReadOptions, READ_HELP, type ReadOptions } from './read-options.ts';
import { UsageError } from './usage.ts';

/** `weir read`: captures in; records, logs, conversations and a summary out. */
export async function read(args: readonly string[]): Promise<number> {
  const options = parseReadOptions(args);
  if (options === undefined) {
    process.stdout.write(READ_HELP);
    return 0;
  }
  const started = performance.now();
  const filter = compile(options.filter);
  const warn = (finding: Finding): void => {
    if (finding.severity !== 'note') process.stderr.write(`weir: ${finding.message}\n`);
  };
  const sequence = await openCaptures(options.paths, {
    onFinding: warn,
    follow: options.follow,
    ...(options.sinceUs === undefined ? {} : { sinceUs: options.sinceUs }),
    ...(options.untilUs === undefined ? {} : { untilUs: options.untilUs }),
  });
  if (sequence.nothingReadable && !options.follow) {
    process.stderr.write('weir: nothing could be read\n');
    return 1;
  }
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    return await run(options, sequence, filter, stop.signal, started);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    sequence.close();
  }
}

async function run(
  options: ReadOptions,
  sequence: CaptureSequence,
  filter: Filter | undefined,
  signal: AbortSignal,
  started: number,
): Promise<number> {
  const eve = options.eve.map(
    (path) => new EveWriter(path, { types: options.eveTypes && new Set(options.eveTypes) }),
  );
  const zeek =
    options.zeek === undefined ? undefined : new ZeekWriter(options.zeek, { json: options.zeekJson });
  const summary = options.quiet ? undefined : new SummaryCollector();
  const sinks: RecordSink[] = [...eve, ...(zeek ? [zeek] : []), ...(summary ? [summary] : [])];
  const sink = sinks.length === 1 ? sinks[0]! : new Sinks(sinks);
  const payload =
    options.conversations === undefined && options.index === undefined
      ? undefined
      : await payloadOutputs(options);
  const engine = await createEngine({
    ...options,
    sink,
    seed: randomBytes(4).readInt32LE(),
    payload: payload?.create,
  });
  // The table is as large as its most flows, and lies still: fewer, larger pages where the kernel has them.
  kernelAddon()?.advise(new Uint8Array(engine.flows.words.buffer), ADVICE.hugePages);
  const writer = options.write === undefined ? undefined : new PcapngWriter(options.write);
  const sensor = new Sensor(engine, {
    decoder: { checksums: options.checksums, tunnels: options.tunnelDepth },
    filter,
    frames: writer,
  });
  const progress = new ProgressBar(sequence, () => sensor.frames);
  for await (const batch of sequence.batches(signal)) {
    sensor.batch(batch);
    progress.update();
  }
  sensor.end();
  progress.clear();
  for (const output of eve) output.close();
  zeek?.close();
  writer?.close();
  payload?.close(sequence.files.map((file) => ({ number: file.number, path: file.path })));
  if (summary !== undefined) {
    const figures = {
      files: sequence.files.filter((file) => file.state !== 'failed').length,
      packets: sensor.matched,
      bytesRead: sequence.progress().bytesRead,
      seconds: (performance.now() - started) / 1000,
      findings: sequence.findings.map((finding) => finding.message),
      paths: options.paths,
    };
    const data = summary.summary(options.top);
    const text = options.json
      ? `${JSON.stringify({ ...figures, ...data }, null, 2)}\n`
      : renderSummary(
          data,
          figures,
          process.stdout.isTTY === true && !options.standardOutputTaken && !process.env.NO_COLOR,
        );
    (options.standardOutputTaken ? process.stderr : process.stdout).write(text);
  }
  if (signal.aborted && !options.follow) {
    process.stderr.write('weir: interrupted; what was read until then is complete\n');
    return 1;
  }
  return sequence.nothingReadable && !options.follow ? 1 : 0;
}

async function payloadOutputs(options: ReadOptions) {
  const { PayloadOutputs } = await import('./payload-outputs.ts');
  return new PayloadOutputs(options.conversations, options.index);
}

function compile(expression: string | undefined): Filter | undefined {
  if (expression === undefined) return undefined;
  try {
    return compileFilter(expression);
  } catch (error) {
    if (error instanceof FilterError) throw new UsageError(`--filter: ${error.message}`);
    throw error;
  }
}

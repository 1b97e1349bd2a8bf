import { randomBytes } from 'node:crypto';
import type { RecordSink } from '../event/index.ts';
import { ADVICE, kernelAddon } from '../native/index.ts';
import { EveWriter, renderSummary, Sinks, SummaryCollector, ZeekWriter } from '../output/index.ts';
import { compileFilter, type Filter, FilterError } from '../tap/capture/filter/index.ts';
import { PcapngWriter } from '../tap/capture/index.ts';
import { createEngine, REINSPECT_SECONDS } from '../tap/create.ts';
import { type FrameSink, Sensor } from '../tap/sensor.ts';
import { LiveStatistics, ReadClock } from './read-clock.ts';
import { openInput, type ReadInput } from './read-input.ts';
import { ReadLoad } from './read-load.ts';
import { parseReadOptions, READ_HELP, type ReadOptions } from './read-options.ts';
import { openRing, type ReadRing } from './read-ring.ts';
import { UsageError } from './usage.ts';

/** `weir read`: captures or an interface in; records, logs, conversations and a summary out. */
export async function read(args: readonly string[]): Promise<number> {
  const options = parseReadOptions(args);
  if (options === undefined) {
    process.stdout.write(READ_HELP);
    return 0;
  }
  const started = performance.now();
  const filter = compile(options.filter);
  const input = await openInput(options, filter);
  if (input === undefined) return 1;
  const ring = await openRing(options);
  if (ring === undefined && options.ring !== undefined) {
    input.close();
    return 1;
  }
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const { durationSeconds } = options;
  const timer = durationSeconds === undefined ? undefined : setTimeout(interrupt, durationSeconds * 1000);
  try {
    return await run(options, input, ring, filter, stop, started);
  } finally {
    clearTimeout(timer);
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    input.close();
    ring?.close();
  }
}

async function run(
  options: ReadOptions,
  input: ReadInput,
  ring: ReadRing | undefined,
  filter: Filter | undefined,
  stop: AbortController,
  started: number,
): Promise<number> {
  const eve = options.eve.map(
    (path) =>
      new EveWriter(path, {
        types: options.eveTypes && new Set(options.eveTypes),
        dnsVersion: options.eveDnsVersion,
      }),
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
  const load = ReadLoad.of(input, options);
  const engine = await createEngine({
    ...options,
    sink,
    seed: randomBytes(4).readInt32LE(),
    payload: payload?.create,
    admission: load?.watch.admission,
    reinspectSeconds: input.interface === undefined ? 0 : REINSPECT_SECONDS,
  });
  // The table is as large as its most flows, and lies still: fewer, larger pages where the kernel has them.
  kernelAddon()?.advise(new Uint8Array(engine.flows.words.buffer), ADVICE.hugePages);
  const writer =
    options.write === undefined
      ? undefined
      : new PcapngWriter(options.write, {
          interfaceName: () => input.interface,
          growing: input.interface !== undefined,
        });
  const sensor = new Sensor(engine, {
    decoder: { checksums: options.checksums, tunnels: options.tunnelDepth },
    filter,
    frames: both(writer, ring),
  });
  const statistics =
    eve.length === 0 ? undefined : new LiveStatistics({ input, sensor, engine, eve, load, ring }, Date.now());
  const clock = input.lasting
    ? new ReadClock(input.interface === undefined ? undefined : engine, stop, {
        soon: eve,
        eachSecond: [...(zeek ? [zeek] : []), ...(writer ? [writer] : [])],
        second: () => {
          ring?.tick();
          load?.tell();
          statistics?.tell();
        },
      })
    : undefined;
  try {
    for await (const batch of input.batches(stop.signal)) {
      sensor.batch(batch);
      clock?.packetsCame();
      input.progress(sensor.frames);
    }
  } finally {
    clock?.end();
    load?.watch.close();
  }
  sensor.end();
  // Of what was lost in the last part of a second.
  statistics?.tell();
  input.clearProgress();
  for (const output of eve) output.close();
  zeek?.close();
  writer?.close();
  ring?.close();
  payload?.close(input.files());
  const left = load?.findings(engine) ?? [];
  if (summary !== undefined) {
    const whole = input.figures();
    const figures = {
      ...whole,
      findings: [...whole.findings, ...left],
      ...(load === undefined ? {} : { load: load.watch.figures(engine.counters) }),
      packets: sensor.matched,
      seconds: (performance.now() - started) / 1000,
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
  } else for (const line of left) process.stderr.write(`weir: ${line}\n`);
  return input.conclude(stop.signal.aborted);
}

/** Gives frames to each of two sinks that is there. */
function both(one: FrameSink | undefined, other: FrameSink | undefined): FrameSink | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    writeFrom: (batch, index) => {
      one.writeFrom(batch, index);
      other.writeFrom(batch, index);
    },
  };
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

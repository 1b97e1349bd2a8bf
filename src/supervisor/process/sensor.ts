/** The sensor: packets in, records onto the bus. */

import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { Configuration } from '../../config/index.ts';
import type { RecordSink } from '../../event/index.ts';
import { EveWriter, type SensorFigures, Sinks, StatsEvents } from '../../output/index.ts';
import type { RingWriter } from '../../tap/capture/disk-ring/index.ts';
import { compileFilter } from '../../tap/capture/filter/index.ts';
import { keepMemorySmall } from '../../tap/capture/live/index.ts';
import { createEngine, DEFAULT_SETTINGS, REINSPECT_SECONDS } from '../../tap/create.ts';
import type { Engine } from '../../tap/engine.ts';
import { LoadWatch } from '../../tap/load-watch.ts';
import { Sensor } from '../../tap/sensor.ts';
import { becomeUser } from '../privileges.ts';
import { type Beginning, reasonOf, runProcess, type Work } from './member.ts';
import { Outbox } from './outbox.ts';
import { openCaptureSource, openInterface, type PacketSource } from './packet-source.ts';
import { ZeekLogs } from './zeek-logs.ts';

/** Messages of the supervisor are looked at at least so often while packets come. */
const TURN_MS = 20;
/** Time passes for a live engine so often; it stays behind by as much, for the packets that wait in the ring. */
const CLOCK_MS = 1000;
/** Flows that are open are told a little at a time. */
const PROGRESS_MS = 50;
/** Flows that nDPI looks into at a time, 700 bytes each; on a line in use most are decided within a second. */
const NDPI_FLOWS = 4096;
/** Part of the ring that is full when the sensor is pressed. */
const PRESSED = 0.1;
/** Tunnels inside of each other that are looked into. */
const TUNNEL_DEPTH = 4;
/** Captures that are rotated now are not further behind, in microseconds. */
const RECENT_US = 60e6;

async function begin({ configuration, run, bus, finished, fail }: Beginning): Promise<Work> {
  const { capture } = configuration;
  const source =
    run.captures.length > 0
      ? await openCaptureSource(run.captures)
      : await openInterface(capture, run.worker);
  // The ring is open: nothing after this needs root.
  becomeUser(run.user);
  const outbox = new Outbox(bus, !source.live, (error) => fail(reasonOf(error)));
  const eve = new EveWriter(outbox);
  const outputs = new Outputs(eve, fail, run.worker !== undefined);
  outputs.change(configuration);
  const load = source.live ? new LoadWatch(source, capture) : undefined;
  const engine = await createEngine({
    ...DEFAULT_SETTINGS,
    reinspectSeconds: source.live ? REINSPECT_SECONDS : 0,
    admission: load?.admission,
    progressUs: source.endless && capture.progressMs > 0 ? capture.progressMs * 1000 : undefined,
    sink: outputs.sink,
    seed: randomBytes(4).readInt32LE(),
    maxFlows: capture.flows,
    ndpi: capture.ndpi,
    ndpiFlows: source.live ? NDPI_FLOWS : undefined,
  });
  const filter = capture.filter === '' ? undefined : compileFilter(capture.filter);
  const ring = source.live ? await openRing(capture, source.name) : undefined;
  const sensor = new Sensor(engine, {
    decoder: { checksums: 'none', tunnels: TUNNEL_DEPTH },
    filter,
    frames: ring,
  });
  const stop = new AbortController();
  let working = true;
  const stats = new StatsEvents(Date.now());
  const tell = (): void => {
    const event = stats.take(Date.now(), figures(source, sensor, engine, outbox, ring, load));
    if (event !== undefined) outbox.write(event);
  };
  const second = (): void => {
    // On a quiet line no packet brings the time along.
    engine.tick((Date.now() - CLOCK_MS) * 1000);
    ring?.tick();
    tell();
  };
  const clock = source.live ? setInterval(second, CLOCK_MS) : undefined;
  const stopReleasing = source.live ? keepMemorySmall(() => isPressed(source)) : undefined;
  const { progress } = engine;
  // Of old packets in a watched folder nothing is under way: what is told of them depends on no clock.
  const tellOpen = (nowUs: number): void => {
    if (source.live || nowUs - engine.timeUs < RECENT_US) progress?.turn(nowUs);
  };
  const teller = progress && setInterval(() => tellOpen(Date.now() * 1000), PROGRESS_MS);
  const work = pass(source, sensor, outbox, stop.signal).then(
    () => {
      working = false;
      if (!stop.signal.aborted) finished();
    },
    (error) => {
      ring?.close();
      fail(reasonOf(error));
    },
  );
  return {
    reload: async (next) => {
      load?.change(next);
      return outputs.change(next);
    },
    answer: async (question) =>
      question === 'status' ? statistics(source, sensor, engine, outbox, ring, load, working) : undefined,
    drain: async () => {
      clearInterval(clock);
      clearInterval(teller);
      stopReleasing?.();
      load?.close();
      stop.abort();
      await work;
      source.close();
      ring?.close();
      // Of what was lost in the last part of a second.
      if (source.live) tell();
      eve.close();
      outputs.close();
      await outbox.flush();
      await bus.close();
    },
  };
}

/** True where packets wait for the sensor: what takes time had better wait for them. */
function isPressed({ pressure }: PacketSource): boolean {
  const { waiting, blocks } = pressure?.() ?? { waiting: 0, blocks: 0 };
  return waiting > blocks * PRESSED;
}

/** All packets of the source, then the end of all flows. */
async function pass(
  source: PacketSource,
  sensor: Sensor,
  outbox: Outbox,
  signal: AbortSignal,
): Promise<void> {
  let turned = performance.now();
  for await (const batch of source.batches(signal)) {
    sensor.batch(batch);
    if (!source.live) await outbox.room();
    if (performance.now() - turned < TURN_MS) continue;
    await turn();
    turned = performance.now();
  }
  sensor.end();
  await outbox.flush();
}

/** The packet ring on disk; undefined when none is wanted. */
async function openRing(
  { ring }: Configuration['capture'],
  interfaceName: string,
): Promise<RingWriter | undefined> {
  if (ring.folder === '') return undefined;
  const { RingWriter: Ring } = await import('../../tap/capture/disk-ring/index.ts');
  return new Ring({ ...ring, interfaceName });
}

/** What the records of statistics tell. */
function figures(
  source: PacketSource,
  sensor: Sensor,
  engine: Engine,
  outbox: Outbox,
  ring: RingWriter | undefined,
  load: LoadWatch | undefined,
): SensorFigures {
  const { packets, dropped } = source.statistics();
  return {
    packets: Number(packets ?? 0),
    dropped: Number(dropped ?? 0),
    counters: sensor.decoder.counters,
    flows: { total: engine.counters.flows, active: engine.flows.live },
    inspection: engine.counters,
    load: load?.figures(engine.counters),
    records: { written: outbox.records, dropped: outbox.dropped },
    ring: ring?.statistics(),
  };
}

function statistics(
  source: PacketSource,
  sensor: Sensor,
  engine: Engine,
  outbox: Outbox,
  ring: RingWriter | undefined,
  load: LoadWatch | undefined,
  working: boolean,
) {
  return {
    source: source.name,
    live: source.live,
    working,
    packets: sensor.frames,
    matched: sensor.matched,
    flows: engine.counters.flows,
    flowsAlive: engine.flows.live,
    transactions: engine.counters.transactions,
    anomalies: engine.counters.anomalies,
    records: outbox.records,
    recordsDropped: outbox.dropped,
    sampledOut: engine.counters.sampledOut,
    reinspected: engine.counters.reinspected,
    putBack: engine.counters.putBack,
    protocolChanges: engine.counters.protocolChanges,
    load: load?.figures(engine.counters),
    capture: source.statistics(),
    ring: ring?.statistics(),
  };
}

/** Where records go besides the bus, which a reload may change. */
class Outputs {
  readonly sink: Sinks;
  private readonly eve: RecordSink;
  private readonly fail: (reason: string) => void;
  private readonly shared: boolean;
  private zeek: ZeekLogs | undefined;
  private settings = '';

  /** `shared`: other sensors write to the same places. */
  constructor(eve: RecordSink, fail: (reason: string) => void, shared: boolean) {
    this.shared = shared;
    this.eve = eve;
    this.fail = fail;
    this.sink = new Sinks([eve]);
  }

  /** Takes over the outputs of a configuration; what has not changed goes on. */
  change({ outputs: { zeek } }: Configuration): readonly string[] {
    const settings = JSON.stringify(zeek);
    if (settings === this.settings) return [];
    this.settings = settings;
    this.zeek?.close();
    const { shared } = this;
    const onError = (error: unknown): void => this.fail(reasonOf(error));
    this.zeek = zeek.folder === '' ? undefined : new ZeekLogs(zeek, { shared, onError });
    this.sink.sinks = this.zeek === undefined ? [this.eve] : [this.eve, this.zeek.writer];
    return [];
  }

  close(): void {
    this.zeek?.close();
  }
}

runProcess('sensor', begin);

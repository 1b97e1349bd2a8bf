import { randomBytes } from 'node:crypto';
import type { Configuration } from '../config/index.ts';
import type { EveRecord } from '../event/index.ts';
import { EveWriter } from '../output/index.ts';
import { type Batch, type Finding, openCaptures } from '../tap/capture/index.ts';
import { createEngine, DEFAULT_SETTINGS } from '../tap/create.ts';
import { Sensor } from '../tap/sensor.ts';
import { ProgressBar } from './progress.ts';

/** Open flows are told of and records handed on so often, by the time of the packets. */
const TURN_US = 50_000;
/** Records that are handed on together, where many come at once. */
const BATCH = 500;

/** Gets records as they come. `nowUs`: time of the last packet, in microseconds since 1970. */
export type RecordTaker = (records: readonly EveRecord[], nowUs: number) => void;

/**
 * Reads captures as the sensor of a running weir sees an interface: open flows are told of while they are open. False
 * where nothing could be read or it was interrupted, which is said then.
 */
export async function readCaptures(
  paths: readonly string[],
  { capture }: Configuration,
  take: RecordTaker,
): Promise<boolean> {
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
      return false;
    }
    let waiting: EveRecord[] = [];
    let nowUs = 0;
    let turnedUs = 0;
    const hand = (): void => {
      const records = waiting;
      waiting = [];
      take(records, nowUs);
    };
    const write = (line: string): void => {
      waiting.push(JSON.parse(line) as EveRecord);
      // At the end all flows end at once.
      if (waiting.length >= BATCH) hand();
    };
    const eve = new EveWriter({ write, close: () => {} });
    const engine = await createEngine({
      ...DEFAULT_SETTINGS,
      sink: eve,
      seed: randomBytes(4).readInt32LE(),
      maxFlows: capture.flows,
      ndpi: capture.ndpi,
      progressUs: capture.progressMs > 0 ? capture.progressMs * 1000 : undefined,
    });
    const clock = {
      writeFrom: ({ timeUs }: Batch, index: number): void => {
        nowUs = Math.max(nowUs, timeUs[index] ?? 0);
        if (nowUs - turnedUs < TURN_US) return;
        turnedUs = nowUs;
        engine.progress?.turn(nowUs);
        hand();
      },
    };
    const sensor = new Sensor(engine, { decoder: {}, frames: clock });
    const progress = new ProgressBar(captures, () => sensor.frames);
    for await (const batch of captures.batches(stop.signal)) {
      sensor.batch(batch);
      progress.update();
    }
    sensor.end();
    eve.close();
    hand();
    progress.clear();
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    captures.close();
  }
  if (!stop.signal.aborted) return true;
  process.stderr.write('weir: interrupted\n');
  return false;
}

import { createEngine, DEFAULT_SETTINGS } from '../../src/tap/create.ts';
import type { Engine } from '../../src/tap/engine.ts';
import { Sensor } from '../../src/tap/sensor.ts';
import { framesOf, readFrames } from '../support/frames.ts';
import { WrongState } from './execute.ts';
import { checkedSinks } from './sinks.ts';

/** Longer than any flow may stay without a packet, in microseconds. */
const SILENCE_US = 3600e6;

/**
 * One engine for a whole campaign: whatever it keeps beyond the life of a flow shows as memory that grows from round
 * to round, and flows that never end show at once.
 */
export class Soak {
  private readonly engine: Engine;
  private readonly sensor: Sensor;
  private timeUs = 1_600_000_000_000_000;

  static async start(): Promise<Soak> {
    return new Soak(
      await createEngine({
        ...DEFAULT_SETTINGS,
        maxFlows: 4096,
        sink: checkedSinks(Number.POSITIVE_INFINITY),
      }),
    );
  }

  private constructor(engine: Engine) {
    this.engine = engine;
    this.sensor = new Sensor(engine, { decoder: {} });
  }

  /** All frames of a capture, then silence. Throws {@link WrongState} when something is left. */
  round(capture: Buffer): void {
    let batches: ReturnType<typeof readFrames>;
    try {
      batches = readFrames(capture);
    } catch {
      return;
    }
    for (const batch of batches) {
      for (let i = batch.first; i < batch.end; i++) batch.timeUs[i] = this.timeUs += 100;
      this.sensor.batch(batch);
    }
    this.timeUs += SILENCE_US;
    const tick = framesOf([Buffer.alloc(14)]);
    tick.timeUs[0] = this.timeUs;
    this.sensor.batch(tick);
    const { flows } = this.engine;
    const { pool } = this.engine.inspector;
    if (flows.live > 0) throw new WrongState(`${flows.live} flows outlive their time`);
    if (pool.held > 0) throw new WrongState(`${pool.held} bytes are held for flows that are over`);
  }
}

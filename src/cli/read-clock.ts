import { type EveWriter, StatsEvents } from '../output/index.ts';
import type { Engine } from '../tap/engine.ts';
import type { Sensor } from '../tap/sensor.ts';
import type { ReadInput } from './read-input.ts';
import type { ReadLoad } from './read-load.ts';
import type { ReadRing } from './read-ring.ts';

/** How often records are written out where packets come over time; so many times are a second. */
const FLUSH_MS = 100;
const TICKS = 10;

/** What has gathered something, and can write it out. */
interface Gathering {
  flush(): void;
}

/** What a clock does. */
export interface ClockWork {
  /** Outputs whose readers wait for each record. */
  readonly soon: readonly Gathering[];
  /** Outputs that are followed less closely. */
  readonly eachSecond: readonly Gathering[];
  /** Called once a second, before the outputs are written out. */
  second(): void;
}

/**
 * Where packets come over time: what was gathered goes out soon, and once a second a live engine that gets no packets
 * learns the time from the machine's clock.
 */
export class ReadClock {
  private readonly timer: NodeJS.Timeout;
  private ticks = 0;
  private came = false;
  private failure: unknown;

  /** `engine`: that of a live capture. What fails ends the reading by `stop`. */
  constructor(engine: Engine | undefined, stop: AbortController, work: ClockWork) {
    this.timer = setInterval(() => {
      try {
        const second = ++this.ticks % TICKS === 0;
        if (second) {
          if (!this.came) engine?.tick(Date.now() * 1000);
          this.came = false;
          work.second();
        }
        for (const output of work.soon) output.flush();
        if (second) for (const output of work.eachSecond) output.flush();
      } catch (error) {
        this.failure = error;
        stop.abort();
      }
    }, FLUSH_MS);
  }

  /** While packets come, theirs is the time. */
  packetsCame(): void {
    this.came = true;
  }

  /** Stops; throws what had gone wrong. */
  end(): void {
    clearInterval(this.timer);
    if (this.failure !== undefined) throw this.failure;
  }
}

/** What the records of statistics are made of. */
export interface StatisticsParts {
  readonly input: ReadInput;
  readonly sensor: Sensor;
  readonly engine: Engine;
  readonly eve: readonly EveWriter[];
  readonly load: ReadLoad | undefined;
  readonly ring: ReadRing | undefined;
}

/** The `stats` records of a live capture, in each output; of captures there are none. */
export class LiveStatistics {
  private readonly parts: StatisticsParts;
  private readonly events: StatsEvents;

  /** `nowMs`: milliseconds since 1970. */
  constructor(parts: StatisticsParts, nowMs: number) {
    this.parts = parts;
    this.events = new StatsEvents(nowMs);
  }

  /** Writes the record that is due, if one is. To be called once a second, and at the end. */
  tell(): void {
    const { input, sensor, engine, eve, load, ring } = this.parts;
    const kernel = input.kernel();
    if (kernel === undefined) return;
    const line = this.events.take(Date.now(), {
      packets: kernel.packets,
      dropped: kernel.dropped,
      counters: sensor.decoder.counters,
      flows: { total: engine.counters.flows, active: engine.flows.live },
      inspection: engine.counters,
      load: load?.watch.figures(engine.counters),
      // Nothing is between engine and file that could be full.
      records: { written: Math.max(...eve.map(({ records }) => records)), dropped: 0 },
      ring: ring?.statistics(),
    });
    if (line !== undefined) for (const output of eve) output.stats(line);
  }
}

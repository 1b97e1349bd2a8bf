import type { Configuration } from '../../config/index.ts';
import type { LoadFigures } from '../../output/index.ts';
import { Admission } from '../../tap/admission.ts';
import type { EngineCounters } from '../../tap/inspector.ts';
import { LoadController } from '../../tap/load.ts';
import type { PacketSource } from './packet-source.ts';

/** The ring is looked at so often. */
const LOOK_MS = 100;

/** Watches how full the ring of a live source is, and lets fewer flows be inspected while that is too much. */
export class LoadWatch {
  /** For the engine. */
  readonly admission: Admission;
  private readonly controller = new LoadController();
  private readonly timer: NodeJS.Timeout | undefined;

  constructor(source: PacketSource, capture: Configuration['capture']) {
    this.admission = new Admission(capture.critical);
    if (source.pressure === undefined) return;
    const pressure = source.pressure.bind(source);
    this.timer = setInterval(() => {
      this.admission.level = this.controller.observe(pressure());
    }, LOOK_MS);
  }

  /** Takes over the critical zones of another configuration. */
  change({ capture }: Configuration): void {
    this.admission.protect(capture.critical);
  }

  /** How it stands; `counters` are those of the engine. */
  figures(counters: EngineCounters): LoadFigures {
    const { level, peak, changes } = this.controller;
    return { level, peak, changes, sampledOut: counters.sampledOut };
  }

  close(): void {
    clearInterval(this.timer);
  }
}

import { Admission } from './admission.ts';
import { LoadController, type Pressure } from './load.ts';

/** The ring is looked at so often. */
const LOOK_MS = 100;

/** Networks whose flows are inspected whatever the load is. */
interface CriticalZones {
  readonly critical: readonly string[];
}

/** Watches how full the ring of a live source is, and lets fewer flows be inspected while that is too much. */
export class LoadWatch {
  /** For the engine. */
  readonly admission: Admission;
  private readonly controller = new LoadController();
  private readonly timer: NodeJS.Timeout | undefined;

  /** `source`: without a ring nothing is watched. Throws a TypeError where a zone is no network. */
  constructor(source: { pressure?(): Pressure }, { critical }: CriticalZones) {
    this.admission = new Admission(critical);
    if (source.pressure === undefined) return;
    const pressure = source.pressure.bind(source);
    this.timer = setInterval(() => {
      this.admission.level = this.controller.observe(pressure());
    }, LOOK_MS);
    // The source keeps the process alive, not who watches it.
    this.timer.unref();
  }

  /** Takes over the critical zones of another configuration. */
  change({ capture }: { readonly capture: CriticalZones }): void {
    this.admission.protect(capture.critical);
  }

  /** How it stands, with the engine's own count of the flows that were left out. */
  figures({ sampledOut }: { readonly sampledOut: number }) {
    const { level, peak, changes } = this.controller;
    return { level, peak, changes, sampledOut };
  }

  close(): void {
    clearInterval(this.timer);
  }
}

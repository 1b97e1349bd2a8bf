import { Recent } from './recent.ts';

export interface NewcomerOptions {
  /** Devices that are remembered. */
  readonly devices: number;
  /** For so long after the first record every device is new to us, and none is told as new. */
  readonly learningMs: number;
  /** A device is new for so long after it was first seen. */
  readonly newForMs: number;
}

export const NEWCOMER_DEFAULTS: NewcomerOptions = {
  devices: 16_384,
  learningMs: 24 * 3600_000,
  newForMs: 600_000,
};

/** Knows which hosts of ours are new. */
export class Newcomers {
  private readonly firstSeenUs: Recent<number>;
  private readonly options: NewcomerOptions;
  private beganUs: number | undefined;

  constructor(options: NewcomerOptions) {
    this.options = options;
    this.firstSeenUs = new Recent(options.devices);
  }

  get turnedAway(): number {
    return this.firstSeenUs.turnedAway;
  }

  /** Sees a host of ours at a time; true while it is new. */
  see(address: string, timeUs: number): boolean {
    this.beganUs ??= timeUs;
    const first = this.firstSeenUs.use(address);
    if (first === undefined) this.firstSeenUs.set(address, timeUs);
    const since = first ?? timeUs;
    const { learningMs, newForMs } = this.options;
    return since - this.beganUs > learningMs * 1000 && timeUs - since <= newForMs * 1000;
  }
}

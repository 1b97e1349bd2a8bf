import type { Decision } from '../event/index.ts';

/** How the bans of repeaters grow. */
export interface EscalationOptions {
  /** Each earlier ban multiplies the duration by this. Default: 2. */
  readonly factor?: number;
  /** Earlier bans count so long, in milliseconds. Default: 30 days. */
  readonly windowMs?: number;
  /** No ban grows beyond this, in milliseconds. Default: 7 days. */
  readonly ceilingMs?: number;
  /** Addresses that are remembered; the one that was banned longest ago is forgotten first. Default: 100,000. */
  readonly capacity?: number;
}

/** Whether bans of this origin grow: those that weir itself asks for. Others say how long they want them. */
export function isEscalated(origin: string): boolean {
  return origin === 'scenario' || origin === 'reputation';
}

/** Whether this decision makes its address a repeater: no list does, whose entries come again each day. */
export function countsAsEarlier({ type, origin, simulated }: Decision): boolean {
  return type === 'ban' && !simulated && (isEscalated(origin) || origin === 'user');
}

const DAY_MS = 86_400_000;
/** Bans that are remembered of one address: 2 to the power of this is beyond any ceiling. */
const REMEMBERED = 16;

/** Remembers who was banned when, and makes the next ban of a repeater longer. */
export class Escalation {
  private readonly factor: number;
  private readonly windowMs: number;
  private readonly ceilingMs: number;
  private readonly capacity: number;
  /** Times of bans by address or network, ascending; the one that was banned last stands last. */
  private readonly bans = new Map<string, number[]>();
  private forgottenCount = 0;

  constructor(options: EscalationOptions = {}) {
    this.factor = options.factor ?? 2;
    this.windowMs = options.windowMs ?? 30 * DAY_MS;
    this.ceilingMs = options.ceilingMs ?? 7 * DAY_MS;
    this.capacity = options.capacity ?? 100_000;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.bans.size;
  }

  /** Addresses that were forgotten for want of room. */
  get forgotten(): number {
    return this.forgottenCount;
  }

  /**
   * How long a ban is to last that would last `durationMs` the first time. `running`: a ban of the same is active, and is
   * no earlier one. What was asked for above the ceiling stays as it is.
   */
  durationFor(value: string, durationMs: number, nowMs: number, running: boolean): number {
    const times = this.bans.get(value);
    if (times === undefined) return durationMs;
    const within = times.filter((time) => time > nowMs - this.windowMs).length;
    const earlier = Math.max(0, running ? within - 1 : within);
    return Math.max(durationMs, Math.min(this.ceilingMs, durationMs * this.factor ** earlier));
  }

  /** A ban began. */
  note(value: string, timeMs: number): void {
    const times = this.bans.get(value);
    if (times === undefined) {
      this.set(value, [timeMs]);
      return;
    }
    if (times.includes(timeMs)) return;
    times.push(timeMs);
    times.sort((a, b) => a - b);
    if (times.length > REMEMBERED) times.shift();
    this.set(value, times);
  }

  /** The last ban was a mistake: it does not count. */
  forgetLast(value: string): void {
    const times = this.bans.get(value);
    times?.pop();
    if (times?.length === 0) this.bans.delete(value);
  }

  /** Takes up what {@link entries} gave. */
  set(value: string, times: readonly number[]): void {
    this.bans.delete(value);
    this.bans.set(value, times.length > REMEMBERED ? times.slice(-REMEMBERED) : [...times]);
    if (this.bans.size <= this.capacity) return;
    const oldest = this.bans.keys().next().value;
    if (oldest !== undefined) this.bans.delete(oldest);
    this.forgottenCount++;
  }

  /** All that counts yet, for keeping. */
  entries(nowMs: number): [value: string, times: readonly number[]][] {
    const found: [string, readonly number[]][] = [];
    for (const [value, times] of this.bans) {
      const within = times.filter((time) => time > nowMs - this.windowMs);
      if (within.length > 0) found.push([value, within]);
    }
    return found;
  }
}

import { type EveRecord, timeOf } from '../lan/index.ts';

const STEP_US = 5e6;
const MINUTE_US = 60e6;
/** Names of protocols come from weir and from nDPI: there are some hundreds. */
const MOST_PROTOCOLS = 512;
const LONGEST_NAME = 64;
/** Flows that are followed while they are open. */
const MOST_OPEN = 65_536;

interface Step {
  number: number;
  flows: number;
  readonly protocols: Map<string, number>;
}

/** Where a flow that is open was counted. */
interface Counted {
  readonly number: number;
  readonly protocol: string | undefined;
}

/**
 * Flows that were active in the last while by protocol, in the records' time and in steps of five seconds: those that
 * ended, and those that are open and had packets. A flow counts once, in the step of the last packet that was told.
 */
export class FlowCounts {
  private readonly steps: (Step | undefined)[];
  private newest = 0;
  private readonly open = new Map<number, Counted>();
  /** Flows whose protocol found no room. */
  turnedAway = 0;

  /** `seconds`: how far back it counts. */
  constructor(seconds: number) {
    const count = Math.max(MINUTE_US / STEP_US, Math.ceil((seconds * 1e6) / STEP_US));
    this.steps = new Array<Step | undefined>(count).fill(undefined);
  }

  /** Counts the record of a flow; others only move the time on. */
  take(record: EveRecord): void {
    const timeUs = timeOf(record.timestamp);
    if (timeUs === undefined) return;
    const number = Math.floor(timeUs / STEP_US);
    this.newest = Math.max(this.newest, number);
    const isOpen = record.event_type === 'flow_progress';
    if (!isOpen && record.event_type !== 'flow') return;
    const { flow_id: id } = record;
    if (typeof id === 'number') this.takeBack(id);
    const protocol = protocolOf(record);
    if (number > this.newest - this.steps.length) {
      const counted = { number, protocol: this.count(number, protocol) };
      if (isOpen && typeof id === 'number') this.open.set(id, counted);
    }
    this.forget();
  }

  /** Flows that were active within the last minute. */
  lastMinute(): number {
    return this.since(MINUTE_US / STEP_US).reduce((sum, step) => sum + step.flows, 0);
  }

  /** Flows by protocol within the whole time, the most first. */
  protocols(): Record<string, number> {
    const sums = new Map<string, number>();
    for (const step of this.since(this.steps.length)) {
      for (const [name, count] of step.protocols) sums.set(name, (sums.get(name) ?? 0) + count);
    }
    return Object.fromEntries([...sums].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)));
  }

  /** Counts a flow; returns the protocol that it was counted under, none where there was no room for it. */
  private count(number: number, protocol: string): string | undefined {
    const at = number % this.steps.length;
    let step = this.steps[at];
    if (step === undefined || step.number !== number) {
      step = { number, flows: 0, protocols: new Map() };
      this.steps[at] = step;
    }
    step.flows++;
    const known = step.protocols.get(protocol);
    if (known === undefined && step.protocols.size >= MOST_PROTOCOLS) {
      this.turnedAway++;
      return undefined;
    }
    step.protocols.set(protocol, (known ?? 0) + 1);
    return protocol;
  }

  /** What was counted of a flow while it was open counts no more: it was active later. */
  private takeBack(id: number): void {
    const counted = this.open.get(id);
    if (counted === undefined) return;
    this.open.delete(id);
    const step = this.steps[counted.number % this.steps.length];
    if (step === undefined || step.number !== counted.number) return;
    step.flows--;
    if (counted.protocol === undefined) return;
    const left = (step.protocols.get(counted.protocol) ?? 0) - 1;
    if (left > 0) step.protocols.set(counted.protocol, left);
    else step.protocols.delete(counted.protocol);
  }

  /** Flows whose step is over need not be known; beyond the bound those that were told longest ago stay counted. */
  private forget(): void {
    for (const [id, { number }] of this.open) {
      if (number > this.newest - this.steps.length && this.open.size <= MOST_OPEN) return;
      this.open.delete(id);
    }
  }

  private since(count: number): Step[] {
    return this.steps.filter((step) => step !== undefined && step.number > this.newest - count) as Step[];
  }
}

function protocolOf(record: EveRecord): string {
  const app = record.app as { readonly protocol?: unknown } | undefined;
  const name = app?.protocol ?? record.app_proto;
  return typeof name === 'string' && name !== '' && name !== 'failed'
    ? name.slice(0, LONGEST_NAME)
    : 'Unknown';
}

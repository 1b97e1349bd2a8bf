import { type EveRecord, timeOf } from '../lan/index.ts';

const STEP_US = 5e6;
const MINUTE_US = 60e6;
/** Names of protocols come from weir and from nDPI: there are some hundreds. */
const MOST_PROTOCOLS = 512;
const LONGEST_NAME = 64;

interface Step {
  number: number;
  flows: number;
  readonly protocols: Map<string, number>;
}

/** Flows of the last while by protocol, in the records' time and in steps of five seconds. */
export class FlowCounts {
  private readonly steps: (Step | undefined)[];
  private newest = 0;
  /** Flows whose protocol found no room. */
  turnedAway = 0;

  /** `seconds`: how far back it counts. */
  constructor(seconds: number) {
    const count = Math.max(MINUTE_US / STEP_US, Math.ceil((seconds * 1e6) / STEP_US));
    this.steps = new Array<Step | undefined>(count).fill(undefined);
  }

  /** Counts a flow record; others only move the time on. */
  take(record: EveRecord): void {
    const timeUs = timeOf(record.timestamp);
    if (timeUs === undefined) return;
    const number = Math.floor(timeUs / STEP_US);
    this.newest = Math.max(this.newest, number);
    if (record.event_type !== 'flow' || number <= this.newest - this.steps.length) return;
    const at = number % this.steps.length;
    let step = this.steps[at];
    if (step === undefined || step.number !== number) {
      step = { number, flows: 0, protocols: new Map() };
      this.steps[at] = step;
    }
    step.flows++;
    const protocol = protocolOf(record);
    const known = step.protocols.get(protocol);
    if (known === undefined && step.protocols.size >= MOST_PROTOCOLS) this.turnedAway++;
    else step.protocols.set(protocol, (known ?? 0) + 1);
  }

  /** Flows that ended within the last minute. */
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

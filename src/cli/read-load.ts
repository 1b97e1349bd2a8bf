import { formatCount } from '../output/index.ts';
import type { Engine } from '../tap/engine.ts';
import { LoadWatch } from '../tap/load-watch.ts';
import type { ReadInput } from './read-input.ts';
import type { ReadOptions } from './read-options.ts';

/** Lets a live capture keep up, as the sensor of `weir up` does: under load not every new flow is inspected. */
export class ReadLoad {
  /** For the engine. */
  readonly watch: LoadWatch;
  private readonly interface: string;
  private told = false;

  private constructor(name: string, input: ReadInput, options: ReadOptions) {
    this.interface = name;
    this.watch = new LoadWatch(input, options);
  }

  /** Undefined where packets wait for us, where every flow is to be inspected, and where none is. */
  static of(input: ReadInput, options: ReadOptions): ReadLoad | undefined {
    const { interface: name } = input;
    const nothing = options.flowsOnly && options.conversations === undefined;
    return name === undefined || nothing || !options.sampling
      ? undefined
      : new ReadLoad(name, input, options);
  }

  /** To be called once a second: says, once, that the load became too high. */
  tell(): void {
    if (this.told || this.watch.admission.level === 0) return;
    this.told = true;
    process.stderr.write(
      `weir: ${this.interface}: the ring fills faster than it is read: some new flows are counted and not inspected; a narrower --filter helps, --no-sampling inspects all and loses packets\n`,
    );
  }

  /** What was not inspected, for the summary; none where everything was. */
  findings({ counters }: Engine): string[] {
    const { sampledOut } = counters;
    if (sampledOut === 0) return [];
    const flows = sampledOut === 1 ? 'flow' : 'flows';
    return [
      `${this.interface}: ${formatCount(sampledOut)} ${flows} of ${formatCount(counters.flows)} not inspected because of load`,
    ];
  }
}

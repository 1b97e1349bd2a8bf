import type { Backend } from '../backend.ts';
import { Overview } from './overview.ts';
import { Past } from './past.ts';
import { Samples } from './sample.ts';
import { Tally } from './tally.ts';

/** What figures are made of, for all routes that show some. */
export class Figures {
  readonly samples: Samples;
  readonly tally = new Tally();
  readonly overview: Overview;
  readonly past: Past;
  /** Ends the counting. */
  readonly close: () => void;

  constructor(backend: Backend) {
    this.samples = new Samples(backend);
    this.overview = new Overview(backend, this.samples, this.tally);
    this.past = new Past(this.overview, backend.report);
    const unsubscribe = backend.feed.subscribe((records) => this.tally.take(records));
    this.close = () => {
      unsubscribe();
      this.past.close();
    };
  }
}

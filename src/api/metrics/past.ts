import { ControlError } from '../../control/index.ts';
import type { Overview, OverviewAnswer } from './overview.ts';

/** So often figures are kept, for so long. */
const INTERVAL_MS = 5000;
const KEPT = 60;

/** The figures of the last five minutes, for who begins to look: kept whether or not anybody looks. */
export class Past {
  private readonly kept: OverviewAnswer[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(overview: Overview, report: (line: string) => void) {
    this.timer = setInterval(() => {
      overview.get().then(
        (answer) => this.add(answer),
        (error) => {
          // While others begin or end there are no figures.
          if (!(error instanceof ControlError)) report(String(error));
        },
      );
    }, INTERVAL_MS);
    this.timer.unref();
  }

  /** The oldest first. */
  all(): readonly OverviewAnswer[] {
    return this.kept;
  }

  close(): void {
    clearInterval(this.timer);
  }

  private add(answer: OverviewAnswer): void {
    // Somebody who looks has them made more often than they are kept here.
    if (this.kept.at(-1) === answer) return;
    this.kept.push(answer);
    if (this.kept.length > KEPT) this.kept.shift();
  }
}

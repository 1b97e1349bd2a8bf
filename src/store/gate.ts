import { StoreError } from './store-error.ts';

/** Waiting for more than this is refused: whoever asks faster than the store answers has to know. */
const MOST_WAITING = 256;

/**
 * Lets several questions in at a time, or one change of the files alone. In the order of arrival, so neither side
 * starves.
 */
export class Gate {
  private readonly most: number;
  private inside = 0;
  private alone = false;
  private readonly waiting: { readonly exclusive: boolean; readonly enter: () => void }[] = [];

  /** `most`: how many are let in together. */
  constructor(most: number) {
    this.most = most;
  }

  /** Runs `work` beside others. */
  shared<T>(work: () => Promise<T>): Promise<T> {
    return this.run(false, work);
  }

  /** Runs `work` when nobody else is inside. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.run(true, work);
  }

  private async run<T>(exclusive: boolean, work: () => Promise<T>): Promise<T> {
    if (this.waiting.length >= MOST_WAITING) {
      throw new StoreError('busy', `the store is busy: ${MOST_WAITING} calls wait; ask again later`);
    }
    await new Promise<void>((resolve) => {
      this.waiting.push({ exclusive, enter: resolve });
      this.admit();
    });
    try {
      return await work();
    } finally {
      if (exclusive) this.alone = false;
      else this.inside--;
      this.admit();
    }
  }

  private admit(): void {
    for (let next = this.waiting[0]; next !== undefined && !this.alone; next = this.waiting[0]) {
      if (next.exclusive ? this.inside > 0 : this.inside >= this.most) return;
      this.waiting.shift();
      if (next.exclusive) this.alone = true;
      else this.inside++;
      next.enter();
    }
  }
}

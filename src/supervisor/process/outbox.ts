import type { Bus } from '../../bus/index.ts';
import type { LineOutput } from '../../output/line-writer.ts';
import { RECORDS } from '../messages.ts';

/**
 * A batch goes when it has so many lines or characters, or so long after the one before: the first line after a pause
 * goes at once, with what else is found in the same turn.
 */
const BATCH_LINES = 512;
const BATCH_LENGTH = 256 << 10;
const PATIENCE_MS = 3;
/** Batches on their way at which a source that can wait does. */
const MOST_AHEAD = 8;

/** Takes lines of EVE and publishes them in batches. */
export class Outbox implements LineOutput {
  /** Records taken, and those for which the bus had no room. */
  records = 0;
  dropped = 0;
  private readonly bus: Bus;
  private readonly wait: boolean;
  private readonly onError: (error: unknown) => void;
  private lines: string[] = [];
  private length = 0;
  private timer: NodeJS.Timeout | undefined;
  private immediate: NodeJS.Immediate | undefined;
  /** When the last batch went, of the clock that never goes back. */
  private lastMs = Number.NEGATIVE_INFINITY;
  private readonly sent = new Set<Promise<void>>();

  /** `wait`: the source can be slowed down; otherwise what finds no room is dropped and counted. */
  constructor(bus: Bus, wait: boolean, onError: (error: unknown) => void) {
    this.bus = bus;
    this.wait = wait;
    this.onError = onError;
  }

  write(line: string): void {
    this.records++;
    this.lines.push(line.endsWith('\n') ? line.slice(0, -1) : line);
    this.length += line.length;
    if (this.lines.length >= BATCH_LINES || this.length >= BATCH_LENGTH) this.send(this.wait);
    else if (this.lines.length === 1) this.schedule();
  }

  private schedule(): void {
    const left = PATIENCE_MS - (performance.now() - this.lastMs);
    const send = (): void => this.send(this.wait);
    if (left <= 0) this.immediate = setImmediate(send);
    else this.timer = setTimeout(send, left);
  }

  /** Resolves when few enough batches are on their way. */
  async room(): Promise<void> {
    while (this.sent.size >= MOST_AHEAD) await Promise.race(this.sent);
  }

  /** Resolves when the bus has everything; what is left waits for room, whatever the source. */
  async flush(): Promise<void> {
    this.send(true);
    while (this.sent.size > 0) await Promise.race(this.sent);
  }

  close(): void {
    this.send(true);
  }

  private send(wait: boolean): void {
    clearTimeout(this.timer);
    clearImmediate(this.immediate);
    if (this.lines.length === 0) return;
    const batch = this.lines;
    this.lines = [];
    this.length = 0;
    this.lastMs = performance.now();
    const sent = this.publish(batch, wait).finally(() => this.sent.delete(sent));
    this.sent.add(sent);
  }

  private async publish(batch: readonly string[], wait: boolean): Promise<void> {
    try {
      const receipt = await this.bus.publish(RECORDS, batch, { wait });
      if (receipt.dropped > 0) this.dropped += batch.length;
    } catch (error) {
      this.dropped += batch.length;
      this.onError(error);
    }
  }
}

import type { Bus } from '../../bus/index.ts';
import type { LineOutput } from '../../output/line-writer.ts';
import { RECORDS } from '../messages.ts';

/** A batch goes when it has so many lines or characters, or when its first line has waited so long. */
const BATCH_LINES = 512;
const BATCH_LENGTH = 256 << 10;
const PATIENCE_MS = 5;
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
    else this.timer ??= setTimeout(() => this.send(this.wait), PATIENCE_MS);
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
    this.timer = undefined;
    if (this.lines.length === 0) return;
    const batch = this.lines;
    this.lines = [];
    this.length = 0;
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

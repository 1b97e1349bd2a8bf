import { formatBytes, formatCount } from '../output/index.ts';
import type { CaptureSequence } from '../tap/capture/index.ts';

const INTERVAL_MS = 200;
const WIDTH = 24;

/** A line on standard error with how far reading has come; silent where that is no terminal. */
export class ProgressBar {
  private readonly sequence: CaptureSequence;
  private readonly packets: () => number;
  private readonly shown: boolean;
  private readonly started = performance.now();
  private last = 0;
  private drawn = false;

  constructor(sequence: CaptureSequence, packets: () => number) {
    this.sequence = sequence;
    this.packets = packets;
    this.shown = process.stderr.isTTY === true;
  }

  /** Draws the line when it is time to. */
  update(): void {
    if (!this.shown) return;
    const now = performance.now();
    if (now - this.last < INTERVAL_MS) return;
    this.last = now;
    const seconds = (now - this.started) / 1000;
    // A short run needs no bar.
    if (seconds < 0.5) return;
    const { bytesRead, totalBytes, files, filesDone } = this.sequence.progress();
    const rate = `${formatCount(Math.round(this.packets() / seconds))} packets/s  ${formatBytes(bytesRead / seconds)}/s`;
    const share =
      totalBytes === undefined || totalBytes === 0 ? undefined : Math.min(1, bytesRead / totalBytes);
    const bar =
      share === undefined
        ? formatBytes(bytesRead)
        : `${'█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░')} ${Math.floor(share * 100)} %`;
    const left =
      share === undefined || share === 0 ? '' : `  ${Math.ceil((seconds / share) * (1 - share))} s left`;
    process.stderr.write(`\r\u001b[K${bar}  ${rate}  file ${Math.min(filesDone + 1, files)}/${files}${left}`);
    this.drawn = true;
  }

  /** Removes the line. */
  clear(): void {
    if (this.drawn) process.stderr.write('\r\u001b[K');
    this.drawn = false;
  }
}

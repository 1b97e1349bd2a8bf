import { formatCount } from '../output/index.ts';
import type { RingInterval, RingStatistics, RingWriter } from '../tap/capture/disk-ring/index.ts';
import type { Batch } from '../tap/capture/index.ts';
import type { ReadOptions } from './read-options.ts';

/** Seconds without writing that are told of as they pass; the end tells of all. */
const MOST_WARNINGS = 10;

/** Opens the packet ring that the options ask for; undefined where they do not, or, with a word about it, where it fails. */
export async function openRing(options: ReadOptions): Promise<ReadRing | undefined> {
  if (options.ring === undefined) return undefined;
  const { RingError, RingWriter } = await import('../tap/capture/disk-ring/index.ts');
  try {
    const writer = new RingWriter({ ...options.ring, interfaceName: options.interface ?? '' });
    return new ReadRing(writer, options.quiet);
  } catch (error) {
    if (!(error instanceof RingError)) throw error;
    process.stderr.write(`weir: ${error.message}\n`);
    return undefined;
  }
}

/** The packet ring of a live capture, and what is said about it. */
export class ReadRing {
  private readonly writer: RingWriter;
  private readonly quiet: boolean;
  private warnings = 0;
  private closed = false;

  /** Use {@link openRing}. */
  constructor(writer: RingWriter, quiet: boolean) {
    this.writer = writer;
    this.quiet = quiet;
  }

  writeFrom(batch: Batch, index: number): void {
    this.writer.writeFrom(batch, index);
  }

  /** To be called once a second. */
  tick(): void {
    const interval = this.writer.tick();
    if (interval.resumedAfter !== undefined) this.resumed(interval.resumedAfter);
    if (interval.problem !== undefined || interval.unwritten > 0) this.warn(interval);
  }

  /** Numbers since the start. */
  statistics(): RingStatistics {
    return this.writer.statistics();
  }

  /** Writes what waits, and says what is there. Harmless when repeated. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.writer.close();
    const { folder, files, bytes, packets, unwritten } = this.writer.statistics();
    if (this.quiet && unwritten === 0) return;
    const lost = unwritten === 0 ? '' : `, ${formatCount(unwritten)} could not be`;
    process.stderr.write(
      `weir: ${folder}: ${formatCount(packets)} packets were written${lost}; ${formatCount(files)} files with ${formatCount(bytes)} bytes are there\n`,
    );
  }

  private warn({ unwritten, problem }: RingInterval): void {
    if (++this.warnings > MOST_WARNINGS) return;
    const { folder } = this.writer.statistics();
    const more = this.warnings === MOST_WARNINGS ? '; further such seconds are not told of' : '';
    const why = problem === undefined ? '' : ` (${problem})`;
    process.stderr.write(
      `weir: ${folder}: ${formatCount(unwritten)} packets of the last second could not be written${why}${more}\n`,
    );
  }

  private resumed(seconds: number): void {
    this.warnings = 0;
    process.stderr.write(
      `weir: ${this.writer.statistics().folder}: packets are written again, after ${seconds.toFixed(1)} s\n`,
    );
  }
}

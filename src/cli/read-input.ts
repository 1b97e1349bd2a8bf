import { formatCount } from '../output/index.ts';
import type { Filter } from '../tap/capture/filter/index.ts';
import type { Batch, CaptureSequence, Finding } from '../tap/capture/index.ts';
import { openCaptures } from '../tap/capture/index.ts';
import {
  LiveError,
  type LiveInterval,
  type LiveSource,
  openLive,
  type RingPressure,
} from '../tap/capture/live/index.ts';
import { ProgressBar } from './progress.ts';
import type { ReadOptions } from './read-options.ts';

/** Where `weir read` gets its packets from. */
export interface ReadInput {
  /** Name of the interface, where packets are captured live. */
  readonly interface: string | undefined;
  /** True when records come over time, and somebody may wait for them. */
  readonly lasting: boolean;
  batches(signal: AbortSignal): AsyncGenerator<Batch>;
  /** What the kernel counted since the start; undefined where packets come from captures. */
  kernel(): KernelFigures | undefined;
  /** How full the ring is, where there is one. */
  pressure?(): RingPressure;
  /** Shows how far reading has come; `packets` were seen. */
  progress(packets: number): void;
  clearProgress(): void;
  /** For the summary. */
  figures(): InputFigures;
  /** Files and their numbers, for the index. */
  files(): readonly { readonly number: number; readonly path: string }[];
  /** After the last batch: says what must be said, and gives the exit code. */
  conclude(interrupted: boolean): number;
  close(): void;
}

/** Packets that the kernel had for a live capture, those that it dropped included, and those. */
export interface KernelFigures {
  readonly packets: number;
  readonly dropped: number;
}

/** What an input adds to the summary. */
export interface InputFigures {
  readonly files: number;
  readonly bytesRead: number;
  readonly findings: readonly string[];
  readonly [name: string]: unknown;
}

/** Opens what the options name; undefined, with a word about it, when nothing can be read. */
export async function openInput(
  options: ReadOptions,
  filter: Filter | undefined,
): Promise<ReadInput | undefined> {
  if (options.interface !== undefined) {
    try {
      return new LiveInput(options.interface, filter, options.quiet);
    } catch (error) {
      if (!(error instanceof LiveError)) throw error;
      process.stderr.write(`weir: ${error.message}\n`);
      return undefined;
    }
  }
  const warn = (finding: Finding): void => {
    if (finding.severity !== 'note') process.stderr.write(`weir: ${finding.message}\n`);
  };
  const sequence = await openCaptures(options.paths, {
    onFinding: warn,
    follow: options.follow,
    ...(options.sinceUs === undefined ? {} : { sinceUs: options.sinceUs }),
    ...(options.untilUs === undefined ? {} : { untilUs: options.untilUs }),
  });
  if (sequence.nothingReadable && !options.follow) {
    process.stderr.write('weir: nothing could be read\n');
    return undefined;
  }
  return new CaptureInput(sequence, options);
}

class CaptureInput implements ReadInput {
  readonly interface = undefined;
  readonly lasting: boolean;
  private readonly sequence: CaptureSequence;
  private readonly paths: readonly string[];
  private readonly bar: ProgressBar;
  private packets = 0;

  constructor(sequence: CaptureSequence, options: ReadOptions) {
    this.sequence = sequence;
    this.lasting = options.follow;
    this.paths = options.paths;
    this.bar = new ProgressBar(sequence, () => this.packets);
  }

  batches(signal: AbortSignal): AsyncGenerator<Batch> {
    return this.sequence.batches(signal);
  }

  kernel(): undefined {}

  progress(packets: number): void {
    this.packets = packets;
    this.bar.update();
  }

  clearProgress(): void {
    this.bar.clear();
  }

  figures(): InputFigures {
    const { sequence } = this;
    return {
      files: sequence.files.filter((file) => file.state !== 'failed').length,
      bytesRead: sequence.progress().bytesRead,
      findings: sequence.findings.map((finding) => finding.message),
      paths: this.paths,
    };
  }

  files(): readonly { readonly number: number; readonly path: string }[] {
    return this.sequence.files.map((file) => ({ number: file.number, path: file.path }));
  }

  conclude(interrupted: boolean): number {
    if (interrupted && !this.lasting) {
      process.stderr.write('weir: interrupted; what was read until then is complete\n');
      return 1;
    }
    return this.sequence.nothingReadable && !this.lasting ? 1 : 0;
  }

  close(): void {
    this.sequence.close();
  }
}

/** 32 MiB: 1.3 s of a quiet line, 0.27 s of a full one of 1 Gbit/s. */
const BLOCKS = 128;
/** Seconds with drops that are told of as they pass; the end tells of all. */
const MOST_WARNINGS = 10;

class LiveInput implements ReadInput {
  readonly interface: string;
  readonly lasting = true;
  private readonly source: LiveSource;
  private readonly quiet: boolean;
  private readonly started = performance.now();
  private failure: LiveError | undefined;
  private warnings = 0;

  constructor(name: string, filter: Filter | undefined, quiet: boolean) {
    this.interface = name;
    this.quiet = quiet;
    this.source = openLive({
      interface: name,
      filter,
      blocks: BLOCKS,
      onInterval: (interval) => this.warn(interval),
    });
    if (!quiet) process.stderr.write(`weir: capturing on ${name}; Ctrl-C ends it\n`);
  }

  /** An interface that goes away ends the batches: what came is shown, and then the reason. */
  async *batches(signal: AbortSignal): AsyncGenerator<Batch> {
    try {
      yield* this.source.batches(signal);
    } catch (error) {
      if (!(error instanceof LiveError)) throw error;
      this.failure = error;
    }
  }

  kernel(): KernelFigures {
    return this.source.statistics();
  }

  pressure(): RingPressure {
    return this.source.pressure();
  }

  progress(): void {}

  clearProgress(): void {}

  figures(): InputFigures {
    const live = this.source.statistics();
    return { files: 0, bytesRead: live.bytes, findings: this.losses(), interface: this.interface, live };
  }

  files(): readonly [] {
    return [];
  }

  conclude(): number {
    const { packets, dropped } = this.source.statistics();
    const seconds = ((performance.now() - this.started) / 1000).toFixed(1);
    const lost = dropped === 0 ? 'none dropped' : `${formatCount(dropped)} dropped`;
    if (!this.quiet || dropped > 0) {
      process.stderr.write(
        `weir: ${this.interface}: ${formatCount(packets)} packets in ${seconds} s, ${lost}\n`,
      );
    }
    if (this.failure === undefined) return 0;
    process.stderr.write(`weir: ${this.failure.message}\n`);
    return 1;
  }

  close(): void {
    this.source.close();
  }

  private warn(interval: LiveInterval): void {
    if (interval.dropped === 0 || ++this.warnings > MOST_WARNINGS) return;
    const more = this.warnings === MOST_WARNINGS ? '; further seconds with drops are not told of' : '';
    process.stderr.write(
      `weir: ${this.interface}: ${formatCount(interval.dropped)} of ${formatCount(interval.packets)} packets of the last second were dropped, for the ring was full${more}\n`,
    );
  }

  /** What was lost, by cause, one line each. */
  private losses(): string[] {
    const { packets, dropped, frozen, lossyIntervals, worst, truncated } = this.source.statistics();
    const lines: string[] = [];
    if (dropped > 0) {
      const when = worst === undefined ? '' : `, the worst with ${formatCount(worst.dropped)}`;
      lines.push(
        `${this.interface}: ${formatCount(dropped)} of ${formatCount(packets)} packets dropped in ${formatCount(lossyIntervals)} seconds${when}: the ring was full ${formatCount(frozen)} times`,
      );
    }
    if (truncated > 0)
      lines.push(`${this.interface}: ${formatCount(truncated)} packets were too long and cut`);
    return lines;
  }
}

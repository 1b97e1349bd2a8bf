/** Runs jobs and peers in turn over one capture. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BENCH_FOLDER, type BenchCapture } from './capture/cache.ts';
import type { Job } from './jobs.ts';
import { type Meter, median, type Run, type Usage } from './measure.ts';
import type { Peer } from './peers.ts';

/** All runs of one program with one capture, in the order of time. */
export interface Series {
  readonly name: string;
  readonly runs: Usage[];
  /** Why it was given up; empty while it was not. */
  failure: string;
}

/** A job beside its peer. */
export interface Comparison {
  readonly job: Job;
  readonly ours: Series;
  readonly theirs: Series;
}

/** Peer's time divided by ours, of each pair of runs that stood next to each other. */
export function ratios(
  comparison: Comparison,
  of: keyof Pick<Usage, 'wallSeconds' | 'cpuSeconds'>,
): number[] {
  const { ours, theirs } = comparison;
  const pairs = Math.min(ours.runs.length, theirs.runs.length);
  return Array.from({ length: pairs }, (_, i) => theirs.runs[i]![of] / ours.runs[i]![of]);
}

/** The median of each figure. */
export function typical(series: Series): Usage | undefined {
  if (series.runs.length === 0) return undefined;
  return {
    wallSeconds: median(series.runs.map((run) => run.wallSeconds)),
    cpuSeconds: median(series.runs.map((run) => run.cpuSeconds)),
    memoryMb: Math.max(...series.runs.map((run) => run.memoryMb)),
  };
}

/** What a session needs to know besides the capture. */
export interface SessionOptions {
  readonly meter: Meter;
  readonly runs: number;
  readonly limitSeconds: number;
  readonly say: (words: string) => void;
}

type Command = (capture: string, folder: string) => readonly string[];

/** Measures on one capture. Programs that fail are not run again; the others go on. */
export class Session {
  private readonly capture: BenchCapture;
  private readonly options: SessionOptions;
  private folders = 0;

  constructor(capture: BenchCapture, options: SessionOptions) {
    this.capture = capture;
    this.options = options;
  }

  /** Jobs that share a peer, and the peer, in turn: A B A B, or A B C A B C. */
  async compare(jobs: readonly Job[], peer: Peer | undefined): Promise<Comparison[]> {
    const theirs = series(peer?.name ?? jobs[0]!.peer);
    if (peer === undefined) theirs.failure = 'not installed';
    const comparisons = jobs.map((job): Comparison => {
      const ours = series(`weir ${job.label}`);
      ours.failure = job.obstacle();
      return { job, ours, theirs };
    });
    for (let run = 0; run < this.options.runs; run++) {
      for (const { job, ours } of comparisons)
        await this.add(ours, (capture, folder) => job.command(capture, folder));
      if (peer !== undefined) await this.add(theirs, (capture, folder) => peer.command(capture, folder));
    }
    return comparisons;
  }

  /** One run of a peer that has no job beside it. */
  async once(peer: Peer): Promise<Series> {
    const result = series(peer.name);
    await this.add(result, (capture, folder) => peer.command(capture, folder));
    return result;
  }

  private async add(to: Series, command: Command): Promise<void> {
    if (to.failure !== '') return;
    const run = await this.run(command);
    if ('usage' in run) {
      const { wallSeconds, cpuSeconds, memoryMb } = run.usage;
      to.runs.push(run.usage);
      this.options.say(
        `${this.capture.kind}: ${to.name}: ${wallSeconds.toFixed(2)} s, CPU ${cpuSeconds.toFixed(2)} s, ${memoryMb.toFixed(0)} MB`,
      );
    } else {
      to.failure = run.failure;
      this.options.say(`${this.capture.kind}: ${to.name}: ${run.failure}`);
    }
  }

  private async run(command: Command): Promise<Run> {
    const folder = join(BENCH_FOLDER, `output-${process.pid}-${this.folders++}`);
    mkdirSync(folder);
    try {
      return await this.options.meter.run(command(this.capture.path, folder), this.options.limitSeconds);
    } finally {
      rmSync(folder, { recursive: true, force: true });
      // What one program left to be written must not slow down the next.
      spawnSync('sync', [], { stdio: 'ignore' });
    }
  }
}

function series(name: string): Series {
  return { name, runs: [], failure: '' };
}

/** Prints what was measured. */

import type { BenchCapture, CaptureKind } from './capture/cache.ts';
import { JOBS, MEMORY_TARGETS_MB } from './jobs.ts';
import { median } from './measure.ts';
import { type Comparison, ratios, type Series, typical } from './session.ts';

/** All that was measured on one capture. */
export interface CaptureResult {
  readonly capture: BenchCapture;
  readonly comparisons: readonly Comparison[];
  /** Peers without a job of ours beside them. */
  readonly others: readonly Series[];
}

/** The whole report: captures, runs, ratios pair by pair, the table of targets. */
export function renderReport(results: readonly CaptureResult[], scale: number): string {
  const parts = [captures(results), runs(results), pairs(results), targets(results)];
  if (scale !== 1)
    parts.push('The targets are meant for --scale 1: in smaller captures starting weighs more.');
  return parts.join('\n\n');
}

function captures(results: readonly CaptureResult[]): string {
  const rows = results.map(({ capture }) => [
    capture.kind,
    capture.packets.toLocaleString('en-US'),
    (capture.bytes / 1e6).toFixed(0),
    capture.note,
  ]);
  return table(['capture', 'packets', 'MB', ''], rows);
}

/** Speed of each program: medians over its runs, and the largest memory. */
function runs(results: readonly CaptureResult[]): string {
  const rows: string[][] = [];
  for (const { capture, comparisons, others } of results) {
    const all = new Set([...comparisons.flatMap(({ ours, theirs }) => [ours, theirs]), ...others]);
    for (const series of all) {
      const usage = typical(series);
      if (usage === undefined) {
        rows.push([capture.kind, series.name, series.failure, '', '', '', '']);
        continue;
      }
      rows.push([
        capture.kind,
        series.name,
        usage.wallSeconds.toFixed(2),
        usage.cpuSeconds.toFixed(2),
        (capture.packets / usage.wallSeconds / 1e6).toFixed(3),
        (capture.bytes / usage.wallSeconds / 1e6).toFixed(0),
        usage.memoryMb.toFixed(0),
      ]);
    }
  }
  return table(['capture', 'program', 'wall s', 'CPU s', 'Mpackets/s', 'MB/s', 'peak MB'], rows);
}

function pairs(results: readonly CaptureResult[]): string {
  const rows: string[][] = [];
  for (const { capture, comparisons } of results) {
    for (const comparison of comparisons) {
      const wall = ratios(comparison, 'wallSeconds');
      if (wall.length === 0) continue;
      rows.push([
        capture.kind,
        comparison.job.label,
        comparison.theirs.name,
        wall.map((ratio) => ratio.toFixed(2)).join(' '),
        `${median(wall).toFixed(2)}x`,
        `${median(ratios(comparison, 'cpuSeconds')).toFixed(2)}x`,
      ]);
    }
  }
  return table(['capture', 'weir', 'against', 'pair by pair', 'median', 'in CPU time'], rows);
}

function targets(results: readonly CaptureResult[]): string {
  const kinds = results.map(({ capture }) => capture.kind);
  const rows = JOBS.map((job) => [
    `${job.label}, against ${job.peer}`,
    ...results.map(({ capture, comparisons }) => {
      const comparison = comparisons.find((entry) => entry.job === job);
      if (comparison === undefined) return 'not run';
      const wall = ratios(comparison, 'wallSeconds');
      if (wall.length === 0) return comparison.ours.failure || comparison.theirs.failure;
      const ratio = median(wall);
      const wanted = job.targets[capture.kind];
      return `${ratio.toFixed(2)}x (>= ${wanted}x: ${ratio >= wanted ? 'reached' : 'missed'})`;
    }),
  ]);
  rows.push(['peak memory, all parsers', ...results.map(memory)]);
  return table(['to reach', ...kinds], rows);
}

function memory({ capture, comparisons }: CaptureResult): string {
  const peaks = comparisons
    .filter(({ job }) => job.name === 'parsers' || job.name === 'ndpi')
    .flatMap(({ ours }) => ours.runs.map((run) => run.memoryMb));
  if (peaks.length === 0) return 'not run';
  const peak = Math.max(...peaks);
  const limit = MEMORY_TARGETS_MB[capture.kind];
  return `${peak.toFixed(0)} MB (<= ${limit} MB: ${peak <= limit ? 'reached' : 'missed'})`;
}

/** Columns under their heads; a Markdown table that reads well as plain text, too. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((text, column) =>
    Math.max(3, text.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** The same as data. */
export function reportData(results: readonly CaptureResult[]): unknown {
  return results.map(({ capture, comparisons, others }) => ({
    ...describe(capture),
    comparisons: comparisons.map((comparison) => ({
      job: comparison.job.name,
      command: comparison.job.command('CAPTURE', 'FOLDER').slice(1).join(' '),
      against: comparison.theirs.name,
      target: comparison.job.targets[capture.kind],
      wallRatios: ratios(comparison, 'wallSeconds'),
      cpuRatios: ratios(comparison, 'cpuSeconds'),
      ours: comparison.ours,
      theirs: comparison.theirs,
    })),
    others,
    memoryTargetMb: MEMORY_TARGETS_MB[capture.kind],
  }));
}

function describe(capture: BenchCapture): {
  capture: CaptureKind;
  packets: number;
  bytes: number;
  note: string;
} {
  return { capture: capture.kind, packets: capture.packets, bytes: capture.bytes, note: capture.note };
}

/** The options that the benchmark programs share. */

import { parseArgs } from 'node:util';
import { CAPTURE_KINDS, type CaptureKind } from './capture/cache.ts';
import type { JobName } from './jobs.ts';
import { JOBS } from './jobs.ts';
import { DEFAULT_LIMIT_SECONDS } from './measure.ts';
import { PEERS, type PeerName } from './peers.ts';

export const RUN_HELP = `usage: node bench/run.ts [options]        (make bench)

Runs weir and its peers in turn over captures that it builds in build/bench, and prints how much faster weir is.

  --only LIST       captures: ${CAPTURE_KINDS.join(',')} (default all)
  --jobs LIST       of weir: ${JOBS.map((job) => job.name).join(',')} (default all)
  --peers LIST      ${PEERS.map((peer) => peer.name).join(',')} (default all that are installed)
  --runs N          pairs of runs (default 3)
  --scale F         size of the captures, 1 is a gigabyte (default 1)
  --from DIR        captures to make the mixed one of, or cases that name captures
                    (default ../shared/corpus/ndpi)
  --limit SECONDS   that one command may take (default ${DEFAULT_LIMIT_SECONDS})
  --json FILE       all that was measured
`;

/** What a benchmark was asked to do. */
export interface RunOptions {
  readonly only: readonly CaptureKind[];
  readonly jobs: readonly JobName[];
  readonly peers: readonly PeerName[];
  readonly runs: number;
  readonly scale: number;
  readonly from: string | undefined;
  readonly limitSeconds: number;
  readonly json: string | undefined;
}

/** Reads the arguments; undefined when only help was wanted. Throws an Error that says what is wrong. */
export function parseRunOptions(args: readonly string[]): RunOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h' },
      only: { type: 'string' },
      jobs: { type: 'string' },
      peers: { type: 'string' },
      runs: { type: 'string', default: '3' },
      scale: { type: 'string', default: '1' },
      from: { type: 'string' },
      limit: { type: 'string', default: String(DEFAULT_LIMIT_SECONDS) },
      json: { type: 'string' },
    },
  });
  if (values.help) return undefined;
  return {
    only: choices('--only', values.only, CAPTURE_KINDS),
    jobs: choices(
      '--jobs',
      values.jobs,
      JOBS.map((job) => job.name),
    ),
    peers: choices(
      '--peers',
      values.peers,
      PEERS.map((peer) => peer.name),
    ),
    runs: numberOf('--runs', values.runs, 1, 100),
    scale: numberOf('--scale', values.scale, 0.001, 1.2),
    from: values.from,
    limitSeconds: numberOf('--limit', values.limit, 1, 86_400),
    json: values.json,
  };
}

/** The words of a list, in the order of `known`; all of them without a list. */
export function choices<T extends string>(
  option: string,
  list: string | undefined,
  known: readonly T[],
): readonly T[] {
  if (list === undefined) return known;
  const words = list.split(',').map((word) => word.trim());
  const stranger = words.find((word) => !known.some((name) => name === word));
  if (stranger !== undefined) throw new Error(`${option} takes ${known.join(', ')}, not '${stranger}'`);
  return known.filter((name) => words.includes(name));
}

/** A number within bounds. */
export function numberOf(option: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (!(value >= low && value <= high)) {
    throw new Error(`${option} takes a number from ${low} to ${high}, not '${text}'`);
  }
  return value;
}

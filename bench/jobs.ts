/** What weir is asked to do, the peer that does the same, and how much faster it is to be. */

import { ndpiAddon } from '../src/native/index.ts';
import type { CaptureKind } from './capture/cache.ts';
import { weirRead } from './measure.ts';
import type { PeerName } from './peers.ts';

/** One job of weir. */
export interface Job {
  readonly name: JobName;
  /** What the report calls it. */
  readonly label: string;
  readonly peer: PeerName;
  /** The ratio of the peer's time to ours that is to be reached. */
  readonly targets: Readonly<Record<CaptureKind, number>>;
  /** The command that reads `capture`; `folder` is an empty one that it may fill. */
  command(capture: string, folder: string): readonly string[];
  /** Why it cannot be measured on this machine; empty when it can. */
  obstacle(): string;
}

export type JobName = 'parsers' | 'ndpi' | 'flows' | 'conversations';

const possible = (): string => '';

/** All jobs, in the order of the report. */
export const JOBS: readonly Job[] = [
  {
    name: 'parsers',
    label: 'all parsers, --no-ndpi',
    peer: 'ndpiReader',
    targets: { mixed: 5, small: 10, bulk: 1.6 },
    command: (capture) => weirRead(capture, '--no-ndpi', '--eve', '/dev/null', '-q'),
    obstacle: possible,
  },
  {
    name: 'ndpi',
    label: 'all parsers and nDPI',
    peer: 'ndpiReader',
    targets: { mixed: 3, small: 6, bulk: 1.5 },
    command: (capture) => weirRead(capture, '--eve', '/dev/null', '-q'),
    obstacle: () => (ndpiAddon() === undefined ? 'the nDPI addon is not there: make addon' : ''),
  },
  {
    name: 'flows',
    label: '--flows-only',
    peer: 'nfpcapd',
    targets: { mixed: 2, small: 3, bulk: 1 },
    command: (capture) => weirRead(capture, '--flows-only', '--eve', '/dev/null', '-q'),
    obstacle: possible,
  },
  {
    name: 'conversations',
    label: '--conversations, TCP',
    peer: 'tcpflow',
    targets: { mixed: 3, small: 5, bulk: 1.5 },
    command: (capture, folder) => weirRead(capture, '--filter', 'tcp', '--conversations', folder, '-q'),
    obstacle: possible,
  },
];

/** Resident memory that the jobs with all parsers may reach, in MB. */
export const MEMORY_TARGETS_MB: Readonly<Record<CaptureKind, number>> = { mixed: 350, small: 400, bulk: 200 };

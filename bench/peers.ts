/** The programs that weir is compared with, and how each is called for the job that it shares with weir. */

import { spawnSync } from 'node:child_process';

/** A program that reads captures. */
export interface Peer {
  readonly name: string;
  /** What it does with the capture in this benchmark. */
  readonly job: string;
  /** The command that reads `capture`; `folder` is an empty one that it may fill. */
  command(capture: string, folder: string): readonly string[];
}

/** All peers; those with a row in the table of targets first. */
export const PEERS = [
  {
    name: 'ndpiReader',
    job: 'flows, nDPI',
    command: (capture: string) => ['ndpiReader', '-q', '-i', capture],
  },
  {
    name: 'nfpcapd',
    job: 'flows only',
    command: (capture: string, folder: string) => ['nfpcapd', '-r', capture, '-w', folder],
  },
  {
    name: 'tcpflow',
    job: 'TCP conversations',
    command: (capture: string, folder: string) => ['tcpflow', '-q', '-r', capture, '-o', folder],
  },
  {
    name: 'tcpdump',
    job: 'copies packets to /dev/null',
    command: (capture: string) => ['tcpdump', '-r', capture, '-w', '/dev/null'],
  },
  {
    name: 'argus',
    job: 'flows only',
    command: (capture: string) => ['argus', '-r', capture, '-w', '/dev/null'],
  },
  {
    name: 'tshark',
    job: 'TCP conversations counted',
    command: (capture: string) => ['tshark', '-n', '-q', '-r', capture, '-z', 'conv,tcp'],
  },
] as const satisfies readonly Peer[];

/** Name of a peer. */
export type PeerName = (typeof PEERS)[number]['name'];

/** True when the program is on the path. */
export function isInstalled(name: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$0"', name], { stdio: 'ignore' }).status === 0;
}

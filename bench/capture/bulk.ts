/** The bulk capture: downloads by real programs between two network namespaces, as tcpdump sees them. */

import { spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import {
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { Network } from '../../lab/network.ts';
import { buildSyntheticBulk } from './synthetic-bulk.ts';

const DOWNLOADS = 4;
const SERVER = '198.51.100.10';
/** Bytes a second of each download: a slower one is tried when tcpdump could not keep up. */
const RATES = ['40M', '20M', '10M'];
/** tcpdump's buffer in the kernel, KiB. */
const CAPTURE_BUFFER = 262_144;
const PROGRAMS = ['nginx', 'curl', 'tcpdump', 'ethtool', 'ip'];

/** What was built. */
export interface Built {
  readonly packets: number;
  /** What a reader of the results must know of the capture; empty where there is nothing. */
  readonly note: string;
}

/** Writes four downloads of `bytes` each to `target`: real ones where that is possible, else synthetic ones. */
export async function buildBulk(target: string, bytes: number): Promise<Built> {
  const obstacle = whyNotReal();
  if (obstacle !== '') return synthetic(target, bytes, obstacle);
  let lost = 0;
  let packets = 0;
  for (const rate of RATES) {
    const network = Network.temporary(new AbortController().signal);
    try {
      const downloaded = await download(network, target, bytes, rate);
      packets = downloaded.packets;
      lost = downloaded.lost;
    } catch (error) {
      return synthetic(target, bytes, error instanceof Error ? error.message : String(error));
    } finally {
      network.remove();
    }
    if (lost === 0) break;
  }
  return { packets, note: lost === 0 ? '' : `tcpdump lost ${lost} packets of the real downloads` };
}

function synthetic(target: string, bytes: number, reason: string): Built {
  const packets = buildSyntheticBulk(target, DOWNLOADS, bytes);
  return { packets, note: `synthetic downloads, real ones were not possible: ${reason}` };
}

function whyNotReal(): string {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const missing = PROGRAMS.filter(
    (name) => spawnSync('sh', ['-c', 'command -v "$0"', name], { stdio: 'ignore' }).status !== 0,
  );
  return missing.length === 0 ? '' : `${missing.join(', ')} not installed`;
}

async function download(
  network: Network,
  target: string,
  bytes: number,
  rate: string,
): Promise<{ packets: number; lost: number }> {
  network.addHost('client');
  network.addHost('server');
  network.connect(['client', 'eth0'], ['server', 'eth0']);
  network.ip('client', 'addr add 192.0.2.50/24 dev eth0');
  network.ip('client', 'route add default dev eth0');
  network.ip('server', `addr add ${SERVER}/24 dev eth0`);
  network.ip('server', 'route add default dev eth0');
  const { folder } = network;
  writeContent(join(folder, 'image.iso'), bytes);
  const configuration = join(folder, 'nginx.conf');
  writeFileSync(configuration, nginx(folder));
  network.start('server', 'nginx', '-c', configuration, '-e', join(folder, 'error.log'));
  const partial = `${target}.part`;
  const words = ['-i', 'eth0', '-s', '0', '-B', String(CAPTURE_BUFFER), '-Z', 'root', '-w', partial, 'tcp'];
  const capture = network.start('client', 'tcpdump', ...words);
  const ended = new Promise<void>((resolve) => capture.once('exit', () => resolve()));
  const log = join(folder, 'client-tcpdump.log');
  try {
    await waitFor(() => readFileSync(log, 'utf8').includes('listening on'), 'tcpdump did not start');
    const url = `http://${SERVER}/image.iso`;
    const results = await Promise.all(
      Array.from({ length: DOWNLOADS }, () =>
        network.run(
          'client',
          'curl',
          '-sS',
          '--retry-connrefused',
          '--retry',
          '20',
          '--limit-rate',
          rate,
          '-o',
          '/dev/null',
          url,
        ),
      ),
    );
    const failed = results.find((result) => result.code !== 0);
    if (failed !== undefined) throw new Error(`curl: ${failed.output.trim()}`);
    await settled(partial);
    capture.kill('SIGINT');
    await ended;
    const said = readFileSync(log, 'utf8');
    const packets = Number(/(\d+) packets? captured/.exec(said)?.[1] ?? 0);
    if (packets === 0) throw new Error(`tcpdump: ${said.trim()}`);
    renameSync(partial, target);
    return { packets, lost: Number(/(\d+) packets? dropped by kernel/.exec(said)?.[1] ?? 0) };
  } finally {
    rmSync(partial, { force: true });
  }
}

function nginx(folder: string): string {
  return `daemon off; user root; worker_processes 1; pid ${folder}/nginx.pid;
events { worker_connections 64; }
http { access_log off; sendfile on; default_type application/octet-stream;
server { listen ${SERVER}:80; root ${folder}; } }
`;
}

/** Random bytes: a disk image or a video does not compress either. */
function writeContent(path: string, bytes: number): void {
  const piece = randomFillSync(new Uint8Array(1 << 20));
  const descriptor = openSync(path, 'w');
  for (let left = bytes; left > 0; left -= piece.length) {
    writeSync(descriptor, piece, 0, Math.min(left, piece.length));
  }
  closeSync(descriptor);
}

/** Waits until a file no longer grows: what the kernel holds for tcpdump is lost when it is told to end. */
async function settled(path: string): Promise<void> {
  let size = -1;
  for (let quiet = 0; quiet < 3; ) {
    await new Promise((resolve) => setTimeout(resolve, 400));
    const now = statSync(path).size;
    quiet = now === size ? quiet + 1 : 0;
    size = now;
  }
}

async function waitFor(condition: () => boolean, otherwise: string): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(otherwise);
}

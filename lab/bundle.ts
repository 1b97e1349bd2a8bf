import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';

/** What is bundled stays small. */
const MAX_BYTES = 3_000_000;

/**
 * Puts the rotated files of a capture into a folder, in the mixture that a user has: plain, compressed, pcapng.
 * Returns the names and sizes.
 */
export function bundle(from: string, to: string, weir: string): { name: string; bytes: number }[] {
  const rotated = readdirSync(from).sort();
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(to)) if (name.startsWith('campus-')) rmSync(join(to, name));
  rotated.forEach((source, index) => {
    const path = join(from, source);
    const target = join(to, `campus-${index + 1}`);
    if (index === 1) writeFileSync(`${target}.pcap.gz`, gzipSync(readFileSync(path), { level: 9 }));
    else if (index === 2) convert(weir, path, `${target}.pcapng`);
    else if (index === 3) writeFileSync(`${target}.pcap.zst`, zstdCompressSync(readFileSync(path)));
    else copyFileSync(path, `${target}.pcap`);
  });
  const bundled = readdirSync(to)
    .filter((name) => name.startsWith('campus-'))
    .map((name) => ({ name, bytes: statSync(join(to, name)).size }));
  const total = bundled.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > MAX_BYTES) throw new Error(`the captures take ${total} bytes, more than ${MAX_BYTES}`);
  return bundled;
}

function convert(weir: string, from: string, to: string): void {
  const { status, stderr } = spawnSync(weir, ['read', from, '--flows-only', '--quiet', '--write', to], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`weir read ${from} --write ${to}: ${stderr}`);
}

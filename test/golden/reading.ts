import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readableEve, readableSummary, readableZeek } from './readable.ts';

const ROOT = resolve(import.meta.dirname, '../..');
export const CAPTURES = join(ROOT, 'demo/captures');

/** Every output of one run, as lines, under the name of the file that is expected of it. */
export type Outputs = ReadonlyMap<string, readonly string[]>;

/** Runs `weir read` on paths, as a user does, and returns what it wrote. `input` is its standard input. */
export function readCaptures(paths: readonly string[], input?: Uint8Array): Outputs {
  const folder = mkdtempSync(join(tmpdir(), 'weir-golden-'));
  try {
    const eve = join(folder, 'eve.json');
    const zeek = join(folder, 'zeek');
    mkdirSync(zeek);
    // nDPI is there on some machines only; what is expected is what our own parsers say.
    const summary = weir(['read', ...paths, '--no-ndpi', '--eve', eve, '--zeek', zeek, '--json'], input);
    const outputs = new Map<string, readonly string[]>();
    outputs.set('summary.txt', readableSummary(summary.toString()));
    outputs.set('eve.txt', readableEve(readFileSync(eve, 'utf8').split('\n').filter(Boolean)));
    for (const name of readdirSync(zeek).sort()) {
      outputs.set(`zeek/${name}`, readableZeek(readFileSync(join(zeek, name), 'utf8')));
    }
    return outputs;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs `weir`; returns its standard output, throws with its words when it fails. */
export function weir(args: readonly string[], input?: Uint8Array): Buffer {
  const { status, stdout, stderr } = spawnSync(join(ROOT, 'weir'), args, {
    maxBuffer: 1 << 26,
    ...(input === undefined ? {} : { input }),
  });
  if (status !== 0) throw new Error(`weir ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

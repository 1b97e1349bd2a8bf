/** The captures of the benchmarks: built when they are first needed, kept in build/bench, rebuilt when they would differ. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Kinds of capture, in the order of the report. */
export const CAPTURE_KINDS = ['mixed', 'small', 'bulk'] as const;
export type CaptureKind = (typeof CAPTURE_KINDS)[number];

/** A capture that is ready to be read. */
export interface BenchCapture {
  readonly kind: CaptureKind;
  readonly path: string;
  readonly packets: number;
  /** Size of the file. */
  readonly bytes: number;
  /** What a reader of the results must know of it; empty where there is nothing. */
  readonly note: string;
}

const HERE = dirname(fileURLToPath(import.meta.url));
/** The checkout. */
export const ROOT = join(HERE, '../..');
/** Where captures and what belongs to a benchmark are kept. */
export const BENCH_FOLDER = join(ROOT, 'build/bench');
/** The captures that the mixed one is made of. */
export const DEFAULT_SOURCE = join(ROOT, '../shared/corpus/ndpi');
const OTHER_SOURCE = join(ROOT, 'demo/captures');

const MIXED_BYTES = 1e9;
const SMALL_FLOWS = 1_100_000;
const BULK_DOWNLOAD = 250e6;

/** How large, and made of what. */
export interface CaptureOptions {
  /** 1 is the full size. */
  readonly scale: number;
  /** Folder of captures, or of cases that name captures, for the mixed one; undefined: the corpus, or the bundled ones without it. */
  readonly from?: string | undefined;
}

/** The capture of a kind, built if need be; `say` is told when that takes a while. Throws when it cannot be built. */
export async function ensureCapture(
  kind: CaptureKind,
  options: CaptureOptions,
  say: (words: string) => void,
): Promise<BenchCapture> {
  const size = options.scale === 1 ? '' : `-${options.scale}`;
  const from = kind !== 'mixed' || options.from === undefined ? '' : `-of-${basename(resolve(options.from))}`;
  const path = join(BENCH_FOLDER, `${kind}${from}${size}.pcap`);
  const notePath = join(BENCH_FOLDER, `${kind}${from}${size}.json`);
  const sources = kind === 'mixed' ? sourceFiles(options.from) : [];
  const fingerprint = fingerprintOf(kind, options.scale, sources);
  const kept = existsSync(path) ? readNote(notePath) : undefined;
  if (kept?.fingerprint === fingerprint && kept.bytes === statSync(path).size) {
    return { kind, path, packets: kept.packets, bytes: kept.bytes, note: kept.note };
  }
  say(`building ${path}`);
  mkdirSync(BENCH_FOLDER, { recursive: true });
  const { packets, note } = await build(kind, path, options.scale, sources);
  const bytes = statSync(path).size;
  writeFileSync(notePath, `${JSON.stringify({ fingerprint, packets, bytes, note })}\n`);
  return { kind, path, packets, bytes, note };
}

/** Builders are loaded when they are needed: only the bulk capture needs the lab. */
async function build(
  kind: CaptureKind,
  path: string,
  scale: number,
  sources: readonly string[],
): Promise<{ readonly packets: number; readonly note: string }> {
  switch (kind) {
    case 'mixed': {
      const { buildMixed } = await import('./mixed.ts');
      const bundled = sources[0]?.startsWith(OTHER_SOURCE) === true;
      const note = bundled ? 'made of the bundled captures alone; --from DIR takes others' : '';
      return { packets: await buildMixed(path, sources, MIXED_BYTES * scale), note };
    }
    case 'small': {
      const { buildSmall } = await import('./small.ts');
      return { packets: buildSmall(path, Math.round(SMALL_FLOWS * scale)), note: '' };
    }
    case 'bulk': {
      const { buildBulk } = await import('./bulk.ts');
      return buildBulk(path, Math.round(BULK_DOWNLOAD * scale));
    }
    default:
      return kind satisfies never;
  }
}

/** The captures of a folder, or those that its cases name (files of JSON with a `pcap`), in the order of their names. */
function sourceFiles(from: string | undefined): string[] {
  const folder = from ?? (existsSync(DEFAULT_SOURCE) ? DEFAULT_SOURCE : OTHER_SOURCE);
  if (!existsSync(folder)) throw new Error(`there is no folder ${folder}: name one with --from DIR`);
  const names = readdirSync(folder).sort();
  const captures = names.filter((name) => /\.(pcap|pcapng|cap)(\.gz|\.zst)?$/.test(name));
  if (captures.length > 0) return captures.map((name) => join(folder, name));
  const named = new Set<string>();
  for (const name of names) {
    if (!name.endsWith('.json')) continue;
    const { pcap } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { readonly pcap?: unknown };
    if (typeof pcap === 'string') named.add(join(folder, '..', pcap));
  }
  return [...named].sort();
}

/** Changes when another capture would be built: by its script and what that imports here, the size, the sources. */
function fingerprintOf(kind: CaptureKind, scale: number, sources: readonly string[]): string {
  const hash = createHash('sha256').update(`${kind} ${scale}\n`);
  for (const script of scriptsOf(join(HERE, `${kind}.ts`)).sort()) hash.update(readFileSync(script));
  for (const source of sources) hash.update(`${basename(source)} ${statSync(source).size}\n`);
  return hash.digest('hex');
}

/** A script and those of its folder that it imports. */
function scriptsOf(script: string, found: string[] = []): string[] {
  if (found.includes(script)) return found;
  found.push(script);
  for (const [, name] of readFileSync(script, 'utf8').matchAll(/from '\.\/([\w-]+\.ts)'/g)) {
    scriptsOf(join(HERE, name as string), found);
  }
  return found;
}

interface Note {
  readonly fingerprint: string;
  readonly packets: number;
  readonly bytes: number;
  readonly note: string;
}

function readNote(path: string): Note | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Note;
  } catch {
    return undefined;
  }
}

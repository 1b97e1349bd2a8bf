import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { RecordSink } from '../../src/event/index.ts';
import { createEngine, DEFAULT_SETTINGS } from '../../src/tap/create.ts';
import type { Direction } from '../../src/tap/protocol/parser.ts';
import { Sensor } from '../../src/tap/sensor.ts';
import { CORPUS } from '../support/corpus.ts';
import { readFrames } from '../support/frames.ts';
import { ownCaptures } from './own-captures.ts';

/** Larger captures say nothing that smaller ones do not, and cost more. */
const LARGEST = 300 << 10;
/** Bytes of one conversation, and conversations of one capture, that are kept. */
const CONVERSATION = 64 << 10;
const CONVERSATIONS = 40;

/** Material to mutate: a capture. */
export interface Seed {
  readonly name: string;
  readonly bytes: Buffer;
}

/** What was said in a flow, and in which protocol. */
export interface Conversation {
  readonly protocol: string;
  readonly transport: 'tcp' | 'udp';
  readonly pieces: readonly (readonly [Direction, Uint8Array])[];
}

/** Paths of the captures to begin from: the corpus and the demonstration's; without them those made here. */
export function seedPaths(): string[] {
  const folders = [join(CORPUS, 'pcaps'), join(import.meta.dirname, '../../demo/captures')];
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .sort()
        .map((name) => join(folder, name)),
    )
    .filter((path) => statSync(path).isFile() && statSync(path).size <= LARGEST);
}

/** The seed at a path; one of our own making where there are no paths. */
export function loadSeed(paths: readonly string[], index: number): Seed {
  const path = paths[index % Math.max(1, paths.length)];
  if (path === undefined) {
    const own = ownCaptures();
    return own[index % own.length] as Seed;
  }
  return { name: path, bytes: readFileSync(path) };
}

/** The capture without compression around it, at most {@link LARGEST} bytes. */
export function plain({ name, bytes }: Seed): Buffer {
  try {
    if (name.endsWith('.gz')) return gunzipSync(bytes, { maxOutputLength: LARGEST * 8 });
    if (name.endsWith('.zst')) return zstdDecompressSync(bytes, { maxOutputLength: LARGEST * 8 });
  } catch {
    return bytes;
  }
  return bytes;
}

/** The conversations of a capture, as the engine puts them together. */
export async function conversations(capture: Buffer): Promise<Conversation[]> {
  let batches: ReturnType<typeof readFrames>;
  try {
    batches = readFrames(capture);
  } catch {
    return [];
  }
  const open = new Map<number, [Direction, Uint8Array][]>();
  const found: Conversation[] = [];
  let ended: [Direction, Uint8Array][] | undefined;
  const sink: RecordSink = {
    transaction: () => {},
    anomaly: () => {},
    flow: (flow) => {
      if (ended === undefined || found.length >= CONVERSATIONS) return;
      const name = flow.appProto;
      const protocol = name === undefined || name === 'failed' ? '' : name;
      found.push({ protocol, transport: flow.protocol === 6 ? 'tcp' : 'udp', pieces: ended });
      ended = undefined;
    },
  };
  const engine = await createEngine({
    ...DEFAULT_SETTINGS,
    maxFlows: 4096,
    sink,
    payload: () => ({
      payload(w, direction, bytes, start, end) {
        const pieces = open.get(w) ?? [];
        open.set(w, pieces);
        const size = pieces.reduce((sum, [, piece]) => sum + piece.length, 0);
        if (size < CONVERSATION) pieces.push([direction, bytes.slice(start, end)]);
      },
      missing: () => {},
      ended(w) {
        ended = open.get(w);
        open.delete(w);
      },
    }),
  });
  const sensor = new Sensor(engine, { decoder: {} });
  for (const batch of batches) sensor.batch(batch);
  sensor.end();
  return found;
}

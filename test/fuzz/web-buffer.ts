import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { pack, unpack } from '../../src/mitm/buffer/handover.ts';
import { PrivateFolder } from '../../src/mitm/buffer/private-folder.ts';
import { loadKey } from '../../src/mitm/buffer/ring/index.ts';
import { SegmentFiles } from '../../src/mitm/buffer/ring/segments.ts';

/** Something came out of a ring that nobody has put in. */
export class ForgedRecord extends Error {
  override name = 'ForgedRecord';
}

const KEY = '00112233445566778899aabbccddeeff'.repeat(2);
const NAME = 'segment-000000000000001.weir';
const BOUNDS = { bytes: 1 << 20, records: 100, ageMs: 3_600_000 };
/** What segments to begin with hold, from the first record on. */
const CONTENTS = ['', 'one', 'x'.repeat(3000), 'the last one'] as const;

/** Whether the bytes are a transaction as buffer B stores it. */
export function readStored(bytes: Buffer): boolean {
  let read: ReturnType<typeof unpack>;
  try {
    read = unpack(bytes);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return false;
    throw error;
  }
  const { transaction, isCut } = read;
  const { request, response } = transaction;
  const head = JSON.stringify({ isCut, transaction });
  unpack(pack({ head, requestBody: request.body, responseBody: response?.body ?? '' }));
  return true;
}

/** A file of the ring as it is written, with some records in it. */
export function segmentSeed(): Buffer {
  return inFolder((folder, path) => {
    const files = new SegmentFiles(folder, loadKey(folder, KEY), BOUNDS);
    for (const [id, text] of CONTENTS.entries()) {
      files.add(id % 2 === 0 ? 'entry' : 'note', id, 1000 * id, Buffer.from(text), 0);
    }
    files.closeCurrent();
    return readFileSync(join(path, NAME));
  });
}

/** Reads a file of the ring; whether all of it was found to be as it was written. */
export function readSegment(bytes: Buffer): boolean {
  return inFolder((folder, path) => {
    writeFileSync(join(path, NAME), bytes, { mode: 0o600 });
    const files = new SegmentFiles(folder, loadKey(folder, KEY), BOUNDS);
    let records = 0;
    files.load((segment, { kind, id, timeUs, bytes: length }, offset, data) => {
      const isOurs =
        CONTENTS[id] === data.toString('latin1') &&
        kind === (id % 2 === 0 ? 'entry' : 'note') &&
        timeUs === 1000 * id;
      if (!isOurs) throw new ForgedRecord('a record was read that was not written');
      if (!files.read(segment, offset, length)?.equals(data)) {
        throw new ForgedRecord('a record is another one when it is read again');
      }
      records++;
    });
    return records === CONTENTS.length && files.damaged + files.damagedSegments + files.foreignSegments === 0;
  });
}

function inFolder<T>(use: (folder: PrivateFolder, path: string) => T): T {
  // Threads come and go, and one that is ended leaves its folder behind.
  const path = join(tmpdir(), `weir-fuzz-ring-${process.pid}-${threadId}`);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { mode: 0o700 });
  const folder = new PrivateFolder(path);
  try {
    return use(folder, path);
  } finally {
    folder.close();
    rmSync(path, { recursive: true, force: true });
  }
}

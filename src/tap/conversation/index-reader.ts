import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { IndexedFile, IndexedFlow } from './index-file.ts';

async function* entries(path: string): AsyncGenerator<Partial<IndexedFlow & IndexedFile>> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line === '') continue;
    try {
      yield JSON.parse(line) as Partial<IndexedFlow & IndexedFile>;
    } catch (error) {
      throw new Error(`${path}, line ${number}: not an index of weir (${(error as Error).message})`, {
        cause: error,
      });
    }
  }
}

/** The flow of an index with this flow_id or community id; the first one when several share the community id. */
export async function findInIndex(path: string, wanted: string): Promise<IndexedFlow | undefined> {
  for await (const entry of entries(path)) {
    if (entry.map === undefined) continue;
    if (String(entry.id) === wanted || entry.community_id === wanted) return entry as IndexedFlow;
  }
  return undefined;
}

/** The captures of an index by their number. */
export async function readIndexedFiles(path: string): Promise<Map<number, string>> {
  const files = new Map<number, string>();
  for await (const entry of entries(path)) {
    if (entry.file !== undefined && entry.path !== undefined) files.set(entry.file, entry.path);
  }
  return files;
}

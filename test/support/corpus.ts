import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folder of the ground truth: captures and the cases of public test suites (`WEIR_CORPUS`, or beside the checkout). */
export const CORPUS = process.env.WEIR_CORPUS ?? join(import.meta.dirname, '../../../shared/corpus');

/** For the `skip` of a test that needs a folder of the corpus: false when it is there, otherwise what is missing. */
export function withoutCorpus(folder: string): string | false {
  const path = join(CORPUS, folder);
  return existsSync(path) ? false : `no corpus at ${path} (set WEIR_CORPUS)`;
}

/** The cases of a suite by file name, in the order of their names. */
export function* corpusCases<T>(suite: string): Generator<readonly [name: string, content: T]> {
  for (const name of readdirSync(join(CORPUS, suite)).sort()) {
    yield [name, JSON.parse(readFileSync(join(CORPUS, suite, name), 'utf8')) as T];
  }
}

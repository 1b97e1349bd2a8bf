import { type EveRecord, timeOf } from '../event/index.ts';
import { terminalText } from '../mitm/waf/terminal-text.ts';
import { holdsRecords, recordBatches, type WrongLine } from './record-lines.ts';
import { UsageError } from './usage.ts';

/** Lines that are no records and are told of one by one. */
const MOST_TOLD = 3;

/** Inputs of one kind. */
export interface SortedInputs {
  readonly kind: 'captures' | 'records';
  readonly paths: readonly string[];
}

/** Tells captures from EVE files; both together have no order in time that both follow. Throws {@link UsageError}. */
export function sortInputs(inputs: readonly string[]): SortedInputs {
  const records = inputs.filter(holdsRecords);
  if (records.length === 0) return { kind: 'captures', paths: inputs };
  if (records.length === inputs.length) return { kind: 'records', paths: inputs };
  throw new UsageError(
    'captures and EVE files cannot be read together',
    "Make records of the captures first: 'weir read CAPTURE... --eve FILE'",
  );
}

/**
 * Gives the records of EVE files; of several files the one that begins first comes first, as rotated ones do. False where
 * there was none, or a file could not be read, which is said then.
 */
export async function readRecordFiles(
  paths: readonly string[],
  take: (records: readonly EveRecord[]) => void,
): Promise<boolean> {
  let wrongLines = 0;
  let records = 0;
  const wrong = ({ file, line, reason }: WrongLine): void => {
    wrongLines++;
    if (wrongLines <= MOST_TOLD) process.stderr.write(`weir: ${terminalText(file)}:${line}: ${reason}\n`);
  };
  for (const path of paths.length > 1 ? await inOrder(paths) : paths) {
    for await (const batch of recordBatches(path, wrong)) {
      records += batch.length;
      take(batch);
    }
  }
  if (wrongLines > MOST_TOLD) process.stderr.write(`weir: ${wrongLines} lines are no records\n`);
  if (records > 0) return true;
  process.stderr.write('weir: there are no records\n');
  return false;
}

async function inOrder(paths: readonly string[]): Promise<readonly string[]> {
  const beginnings = paths.map(async (path) => ({ path, at: await beginningOf(path) }));
  return (await Promise.all(beginnings)).sort((a, b) => a.at - b.at).map(({ path }) => path);
}

/** Time of the first record of a file; standard input, which cannot be read twice, comes last. */
async function beginningOf(path: string): Promise<number> {
  if (path === '-') return Number.POSITIVE_INFINITY;
  for await (const [record] of recordBatches(path, () => {})) return timeOf(record?.timestamp) ?? 0;
  return 0;
}

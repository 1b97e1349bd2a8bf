import { readFile } from 'node:fs/promises';
import { messageOf, replaceFile, StateFileError } from '../../correlate/reputation/index.ts';

/** Weights of single scenarios and rules that somebody accepted, in a file of one JSON object. */
export class WeightFile {
  overrides: Readonly<Record<string, number>>;
  private readonly path: string;

  private constructor(path: string, overrides: Readonly<Record<string, number>>) {
    this.path = path;
    this.overrides = overrides;
  }

  /** Throws {@link StateFileError} for a file that cannot be read or is none of these. */
  static async open(path: string): Promise<WeightFile> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
        return new WeightFile(path, {});
      throw new StateFileError(path, `cannot be read: ${messageOf(error)}`);
    }
    return new WeightFile(path, parsed(path, text));
  }

  /** Sets one, and writes the file. */
  async set(source: string, points: number): Promise<void> {
    const next = { ...this.overrides, [source]: points };
    await replaceFile(this.path, [JSON.stringify(next)]);
    this.overrides = next;
  }
}

function parsed(path: string, text: string): Readonly<Record<string, number>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new StateFileError(path, `is no JSON: ${messageOf(error)}; remove it, or mend it`);
  }
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (!entries.every(([, points]) => typeof points === 'number' && points >= 0 && points <= 100)) {
    throw new StateFileError(path, 'holds something that is no weight from 0 to 100; remove it, or mend it');
  }
  return Object.fromEntries(entries);
}

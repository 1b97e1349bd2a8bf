import type { Analyser } from './analysis.ts';
import { reasonOf } from './buffer-error.ts';
import type { PrivateFolder } from './private-folder.ts';

/** What the analyser has learned, from one start to the next: endpoints and what is usual there, no values. */
export const MODELS_FILE = 'models.json';
const MOST_BYTES = 64 << 20;

/** Gives the analyser what it had learned before; why it could not, else an empty text. It learns anew then. */
export function restoreModels(analyser: Analyser, folder: PrivateFolder): string {
  if (analyser.restore === undefined) return '';
  try {
    const bytes = folder.read(MODELS_FILE, MOST_BYTES);
    if (bytes !== undefined) analyser.restore(JSON.parse(bytes.toString('utf8')));
    return '';
  } catch (error) {
    return `what was learned before cannot be used: ${reasonOf(error)}`;
  }
}

/** Writes what the analyser has learned; why it could not, else an empty text. */
export function keepModels(analyser: Analyser, folder: PrivateFolder): string {
  if (analyser.snapshot === undefined) return '';
  try {
    folder.put(MODELS_FILE, JSON.stringify(analyser.snapshot()));
    return '';
  } catch (error) {
    return `what was learned cannot be kept: ${reasonOf(error)}`;
  }
}

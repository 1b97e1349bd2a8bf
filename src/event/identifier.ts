import { randomFillSync } from 'node:crypto';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 20;
/** Bytes from here on would make the first letters likelier. */
const EVEN = 256 - (256 % LETTERS.length);

const pool = new Uint8Array(4096);
let used = pool.length;

/** A new name for a request, a decision, a piece of evidence: 20 characters of a-z and 0-9 that nobody can guess. */
export function newIdentifier(): string {
  let text = '';
  while (text.length < LENGTH) {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const byte = pool[used++] as number;
    if (byte < EVEN) text += LETTERS[byte % LETTERS.length];
  }
  return text;
}

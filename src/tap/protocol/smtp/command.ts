import { u8, utf8 } from '../../../net/index.ts';
import { beginsWith } from '../line.ts';

/** Commands that the parser acts upon, or that have no transaction of their own. */
const VERBS: readonly string[] = [
  'EHLO',
  'HELO',
  'MAIL',
  'RCPT',
  'DATA',
  'BDAT',
  'RSET',
  'STARTTLS',
  'AUTH',
  'QUIT',
  'NOOP',
];

/** The verb of a command line, or an empty text for one that has no part in what is recorded. */
export function verbOf(bytes: Uint8Array, start: number, stop: number): string {
  for (const verb of VERBS) {
    if (!beginsWith(bytes, start, stop, verb)) continue;
    const next = start + verb.length < stop ? u8(bytes, start + verb.length) : 32;
    return next === 32 || next === 9 || next === 58 ? verb : '';
  }
  return '';
}

/** Commands that say nothing of a mail begin no transaction of their own. */
export function needsTransaction(verb: string): boolean {
  return verb !== 'QUIT' && verb !== 'RSET' && verb !== 'NOOP' && verb !== '';
}

/** Characters of an address that are kept; RFC 5321 section 4.5.3.1.3 allows 256. */
export const MAXIMUM_ADDRESS = 1024;

/** The address behind `MAIL FROM:` or `RCPT TO:`, up to white space; undefined where the line is another one. */
export function argument(bytes: Uint8Array, start: number, stop: number, lead: string): string | undefined {
  if (!beginsWith(bytes, start, stop, lead)) return undefined;
  let from = start + lead.length;
  while (from < stop && (bytes[from] === 32 || bytes[from] === 9)) from++;
  let to = from;
  while (to < stop && bytes[to] !== 32 && bytes[to] !== 9 && to - from < MAXIMUM_ADDRESS) to++;
  return utf8(bytes, from, to);
}

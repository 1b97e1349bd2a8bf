import { ByteSet, CLASSES, POSIX } from './bytes.ts';
import { readEscape, readOctal } from './escape.ts';
import type { Scanner } from './scanner.ts';

/** Reads a class, after its `[`. */
export function readClass(scanner: Scanner, ignoreCase: boolean): ByteSet {
  const opened = scanner.at - 1;
  const negative = scanner.take('^');
  let set = ByteSet.NONE;
  let quoted = false;
  let first = true;
  for (;;) {
    if (scanner.ended) scanner.fail('a class without its ]', opened);
    if (!quoted && !first && scanner.take(']')) break;
    if (scanner.take('\\E')) {
      quoted = false;
      continue;
    }
    if (!quoted && scanner.take('\\Q')) {
      quoted = true;
      continue;
    }
    first = false;
    const at = scanner.at;
    const low = quoted ? scanner.next().charCodeAt(0) : readMember(scanner);
    const high = typeof low === 'number' && !quoted ? readRangeEnd(scanner) : undefined;
    if (high !== undefined && (low as number) > high) scanner.fail('a range out of order', at);
    const added =
      typeof low !== 'number' ? low : high === undefined ? ByteSet.of(low) : ByteSet.range(low, high);
    set = set.union(added);
  }
  if (ignoreCase) set = set.withBothCases();
  return negative ? set.complement() : set;
}

/** Reads `-` and what follows when that ends a range; a hyphen before a type or `]` stands for itself. */
function readRangeEnd(scanner: Scanner): number | undefined {
  if (scanner.peek() !== '-') return undefined;
  const at = scanner.at++;
  if (!scanner.ended && scanner.peek() !== ']') {
    const high = readMember(scanner);
    if (typeof high === 'number') return high;
  }
  scanner.at = at;
  return undefined;
}

function readMember(scanner: Scanner): number | ByteSet {
  const at = scanner.at;
  if (scanner.peek() === '[') {
    const posix = scanner.match(/\[([:.=])(\^?)([^\]\\]*)\1\]/y);
    if (posix !== undefined) {
      const set = posix[1] === ':' ? POSIX.get(posix[3] as string) : undefined;
      if (set === undefined) scanner.fail(`no such class: ${posix[0]}`, at);
      return posix[2] === '^' ? set.complement() : set;
    }
  }
  const character = scanner.next();
  if (character !== '\\') return character.charCodeAt(0);
  if (scanner.take('b')) return 8;
  if (scanner.take('N')) return CLASSES.newline.complement();
  const escaped = readEscape(scanner) ?? readOctal(scanner);
  if (escaped === undefined) scanner.fail(`\\${scanner.peek()} has no meaning in a class`, at);
  return escaped;
}

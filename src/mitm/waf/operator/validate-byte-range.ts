import { withoutCaptures } from './literal.ts';
import { type Operator, OperatorError } from './operator.ts';

/** `@validateByteRange` */
export const validateByteRange: Operator = {
  name: 'validateByteRange',
  description:
    'The value holds a byte that the list does not: numbers and ranges, 0 to 255, with commas between.',
  example: `SecRule ARGS "@validateByteRange 10,13,32-126" "id:1021,phase:2,deny,status:403"`,
  compile(list) {
    const other = otherThan(parseRanges(list));
    return { matches: withoutCaptures((value) => other.test(value)) };
  },
};

/** 1 for each byte of the list. ModSecurity passes over what it cannot read, and would then reject too much. */
function parseRanges(list: string): Uint8Array {
  const allowed = new Uint8Array(256);
  for (const part of list.split(',')) {
    const match = /^\s*(\d{1,3})\s*(?:-\s*(\d{1,3})\s*)?$/.exec(part);
    const first = Number(match?.[1] ?? Number.NaN);
    const last = Number(match?.[2] ?? first);
    if (!(first <= last && last <= 255)) {
      throw new OperatorError(`${JSON.stringify(part)} is no byte and no range like 32-126, from 0 to 255`);
    }
    allowed.fill(1, first, last + 1);
  }
  return allowed;
}

/** An expression that finds a byte that is not allowed. */
function otherThan(allowed: Uint8Array): RegExp {
  let bytes = '';
  for (const [byte, yes] of allowed.entries()) {
    if (yes === 0) bytes += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return new RegExp(`[${bytes}]`);
}

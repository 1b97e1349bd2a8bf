import { type Prefix, PrefixSet, parsePrefix } from '../../../net/index.ts';
import { withoutCaptures } from './literal.ts';
import { type CompiledOperator, type Operator, OperatorError } from './operator.ts';

/** `@ipMatch` */
export const ipMatch: Operator = {
  name: 'ipMatch',
  description:
    'The value is an address of the list: IPv4 and IPv6 addresses and prefixes, with commas between.',
  example: `SecRule REMOTE_ADDR "@ipMatch 192.0.2.0/24,2001:db8::/32" "id:1015,phase:1,pass,nolog,ctl:ruleEngine=Off"`,
  compile(list) {
    const prefixes = parsePrefixes(list);
    if (prefixes.length === 0)
      throw new OperatorError('@ipMatch needs addresses, like 192.0.2.0/24,2001:db8::1');
    return matchAddresses(prefixes);
  },
};

/** Prefixes with commas between; empty places are passed over. Throws {@link OperatorError} for what is none. */
export function parsePrefixes(list: string): readonly Prefix[] {
  const prefixes: Prefix[] = [];
  for (const part of list.split(',')) {
    const text = part.trim();
    if (text === '') continue;
    const prefix = hasLeadingZero(text) ? undefined : parsePrefix(text);
    if (prefix === undefined) {
      throw new OperatorError(
        `${JSON.stringify(text)} is no address and no prefix like 192.0.2.0/24 or 2001:db8::/32`,
      );
    }
    prefixes.push(prefix);
  }
  return prefixes;
}

/** Matches addresses that lie in one of the prefixes; what is no address does not match. */
export function matchAddresses(prefixes: readonly Prefix[]): CompiledOperator {
  const set = new PrefixSet(prefixes);
  return {
    matches: withoutCaptures(
      (value) => value.length <= LONGEST_ADDRESS && !hasLeadingZero(value) && set.hasText(value),
    ),
  };
}

/** Eight groups, the last two as IPv4. */
const LONGEST_ADDRESS = 45;

/** `010.0.0.1` is octal to some and decimal to others: `inet_pton` takes it for no address. */
function hasLeadingZero(text: string): boolean {
  return !text.includes(':') && /(?:^|\.)0\d/.test(text);
}

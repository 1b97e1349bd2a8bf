import type { Decision } from '../../event/index.ts';
import { formatAddress, type Prefix, parsePrefix } from '../../net/index.ts';
import { type ElementSet, elementSet, isRuleType } from './element-set.ts';

/** Where a decision is put: the element of a set. */
export interface Target {
  readonly set: ElementSet;
  /** The address in its short form; of a network, its first. */
  readonly element: string;
  /** What it is about; a host is a prefix of its whole length. */
  readonly prefix: Prefix;
}

/** What the rules can do about a decision; undefined where they cannot, or its value is no address or network. */
export function targetOf({ type, scope, value, simulated }: Decision): Target | undefined {
  if (simulated || !isRuleType(type)) return undefined;
  const isHost = scope === 'address';
  if (!isHost && scope !== 'range') return undefined;
  const prefix = isHost && value.includes('/') ? undefined : parsePrefix(value);
  if (prefix === undefined) return undefined;
  const { version, words, length } = prefix;
  const set = elementSet(type, version, isHost ? undefined : length);
  return { set, element: formatAddress(version, ...words), prefix };
}

/** What a target is about, as people write it: `203.0.113.9`, `198.51.100.0/24`. */
export function textOf({ set, element }: Target): string {
  return set.length === undefined ? element : `${element}/${set.length}`;
}

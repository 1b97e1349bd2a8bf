import type { Random } from './random.ts';

/** Values that a JSON document may have anywhere. */
const ODD: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  1e308,
  2 ** 53,
  '',
  ' ',
  '*',
  '/',
  '\r\n',
  '\0',
  '\u0100',
  '\ud800',
  '{',
  '{host}{path}{query}{client}{reference}',
  '$1$9$$$',
  '(a+)+$',
  '(?:a|a)*b',
  '[^]',
  'x'.repeat(3000),
  [],
  {},
  [[]],
];
const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  '',
  'a b',
  'Host',
  'Content-Length',
  'x-\u00e9',
] as const;
/** Nodes that are visited at most. */
const MOST_NODES = 2000;

/** A changed copy of a JSON value: some of its parts are others, gone, doubled, or have other names. */
export function mutatedValue(value: unknown, random: Random, other: unknown): unknown {
  let result = value;
  for (let left = 1 + random.small(5); left > 0; left--) {
    const target = random.below(Math.min(MOST_NODES, count(result)));
    result = changedAt(result, { left: target }, random, other);
  }
  return result;
}

function count(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, each) => sum + count(each), 1);
}

/** Walks to the node of a number, and changes it. */
function changedAt(value: unknown, at: { left: number }, random: Random, other: unknown): unknown {
  if (at.left-- === 0) return changed(value, random, other);
  if (Array.isArray(value))
    return value.map((each) => (at.left < 0 ? each : changedAt(each, at, random, other)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, each]) => [
    name,
    at.left < 0 ? each : changedAt(each, at, random, other),
  ]);
  return Object.fromEntries(entries);
}

function changed(value: unknown, random: Random, other: unknown): unknown {
  if (random.once(4)) return random.pick(ODD);
  if (random.once(6)) return part(other, random);
  if (typeof value === 'string') return changedText(value, random);
  if (typeof value === 'number') return random.pick([value + 1, value - 1, -value, value * 1000, value / 2]);
  if (Array.isArray(value)) return changedList(value, random, other);
  if (typeof value !== 'object' || value === null) return random.pick(ODD);
  const entries = Object.entries(value);
  const at = random.below(entries.length + 1);
  const added = [random.pick(NAMES), part(other, random)] as const;
  return Object.fromEntries(
    random.once(2) ? [...entries.slice(0, at), added, ...entries.slice(at)] : entries.toSpliced(at, 1),
  );
}

function changedText(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const odd = String(random.pick(ODD));
  return text.slice(0, at) + (random.once(3) ? '' : odd) + text.slice(at + random.small(6));
}

function changedList(list: readonly unknown[], random: Random, other: unknown): unknown[] {
  switch (random.below(4)) {
    case 0:
      return [...list, part(other, random)];
    case 1:
      return list.toSpliced(random.below(list.length + 1), 1);
    case 2:
      return Array.from({ length: random.once(10) ? 600 : 2 }, () => list).flat();
    default:
      return list.toReversed();
  }
}

/** Some part of a value. */
function part(value: unknown, random: Random): unknown {
  let here = value;
  while (typeof here === 'object' && here !== null && !random.once(3)) {
    const inner = Object.values(here);
    if (inner.length === 0) break;
    here = random.pick(inner);
  }
  return here;
}

import { type Expression, partsOf } from '../../../src/mitm/waf/pattern/syntax.ts';

/** Random numbers that are the same at every run (xorshift). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** A whole number from 0 to `below` - 1. */
  roll(below: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % below;
  }

  pick<T>(all: readonly T[]): T {
    return all[this.roll(all.length)] as T;
  }
}

/** A value that the expression is likely to match; what it looks at or refers to is left out. */
export function sampleValue(expression: Expression, dice: Dice): string {
  switch (expression.kind) {
    case 'byte': {
      const bytes = expression.set.bytes();
      return bytes.length === 0 ? '' : String.fromCharCode(dice.pick(bytes));
    }
    case 'sequence':
      return expression.items.map((item) => sampleValue(item, dice)).join('');
    case 'alternation':
      return sampleValue(dice.pick(expression.branches), dice);
    case 'repeat': {
      const extra = Math.min(expression.most - expression.least, 3);
      const times = Math.min(expression.least, 40) + dice.roll(extra + 1);
      return Array.from({ length: times }, () => sampleValue(expression.item, dice)).join('');
    }
    case 'capture':
    case 'atomic':
      return sampleValue(expression.item, dice);
    case 'look':
      return expression.negative || dice.roll(2) === 0 ? '' : sampleValue(expression.item, dice);
    case 'reference':
      return dice.pick(['', 'a', '1']);
    case 'assertion':
      return dice.pick(['', '', '\n', ' ', ';']);
    case 'empty':
      return '';
    default:
      return expression satisfies never;
  }
}

/** The value with a byte or two changed, left out, put in or doubled. */
export function disturb(value: string, dice: Dice): string {
  const at = dice.roll(value.length + 1);
  const byte = dice.pick([
    '\n',
    ' ',
    'a',
    'X',
    '0',
    '"',
    "'",
    '/',
    '\0',
    '\xa0',
    '\xe9',
    '\xc9',
    '\r',
    '\x85',
    '_',
    '<',
  ]);
  switch (dice.roll(5)) {
    case 0:
      return value.slice(0, at) + byte + value.slice(at);
    case 1:
      return value.slice(0, at) + byte + value.slice(at + 1);
    case 2:
      return value.slice(0, at) + value.slice(at + 1);
    case 3:
      return value + byte;
    default:
      return value + value;
  }
}

/** Fragments that matchers of the expression might stumble over when they are repeated. */
export function hostileFragments(expression: Expression, dice: Dice): string[] {
  const fragments = new Set<string>();
  const collect = (part: Expression): void => {
    if (fragments.size > 400) return;
    if (part.kind === 'repeat' || part.kind === 'alternation' || part.kind === 'sequence') {
      fragments.add(sampleValue(part, dice).slice(0, 12));
      if (part.kind === 'repeat') fragments.add(sampleValue(part.item, dice).slice(0, 12));
    }
    if (part.kind === 'byte') fragments.add(sampleValue(part, dice));
    for (const inner of partsOf(part)) collect(inner);
  };
  collect(expression);
  fragments.delete('');
  return [...fragments];
}

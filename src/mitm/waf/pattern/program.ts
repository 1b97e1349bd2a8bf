import { OperatorError } from '../operator/operator.ts';
import type { ByteSet } from './bytes.ts';
import { beginningOf } from './first.ts';
import type { Expression, Place, Repetition, Syntax } from './syntax.ts';
import { widthOf } from './width.ts';

/** Instructions of a program at most. */
const MOST_INSTRUCTIONS = 50_000;

const ANY_BYTE = new Uint8Array(256).fill(1);

/** One step of a matcher that backtracks. Numbers without a word are addresses. */
export type Instruction =
  | { readonly kind: 'byte'; readonly table: Uint8Array }
  /** As many bytes of a set as there are, or as few; others as alternatives. */
  | {
      readonly kind: 'run';
      readonly table: Uint8Array;
      readonly least: number;
      readonly most: number;
      readonly lazy: boolean;
    }
  /** Goes on at the first, and later at the second; a table tells with which bytes that makes sense. */
  | {
      readonly kind: 'split';
      readonly first: number;
      readonly second: number;
      readonly firstBytes: Uint8Array;
      readonly secondBytes: Uint8Array;
    }
  | { readonly kind: 'jump'; readonly to: number }
  /** Keeps the place in a slot. */
  | { readonly kind: 'save'; readonly slot: number }
  /** Leaves a loop whose round took nothing since the slot was saved. */
  | { readonly kind: 'progress'; readonly slot: number; readonly otherwise: number }
  | { readonly kind: 'place'; readonly place: Place }
  /** Goes back by some bytes. */
  | { readonly kind: 'back'; readonly bytes: number }
  /** Runs what follows up to its `match` on its own, and goes on at `after`: where that ended, or where it began. */
  | {
      readonly kind: 'inner';
      readonly after: number;
      readonly take: boolean;
      readonly negative: boolean;
    }
  | { readonly kind: 'reference'; readonly group: number; readonly ignoreCase: boolean }
  | { readonly kind: 'match' };

/** A compiled expression. Slots 2 g and 2 g + 1 are the ends of group g; further ones belong to loops. */
export interface Program {
  readonly instructions: readonly Instruction[];
  readonly slots: number;
}

/** Writes an expression as a program. Throws an `OperatorError` when it would be too large. */
export function assemble({ root, groups }: Pick<Syntax, 'root' | 'groups'>): Program {
  const assembler = new Assembler(2 * (groups + 1));
  assembler.add(root);
  assembler.put({ kind: 'match' });
  return { instructions: assembler.instructions, slots: assembler.slots };
}

class Assembler {
  readonly instructions: Instruction[] = [];
  slots: number;
  readonly #tables = new Map<string, Uint8Array>();

  constructor(slots: number) {
    this.slots = slots;
  }

  put(instruction: Instruction): number {
    if (this.instructions.length >= MOST_INSTRUCTIONS) {
      throw new OperatorError(`regular expression: too large: more than ${MOST_INSTRUCTIONS} instructions`);
    }
    return this.instructions.push(instruction) - 1;
  }

  add(expression: Expression): void {
    switch (expression.kind) {
      case 'empty':
        return;
      case 'byte':
        this.put({ kind: 'byte', table: this.#table(expression.set) });
        return;
      case 'sequence':
        for (const item of expression.items) this.add(item);
        return;
      case 'alternation':
        this.#choose(expression.branches, (branch) => this.add(branch));
        return;
      case 'repeat':
        this.#repeat(expression);
        return;
      case 'capture':
        this.put({ kind: 'save', slot: 2 * expression.group });
        this.add(expression.item);
        this.put({ kind: 'save', slot: 2 * expression.group + 1 });
        return;
      case 'atomic':
        this.#inner(true, false, () => this.add(expression.item));
        return;
      case 'look': {
        const { item, negative, direction } = expression;
        const branches = item.kind === 'alternation' ? item.branches : [item];
        this.#inner(false, negative, () => {
          if (direction === 'ahead') this.add(item);
          else {
            // They begin before this place, so the byte here tells nothing of them.
            const anywhere: Expression[] = branches.map(({ at }) => ({ kind: 'empty', at }));
            this.#choose(anywhere, (_, index) => {
              const branch = branches[index] as Expression;
              this.put({ kind: 'back', bytes: widthOf(branch)[0] });
              this.add(branch);
            });
          }
        });
        return;
      }
      case 'assertion':
        this.put({ kind: 'place', place: expression.place });
        return;
      case 'reference':
        this.put({ kind: 'reference', group: expression.group, ignoreCase: expression.ignoreCase });
        return;
      default:
        expression satisfies never;
    }
  }

  #choose(branches: readonly Expression[], add: (branch: Expression, index: number) => void): void {
    const exits: number[] = [];
    for (const [index, branch] of branches.entries()) {
      if (index === branches.length - 1) {
        add(branch, index);
        break;
      }
      const split = this.put({ kind: 'match' });
      add(branch, index);
      exits.push(this.put({ kind: 'match' }));
      const second = this.instructions.length;
      const firstBytes = this.#beginnings(branch);
      this.instructions[split] = {
        kind: 'split',
        first: split + 1,
        second,
        firstBytes,
        secondBytes: ANY_BYTE,
      };
    }
    for (const exit of exits) this.instructions[exit] = { kind: 'jump', to: this.instructions.length };
  }

  #repeat({ item, least, most, lazy }: Repetition): void {
    if (item.kind === 'byte') {
      this.put({ kind: 'run', table: this.#table(item.set), least, most, lazy });
      return;
    }
    for (let i = 0; i < least; i++) this.add(item);
    if (most === Number.POSITIVE_INFINITY) {
      const slot = this.slots++;
      const split = this.put({ kind: 'match' });
      this.put({ kind: 'save', slot });
      this.add(item);
      const progress = this.put({ kind: 'match' });
      this.put({ kind: 'jump', to: split });
      const end = this.instructions.length;
      this.instructions[progress] = { kind: 'progress', slot, otherwise: end };
      this.instructions[split] = this.#either(item, split + 1, end, lazy);
      return;
    }
    const splits: number[] = [];
    for (let i = least; i < most; i++) {
      splits.push(this.put({ kind: 'match' }));
      this.add(item);
    }
    const end = this.instructions.length;
    for (const split of splits) this.instructions[split] = this.#either(item, split + 1, end, lazy);
  }

  #either(item: Expression, inside: number, outside: number, lazy: boolean): Instruction {
    const bytes = this.#beginnings(item);
    return lazy
      ? { kind: 'split', first: outside, second: inside, firstBytes: ANY_BYTE, secondBytes: bytes }
      : { kind: 'split', first: inside, second: outside, firstBytes: bytes, secondBytes: ANY_BYTE };
  }

  /** With which bytes an expression can begin, where it does not begin at the end of the value. */
  #beginnings(expression: Expression): Uint8Array {
    const { set, open } = beginningOf(expression);
    return open ? ANY_BYTE : this.#table(set);
  }

  #inner(take: boolean, negative: boolean, content: () => void): void {
    const inner = this.put({ kind: 'match' });
    content();
    this.put({ kind: 'match' });
    this.instructions[inner] = { kind: 'inner', after: this.instructions.length, take, negative };
  }

  #table(set: ByteSet): Uint8Array {
    const { key } = set;
    let table = this.#tables.get(key);
    if (table === undefined) {
      table = set.table();
      this.#tables.set(key, table);
    }
    return table;
  }
}

import { LimitError } from '../operator/operator.ts';
import { FOLDED } from './automaton.ts';
import { CLASSES } from './bytes.ts';
import { beginningOf } from './first.ts';
import { assemble, type Instruction } from './program.ts';
import type { Place, Syntax } from './syntax.ts';

/** Numbers on the stack of alternatives at most. */
const MOST_STACK = 3 << 18;
/** What an entry of the stack is: an address and a place to go on at, a slot's old value, ends of a run. */
const ENTRY = 4;
const GO = 0;
const RESTORE = 1;
const SHORTER = 2;
const LONGER = 3;

/**
 * A matcher that backtracks as PCRE does, and counts its steps: for what RE2 cannot express, and where RE2 is missing.
 */
export class BacktrackingMatcher {
  readonly #instructions: readonly Instruction[];
  readonly #slots: Int32Array;
  /** Bytes that a match can begin with, unless at the end of the value; undefined where any can. */
  readonly #first: Uint8Array | undefined;
  readonly #mostSteps: number;
  #stack = new Int32Array(1024);
  #top = 0;
  #steps = 0;
  #value = '';

  /** Throws an `OperatorError` for an expression that is too large. */
  constructor(syntax: Pick<Syntax, 'root' | 'groups'>, mostSteps: number) {
    const { instructions, slots } = assemble(syntax);
    this.#instructions = instructions;
    this.#slots = new Int32Array(slots);
    const { set, open } = beginningOf(syntax.root);
    if (!open && set.size < 256) {
      this.#first = set.table();
    }
    this.#mostSteps = mostSteps;
  }

  /**
   * Ends of the match and of the groups as `value.slice` wants them, -1 for groups that took no part; undefined without
   * a match. Valid until the next call. Throws {@link LimitError} where that takes too many steps.
   */
  exec(value: string): Int32Array | undefined {
    this.#value = value;
    this.#steps = 0;
    const first = this.#first;
    for (let start = 0; start <= value.length; start++) {
      if (first !== undefined && start < value.length && first[value.charCodeAt(start) & 255] === 0) continue;
      this.#top = 0;
      this.#slots.fill(-1);
      const end = this.#run(0, start);
      if (end < 0) continue;
      this.#slots[0] = start;
      this.#slots[1] = end;
      return this.#slots;
    }
    return undefined;
  }

  /** Where a match from this address and place ends, -1 for none. Leaves its alternatives on the stack when it matches. */
  #run(address: number, place: number): number {
    const base = this.#top;
    const value = this.#value;
    let pc = address;
    let at = place;
    for (;;) {
      if (++this.#steps > this.#mostSteps) this.#refuse();
      const instruction = this.#instructions[pc] as Instruction;
      let ok = true;
      switch (instruction.kind) {
        case 'byte':
          ok = at < value.length && instruction.table[value.charCodeAt(at) & 255] === 1;
          at++;
          pc++;
          break;
        case 'run': {
          const end = this.#runEnd(
            instruction.table,
            at,
            instruction.lazy ? instruction.least : instruction.most,
          );
          const least = at + instruction.least;
          pc++;
          ok = end >= least;
          if (!ok) break;
          const most = at + instruction.most;
          if (!instruction.lazy && end > least) this.#push(SHORTER, pc, least, end - 1);
          if (instruction.lazy && end < Math.min(most, value.length)) this.#push(LONGER, pc - 1, end, at);
          at = end;
          break;
        }
        case 'split': {
          const byte = at < value.length ? value.charCodeAt(at) & 255 : -1;
          if (byte >= 0 && instruction.firstBytes[byte] === 0) pc = instruction.second;
          else {
            if (byte < 0 || instruction.secondBytes[byte] === 1) this.#push(GO, instruction.second, at, 0);
            pc = instruction.first;
          }
          break;
        }
        case 'jump':
          pc = instruction.to;
          break;
        case 'save':
          this.#push(RESTORE, instruction.slot, this.#slots[instruction.slot] as number, 0);
          this.#slots[instruction.slot] = at;
          pc++;
          break;
        case 'progress':
          pc = this.#slots[instruction.slot] === at ? instruction.otherwise : pc + 1;
          break;
        case 'place':
          ok = isAt(instruction.place, value, at);
          pc++;
          break;
        case 'back':
          at -= instruction.bytes;
          ok = at >= 0;
          pc++;
          break;
        case 'inner': {
          const before = this.#top;
          const end = this.#run(pc + 1, at);
          ok = end >= 0 !== instruction.negative;
          if (end >= 0) this.#dropAlternatives(before, instruction.negative);
          if (instruction.take) at = end;
          pc = instruction.after;
          break;
        }
        case 'reference': {
          const end = this.#referenceEnd(instruction.group, instruction.ignoreCase, at);
          ok = end >= 0;
          at = end;
          pc++;
          break;
        }
        case 'match':
          return at;
        default:
          instruction satisfies never;
      }
      if (ok) continue;
      // The latest alternative that is left.
      for (;;) {
        if (this.#top === base) return -1;
        this.#top -= ENTRY;
        const stack = this.#stack;
        const what = stack[this.#top] as number;
        const first = stack[this.#top + 1] as number;
        const second = stack[this.#top + 2] as number;
        const third = stack[this.#top + 3] as number;
        if (what === RESTORE) {
          this.#slots[first] = second;
          continue;
        }
        if (what === LONGER) {
          const run = this.#instructions[first];
          if (run?.kind !== 'run' || run.table[value.charCodeAt(second) & 255] === 0) continue;
          at = second + 1;
          pc = first + 1;
          if (at < Math.min(third + run.most, value.length)) this.#push(LONGER, first, at, third);
          break;
        }
        pc = first;
        at = what === SHORTER ? third : second;
        if (what === SHORTER && third > second) this.#push(SHORTER, first, second, third - 1);
        break;
      }
    }
  }

  #runEnd(table: Uint8Array, at: number, most: number): number {
    const value = this.#value;
    const limit = Math.min(value.length, at + most);
    let end = at;
    while (end < limit && table[value.charCodeAt(end) & 255] === 1) end++;
    // A byte of a run takes a fraction of what an instruction takes.
    this.#steps += (end - at) >> 3;
    return end;
  }

  #referenceEnd(group: number, ignoreCase: boolean, at: number): number {
    const start = this.#slots[2 * group] as number;
    const end = this.#slots[2 * group + 1] as number;
    if (start < 0 || end < start) return -1;
    const value = this.#value;
    const length = end - start;
    if (at + length > value.length) return -1;
    this.#steps += length >> 3;
    for (let i = 0; i < length; i++) {
      const a = value.charCodeAt(start + i) & 255;
      const b = value.charCodeAt(at + i) & 255;
      if (a !== b && !(ignoreCase && FOLDED[a] === FOLDED[b])) return -1;
    }
    return at + length;
  }

  /** Forgets the alternatives above a height; what they would have restored stays to be restored, or is so now. */
  #dropAlternatives(height: number, restore: boolean): void {
    const stack = this.#stack;
    if (restore) {
      for (let i = this.#top - ENTRY; i >= height; i -= ENTRY) {
        if (stack[i] === RESTORE) this.#slots[stack[i + 1] as number] = stack[i + 2] as number;
      }
      this.#top = height;
      return;
    }
    let kept = height;
    for (let i = height; i < this.#top; i += ENTRY) {
      if (stack[i] !== RESTORE) continue;
      stack.copyWithin(kept, i, i + ENTRY);
      kept += ENTRY;
    }
    this.#top = kept;
  }

  #push(what: number, first: number, second: number, third: number): void {
    if (this.#top + ENTRY > this.#stack.length) {
      if (this.#stack.length >= MOST_STACK) this.#refuse();
      const larger = new Int32Array(this.#stack.length * 2);
      larger.set(this.#stack);
      this.#stack = larger;
    }
    const stack = this.#stack;
    stack[this.#top] = what;
    stack[this.#top + 1] = first;
    stack[this.#top + 2] = second;
    stack[this.#top + 3] = third;
    this.#top += ENTRY;
  }

  #refuse(): never {
    throw new LimitError(
      `a regular expression takes more than ${this.#mostSteps} steps on a value of ${this.#value.length} bytes`,
    );
  }
}

function isAt(place: Place, value: string, at: number): boolean {
  switch (place) {
    case 'start':
      return at === 0;
    case 'end':
      return at === value.length;
    case 'last':
      return at === value.length || (at === value.length - 1 && value.charCodeAt(at) === 10);
    case 'lineStart':
      return at === 0 || (at < value.length && value.charCodeAt(at - 1) === 10);
    case 'lineEnd':
      return at === value.length || value.charCodeAt(at) === 10;
    case 'border':
      return isWord(value, at - 1) !== isWord(value, at);
    case 'noBorder':
      return isWord(value, at - 1) === isWord(value, at);
    default:
      return place satisfies never;
  }
}

function isWord(value: string, at: number): boolean {
  return at >= 0 && at < value.length && CLASSES.word.has(value.charCodeAt(at) & 255);
}

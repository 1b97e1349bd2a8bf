import type { Step } from './program.ts';
import { type Assertion, WORD_RANGES } from './syntax.ts';

const UNKNOWN = -1;
const DEAD = -2;
const FOUND = -3;

/** What a character is to an assertion beside it. */
const EDGE = 0;
const NEWLINE = 1;
const WORD = 2;
const OTHER = 3;

/** Cells of the tables of transitions that are kept; when they are full, all are forgotten. */
const MOST_CELLS = 1_000_000;

interface State {
  /** Steps that wait for the next character, before assertions are asked. */
  readonly waiting: Int32Array;
  /** The kind of the character before. */
  readonly before: number;
  /** By class of characters, then the end: the next state. */
  readonly next: Int32Array;
}

/**
 * Runs the steps of patterns over texts as a deterministic automaton that is built while texts come. Each character
 * costs one look-up, or at worst one walk over the steps: time is linear in the text whatever the pattern
 * (Thompson 1968; Cox, "Regular Expression Matching Can Be Simple And Fast", 2007).
 */
export class Automaton {
  private readonly steps: readonly Step[];
  private readonly classes: CharacterClasses;
  private readonly members: readonly (Uint8Array | undefined)[];
  private readonly mostStates: number;
  private readonly seen: Int32Array;
  private readonly stack: Int32Array;
  private readonly asksWords: boolean;
  private readonly asksLines: boolean;
  private states: State[] = [];
  private byKey = new Map<string, number>();
  private start = UNKNOWN;
  private mark = 0;

  constructor(steps: readonly Step[]) {
    this.steps = steps;
    this.classes = new CharacterClasses(steps);
    const sets = new Map<string, Uint8Array>();
    this.members = steps.map((step) => {
      if (step.kind !== 'class') return undefined;
      const key = step.ranges.join();
      let set = sets.get(key);
      if (set === undefined) {
        set = this.classes.membersOf(step.ranges);
        sets.set(key, set);
      }
      return set;
    });
    this.mostStates = Math.max(64, Math.floor(MOST_CELLS / (this.classes.count + 1)));
    this.seen = new Int32Array(steps.length);
    this.stack = new Int32Array(steps.length * 2 + 2);
    const asks = (...wanted: Assertion[]) =>
      steps.some((step) => step.kind === 'assertion' && wanted.includes(step.assertion));
    this.asksWords = asks('word', 'no-word');
    this.asksLines = asks('line-start', 'line-end');
  }

  /** Whether any of the patterns is found in the text. */
  test(text: string): boolean {
    if (this.start === UNKNOWN) this.start = this.intern(Int32Array.of(0), EDGE);
    let state = this.start;
    for (let i = 0; i < text.length; i++) {
      let code = text.charCodeAt(i);
      if (code >= 0xd800 && code < 0xdc00 && i + 1 < text.length) {
        code = text.codePointAt(i)!;
        if (code > 0xffff) i++;
      }
      const kind = this.classes.of(code);
      let next = this.states[state]!.next[kind]!;
      if (next === UNKNOWN) next = this.step(state, kind);
      if (next < 0) return next === FOUND;
      state = next;
    }
    const end = this.classes.count;
    let next = this.states[state]!.next[end]!;
    if (next === UNKNOWN) next = this.step(state, end);
    return next === FOUND;
  }

  private step(index: number, kind: number): number {
    const state = this.states[index]!;
    const isEnd = kind === this.classes.count;
    const after = isEnd ? EDGE : this.classes.kinds[kind]!;
    const found = this.follow(state, after);
    let next = DEAD;
    if (found === undefined) next = FOUND;
    else if (!isEnd) {
      const waiting = found.filter((at) => this.members[at]![kind] === 1).map((at) => at + 1);
      if (waiting.length > 0) {
        // Forgets before it makes the new state, so that its number stays good.
        if (this.states.length >= this.mostStates) {
          this.states = [];
          this.byKey = new Map();
          this.start = UNKNOWN;
          return this.intern(waiting, this.noted(after));
        }
        next = this.intern(waiting, this.noted(after));
      }
    }
    state.next[kind] = next;
    return next;
  }

  private noted(kind: number): number {
    if (kind === WORD && !this.asksWords) return OTHER;
    return kind === NEWLINE && !this.asksLines ? OTHER : kind;
  }

  /** Steps of classes that are reached without a character; undefined when the match is. */
  private follow(state: State, after: number): Int32Array | undefined {
    const mark = ++this.mark;
    const reached: number[] = [];
    let depth = 0;
    for (let i = state.waiting.length - 1; i >= 0; i--) {
      this.stack[depth++] = state.waiting[i]!;
      while (depth > 0) {
        const at = this.stack[--depth]!;
        if (this.seen[at] === mark) continue;
        this.seen[at] = mark;
        const step = this.steps[at]!;
        switch (step.kind) {
          case 'match':
            return undefined;
          case 'class':
            reached.push(at);
            break;
          case 'jump':
            this.stack[depth++] = step.to;
            break;
          case 'split':
            this.stack[depth++] = step.second;
            this.stack[depth++] = step.first;
            break;
          case 'assertion':
            if (holds(step.assertion, state.before, after)) this.stack[depth++] = at + 1;
            break;
          default:
            step satisfies never;
        }
      }
    }
    return Int32Array.from(reached).sort();
  }

  private intern(waiting: Int32Array, before: number): number {
    const key = `${before}:${waiting.join()}`;
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const next = new Int32Array(this.classes.count + 1).fill(UNKNOWN);
    const index = this.states.push({ waiting, before, next }) - 1;
    this.byKey.set(key, index);
    return index;
  }
}

function holds(assertion: Assertion, before: number, after: number): boolean {
  switch (assertion) {
    case 'text-start':
      return before === EDGE;
    case 'text-end':
      return after === EDGE;
    case 'line-start':
      return before === EDGE || before === NEWLINE;
    case 'line-end':
      return after === EDGE || after === NEWLINE;
    case 'word':
      return (before === WORD) !== (after === WORD);
    case 'no-word':
      return (before === WORD) === (after === WORD);
    default:
      return assertion satisfies never;
  }
}

/** Characters that no step tells apart, as one number each. */
class CharacterClasses {
  /** How many there are. */
  readonly count: number;
  /** What each is to an assertion. */
  readonly kinds: Uint8Array;
  private readonly starts: readonly number[];
  private readonly latin = new Uint16Array(256);

  constructor(steps: readonly Step[]) {
    const edges = new Set<number>([0, 10, 11]);
    const note = (ranges: readonly number[]): void => {
      for (let i = 0; i < ranges.length; i += 2) {
        edges.add(ranges[i]!);
        edges.add(ranges[i + 1]! + 1);
      }
    };
    note(WORD_RANGES);
    for (const step of steps) if (step.kind === 'class') note(step.ranges);
    this.starts = [...edges].sort((a, b) => a - b);
    this.count = this.starts.length;
    for (let code = 0; code < 256; code++) this.latin[code] = this.search(code);
    this.kinds = Uint8Array.from(this.starts, (start) => {
      if (start === 10) return NEWLINE;
      return within(WORD_RANGES, start) ? WORD : OTHER;
    });
  }

  of(code: number): number {
    return code < 256 ? this.latin[code]! : this.search(code);
  }

  membersOf(ranges: readonly number[]): Uint8Array {
    return Uint8Array.from(this.starts, (start) => (within(ranges, start) ? 1 : 0));
  }

  private search(code: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= code) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function within(ranges: readonly number[], code: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (code >= ranges[i]! && code <= ranges[i + 1]!) return true;
  }
  return false;
}

import { LimitError } from '../operator/operator.ts';
import { bytesOf } from '../pattern/latin1.ts';
import type { Transformation } from '../transformation/transformation.ts';
import type { KnownTexts } from './known-texts.ts';

/** Of what transformations make: encoding upon encoding grows without end. */
const LONGEST_RESULT = 64 << 20;

/** One member of a variable: what a rule looks at, before any transformation. */
export class Value {
  /** Name of the variable. */
  readonly variable: string;
  /** Name within the variable, as it was sent; empty where the variable has one member. */
  readonly label: string;
  readonly text: Text;
  private selectable: string | undefined;

  constructor(variable: string, label: string, text: Text) {
    this.variable = variable;
    this.label = label;
    this.text = text;
  }

  /** As it is logged: `ARGS:id`. */
  get name(): string {
    return this.label === '' ? this.variable : `${this.variable}:${this.label}`;
  }

  /** What selects it within its variable: the label in lower case. */
  get key(): string {
    this.selectable ??= this.label.toLowerCase();
    return this.selectable;
  }
}

/**
 * A text with all that was found out about it, so that nothing is done twice: what its transformations gave, and which
 * patterns could match.
 */
export class Text {
  readonly text: string;
  /** What transformations made of it, the last one first. */
  private results: Result | undefined;
  /** A bit for each transformation that could change it. */
  changeable: number;
  /** It outlives the request. See `KnownTexts`. */
  readonly isKnown: boolean;
  /** The patterns that could match it: a bit for each from `at` on, which is -1 while nobody has asked. See `Views`. */
  bits: Uint32Array = NO_BITS;
  at = -1;
  /** Of a known text: links without such a bit that do not match it, a bit for each. */
  private unmatched: Uint32Array | undefined;

  /** `changeable`: all bits, where it is not worth looking at what is in the text. */
  constructor(text: string, changeable = -1, isKnown = false) {
    this.text = text;
    this.changeable = changeable;
    this.isKnown = isKnown;
  }

  /** What a transformation made of it; undefined where it was not applied yet. */
  result(transformation: number): Text | undefined {
    for (let result = this.results; result !== undefined; result = result.next) {
      if (result.transformation === transformation) return result.text;
    }
    return undefined;
  }

  /** Keeps what a transformation made of it: itself where it changed nothing. */
  keepResult({ number, bit }: Step, text: Text): void {
    if (text === this && number < LAST_BIT) this.changeable &= ~bit;
    else this.results = { transformation: number, text, next: this.results };
  }

  /** Whether a link is known not to match it. */
  isRuledOut({ bit, note }: LinkNumbers): boolean {
    if (bit >= 0) return (this.bits[this.at + (bit >> 5)]! & (1 << (bit & 31))) === 0;
    return (
      this.unmatched !== undefined && note >= 0 && (this.unmatched[note >> 5]! & (1 << (note & 31))) !== 0
    );
  }

  /** A link has been asked and does not match it: kept of a text that is known. */
  ruleOut({ bit, note }: LinkNumbers): void {
    if (!this.isKnown) return;
    if (bit >= 0) this.bits[this.at + (bit >> 5)]! &= ~(1 << (bit & 31));
    else if (note >= 0 && note < MOST_NOTES) {
      this.unmatched ??= new Uint32Array(MOST_NOTES >> 5);
      this.unmatched[note >> 5]! |= 1 << (note & 31);
    }
  }
}

/** What a transformation made of a text. A text has few of them: a list takes less than an array with room for all. */
interface Result {
  /** Number of the transformation. */
  readonly transformation: number;
  readonly text: Text;
  readonly next: Result | undefined;
}

/** Under which numbers is noted that a link does not match a text; see `Link`. */
interface LinkNumbers {
  readonly bit: number;
  readonly note: number;
}

/** Links without literals of which is noted that they do not match: those with the lowest numbers. */
const MOST_NOTES = 512;

const NO_BITS = new Uint32Array(0);

/** Says of a text which transformations could change it, from the characters that are in it. */
export class Changes {
  private readonly byByte = new Int32Array(256);
  private readonly steps = new Map<Transformation, Step>();
  private always = 0;

  /** The step of a transformation; each has its own number. */
  step(transformation: Transformation): Step {
    const known = this.steps.get(transformation);
    if (known !== undefined) return known;
    const number = this.steps.size;
    const bit = 1 << Math.min(number, LAST_BIT);
    const step = { number, bit, transformation };
    this.steps.set(transformation, step);
    const { changes } = transformation;
    if (changes === undefined || number >= LAST_BIT) this.always |= bit;
    else {
      for (let byte = 0; byte < 256; byte++) {
        if (changes.test(String.fromCharCode(byte))) this.byByte[byte]! |= bit;
      }
    }
    return step;
  }

  /** The bits of the transformations that could change a text, given as its bytes. */
  of(bytes: Uint8Array, length: number): number {
    const { byByte } = this;
    let bits = this.always;
    for (let i = 0; i < length; i++) bits |= byByte[bytes[i]!]!;
    return bits;
  }
}

/** Transformations beyond so many share a bit, which is always set. */
const LAST_BIT = 31;

/** Texts of a request that are looked through for the one that comes again. */
const MOST_OWN = 32;

/** Makes the texts of requests. */
export class Texts {
  readonly known: KnownTexts;
  private readonly changes: Changes;
  private request = 0;
  /** Those of the request that came with no other one. */
  private readonly own: Text[] = [];

  constructor(changes: Changes, known: KnownTexts) {
    this.changes = changes;
    this.known = known;
  }

  /** What follows is of the request with this number. */
  enter(request: number): void {
    if (this.request === request) return;
    this.request = request;
    this.own.length = 0;
  }

  /** A text as it was sent. */
  of(text: string): Text {
    const bytes = bytesOf(text);
    const known = this.known.find(text, bytes, this.request, this.changes);
    if (known !== undefined) return known;
    // The same argument is a member of several variables.
    for (const one of this.own) {
      if (one.text === text) return one;
    }
    const made = new Text(text, this.changes.of(bytes, text.length));
    if (this.own.length < MOST_OWN) this.own.push(made);
    return made;
  }

  /** What a transformation made of a text. */
  private result(text: string, { isKnown }: Text): Text {
    if (!isKnown) return this.of(text);
    return this.known.derived(text, this.changes.of(bytesOf(text), text.length));
  }

  /** What a chain of transformations makes of a text. */
  transformed(text: Text, { steps, bits }: Chain): Text {
    if ((text.changeable & bits) === 0) return text;
    let current = text;
    for (const step of steps) current = this.step(current, step);
    return current;
  }

  /** What one transformation makes of a text. */
  step(text: Text, step: Step): Text {
    const { number, bit, transformation } = step;
    if ((text.changeable & bit) === 0) return text;
    let next = text.result(number);
    if (next === undefined) {
      const result = transformation.apply(text.text);
      if (result.length > LONGEST_RESULT) {
        throw new LimitError(`t:${transformation.name} made a text of more than ${LONGEST_RESULT} bytes`);
      }
      next = result === text.text ? text : this.result(result, text);
      text.keepResult(step, next);
    }
    return next;
  }
}

/** A transformation and the number under which its results are kept. */
export interface Step {
  readonly number: number;
  /** Its bit in what {@link Changes} says. */
  readonly bit: number;
  readonly transformation: Transformation;
}

/** Transformations in the order in which they are applied. */
export interface Chain {
  readonly steps: readonly Step[];
  /** The bits of them all. */
  readonly bits: number;
}

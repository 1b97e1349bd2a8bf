import { OperatorError } from '../../waf/operator/operator.ts';
import { searchCost } from '../../waf/pattern/cost.ts';
import { emitJavaScript } from '../../waf/pattern/emit-v8.ts';
import { parsePattern } from '../../waf/pattern/parse.ts';
import { type Checker, shown } from './checker.ts';
import { GroupText } from './group-text.ts';

const MOST_REPLACEMENTS = 32;
const MOST_WRITTEN = 16_384;
/** Steps for a whole body, of all that is done to it: some ten milliseconds, as nothing in a page may make it more. */
export const MOST_STEPS = 2e7;
/** A pattern that needs more for each character could only be run on short texts. */
const MOST_STEPS_EACH = 400;

/** Replaces text in a body. Text is binary: each character one byte. */
export interface Substitution {
  /** Steps for each character that it takes at most. */
  readonly cost: number;
  /** The same text where nothing is found; undefined where it would become longer than `room` characters. */
  apply(text: string, room: number): string | undefined;
}

/** Reads `response.replace`. */
export function compileSubstitutions(checker: Checker, place: string, value: unknown): Substitution[] {
  return checker.list(place, value, MOST_REPLACEMENTS).flatMap((each, i) => {
    const found = compileSubstitution(checker, `${place}[${i}]`, each);
    return found === undefined ? [] : [found];
  });
}

function compileSubstitution(checker: Checker, place: string, value: unknown): Substitution | undefined {
  const members = checker.object(place, value, ['text', 'pattern', 'with']);
  if (members === undefined) return undefined;
  const { text, pattern } = members;
  if ((text === undefined) === (pattern === undefined))
    return checker.fault(place, 'either text or pattern is wanted');
  const to = checker.text(`${place}.with`, members.with, MOST_WRITTEN);
  const from = checker.text(
    `${place}.${text === undefined ? 'pattern' : 'text'}`,
    text ?? pattern,
    MOST_WRITTEN,
  );
  if (to === undefined || from === undefined) return undefined;
  if (from === '') return checker.fault(place, 'nothing is searched for');
  if (text !== undefined) return literal(bytesOf(from), bytesOf(to));
  return expression(checker, place, from, bytesOf(to));
}

/** UTF-8 as a binary string. */
export function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function literal(from: string, to: string): Substitution {
  return {
    cost: 1,
    apply(text, room) {
      const parts = text.split(from);
      if (parts.length === 1) return text;
      const length = text.length + (parts.length - 1) * (to.length - from.length);
      return length > room ? undefined : parts.join(to);
    },
  };
}

function expression(checker: Checker, place: string, source: string, to: string): Substitution | undefined {
  const at = `${place}.pattern`;
  if (!/^[\t\n\r\x20-\x7e]*$/.test(source))
    return checker.fault(at, `${shown(source)} has others than ASCII characters: write those as text`);
  try {
    const { root } = parsePattern(source);
    const cost = searchCost(root);
    // The bound holds for all places of a text together, so it also holds for one match after the other.
    if (cost.kind !== 'polynomial' || cost.degree > 1 || cost.factor > MOST_STEPS_EACH)
      return checker.fault(
        at,
        `${shown(source)} could take too long in a large page: give repetitions a bound, as in \\d{1,20} or [^<]{0,40}`,
      );
    const text = GroupText.compile(checker, `${place}.with`, to);
    if (text === undefined) return undefined;
    const emitted = emitJavaScript(root);
    return substitution(
      new RegExp(emitted.source, `${emitted.flags}g`),
      emitted.groups.slice(0, 10),
      text,
      Math.max(1, cost.factor),
    );
  } catch (error) {
    if (error instanceof OperatorError) return checker.fault(at, error.message);
    if (error instanceof SyntaxError)
      return checker.fault(at, `${shown(source)} is no regular expression here`);
    throw error;
  }
}

function substitution(
  regExp: RegExp,
  groups: readonly number[],
  replacement: GroupText,
  cost: number,
): Substitution {
  return {
    cost,
    apply(text, room) {
      let made = '';
      let from = 0;
      regExp.lastIndex = 0;
      for (let found = regExp.exec(text); found !== null; found = regExp.exec(text)) {
        const match = found;
        made += text.slice(from, match.index) + replacement.make(groups.map((group) => match[group]));
        if (made.length > room) return undefined;
        from = match.index + match[0].length;
        if (match[0] === '') regExp.lastIndex++;
      }
      if (from === 0 && made === '') return text;
      made += text.slice(from);
      return made.length > room ? undefined : made;
    },
  };
}

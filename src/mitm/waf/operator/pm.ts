import { foldCase } from '../pattern/automaton.ts';
import { type CompiledOperator, type Operator, type OperatorEnvironment, OperatorError } from './operator.ts';

/** `@pm` */
export const pm: Operator = {
  name: 'pm',
  description:
    'One of the phrases, which have spaces between them, occurs in the value, in any letter case. |41 42| stands for bytes in hexadecimal, \\: \\; \\" and \\\\ for what follows the backslash.',
  example: `SecRule REQUEST_HEADERS:User-Agent "@pm sqlmap nikto nessus" "id:1017,phase:1,deny,status:403"`,
  compile(argument, environment) {
    const phrases = parsePhrases(argument);
    if (phrases.length === 0) throw new OperatorError('@pm needs phrases, with spaces between them');
    return matchPhrases(phrases, environment);
  },
};

/** Matches values that hold one of the phrases; the phrase, as it was given, is what is captured. */
export function matchPhrases(phrases: readonly string[], environment: OperatorEnvironment): CompiledOperator {
  const matcher = environment.compilePhrases(phrases);
  return {
    matches(value, captures) {
      const phrase = matcher.find(value);
      if (phrase === undefined) return false;
      if (captures !== undefined) {
        captures.length = 0;
        captures.push(phrase);
      }
      return true;
    },
    // Of an empty list nothing is required: it matches nothing.
    required: phrases.length > 0 ? [phrases.map(foldCase)] : undefined,
  };
}

/**
 * The phrases of an argument. As in ModSecurity an argument whose escapes make no sense (an odd number of digits, a bar
 * that is never closed, an unknown escape) is taken as it stands. White space that an escape gives is part of a
 * phrase: there is no other way to write it.
 */
export function parsePhrases(argument: string): readonly string[] {
  const trimmed = argument.replace(/^[ \t]+/, '');
  const quoted = trimmed.length >= 2 && trimmed.startsWith('"') && trimmed.endsWith('"');
  const text = quoted ? trimmed.slice(1, -1) : trimmed;
  return decode(text) ?? text.split(/[\t-\r ]+/).filter((phrase) => phrase !== '');
}

/** What may follow a backslash. */
const ESCAPED = ':;\\"';

/** Splits at white space and decodes; undefined where an escape makes no sense. */
function decode(text: string): string[] | undefined {
  const phrases: string[] = [];
  let phrase = '';
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '|') {
      const end = text.indexOf('|', at + 1);
      const digits = end < 0 ? '' : text.slice(at + 1, end).replaceAll(' ', '');
      if (!/^(?:[0-9a-f]{2})+$/i.test(digits)) return undefined;
      phrase += Buffer.from(digits, 'hex').toString('latin1');
      at = end;
    } else if (character === '\\') {
      const escaped = text.charAt(++at);
      if (escaped === '' || !ESCAPED.includes(escaped)) return undefined;
      phrase += escaped;
    } else if (/[\t-\r ]/.test(character)) {
      if (phrase !== '') phrases.push(phrase);
      phrase = '';
    } else {
      phrase += character;
    }
  }
  if (phrase !== '') phrases.push(phrase);
  return phrases;
}

import { isAll, TARGET } from '../../http/character.ts';
import { LimitError, OperatorError } from '../../waf/operator/operator.ts';
import { compilePattern } from '../../waf/pattern/compile.ts';
import type { Pattern } from '../../waf/pattern/pattern.ts';
import { isBelow } from '../../waf/policy-match.ts';
import { type Checker, shown } from './checker.ts';
import { GroupText } from './group-text.ts';
import type { RequestView } from './view.ts';

/** Characters of a path that is made; a longer one is not used. */
const MOST_MADE = 8192;
const MOST_WRITTEN = 1024;

/** Makes another path of one: undefined where it does not apply, or makes none that can be sent. */
export type PathChange = (path: string, view: RequestView) => string | undefined;

/** Reads `request.path`. */
export function compilePathChange(checker: Checker, place: string, value: unknown): PathChange | undefined {
  const members = checker.object(place, value, ['prefix', 'pattern', 'to']);
  if (members === undefined) return undefined;
  const { prefix, pattern, to } = members;
  if ((prefix === undefined) === (pattern === undefined))
    return checker.fault(place, 'either prefix or pattern is wanted');
  const replacement = checker.text(`${place}.to`, to, MOST_WRITTEN);
  if (replacement === undefined) return undefined;
  if (!replacement.startsWith('/') || !isAll(replacement, TARGET) || replacement.includes('?'))
    return checker.fault(
      `${place}.to`,
      `${shown(replacement)} is no path: it begins with / and has no query or spaces (percent-encode others than ASCII)`,
    );
  return prefix !== undefined
    ? prefixChange(checker, `${place}.prefix`, prefix, replacement)
    : patternChange(checker, place, pattern, replacement);
}

function prefixChange(checker: Checker, place: string, value: unknown, to: string): PathChange | undefined {
  const prefix = checker.text(place, value, MOST_WRITTEN);
  if (prefix === undefined) return undefined;
  if (!prefix.startsWith('/') || /[?#*%\\\s]|\/\/|\/\.{1,2}(?:\/|$)/.test(prefix))
    return checker.fault(
      place,
      `${shown(prefix)} is no beginning of a path: it begins with / and has no query, wildcards, escapes or dots to resolve`,
    );
  return (path, view) => {
    // Dots could lead out of the new prefix to where the old one never led.
    if (!isBelow(path, prefix) || !view.readings.every((reading) => isBelow(reading, prefix)))
      return undefined;
    const rest = path.slice(prefix.length);
    const joined = to.endsWith('/') && rest.startsWith('/') ? to + rest.slice(1) : to + rest;
    // `/a/` to `/b` is meant to keep what follows apart.
    const made = prefix.endsWith('/') && !to.endsWith('/') && rest !== '' ? `${to}/${rest}` : joined;
    return checked(made);
  };
}

function patternChange(checker: Checker, place: string, value: unknown, to: string): PathChange | undefined {
  const source = checker.text(`${place}.pattern`, value, MOST_WRITTEN);
  if (source === undefined) return undefined;
  let pattern: Pattern;
  try {
    // Compiled by itself first: what stands between the parentheses must not close them.
    compilePattern(source);
    pattern = compilePattern(`\\A(?:${source})\\z`);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return checker.fault(`${place}.pattern`, error.message);
  }
  const text = GroupText.compile(checker, `${place}.to`, to);
  if (text === undefined) return undefined;
  return (path) => {
    if (path === '') return undefined;
    try {
      const groups = pattern.exec(path);
      return groups === undefined ? undefined : checked(text.make(groups));
    } catch (error) {
      // The path would take too long to be matched: it stays as it is.
      if (error instanceof LimitError) return undefined;
      throw error;
    }
  };
}

/** Only what a target may hold leaves here: no space ends it, no `?` begins a query, no `//` a host. */
function checked(made: string): string | undefined {
  const path = made.replace(/^\/{2,}/, '/');
  const sendable = path.startsWith('/') && path.length <= MOST_MADE && isAll(path, TARGET);
  return sendable && !path.includes('?') ? path : undefined;
}

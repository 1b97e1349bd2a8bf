import { StreamLanguage, type StringStream } from '@codemirror/language';

/** Whether what comes is inside of quotes. */
interface State {
  quoted: boolean;
}

/**
 * The language of ModSecurity's rules: directives, variables, operators behind `@`, actions with what they are given.
 * Quotes go over the ends of lines only behind a backslash.
 */
export const seclang = StreamLanguage.define<State>({
  name: 'seclang',
  startState: () => ({ quoted: false }),
  copyState: (state) => ({ ...state }),
  token: (stream, state) => (state.quoted ? inQuotes(stream, state) : outside(stream, state)),
  languageData: { commentTokens: { line: '#' } },
});

function outside(stream: StringStream, state: State): string | null {
  if (stream.eatSpace()) return null;
  if (stream.sol() && stream.peek() === '#') {
    stream.skipToEnd();
    return 'comment';
  }
  if (stream.match(/^\s*#.*/)) return 'comment';
  if (stream.match(/^Sec[A-Za-z]+|^Include(?:Optional)?/)) return 'keyword';
  if (stream.match(/^[!&]?[A-Z][A-Z0-9_]+/)) return 'variableName';
  if (stream.eat('"')) {
    state.quoted = true;
    return 'string';
  }
  if (stream.match(/^\d+/)) return 'number';
  if (stream.eat('|')) return 'operator';
  stream.next();
  return null;
}

function inQuotes(stream: StringStream, state: State): string | null {
  if (stream.eatSpace()) return null;
  if (stream.match(/^!?@[A-Za-z]+/)) return 'operator';
  if (stream.match(/^\\(?=\s*$)/)) return 'operator';
  if (stream.match(/^\\./)) return 'string';
  if (stream.eat('"')) {
    state.quoted = false;
    return 'string';
  }
  if (stream.match(/^%\{[^}"]*\}/)) return 'variableName';
  if (
    stream.match(
      /^(?:id|phase|msg|tag|ver|severity|rev|maturity|accuracy|logdata|status|skip|skipAfter|initcol)(?=:)/,
    )
  )
    return 'attributeName';
  if (
    stream.match(
      /^(?:block|deny|drop|pass|allow|redirect|proxy|chain|capture|log|nolog|auditlog|noauditlog|multiMatch)(?=[,"\s]|$)/,
    )
  )
    return 'typeName';
  if (stream.match(/^(?:t|ctl|setvar|expirevar)(?=:)/)) return 'attributeName';
  if (stream.match(/^[\w.-]+/)) return 'string';
  stream.next();
  return 'string';
}

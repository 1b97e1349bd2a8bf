import { StreamLanguage } from '@codemirror/language';

/** A request as it is sent: its first line, headers, and a body that has no language. */
export const http = StreamLanguage.define<{ part: 'line' | 'headers' | 'body' }>({
  name: 'http',
  startState: () => ({ part: 'line' }),
  copyState: (state) => ({ ...state }),
  blankLine: (state) => {
    if (state.part === 'headers') state.part = 'body';
  },
  token: (stream, state) => {
    if (state.part === 'line') {
      if (stream.sol() && stream.match(/^[A-Z]+(?= )/)) return 'keyword';
      if (stream.match(/^ HTTP\/[\d.]+$/)) {
        state.part = 'headers';
        return 'meta';
      }
      stream.next();
      if (stream.eol()) state.part = 'headers';
      return 'string';
    }
    if (state.part === 'headers' && stream.sol() && stream.match(/^[^:\s]+(?=:)/)) return 'propertyName';
    stream.skipToEnd();
    return null;
  },
});

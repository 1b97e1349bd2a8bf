/** The boundary between the parts of a multipart body, as the Content-Type header gives it. */
export interface Boundary {
  /** Undefined where the header gives none that can be used. */
  readonly text: string | undefined;
  /** Why there is none; empty where there is one. */
  readonly error: string;
  readonly quoted: boolean;
  /** White space around the equals sign. */
  readonly whitespace: boolean;
  readonly missingSemicolon: boolean;
}

const TYPE = 'multipart/form-data';
const PARAMETER = 'boundary';
const LONGEST_HEADER = 1024;
const SPACE = /[ \t\n\v\f\r]/;
/** RFC 2046, section 5.1.1; a space only where something follows. */
const CHARACTERS = /^(?:[0-9A-Za-z'()+_,\-./:=?]| (?!$))*$/;

/** Reads the boundary out of a Content-Type header as ModSecurity 3 does: one parameter, and no other before it. */
export function readBoundary(contentType: string): Boundary {
  let quoted = false;
  let whitespace = false;
  let missingSemicolon = false;
  const refuse = (error: string): Boundary => ({
    text: undefined,
    error: `Multipart: ${error}`,
    quoted,
    whitespace,
    missingSemicolon,
  });

  if (contentType === '') return refuse('Content-Type header not available.');
  if (contentType.length > LONGEST_HEADER) return refuse('Invalid boundary in C-T (length).');
  if (contentType.slice(0, TYPE.length).toLowerCase() !== TYPE) return refuse('Invalid MIME type.');
  if (countParameters(contentType) > 1) return refuse('Multiple boundary parameters in C-T.');
  const start = contentType.indexOf(PARAMETER);
  if (start < 0) {
    return refuse(
      countParameters(contentType) > 0
        ? 'Invalid boundary in C-T (case sensitivity).'
        : 'Boundary not found in C-T.',
    );
  }

  const before = withoutSpace(contentType.slice(TYPE.length, start));
  if (before !== '' && before !== ';') return refuse('Invalid boundary in C-T (malformed).');
  missingSemicolon = before === '';

  const equals = contentType.indexOf('=', start + PARAMETER.length);
  if (equals < 0) return refuse('Invalid boundary in C-T (malformed).');
  const between = contentType.slice(start + PARAMETER.length, equals);
  if (between !== '') {
    if (SPACE.test(between.charAt(0))) whitespace = true;
    if (withoutSpace(between) !== '') return refuse('Invalid boundary in C-T (parameter name).');
  }

  let text = contentType.slice(equals + 1);
  if (SPACE.test(text.charAt(0))) whitespace = true;
  if (text.length >= 2 && text.startsWith('"') && text.endsWith('"')) {
    quoted = true;
    text = text.slice(1, -1);
  } else if (text.startsWith('"') || (text.length >= 2 && text.endsWith('"'))) {
    return refuse('Invalid boundary in C-T (quote).');
  }
  if (countParameters(text) !== 0) return refuse('Invalid boundary in C-T (content).');
  // Some frameworks put a `charset` after the boundary.
  if (!CHARACTERS.test(text) && text.includes(';')) text = text.slice(0, text.indexOf(';'));
  if (!CHARACTERS.test(text)) return refuse('Invalid boundary in C-T (characters).');
  // libmodsecurity passes over a body whose boundary is empty without a word; nobody could say what is in it.
  if (text === '') return refuse('Invalid boundary in C-T (empty).');
  return { text, error: '', quoted, whitespace, missingSemicolon };
}

/** How often the word stands in a header with an equals sign somewhere after it. */
function countParameters(header: string): number {
  const lower = header.toLowerCase();
  const lastEquals = lower.lastIndexOf('=');
  let count = 0;
  let at = lower.indexOf(PARAMETER);
  while (at >= 0 && at + PARAMETER.length <= lastEquals) {
    count++;
    at = lower.indexOf(PARAMETER, at + PARAMETER.length);
  }
  return count;
}

function withoutSpace(text: string): string {
  return text.replace(/[ \t\n\v\f\r]+/g, '');
}

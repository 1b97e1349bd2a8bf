/** A multipart body, and what a program should find in it. */
export interface MultipartCase {
  readonly title: string;
  readonly type: string;
  readonly body: string;
  readonly arguments?: readonly (readonly [name: string, value: string])[];
  /** Field, file name, content. */
  readonly files?: readonly (readonly [field: string, name: string, content: string])[];
  /** The first error, without `Multipart: `. */
  readonly error?: string;
  /** Flags other than 0, without `MULTIPART_`; `STRICT_ERROR` stands for itself. */
  readonly flags?: Readonly<Record<string, number>>;
}

const TYPE = 'multipart/form-data; boundary=b';
const NAME = 'Content-Disposition: form-data; name="n"\r\n';

function part(headers: string, data: string): string {
  return `--b\r\n${headers}\r\n${data}\r\n`;
}

/** A body with one part whose only header is this Content-Disposition. */
function disposition(value: string): string {
  return `${part(`Content-Disposition: ${value}\r\n`, 'v')}--b--\r\n`;
}

const LAST = '--b--\r\n';
/** A second boundary with its hyphens: every body with two boundaries. */
const MATCHED = { UNMATCHED_BOUNDARY: 2 };

/** Bodies for the parser's own tests, and seeds for the comparison with libmodsecurity. */
export const MULTIPART_CASES: readonly MultipartCase[] = [
  { title: 'one field', type: TYPE, body: part(NAME, 'v') + LAST, arguments: [['n', 'v']], flags: MATCHED },
  {
    title: 'fields and a file',
    type: TYPE,
    body:
      part(NAME, 'a\r\nb\nc\r\n') +
      part(
        'Content-Disposition: form-data; name="f"; filename="x.php"\r\nContent-Type: text/plain\r\n',
        '<?php\r\n?>',
      ) +
      LAST,
    arguments: [['n', 'a\r\nb\nc\r\n']],
    files: [['f', 'x.php', '<?php\r\n?>']],
    flags: MATCHED,
  },
  {
    title: 'an empty value',
    type: TYPE,
    body: part(NAME, '') + LAST,
    arguments: [['n', '']],
    flags: MATCHED,
  },
  {
    title: 'no line end after the last boundary',
    type: TYPE,
    body: `${part(NAME, 'v')}--b--`,
    arguments: [['n', 'v']],
  },
  {
    title: 'line feeds only',
    type: TYPE,
    body: '--b\nContent-Disposition: form-data; name=n\n\nv\n--b--\n',
    arguments: [['n', 'v']],
    flags: { ...MATCHED, LF_LINE: 1, STRICT_ERROR: 1 },
  },
  {
    title: 'a line feed before the last boundary',
    type: TYPE,
    body: `--b\r\n${NAME}\r\nv\n--b--`,
    arguments: [['n', 'v']],
    flags: { LF_LINE: 1, CRLF_LF_LINES: 1, STRICT_ERROR: 1 },
  },
  {
    title: 'no last boundary',
    type: TYPE,
    body: part(NAME, 'v'),
    arguments: [['n', 'v\r\n']],
    error: 'Final boundary missing.',
  },
  {
    title: 'no boundary at all',
    type: TYPE,
    body: 'n=v\r\n',
    error: 'No boundaries found in payload.',
    flags: { DATA_BEFORE: 1, STRICT_ERROR: 1 },
  },
  {
    title: 'data before and after',
    type: TYPE,
    body: `before\r\n${part(NAME, 'v')}${LAST}after`,
    arguments: [['n', 'v']],
    flags: { ...MATCHED, DATA_BEFORE: 1, DATA_AFTER: 1, STRICT_ERROR: 1 },
  },
  { title: 'an empty body', type: TYPE, body: '' },
  {
    title: 'a line that looks like a boundary',
    type: TYPE,
    body: part(NAME, 'x\r\n--a\r\ny --b') + LAST,
    arguments: [['n', 'x\r\n--a\r\ny --b']],
    flags: { UNMATCHED_BOUNDARY: 2 },
  },
  {
    title: 'the same, and nothing after it',
    type: TYPE,
    body: `${part(NAME, 'x\r\n--a\r\ny')}--b--`,
    arguments: [['n', 'x\r\n--a\r\ny']],
    flags: { UNMATCHED_BOUNDARY: 1 },
  },
  {
    title: 'something after a boundary',
    type: TYPE,
    body: `${part(NAME, 'v')}--bx\r\nrest`,
    // What follows is looked at, as data.
    arguments: [['n', 'v\r\n--bx\r\nrest']],
    error: 'Invalid boundary: --bx\r\n',
    flags: { ...MATCHED, STRICT_ERROR: 1 },
  },
  {
    title: 'white space before a boundary',
    type: TYPE,
    body: `${part(NAME, 'v')}-- b--\r\n`,
    arguments: [['n', 'v\r\n-- b--\r\n']],
    error: 'Invalid boundary (whitespace).',
    flags: { STRICT_ERROR: 1 },
  },
  {
    title: 'a boundary where data should begin',
    type: TYPE,
    body: `--b\r\n${NAME}\r\n--b\r\n${NAME}\r\nv\r\n${LAST}`,
    arguments: [['n', `--b\r\n${NAME}\r\nv`]],
    flags: { ...MATCHED, INVALID_PART: 1, STRICT_ERROR: 1 },
  },
  {
    title: 'a quoted boundary',
    type: 'multipart/form-data; boundary="b"',
    body: part(NAME, 'v') + LAST,
    arguments: [['n', 'v']],
    flags: { ...MATCHED, BOUNDARY_QUOTED: 1, STRICT_ERROR: 1 },
  },
  {
    title: 'a boundary that is quoted in the body too',
    type: 'multipart/form-data; boundary="b"',
    body: `${part(NAME, 'v')}--"b"--\r\n`,
    arguments: [['n', 'v\r\n--"b"--\r\n']],
    error: 'Invalid boundary (quotes).',
    flags: { BOUNDARY_QUOTED: 1, STRICT_ERROR: 1 },
  },
  {
    title: 'white space around the equals sign',
    type: 'multipart/form-data; boundary = b',
    body: `${part(NAME, 'v').replace('--b', '-- b')}-- b--\r\n`,
    arguments: [['n', 'v']],
    flags: { ...MATCHED, BOUNDARY_WHITESPACE: 1, STRICT_ERROR: 1 },
  },
  {
    title: 'no semicolon',
    type: 'Multipart/Form-Data boundary=b',
    body: part(NAME, 'v') + LAST,
    arguments: [['n', 'v']],
    flags: { ...MATCHED, MISSING_SEMICOLON: 1, STRICT_ERROR: 1 },
  },
  {
    title: 'a charset after the boundary',
    type: 'multipart/form-data; boundary=b; charset=utf-8',
    body: part(NAME, 'v') + LAST,
    arguments: [['n', 'v']],
    flags: MATCHED,
  },
  ...[
    ['multipart/form-data', 'Boundary not found in C-T.'],
    ['multipart/form-data; Boundary=b', 'Invalid boundary in C-T (case sensitivity).'],
    ['multipart/form-data; boundary=b; boundary=c', 'Multiple boundary parameters in C-T.'],
    ['multipart/form-data; x=y; boundary=b', 'Invalid boundary in C-T (malformed).'],
    ['multipart/form-data; boundary', 'Invalid boundary in C-T (malformed).'],
    ['multipart/form-data; boundaryx=b', 'Invalid boundary in C-T (parameter name).'],
    ['multipart/form-data; boundary="b', 'Invalid boundary in C-T (quote).'],
    ['multipart/form-data; boundary=b\xe9', 'Invalid boundary in C-T (characters).'],
    ['multipart/form-data; boundary=b ', 'Invalid boundary in C-T (characters).'],
    ['multipart/form-data; boundary=;', 'Invalid boundary in C-T (empty).'],
    [`multipart/form-data; boundary=${'b'.repeat(1024)}`, 'Invalid boundary in C-T (length).'],
  ].map(([type = '', error = '']) => ({
    title: `Content-Type: ${type.slice(0, 60)}`,
    type,
    body: part(NAME, 'v') + LAST,
    error,
    flags: { STRICT_ERROR: 1 },
  })),
  {
    title: 'folded headers',
    type: TYPE,
    body: part('Content-Disposition: form-data;\r\n\tname="n"\r\nX: a\r\n b\r\n', 'v') + LAST,
    arguments: [['n', 'v']],
    flags: { ...MATCHED, HEADER_FOLDING: 1, STRICT_ERROR: 1 },
  },
  {
    title: 'folded by a vertical tab',
    type: TYPE,
    body: part(`${NAME}X: a\r\n\vb\r\n`, 'v') + LAST,
    arguments: [['n', 'v']],
    flags: { ...MATCHED, HEADER_FOLDING: 1, INVALID_HEADER_FOLDING: 1, STRICT_ERROR: 1 },
  },
  {
    title: 'nothing to fold',
    type: TYPE,
    body: part(` x\r\n${NAME}`, 'v') + LAST,
    arguments: [['n', 'v']],
    error: 'Invalid part header (folding error).',
    flags: { ...MATCHED, HEADER_FOLDING: 1, STRICT_ERROR: 1 },
  },
  {
    title: 'a header without a colon',
    type: TYPE,
    body: part(`nonsense\r\n${NAME}`, 'v') + LAST,
    arguments: [['n', 'v']],
    error: 'Invalid part header (colon missing): nonsense\r\n',
    flags: MATCHED,
  },
  {
    title: 'a header without a name',
    type: TYPE,
    body: part(`: x\r\n${NAME}`, 'v') + LAST,
    arguments: [['n', 'v']],
    error: 'Invalid part header (header name missing).',
    flags: MATCHED,
  },
  {
    title: 'a NUL in a header',
    type: TYPE,
    body: part(`X: \0\r\n${NAME}`, 'v') + LAST,
    arguments: [['n', 'v']],
    error: 'Nul byte in part headers.',
    flags: MATCHED,
  },
  {
    title: 'a header twice',
    type: TYPE,
    body: part(`${NAME}content-disposition: form-data; name="m"\r\n`, 'v') + LAST,
    arguments: [['n', 'v']],
    error: 'Duplicate part header: content-disposition.',
    flags: MATCHED,
  },
  {
    title: 'no Content-Disposition',
    type: TYPE,
    body: `${part('X: y\r\n', 'v')}--b--`,
    error: 'Part missing Content-Disposition header.',
    flags: { INVALID_PART: 1, STRICT_ERROR: 1 },
  },
  {
    title: 'a header line that is too long',
    type: TYPE,
    body: part(`X: ${'y'.repeat(4096)}\r\n${NAME}`, 'v') + LAST,
    error: 'Part header line over 4096 bytes long',
    flags: { STRICT_ERROR: 1 },
  },
  {
    title: 'a folded header that is too long',
    type: TYPE,
    body: part(`${NAME}X: ${'y'.repeat(4000)}\r\n ${'z'.repeat(100)}\r\n`, 'v') + LAST,
    arguments: [['n', 'v']],
    error: 'Part header too long.',
    flags: { ...MATCHED, HEADER_FOLDING: 1, STRICT_ERROR: 1 },
  },
  {
    title: 'a long line of data',
    type: TYPE,
    body: part(NAME, `${'d'.repeat(4095)}\r\n${'x--b'.repeat(4000)}`) + LAST,
    arguments: [['n', `${'d'.repeat(4095)}\r\n${'x--b'.repeat(4000)}`]],
    flags: MATCHED,
  },
  {
    title: 'single quotes',
    type: TYPE,
    body: disposition("form-data; name='n'"),
    arguments: [['n', 'v']],
    flags: { ...MATCHED, INVALID_QUOTING: 1, STRICT_ERROR: 1 },
  },
  {
    title: 'a single quote within double quotes',
    type: TYPE,
    body: disposition('form-data; name="o\'n"'),
    arguments: [["o'n", 'v']],
    flags: MATCHED,
  },
  {
    title: 'escapes in quotes',
    type: TYPE,
    body: disposition('form-data; name="a\\"b\\\\c\\d"'),
    arguments: [['a"b\\c\\d', 'v']],
    flags: MATCHED,
  },
  {
    title: 'a file name in both forms',
    type: TYPE,
    body: disposition("form-data; name=f; filename=x; filename*=utf-8'en'%41b-c"),
    files: [['f', 'x', 'v']],
    flags: MATCHED,
  },
  {
    title: 'an empty file name',
    type: TYPE,
    body: disposition('form-data; name="f"; filename=""'),
    arguments: [['f', 'v']],
    flags: MATCHED,
  },
  {
    title: 'white space around parameters',
    type: TYPE,
    body: disposition('form-data \t; name = \tn \t; filename=\tf \t'),
    files: [['n', 'f', 'v']],
    flags: MATCHED,
  },
  ...(
    [
      ['attachment; name=n', -1],
      ['form-data name=n', -2],
      ['form-data; ', -3],
      ['form-data; name', -4],
      ['form-data; name ', -5],
      ['form-data; name=', -6],
      ['form-data; name="', -7],
      ['form-data; name="\\', -8],
      ['form-data; name=n; x=y', -11],
      ['form-data; name=n x', -12],
      ['form-data; name="n"x', -12],
      ['form-data; name n', -13],
      ['form-data; name=n; name=m', -14],
      ['form-data; name=n; filename=a; filename=b', -15],
      ["form-data; name=n; filename*='en'x", -16],
      ['form-data; name=n; filename*=x', -16],
      ["form-data; name=n; filename*=utf-8'en", -17],
      ["form-data; name=n; filename*=utf-8''%4", -18],
      ["form-data; name=n; filename*=utf-8''a b", -19],
      ["form-data; name=n; filename=a; filename*=u''a; filename*=u''b", -20],
      ["form-data; name=n; filename*=utf-8''x", -21],
    ] as const
  ).map(([value, code]) => ({
    title: `Content-Disposition: ${value}`,
    type: TYPE,
    body: disposition(value),
    // The headers never end, so that nothing after them is read.
    error: `Invalid Content-Disposition header (${code}): ${value}`,
  })),
  {
    title: 'a file name that crude programs do not see',
    type: TYPE,
    body: disposition('form-data; name=n; filename =f'),
    error: 'Invalid Content-Disposition header (filename).',
  },
  {
    title: 'no name',
    type: TYPE,
    body: disposition('form-data'),
    error: 'Content-Disposition header missing name field.',
  },
];

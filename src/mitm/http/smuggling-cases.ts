import { CHUNK_CASES } from './chunk-cases.ts';
import { HEAD_CASES } from './head-cases.ts';
import { TARGET_CASES } from './target-cases.ts';

/** A request that must have been read out of a case: its body is without its transfer coding. */
export type Expected = readonly [
  method: string,
  target: string,
  framing: 'none' | 'length' | 'chunked',
  body: string,
];

/** What a client sends on a connection, and what must come of it. */
export interface SmugglingCase {
  readonly name: string;
  /** Section that decides it. */
  readonly rfc: string;
  /** Each character one byte. */
  readonly bytes: string;
  /** What is read, in order, before the outcome. */
  readonly read: readonly Expected[];
  /** A status: what comes then is refused with it. `all`: that was all. `waits`: more of a request is to come. */
  readonly outcome: number | 'all' | 'waits';
}

/** POST with these fields behind Host; `body` follows the head as it stands. */
function post(fields: readonly string[], body = ''): string {
  return `${['POST /form HTTP/1.1', 'Host: shop.example', ...fields, '', ''].join('\r\n')}${body}`;
}

const NEXT = 'GET /next HTTP/1.1\r\nHost: shop.example\r\n\r\n';
const NEXT_READ: Expected = ['GET', '/next', 'none', ''];

function refused(name: string, rfc: string, bytes: string, outcome = 400): SmugglingCase {
  return { name, rfc, bytes, read: [], outcome };
}

/** Content-Length against Transfer-Encoding. */
const BOTH: readonly SmugglingCase[] = [
  refused(
    'CL.TE: the length covers a second request, the chunks end before it',
    'RFC 9112, 6.1',
    post(['Content-Length: 47', 'Transfer-Encoding: chunked'], `0\r\n\r\n${NEXT}`),
  ),
  refused(
    'TE.CL: the chunks cover a second request, the length ends before it',
    'RFC 9112, 6.1',
    post(['Transfer-Encoding: chunked', 'Content-Length: 4'], `2a\r\n${NEXT}\r\n0\r\n\r\n`),
  ),
  refused(
    'both, and they agree',
    'RFC 9112, 6.1',
    post(['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
  ),
  refused(
    'both, with a length of zero',
    'RFC 9112, 6.1',
    post(['Content-Length: 0', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
  ),
  refused(
    'both, on a GET',
    'RFC 9112, 6.1',
    'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ),
  refused(
    'both, far apart and in other letters',
    'RFC 9112, 6.1',
    post(['CONTENT-LENGTH: 6', 'Accept: */*', 'X-A: b', 'tRANSFER-eNCODING: CHUNKED'], '0\r\n\r\nG'),
  ),
  refused(
    'both, in HTTP/1.0',
    'RFC 9112, 6.1',
    'POST / HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ),
  refused(
    'Content-Length, and a coding that is no coding',
    'RFC 9112, 6.3',
    post(['Content-Length: 3', 'Transfer-Encoding: x'], 'abc'),
  ),
];

/** Values of Content-Length that programs read in different ways. */
const LENGTHS: readonly SmugglingCase[] = [
  ...(
    [
      ['a plus sign', '+5'],
      ['a minus sign', '-5'],
      ['minus zero', '-0'],
      ['a decimal point', '5.0'],
      ['an exponent', '5e0'],
      ['hexadecimal', '0x5'],
      ['hexadecimal digits', 'a'],
      ['a leading zero', '05'],
      ['zeros alone', '00'],
      ['a space within', '5 5'],
      ['a tab within', '5\t5'],
      ['a list of equals', '5, 5'],
      ['a list of two', '5, 6'],
      ['a list with an empty end', '5,'],
      ['a list with an empty begin', ',5'],
      ['a semicolon', '5;a=b'],
      ['quotes', '"5"'],
      ['nothing', ''],
      ['an underscore between digits', '1_0'],
      ['a word', 'five'],
      ['2^53', '9007199254740992'],
      ['2^64 + 5', '18446744073709551621'],
      ['2^32 + 5 with many zeros', '00000000000000004294967301'],
      ['300 digits', '9'.repeat(300)],
      ['a digit of another script (UTF-8)', '\xd9\xa5'],
      ['a superscript digit of latin1', '\xb2'],
      ['a no-break space', '\xa05'],
      ['a tab before it', '\t5'],
      ['a tab behind it', '5\t'],
      ['a vertical tab before it', '\x0b5'],
      ['a form feed behind it', '5\x0c'],
      ['NUL behind it', '5\0'],
      ['a bare CR behind it', '5\r'],
    ] as const
  ).map(([name, value]) =>
    refused(`Content-Length: ${name}`, 'RFC 9110, 8.6', post([`Content-Length: ${value}`], 'abcde')),
  ),
  refused(
    'two lengths that differ',
    'RFC 9112, 6.3',
    post(['Content-Length: 5', 'Content-Length: 0'], 'abcde'),
  ),
  refused(
    'the same length twice',
    'RFC 9112, 6.3',
    post(['Content-Length: 5', 'Content-Length: 5'], 'abcde'),
  ),
  refused(
    'the second length in other letters',
    'RFC 9112, 6.3',
    post(['Content-Length: 5', 'content-length: 6'], 'abcde'),
  ),
  refused(
    'a length whose name has an underscore, as CGI writes it',
    'RFC 3875, 4.1.18',
    post(['Content_Length: 5'], 'abcde'),
  ),
  refused('a space before the colon', 'RFC 9112, 5.1', post(['Content-Length : 5'], 'abcde')),
  refused('a length on a folded line', 'RFC 9112, 5.2', post(['Content-Length:', ' 5'], 'abcde')),
  {
    name: 'spaces around a length',
    rfc: 'RFC 9112, 5',
    bytes: post(['Content-Length:   5  '], `abcde${NEXT}`),
    read: [['POST', '/form', 'length', 'abcde'], NEXT_READ],
    outcome: 'all',
  },
  {
    name: 'no space before a length',
    rfc: 'RFC 9112, 5',
    bytes: post(['Content-Length:5'], 'abcde'),
    read: [['POST', '/form', 'length', 'abcde']],
    outcome: 'all',
  },
  {
    name: 'the greatest length',
    rfc: 'RFC 9110, 8.6',
    bytes: post(['Content-Length: 9007199254740991'], 'abc'),
    read: [],
    outcome: 413,
  },
  {
    name: 'a name that only begins like Content-Length',
    rfc: 'RFC 9110, 5.1',
    bytes: post(['Content-Length-X: 5', 'X-Content-Length: 5'], NEXT),
    read: [['POST', '/form', 'none', ''], NEXT_READ],
    outcome: 'all',
  },
  {
    name: 'CL.0: a body that servers may forget is read as one, and is no request',
    rfc: 'RFC 9110, 9.3.1',
    bytes: `GET /static HTTP/1.1\r\nHost: a\r\nContent-Length: 42\r\n\r\n${NEXT}${NEXT}`,
    read: [['GET', '/static', 'length', NEXT], NEXT_READ],
    outcome: 'all',
  },
  {
    name: 'CL.0: the same with HEAD',
    rfc: 'RFC 9110, 9.3.2',
    bytes: `HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 42\r\n\r\n${NEXT}`,
    read: [['HEAD', '/', 'length', NEXT]],
    outcome: 'all',
  },
  {
    name: 'POST without a length has no body',
    rfc: 'RFC 9112, 6.3',
    bytes: post([], NEXT),
    read: [['POST', '/form', 'none', ''], NEXT_READ],
    outcome: 'all',
  },
  {
    name: 'a body that is not there yet',
    rfc: 'RFC 9112, 8',
    bytes: post(['Content-Length: 50'], NEXT),
    read: [],
    outcome: 'waits',
  },
];

/** Values of Transfer-Encoding behind which one program sees `chunked` and another does not (TE.TE). */
const CODINGS: readonly SmugglingCase[] = [
  ...(
    [
      ['xchunked', 400, 'xchunked'],
      ['chunkedx', 400, 'chunkedx'],
      ['chunked twice in a list', 400, 'chunked, chunked'],
      ['chunked, then identity', 400, 'chunked, identity'],
      ['identity alone', 400, 'identity'],
      ['gzip alone', 400, 'gzip'],
      ['identity, then chunked', 501, 'identity, chunked'],
      ['gzip, then chunked', 501, 'gzip, chunked'],
      ['an unknown coding, then chunked', 501, 'x-cow,chunked'],
      ['chunked, then gzip', 400, 'chunked, gzip'],
      ['a comma behind it', 400, 'chunked,'],
      ['a comma before it', 400, ',chunked'],
      ['a parameter', 400, 'chunked;q=1'],
      ['an empty parameter', 400, 'chunked;'],
      ['quotes', 400, '"chunked"'],
      ['apostrophes', 400, "'chunked'"],
      ['a space within', 400, 'chun ked'],
      ['two words', 400, 'chunked identity'],
      ['a tab before it', 400, '\tchunked'],
      ['a space and a tab before it', 400, ' \tchunked'],
      ['a tab and a space before it', 400, '\t chunked'],
      ['a tab behind it', 400, 'chunked\t'],
      ['a vertical tab before it', 400, '\x0bchunked'],
      ['a vertical tab behind it', 400, 'chunked\x0b'],
      ['a form feed before it', 400, '\x0cchunked'],
      ['a NUL behind it', 400, 'chunked\0'],
      ['a DEL behind it', 400, 'chunked\x7f'],
      ['a byte 0xff behind it', 400, 'chunked\xff'],
      ['a no-break space before it', 400, '\xa0chunked'],
      ['a bare CR before it', 400, '\rchunked'],
      ['a bare CR behind it', 400, 'chunked\r'],
      ['a bare LF before it', 400, '\nchunked'],
      ['a Kelvin sign for the k (UTF-8)', 400, 'chun\xe2\x84\xaaed'],
      ['nothing', 400, ''],
      ['a colon before it', 400, ':chunked'],
      ['a backslash', 400, '\\chunked'],
    ] as const
  ).map(([name, status, value]) =>
    refused(
      `Transfer-Encoding: ${name}`,
      'RFC 9112, 6.1',
      post([`Transfer-Encoding: ${value}`], '0\r\n\r\n'),
      status,
    ),
  ),
  ...(
    [
      ['a space before the colon', 'Transfer-Encoding : chunked'],
      ['a tab before the colon', 'Transfer-Encoding\t: chunked'],
      ['a space before the name', ' Transfer-Encoding: chunked'],
      ['a tab before the name', '\tTransfer-Encoding: chunked'],
      ['a vertical tab before the name', '\x0bTransfer-Encoding: chunked'],
      ['NUL before the name', '\0Transfer-Encoding: chunked'],
      ['a space for the hyphen', 'Transfer Encoding: chunked'],
      ['an underscore for the hyphen', 'Transfer_Encoding: chunked'],
      ['folded', 'Transfer-Encoding:\r\n chunked'],
      ['folded with a tab', 'Transfer-Encoding: chunked\r\n\t, identity'],
      ['behind a bare CR', 'X: y\rTransfer-Encoding: chunked'],
      ['behind a bare LF', 'X: y\nTransfer-Encoding: chunked'],
      ['behind LF CR', 'X: y\n\rTransfer-Encoding: chunked'],
      ['twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked'],
      ['twice, the second another', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity'],
      ['twice, the first another', 'Transfer-Encoding: cow\r\nTransfer-Encoding: chunked'],
      ['twice, the second empty', 'Transfer-Encoding: chunked\r\nTransfer-Encoding:'],
      ['no colon', 'Transfer-Encoding chunked'],
      ['quotes around the name', '"Transfer-Encoding": chunked'],
    ] as const
  ).map(([name, line]) =>
    refused(`Transfer-Encoding, ${name}`, 'RFC 9112, 5.1', post(['Content-Type: a/b', line], '0\r\n\r\n')),
  ),
  refused(
    'Transfer-Encoding in HTTP/1.0',
    'RFC 9112, 6.1',
    'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ),
  {
    name: 'chunked in other letters',
    rfc: 'RFC 9112, 7',
    bytes: post(['transfer-encoding:  CHUNKED '], `3\r\nabc\r\n0\r\n\r\n${NEXT}`),
    read: [['POST', '/form', 'chunked', 'abc'], NEXT_READ],
    outcome: 'all',
  },
  {
    name: 'a name that only ends like Transfer-Encoding',
    rfc: 'RFC 9110, 5.1',
    bytes: post(['X-Transfer-Encoding: chunked', 'Content-Length: 3'], `abc${NEXT}`),
    read: [['POST', '/form', 'length', 'abc'], NEXT_READ],
    outcome: 'all',
  },
  {
    name: 'TE says what the client takes, and frames nothing',
    rfc: 'RFC 9110, 10.1.4',
    bytes: post(['TE: chunked, trailers', 'Connection: TE'], NEXT),
    read: [['POST', '/form', 'none', ''], NEXT_READ],
    outcome: 'all',
  },
];

/** All that clients are known, or could be thought, to send so that two programs see different requests. */
export const SMUGGLING_CASES: readonly SmugglingCase[] = [
  ...BOTH,
  ...LENGTHS,
  ...CODINGS,
  ...CHUNK_CASES,
  ...HEAD_CASES,
  ...TARGET_CASES,
];

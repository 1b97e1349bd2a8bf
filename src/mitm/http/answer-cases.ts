/** What a server sends until it closes the connection, and what must come of it. */
export interface AnswerCase {
  readonly name: string;
  /** Section that decides it. */
  readonly rfc: string;
  readonly method: string;
  /** Each character one byte. */
  readonly bytes: string;
  /** Undefined where it is refused (502). */
  readonly read?: {
    readonly statuses: readonly number[];
    readonly body: string;
    readonly keepAlive: boolean;
    /** Bytes that do not belong to the answer. */
    readonly behind?: number;
  };
}

/** Status lines that are refused. */
const STATUS_LINES: readonly (readonly [name: string, line: string])[] = [
  ['another protocol', 'ICY 200 OK'],
  ['HTTP/0.9, a body alone', '<html>'],
  ['HTTP/2.0', 'HTTP/2.0 200 OK'],
  ['HTTP/1.2', 'HTTP/1.2 200 OK'],
  ['a version in lower case', 'http/1.1 200 OK'],
  ['no status', 'HTTP/1.1'],
  ['a status of two digits', 'HTTP/1.1 20 OK'],
  ['a status of four digits', 'HTTP/1.1 2000 OK'],
  ['a status below 100', 'HTTP/1.1 099 OK'],
  ['a status with a sign', 'HTTP/1.1 +20 OK'],
  ['a status that is no number', 'HTTP/1.1 2x0 OK'],
  ['two spaces before the status', 'HTTP/1.1  200 OK'],
  ['a tab before the status', 'HTTP/1.1\t200 OK'],
  ['a tab behind the status', 'HTTP/1.1 200\tOK'],
  ['a bare CR in the reason phrase', 'HTTP/1.1 200 OK\rX: y'],
  ['a bare LF in the reason phrase', 'HTTP/1.1 200 OK\nX: y'],
  ['NUL in the reason phrase', 'HTTP/1.1 200 O\0K'],
  ['an empty line first', '\r\nHTTP/1.1 200 OK'],
];

/** Fields that are refused, each in an answer 200 to a GET with this body. */
const FIELDS: readonly (readonly [name: string, rfc: string, lines: string, body: string])[] = [
  [
    'both framings',
    'RFC 9112, 6.3',
    'Content-Length: 5\r\nTransfer-Encoding: chunked',
    '3\r\nabc\r\n0\r\n\r\n',
  ],
  ['two lengths', 'RFC 9112, 6.3', 'Content-Length: 3\r\nContent-Length: 4', 'abcd'],
  ['a list of lengths', 'RFC 9112, 6.3', 'Content-Length: 3, 3', 'abc'],
  ['a length with a sign', 'RFC 9110, 8.6', 'Content-Length: -1', 'abc'],
  ['a length over 2^53', 'RFC 9110, 8.6', 'Content-Length: 99999999999999999999', 'abc'],
  ['gzip as a transfer coding', 'RFC 9112, 6.1', 'Transfer-Encoding: gzip, chunked', '0\r\n\r\n'],
  ['identity as a transfer coding', 'RFC 9112, 7', 'Transfer-Encoding: identity', 'abc'],
  ['a folded field', 'RFC 9112, 5.2', 'X-A: b\r\n c', ''],
  ['a space before a colon', 'RFC 9112, 5.1', 'Content-Length : 3', 'abc'],
  ['a bare LF (response splitting)', 'RFC 9112, 2.2', 'Location: /a\nSet-Cookie: b=c', ''],
  ['a bare CR (response splitting)', 'RFC 9112, 2.2', 'Location: /a\rSet-Cookie: b=c', ''],
  ['a body that ends too early', 'RFC 9112, 8', 'Content-Length: 10', 'abc'],
  ['chunks that end too early', 'RFC 9112, 8', 'Transfer-Encoding: chunked', '3\r\nabc\r\n'],
  [
    'a chunk size that is no number',
    'RFC 9112, 7.1',
    'Transfer-Encoding: chunked',
    '0x3\r\nabc\r\n0\r\n\r\n',
  ],
  ['chunk lines of LF', 'RFC 9112, 7.1', 'Transfer-Encoding: chunked', '3\nabc\n0\n\n'],
  ['too many fields', 'RFC 6585, 5', 'X-A: b\r\n'.repeat(129).trimEnd(), ''],
  ['a head that is too long', 'RFC 6585, 5', `X-A: ${'b'.repeat(65_536)}`, ''],
];

/** Answers: the same strictness as for requests, and the body that status and method say (RFC 9112, 6.3). */
export const ANSWER_CASES: readonly AnswerCase[] = [
  ...STATUS_LINES.map(([name, line]) => ({
    name: `status line: ${name}`,
    rfc: 'RFC 9112, 4',
    method: 'GET',
    bytes: `${line}\r\nContent-Length: 0\r\n\r\n`,
  })),
  ...FIELDS.map(([name, rfc, lines, body]) => ({
    name,
    rfc,
    method: 'GET',
    bytes: `HTTP/1.1 200 OK\r\n${lines}\r\n\r\n${body}`,
  })),
  ...(
    [
      ['nothing at all', ''],
      ['half a head', 'HTTP/1.1 200 OK\r\nX-A'],
      ['100 alone', 'HTTP/1.1 100 Continue\r\n\r\n'],
      ['100 in HTTP/1.0', 'HTTP/1.0 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
      [
        '103 that closes the connection',
        'HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      ],
      ['204 with a length', 'HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc'],
      ['204 with chunks', 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
      ['101 with a length', 'HTTP/1.1 101 Switching Protocols\r\nContent-Length: 3\r\n\r\nabc'],
      ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ] as const
  ).map(([name, bytes]) => ({ name, rfc: 'RFC 9112, 6.3', method: 'GET', bytes })),
  answer('a length', 'GET', '200 OK', 'Content-Length: 3', 'abc', 'abc'),
  answer('a length with leading zeros', 'GET', '200 OK', 'Content-Length: 0003', 'abc', 'abc'),
  answer('chunks', 'GET', '200 OK', 'Transfer-Encoding: chunked', '3\r\nabc\r\n0\r\n\r\n', 'abc'),
  answer("no framing: to the connection's end", 'GET', '200 OK', 'X-A: b', 'abc', 'abc', false),
  answer('Connection: close', 'GET', '200 OK', 'Connection: close\r\nContent-Length: 3', 'abc', 'abc', false),
  answer('a reason phrase of latin1', 'GET', '200 \xe4 b\tc', 'Content-Length: 0', '', ''),
  answer('no reason phrase', 'GET', '200 ', 'Content-Length: 0', '', ''),
  answer('no reason phrase and no space', 'GET', '200', 'Content-Length: 0', '', ''),
  answer('a status that nobody knows', 'GET', '999 Nothing', 'Content-Length: 0', '', ''),
  answer('HEAD has no body, whatever the head says', 'HEAD', '200 OK', 'Content-Length: 100', '', ''),
  answer('HEAD with chunks announced', 'HEAD', '200 OK', 'Transfer-Encoding: chunked', '', ''),
  answer('304 has no body, whatever the head says', 'GET', '304 Not Modified', 'Content-Length: 100', '', ''),
  answer('204 has none', 'GET', '204 No Content', 'X-A: b', '', ''),
  answer('204 with a length of zero', 'GET', '204 No Content', 'Content-Length: 0', '', ''),
  answer('an answer to CONNECT that refuses', 'CONNECT', '407 No', 'Content-Length: 3', 'abc', 'abc'),
  {
    name: 'an answer to CONNECT has no body, and what follows is the tunnel',
    rfc: 'RFC 9110, 9.3.6',
    method: 'CONNECT',
    bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc',
    read: { statuses: [200], body: '', keepAlive: true, behind: 3 },
  },
  {
    name: 'an upgrade, and what follows is the other protocol',
    rfc: 'RFC 9110, 15.2.2',
    method: 'GET',
    bytes:
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello',
    read: { statuses: [101], body: '', keepAlive: true, behind: 7 },
  },
  {
    name: 'interim answers come first',
    rfc: 'RFC 9110, 15.2',
    method: 'POST',
    bytes:
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx',
    read: { statuses: [100, 103, 200], body: 'x', keepAlive: true },
  },
  {
    name: 'a second answer that nobody asked for is none of the first',
    rfc: 'RFC 9112, 9.2',
    method: 'GET',
    bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n',
    read: { statuses: [200], body: 'x', keepAlive: true, behind: 19 },
  },
  {
    name: 'HTTP/1.0 ends its connection',
    rfc: 'RFC 9112, 9.3',
    method: 'GET',
    bytes: 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx',
    read: { statuses: [200], body: 'x', keepAlive: false },
  },
  {
    name: 'HTTP/1.0 with keep-alive',
    rfc: 'RFC 9112, 9.3',
    method: 'GET',
    bytes: 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx',
    read: { statuses: [200], body: 'x', keepAlive: true },
  },
];

function answer(
  name: string,
  method: string,
  status: string,
  line: string,
  sent: string,
  body: string,
  keepAlive = true,
): AnswerCase {
  const bytes = `HTTP/1.1 ${status}\r\n${line}\r\n\r\n${sent}`;
  return {
    name,
    rfc: 'RFC 9112, 6.3',
    method,
    bytes,
    read: { statuses: [Number(status.slice(0, 3))], body, keepAlive },
  };
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HttpRequest } from '../request.ts';
import { parseRequest, RequestSyntaxError } from './parse-request.ts';

const PLAIN = { method: 'GET', target: '/', protocol: 'HTTP/1.1', headers: [], body: '' };

const READ: readonly (readonly [text: string, request: Partial<HttpRequest>])[] = [
  ['GET / HTTP/1.1\r\n\r\n', {}],
  ['GET /', {}],
  ['\n\r\nGET / HTTP/1.0\n', { protocol: 'HTTP/1.0' }],
  ['GET  /a b?c=d e  HTTP/2 \n\n', { target: '/a b?c=d e', protocol: 'HTTP/2' }],
  ['M-SEARCH * HTTP/1.1\n\n', { method: 'M-SEARCH', target: '*' }],
  [
    'GET / HTTP/1.1\nHost: a\nX:\n\n',
    {
      headers: [
        ['Host', 'a'],
        ['X', ''],
      ],
    },
  ],
  ['GET / HTTP/1.1\nHost : a \t\n\tb\n c\n\n', { headers: [['Host', 'a b c']] }],
  ['POST / HTTP/1.1\n\na\r\nb\n', { method: 'POST', body: 'a\r\nb\n' }],
  [
    'POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc\r\n',
    { method: 'POST', headers: [['content-length', '3']], body: 'abc' },
  ],
  [
    'POST / HTTP/1.1\nContent-Length: x\n\nabc',
    { method: 'POST', headers: [['Content-Length', 'x']], body: 'abc' },
  ],
  [
    'POST / HTTP/1.1\nTransfer-Encoding: gzip, Chunked\n\n3;a=b\nabc\r\n2\r\nde\n0\nTrailer: x\n\n',
    { method: 'POST', headers: [['Transfer-Encoding', 'gzip, Chunked']], body: 'abcde' },
  ],
  ['POST / HTTP/1.1\n\n\0\xff', { method: 'POST', body: '\0\xff' }],
];

for (const [text, request] of READ) {
  test(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(parseRequest(text), { ...PLAIN, ...request }));
}

const REFUSED: readonly (readonly [text: string, line: number, message: RegExp])[] = [
  ['', 1, /no request/],
  ['\n\n', 1, /no request/],
  ['G\0T / HTTP/1.1', 1, /begins with its method, not 'G\?T'/],
  [' GET / HTTP/1.1', 1, /begins with its method/],
  ['\nGET', 2, /names no target/],
  ['GET / HTTP/1.1\n x\n\n', 2, /no header that this line goes on/],
  ['GET / HTTP/1.1\na: b\nnonsense\n\n', 3, /NAME: VALUE, not 'nonsense'/],
  ['GET / HTTP/1.1\n: b\n\n', 2, /NAME: VALUE/],
  ['POST / HTTP/1.1\nContent-Length: 5\n\nabc', 4, /says 5 bytes, and the body has 3/],
  ['POST / HTTP/1.1\nContent-Length: 1\n\nab\ncd', 4, /4 more bytes follow after the 1 bytes/],
  ['POST / HTTP/1.1\nTransfer-Encoding: chunked\n\nx\n', 4, /size of a chunk is missing/],
  ['POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n5\nabc', 5, /a chunk of 5 bytes has 3/],
  ['POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n1\nabc', 5, /no line end after a chunk of 1/],
  [
    'POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n0\n\nGET /',
    6,
    /5 more bytes follow after the last chunk/,
  ],
];

for (const [text, line, message] of REFUSED) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseRequest(text),
      (error) => error instanceof RequestSyntaxError && error.line === line && message.test(error.message),
    );
  });
}

test('any bytes: a request or a syntax error, and soon', () => {
  const pieces = [
    'GET ',
    '/',
    ' HTTP/1.1',
    '\r',
    '\n',
    '\r\n',
    ': ',
    'a',
    ' ',
    'Transfer-Encoding: chunked',
    '1',
    '\0',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), (parts) => {
      try {
        parseRequest(parts.join(''));
      } catch (error) {
        assert.ok(error instanceof RequestSyntaxError);
      }
    }),
    { numRuns: 2000 },
  );
  const began = performance.now();
  for (const piece of ['a: b\n', ' \n', '\t', '\n', 'GET / ']) {
    try {
      parseRequest(`GET / HTTP/1.1\nHost: a\n${piece.repeat(1 << 20)}`);
    } catch (error) {
      assert.ok(error instanceof RequestSyntaxError);
    }
  }
  assert.ok(performance.now() - began < 5000);
});

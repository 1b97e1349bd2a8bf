import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import { http1, http1With } from './index.ts';

type Piece = readonly [0 | 1, Uint8Array | string];

const run = (pieces: readonly Piece[], prepare?: (context: RecordingContext) => void): RecordingContext =>
  RecordingContext.run(http1, 'tcp', pieces, prepare);

const http = (context: RecordingContext, index = 0): Record<string, unknown> => {
  const record = context.transactions[index]?.eve();
  return (record?.http ?? {}) as Record<string, unknown>;
};

const row = (context: RecordingContext, index = 0): Record<string, unknown> => {
  const first = context.transactions[index]?.zeek?.()[0];
  return Object.fromEntries((first?.log.columns ?? []).map(([name], i) => [name, first?.values[i]]));
};

const content = (context: RecordingContext, index = 0): string | undefined =>
  context.files[index]?.content.toString('latin1');

const GET = 'GET /a/b.txt?q=1 HTTP/1.1\r\nHost: Example.com:8080\r\nUser-Agent: curl/8\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n';

test('a request and its answer', () => {
  const context = run([
    [0, GET],
    [1, `${OK}Content-Length: 5\r\n\r\nhello`],
  ]);
  assert.deepEqual(http(context), {
    hostname: 'example.com',
    http_port: 8080,
    url: '/a/b.txt?q=1',
    http_user_agent: 'curl/8',
    http_content_type: 'text/html',
    http_method: 'GET',
    protocol: 'HTTP/1.1',
    status: 200,
    length: 5,
  });
  const zeek = row(context);
  assert.equal(zeek.host, 'Example.com:8080');
  assert.equal(zeek.version, '1.1');
  assert.equal(zeek.status_msg, 'OK');
  assert.equal(zeek.response_body_len, 5);
  assert.equal(zeek.trans_depth, 1);
  assert.deepEqual(context.names, ['example.com']);
  assert.equal(content(context), 'hello');
  assert.equal(context.files[0]?.start.path, '/a/b.txt');
  assert.equal(context.files[0]?.complete, true);
  assert.deepEqual(context.anomalies, []);
});

test('pipelined requests meet their answers', () => {
  const context = run([
    [0, `${GET}HEAD /two HTTP/1.1\r\nHost: a\r\n\r\nGET /three HTTP/1.1\r\nHost: a\r\n\r\n`],
    [1, `${OK}Content-Length: 2\r\n\r\noneHTTP/1.1`.replace('oneHTTP', 'okHTTP')],
    [1, ' 200 OK\r\nContent-Length: 99\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'],
  ]);
  assert.deepEqual(
    [0, 1, 2].map((i) => [http(context, i).url, http(context, i).status, http(context, i).length]),
    [
      ['/a/b.txt?q=1', 200, 2],
      ['/two', 200, 0],
      ['/three', 404, 0],
    ],
  );
});

test('chunks with extensions and a trailer', () => {
  const context = run([
    [0, GET],
    [1, `${OK}Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n02\r\nde\r\n0\r\nX-T: 1\r\n\r\n`],
  ]);
  assert.equal(content(context), 'abcde');
  assert.deepEqual(context.anomalies, ['RESPONSE_CHUNK_EXTENSION']);
  assert.equal(http(context).status, 200);
});

test('bodies until the connection closes, interim answers', () => {
  const context = new RecordingContext();
  const parser = http1.create(context);
  context.feed(
    parser,
    0,
    Buffer.from('POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n'),
  );
  context.feed(parser, 1, Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'));
  context.feed(parser, 0, Buffer.from('abc'));
  context.feed(parser, 1, Buffer.from('HTTP/1.1 200 OK\r\n\r\nuntil '));
  context.feed(parser, 1, Buffer.from('the end'));
  parser.close?.(1);
  assert.equal(content(context, 0), 'abc');
  assert.equal(content(context, 1), 'until the end');
  assert.equal(context.files[1]?.complete, true);
  assert.equal(row(context).info_code, 100);
  assert.equal(row(context).status_code, 200);
  assert.equal(row(context).request_body_len, 3);
});

test('compressed bodies', () => {
  const packed = gzipSync(Buffer.from('plain text here'));
  const head = Buffer.from(`${OK}Content-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`);
  const context = run([
    [0, GET],
    [1, Buffer.concat([head, packed])],
  ]);
  assert.equal(content(context), 'plain text here');
  assert.equal(http(context).length, packed.length);
  assert.equal(row(context).response_body_len, 15);
});

test('CONNECT leaves the flow to what is tunnelled, a refusal does not', () => {
  const context = run([
    [0, 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n\x16\x03\x01'],
    [1, 'HTTP/1.1 200 Connection established\r\n\r\n'],
  ]);
  assert.equal(context.successor, undefined);
  assert.equal(context.left(0), 3);
  assert.equal(http(context).hostname, 'a.example');
  const refused = run([
    [0, 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n'],
    [1, 'HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n'],
    [0, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    [1, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ]);
  assert.equal(refused.successor, null);
  assert.deepEqual([http(refused, 0).status, http(refused, 1).url], [407, '/']);
});

test('upgrades', () => {
  for (const [name, protocol] of [
    ['websocket', 'websocket'],
    ['h2c', 'http2'],
  ] as const) {
    const context = run([
      [0, `GET / HTTP/1.1\r\nHost: a\r\nUpgrade: ${name}\r\n\r\n`],
      [1, `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${name}\r\n\r\n\x81\x00`],
    ]);
    assert.equal(context.successor, protocol);
    assert.equal(http(context).status, 101);
    assert.equal(context.left(1), 2);
  }
});

test('a hole in a body is counted, one in a head is stepped over', () => {
  const context = new RecordingContext();
  const parser = http1.create(context);
  context.feed(parser, 0, Buffer.from(GET));
  context.feed(parser, 1, Buffer.from(`${OK}Content-Length: 10\r\n\r\nabc`));
  assert.equal(parser.gap?.(5, 1), true);
  context.feed(parser, 1, Buffer.from('ij'));
  assert.equal(context.files[0]?.gaps, 5);
  assert.equal(http(context).length, 10);
  context.feed(parser, 0, Buffer.from('GET /2 HTTP/1.1\r\nHo'));
  parser.gap?.(100, 0);
  context.feed(parser, 0, Buffer.from('t of a head\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n'));
  parser.end?.();
  assert.deepEqual(
    [1, 2].map((i) => http(context, i).url),
    ['/2', '/3'],
  );
});

test('bulk beyond the limit is passed over', () => {
  const context = new RecordingContext();
  context.limits = { ...context.limits, bodyBytes: 1000 };
  const parser = http1.create(context);
  context.feed(parser, 0, Buffer.from(GET));
  context.feed(parser, 1, Buffer.from(`${OK}Content-Length: 1000000\r\n\r\n`));
  let shown = 0;
  const data = parser.data.bind(parser);
  parser.data = (bytes, start, end, direction) => {
    shown += end - start;
    return data(bytes, start, end, direction);
  };
  for (let i = 0; i < 1000; i++) context.feed(parser, 1, Buffer.alloc(1000, 65));
  context.feed(parser, 0, Buffer.from('GET /next HTTP/1.1\r\nHost: a\r\n\r\n'));
  context.feed(parser, 1, Buffer.from('HTTP/1.1 204 No Content\r\n\r\n'));
  assert.ok(shown < 10000, `${shown}`);
  assert.equal(http(context).length, 1000000);
  assert.equal(context.files[0]?.skipped, 999000);
  assert.equal(http(context, 1).status, 204);
});

test('forms give a file for each part that has a name', () => {
  const body = [
    '--b0\r\nContent-Disposition: form-data; name="x"\r\n\r\nvalue\r\n',
    '--b0\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n',
    'first\r\n--b-not\r\nline\r\n--b0\r\nContent-Disposition: form-data; name="g"; filename="b.bin"\r\n\r\n\r\n--b0--\r\n',
  ].join('');
  for (const size of [1, 7, body.length]) {
    const pieces: Piece[] = [
      [
        0,
        `POST /up HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b0\r\nContent-Length: ${body.length}\r\n\r\n`,
      ],
    ];
    for (let i = 0; i < body.length; i += size) pieces.push([0, body.slice(i, i + size)]);
    const context = run(pieces);
    assert.deepEqual(
      context.files.map((file) => [
        file.start.filename,
        file.start.body,
        file.content.toString(),
        file.complete,
      ]),
      [
        [undefined, true, 'value', true],
        ['a.txt', false, 'first\r\n--b-not\r\nline', true],
        ['b.bin', false, '', true],
      ],
    );
    assert.equal(row(context).request_body_len, body.length);
  }
});

test('names of files', () => {
  const named = run([
    [0, GET],
    [1, `${OK}Content-Disposition: attachment; filename="x\\"y.txt"; a=b\r\nContent-Length: 1\r\n\r\nx`],
  ]);
  assert.equal(named.files[0]?.start.filename, 'x"y.txt');
  assert.deepEqual(row(named).resp_filenames, ['x"y.txt']);
  const escaped = run([
    [0, 'GET //a/%2e%2e/b%20c.txt HTTP/1.1\r\nHost: a\r\n\r\n'],
    [1, `${OK}Content-Length: 1\r\n\r\nx`],
  ]);
  assert.equal(escaped.files[0]?.start.path, '/b c.txt');
});

test('HTTP/0.9', () => {
  const context = new RecordingContext();
  const parser = http1.create(context);
  context.feed(parser, 0, Buffer.from('GET /x\r\n'));
  context.feed(parser, 1, Buffer.from('<html>raw\r\n\r\n</html>'));
  parser.close?.(1);
  assert.equal(content(context), '<html>raw\r\n\r\n</html>');
  assert.equal(row(context).version, '0.9');
  assert.equal(row(context).status_code, 0);
  const not = run([
    [0, 'GET /x\r\nUser-Agent: y\r\n\r\n'],
    [1, 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nz'],
  ]);
  assert.equal(http(not).http_user_agent, 'y');
  assert.equal(content(not), 'z');
  assert.ok(not.anomalies.includes('REQUEST_LINE_MISSING_PROTOCOL'));
});

test('an answer without its request', () => {
  const context = run([
    [1, `${OK}Content-Length: 1\r\n\r\nx`],
    [0, GET],
    [1, `${OK}Content-Length: 1\r\n\r\ny`],
  ]);
  assert.deepEqual(context.anomalies, ['UNABLE_TO_MATCH_RESPONSE_TO_REQUEST']);
  assert.equal(http(context).url, '/libhtp::request_uri_not_seen');
  assert.equal(http(context, 1).url, '/a/b.txt?q=1');
  assert.equal(row(context).method, undefined);
});

test('shapes that smuggle are reported', () => {
  const events = (request: string): readonly string[] => run([[0, request]]).anomalies;
  const post = 'POST / HTTP/1.1\r\nHost: a\r\n';
  assert.ok(
    events(`${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`).includes(
      'REQUEST_SMUGGLING',
    ),
  );
  assert.ok(
    events(`${post}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`).includes(
      'DUPLICATE_CONTENT_LENGTH_FIELD_IN_REQUEST',
    ),
  );
  assert.ok(
    events(`${post}Transfer-Encoding: xx\r\n\r\n`).includes('INVALID_TRANSFER_ENCODING_VALUE_IN_REQUEST'),
  );
  assert.ok(events(`${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n`).includes('INVALID_REQUEST_CHUNK_LEN'));
  assert.ok(events('GET / HTTP/1.1\r\n\r\n').includes('MISSING_HOST_HEADER'));
  assert.ok(events('GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n').includes('HOST_HEADER_AMBIGUOUS'));
});

/** Heads that browsers read although they are wrong; each is followed by the body as it stands. */
const EVASIONS: readonly (readonly [name: string, response: string])[] = [
  ['line feeds only', 'HTTP/1.1 200 OK\nContent-Length: 4\n\nbody'],
  ['carriage returns only', 'HTTP/1.1 200 OK\rContent-Length: 4\r\n\r\nbody'],
  ['folded name', 'HTTP/1.1 200 OK\r\nTransfer-Encoding\r\n :\r\n chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n'],
  ['folded value', 'HTTP/1.1 200 OK\r\nContent-Length:\r\n 4\r\n\r\nbody'],
  ['blank fold', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n \r\nX: y\r\n\r\n4\r\nbody\r\n0\r\n\r\n'],
  ['white space in front of a field', 'HTTP/1.1 200 OK\r\nA: b\r\n\tContent-Length: 4\r\n\r\nbody'],
  ['odd empty line', 'HTTP/1.1 200 OK\r\nA: b\r\n\r\r\nContent-Length: 4\r\n\r\nbody'],
  ['NUL in a name', 'HTTP/1.1 200 OK\r\nContent\0-Length: 4\r\n\r\nbody'],
  ['no colon', 'HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 4\r\n\r\nbody'],
  ['junk in front', 'foobar\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody'],
  [
    'chunked that is not',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nbody'.replace('body', '!ody'),
  ],
  [
    'control characters around a chunk length',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: \x0bchunked\r\n\r\n\n4 x\r\nbody\r\n0\r\n\r\n',
  ],
  ['wrong version', 'HTTP/1.1foo\r\nContent-Length: 4\r\n\r\nbody'],
  ['length with words', 'HTTP/1.1 200 OK\r\nContent-Length: x4,9\r\n\r\nbody'],
  ['body where none may be', 'HTTP/1.1 204 OK\r\nContent-Length: 4\r\n\r\nbody'],
];

for (const [name, response] of EVASIONS) {
  test(`evasion: ${name}`, () => {
    for (const size of [1, 3, response.length]) {
      const context = new RecordingContext();
      const parser = http1.create(context);
      context.feed(parser, 0, Buffer.from(GET));
      for (let i = 0; i < response.length; i += size) {
        context.feed(parser, 1, Buffer.from(response.slice(i, i + size), 'latin1'));
      }
      parser.close?.(1);
      parser.end?.();
      assert.equal(context.files.length, 1);
      assert.match(content(context) ?? '', /^[b!]ody$/);
    }
  });
}

test('headers are recorded where asked for', () => {
  const context = RecordingContext.run(http1With({ headers: true }), 'tcp', [
    [0, 'GET / HTTP/1.1\r\nHost: a\r\nX-Odd:  b \r\n\r\n'],
    [1, `${OK}Content-Length: 0\r\n\r\n`],
  ]);
  assert.deepEqual(http(context).request_headers, [
    { name: 'Host', value: 'a' },
    { name: 'X-Odd', value: 'b' },
  ]);
});

test('users are named, passwords are not kept', () => {
  const secret = Buffer.from('ann:hunter2').toString('base64');
  const context = run([[0, `GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic ${secret}\r\n\r\n`]]);
  const zeek = row(context);
  assert.equal(zeek.username, 'ann');
  assert.equal(zeek.password, undefined);
  assert.ok(!JSON.stringify(context.transactions[0]?.eve()).includes('hunter2'));
});

test('detection', () => {
  const probe = (text: string, direction: 0 | 1 = 0, server = 9999): string => {
    const bytes = Buffer.from(text, 'latin1');
    return http1.probe(bytes, 0, bytes.length, direction, { client: 40000, server });
  };
  assert.equal(probe(GET), 'yes');
  assert.equal(probe('GE'), 'maybe');
  assert.equal(probe('FOO /x HTTP/1.0\r\n'), 'yes');
  assert.equal(probe('OPTIONS sip:a SIP/2.0\r\n'), 'no');
  assert.equal(probe('PRI * HTTP/2.0\r\n\r\n'), 'no');
  assert.equal(probe('SSH-2.0-x\r\n'), 'no');
  assert.equal(probe('\x16\x03\x01'), 'no');
  assert.equal(probe('hello there\r\n', 0, 80), 'maybe');
  assert.equal(probe('HTTP/1.0 200 OK\r\n', 1), 'yes');
  assert.equal(probe('220 ready\r\n', 1), 'no');
});

test('waiting requests are bounded', () => {
  const context = new RecordingContext();
  context.limits = { ...context.limits, pendingTransactions: 5 };
  const parser = http1.create(context);
  for (let i = 0; i < 50; i++) context.feed(parser, 0, Buffer.from(`GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`));
  assert.equal(context.transactions.length, 45);
  parser.end?.();
  assert.equal(context.transactions.length, 50);
});

test('an endless head is given up', () => {
  const context = new RecordingContext();
  const parser = http1.create(context);
  const started = performance.now();
  context.feed(parser, 0, Buffer.from('GET / HTTP/1.1\r\nX: '));
  for (let i = 0; i < 80; i++) context.feed(parser, 0, Buffer.alloc(1000, 65));
  assert.deepEqual(context.anomalies, ['REQUEST_FIELD_TOO_LONG']);
  assert.ok(performance.now() - started < 2000);
  assert.equal(context.left(0), 0);
});

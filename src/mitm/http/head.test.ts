import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorityFault, originForm } from './authority.ts';
import {
  checkPartialHead,
  DEFAULT_LIMITS,
  findHeadEnd,
  parseRequestHead,
  parseResponseHead,
} from './head.ts';
import { type HeadLimits, HttpError, type RequestHead } from './message.ts';

function request(text: string, limits: HeadLimits = DEFAULT_LIMITS): RequestHead {
  const bytes = Buffer.from(text, 'latin1');
  return parseRequestHead(bytes, 0, bytes.length, limits);
}

/** A GET of HTTP/1.1 with these lines. */
function get(...lines: readonly string[]): RequestHead {
  return request(['GET / HTTP/1.1', 'Host: a', ...lines, '', ''].join('\r\n'));
}

function refusal(status: number, reason: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof HttpError && error.status === status && reason.test(error.message);
}

test('a head is read wherever it lies in the bytes', () => {
  const text = 'POST /a?b HTTP/1.1\r\nHost: a.example:8080\r\nX-A:  b c \r\nContent-Length: 12\r\n\r\n';
  const bytes = Buffer.from(`garbage${text}more`, 'latin1');
  const end = findHeadEnd(bytes, 7, bytes.length);
  assert.equal(end, 7 + text.length);
  assert.deepEqual(parseRequestHead(bytes, 7, end, DEFAULT_LIMITS), {
    method: 'POST',
    target: '/a?b',
    version: 11,
    fields: [
      ['Host', 'a.example:8080'],
      ['X-A', 'b c'],
      ['Content-Length', '12'],
    ],
    host: 'a.example:8080',
    framing: { kind: 'length', bytes: 12 },
    keepAlive: true,
    upgrade: '',
    expectsContinue: false,
    bytes: text.length,
  });
});

test('the host is that of the target where it has one (RFC 9112, 3.2.2)', () => {
  assert.equal(request('GET http://b:81/x HTTP/1.1\r\nHost: a\r\n\r\n').host, 'b:81');
  assert.equal(request('GET http://b HTTP/1.1\r\nHost:\r\n\r\n').host, 'b');
  assert.equal(request('CONNECT b:443 HTTP/1.1\r\nHost: a\r\n\r\n').host, 'b:443');
  assert.equal(request('GET http://b/ HTTP/1.0\r\n\r\n').host, 'b');
  assert.equal(request('GET / HTTP/1.0\r\n\r\n').host, '');
  assert.equal(request('GET / HTTP/1.0\r\nHost: a\r\n\r\n').host, 'a');
});

test('the connection goes on as version and Connection say (RFC 9112, 9.3)', () => {
  assert.equal(get().keepAlive, true);
  assert.equal(get('Connection: close').keepAlive, false);
  assert.equal(get('Connection: x, CLOSE ,y').keepAlive, false);
  assert.equal(get('Connection: keep-alive', 'Connection: close').keepAlive, false);
  assert.equal(get('Connection: x-close').keepAlive, true);
  assert.equal(request('GET / HTTP/1.0\r\n\r\n').keepAlive, false);
  assert.equal(request('GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n').keepAlive, true);
  assert.equal(request('GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n').keepAlive, false);
});

test('an upgrade is one where Connection names it, without a body, in HTTP/1.1 (RFC 9110, 7.8)', () => {
  assert.equal(get('Connection: Upgrade', 'Upgrade: WebSocket').upgrade, 'websocket');
  assert.equal(get('Upgrade: h2c', 'Upgrade: foo/2', 'Connection: upgrade').upgrade, 'h2c, foo/2');
  assert.equal(get('Upgrade: websocket').upgrade, '');
  assert.equal(get('Connection: upgrade').upgrade, '');
  assert.equal(get('Connection: upgrade', 'Upgrade: websocket', 'Content-Length: 1').upgrade, '');
  assert.equal(request('GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n').upgrade, '');
});

test('an expectation is one where a body is to come (RFC 9110, 10.1.1)', () => {
  assert.equal(get('Expect: 100-Continue', 'Content-Length: 1').expectsContinue, true);
  assert.equal(get('Expect: 100-continue', 'Transfer-Encoding: chunked').expectsContinue, true);
  assert.equal(get('Expect: 100-continue').expectsContinue, false);
  assert.equal(
    request('POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n').expectsContinue,
    false,
  );
  assert.throws(() => get('Expect: fish'), refusal(417, /expectation/));
});

test('each refusal has its own reason, and none repeats the message', () => {
  const reasons = new Set<string>();
  for (const line of [
    'X : y',
    ' X: y',
    ': y',
    'X',
    'X\0: y',
    'X: \0',
    'X: \x01',
    'X: a\rb',
    'X: a\nb',
    'Host: secret',
    'Host : secret',
    'Content-Length: secret',
    'Content-Length:',
    'Content-Length: 99999999999999999',
    'Content-Length: 01',
    'Content_Length: 1',
    'Transfer-Encoding: secret',
    'Transfer-Encoding: chunked, chunked',
    'Transfer-Encoding: ,chunked',
    'Transfer-Encoding: se(cret',
    'Transfer-Encoding: secret, chunked',
    'Transfer-Encoding: \tchunked',
    'Transfer_Encoding: chunked',
    'Connection: se(cret',
    'Upgrade: se(cret',
  ]) {
    assert.throws(
      () => get(line),
      (error) => {
        assert.ok(error instanceof HttpError);
        assert.doesNotMatch(error.message, /secret/);
        reasons.add(error.message);
        return true;
      },
      line,
    );
  }
  // Two pairs of lines are wrong in the same way.
  assert.ok(reasons.size >= 23, [...reasons].join('\n'));
});

test('heads are bounded (RFC 6585, 5; RFC 9110, 15.5.15)', () => {
  const limits: HeadLimits = { headBytes: 100, targetBytes: 20, fields: 3 };
  const of = (text: string): RequestHead => request(text, limits);
  const start = 'GET / HTTP/1.1\r\nHost: a\r\n';
  assert.equal(of(`${start}X: ${'y'.repeat(100 - start.length - 7)}\r\n\r\n`).bytes, 100);
  assert.throws(() => of(`${start}X: ${'y'.repeat(100 - start.length - 6)}\r\n\r\n`), refusal(431, /head/));
  assert.equal(of(`GET /${'a'.repeat(19)} HTTP/1.1\r\nHost: a\r\n\r\n`).target.length, 20);
  assert.throws(() => of(`GET /${'a'.repeat(20)} HTTP/1.1\r\nHost: a\r\n\r\n`), refusal(414, /target/));
  assert.equal(of(`${start}X: y\r\nX: y\r\n\r\n`).fields.length, 3);
  assert.throws(() => of(`${start}X: y\r\nX: y\r\nX: y\r\n\r\n`), refusal(431, /fields/));
  const answer = Buffer.from(`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(100)}\r\n\r\n`);
  assert.throws(() => parseResponseHead(answer, 0, answer.length, 'GET', limits), refusal(502, /head/));
});

test('a head that is cut off is refused, and reads nothing behind it', () => {
  const text = 'GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n';
  const bytes = Buffer.from(text);
  for (let end = 0; end < text.length; end++) {
    assert.equal(findHeadEnd(bytes, 0, end), -1, `${end}`);
    assert.throws(() => parseRequestHead(bytes, 0, end, DEFAULT_LIMITS), HttpError, `${end}`);
  }
  const answer = Buffer.from('HTTP/1.1 200 OK\r\nX: y\r\n\r\n');
  for (let end = 0; end < answer.length; end++) {
    assert.throws(
      () => parseResponseHead(answer, 0, end, 'GET', DEFAULT_LIMITS),
      refusal(502, /./),
      `${end}`,
    );
  }
});

test('the end of a head is found from wherever the last search stopped', () => {
  for (const text of [
    'GET / HTTP/1.1\r\nA: b\r\n\r\nrest',
    '\r\nGET / HTTP/1.1\r\n\r\n',
    'A\nB\n\n',
    '\r\n\r\nGET',
    'A\r\n\n',
  ]) {
    const bytes = Buffer.from(text);
    const found = findHeadEnd(bytes, 0, bytes.length);
    assert.ok(found > 0, JSON.stringify(text));
    for (let from = 0; from < found; from++) {
      if (findHeadEnd(bytes, 0, from) < 0)
        assert.equal(findHeadEnd(bytes, 0, bytes.length, from), found, `${from}`);
    }
  }
});

test('a part of a head is refused when nothing good can follow', () => {
  const check = (text: string, status?: 400 | 502): void => {
    const bytes = Buffer.from(text, 'latin1');
    checkPartialHead(bytes, 0, bytes.length, DEFAULT_LIMITS, status);
  };
  for (const text of [
    '',
    '\r',
    '\r\n',
    'G',
    'GET',
    '\r\nGET ',
    'GET / HTTP/1.1\r\n',
    `GET /${'a'.repeat(16_000)}`,
  ])
    check(text);
  assert.throws(() => check('\x16\x03\x01'), refusal(400, /method/));
  assert.throws(() => check('\r\n\r'), refusal(400, /method/));
  assert.throws(() => check('GET\t'), refusal(400, /token/));
  assert.throws(() => check('A'.repeat(65)), refusal(501, /method/));
  assert.throws(() => check(`GET /${'a'.repeat(17_000)}`), refusal(414, /target/));
  assert.throws(() => check(`GET / HTTP/1.1\r\nX: ${'a'.repeat(65_536)}`), refusal(431, /head/));
  for (const text of ['', 'H', 'HTTP/1.', 'HTTP/1.1 200 OK\r\n']) check(text, 502);
  assert.throws(() => check('HTTQ', 502), refusal(502, /HTTP/));
  assert.throws(() => check(`HTTP/1.1 ${'a'.repeat(65_536)}`, 502), refusal(502, /head/));
});

test('an authority is a host and perhaps a port', () => {
  for (const text of [
    'a',
    'a.example',
    '192.0.2.1:80',
    '[2001:db8::1]',
    '[::1]:65535',
    'a_b.example',
    'xn--4ca.example.',
  ]) {
    assert.equal(authorityFault(text, false), undefined, text);
  }
  assert.equal(authorityFault('a', true), 'no port');
  assert.equal(authorityFault('[::1]', true), 'no port');
  for (const text of [
    '',
    ':1',
    'a:',
    'a:0',
    'a:65536',
    'a:1x',
    'a:123456',
    '[::1',
    '[::1]1',
    '[]',
    '[::g]',
    '[1.2.3.4]',
    'a b',
    'ä',
  ]) {
    assert.notEqual(authorityFault(text, false), undefined, text);
  }
});

test('the target for the server itself (RFC 9112, 3.2.1 and 3.2.4)', () => {
  assert.equal(originForm('GET', '/a?b'), '/a?b');
  assert.equal(originForm('GET', 'http://a:80/b?c'), '/b?c');
  assert.equal(originForm('GET', 'HTTPS://a'), '/');
  assert.equal(originForm('GET', 'http://a?b'), '/?b');
  assert.equal(originForm('OPTIONS', 'http://a'), '*');
  assert.equal(originForm('OPTIONS', 'http://a/'), '/');
  assert.equal(originForm('OPTIONS', '*'), '*');
});

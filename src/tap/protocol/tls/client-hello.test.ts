import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  applicationProtocols,
  clientHello,
  extension,
  list16,
  number,
  serverName,
  vector,
} from '../../../../test/support/tls-messages.ts';
import { type ClientHello, offeredVersion, parseClientHello, preferredVersion } from './client-hello.ts';
import { ja3 } from './fingerprint/ja3.ts';
import { ja4 } from './fingerprint/ja4.ts';

function parse(body: Buffer): ClientHello {
  const hello = parseClientHello(body, 0, body.length);
  assert.ok(hello);
  return hello;
}

const FULL = clientHello({
  session: Buffer.alloc(32, 7),
  suites: [0x1a1a, 0x1301, 0xc02b],
  extensions: [
    extension(0x2a2a),
    serverName('www.example.com'),
    extension(10, list16(2, 0x3a3a, 29, 23)),
    extension(11, vector(1, Buffer.of(0))),
    extension(13, list16(2, 0x0403, 0x0804)),
    applicationProtocols('h2', 'http/1.1'),
    extension(35, Buffer.alloc(5)),
    extension(43, list16(1, 0x4a4a, 0x0304, 0x0303)),
    extension(44),
    extension(51, vector(2, number(29, 2), vector(2, Buffer.alloc(32)))),
    extension(0xfe0d),
  ],
});

test('a hello of TLS 1.3', () => {
  const hello = parse(FULL);
  assert.equal(hello.version, 0x0303);
  assert.equal(hello.random, 2);
  assert.equal(hello.sessionEnd - hello.sessionStart, 32);
  assert.deepEqual(hello.cipherSuites, [0x1a1a, 0x1301, 0xc02b]);
  assert.deepEqual(
    hello.extensions.map((e) => e.type),
    [0x2a2a, 0, 10, 11, 13, 16, 35, 43, 44, 51, 0xfe0d],
  );
  assert.equal(hello.sni, 'www.example.com');
  assert.deepEqual(hello.alpn, ['h2', 'http/1.1']);
  assert.deepEqual(hello.supportedGroups, [0x3a3a, 29, 23]);
  assert.deepEqual(hello.keyShareGroups, [29]);
  assert.ok(hello.cookie && hello.ticket && hello.encryptedHello && !hello.malformed);
  assert.equal(offeredVersion(hello), 0x0304);
  assert.equal(preferredVersion(hello), 0x0304);
});

test('fingerprints leave GREASE out', () => {
  const hello = parse(FULL);
  assert.equal(ja3(hello).string, '771,4865-49195,0-10-11-13-16-35-43-44-51-65037,29-23,0');
  assert.match(ja4(hello, 't'), /^t13d0210h2_[0-9a-f]{12}_[0-9a-f]{12}$/);
  assert.equal(ja4(hello, 'q').slice(0, 4), 'q13d');
});

test('fingerprints of a hello with next to nothing', () => {
  const hello = parse(clientHello({ version: 0x0301, suites: [] }));
  assert.equal(ja3(hello).string, '769,,,,');
  assert.equal(ja4(hello, 't'), 't10i000000_000000000000_000000000000');
  const named = parse(clientHello({ extensions: [serverName('a')] }));
  assert.match(ja4(named, 't'), /^t12d010100_[0-9a-f]{12}_000000000000$/);
});

test('the ALPN mark of JA4', () => {
  const mark = (...names: string[]): string =>
    ja4(parse(clientHello({ extensions: [applicationProtocols(...names)] })), 't').slice(8, 10);
  assert.equal(mark('http/1.1'), 'h1');
  assert.equal(mark('h'), 'hh');
  assert.equal(mark('\xba\xad', 'http/1.1'), '99');
  assert.equal(mark('0\xab'), '3b');
  assert.equal(mark('-x-'), '2d');
  assert.equal(mark('\x6a\x6a', 'h2'), '00');
  assert.equal(mark(), '00');
});

test('counts stop at 99', () => {
  const many = Array.from({ length: 120 }, (_, i) => 0xc000 + i);
  const extensions = Array.from({ length: 105 }, (_, i) => extension(1000 + i));
  assert.equal(ja4(parse(clientHello({ suites: many, extensions })), 't').slice(0, 10), 't12i999900');
});

test('a hello of DTLS has a cookie', () => {
  const hello = parse(clientHello({ version: 0xfefd, cookie: Buffer.alloc(20, 9), extensions: [] }));
  assert.equal(hello.datagramCookieEnd - hello.datagramCookieStart, 20);
  assert.deepEqual(hello.cipherSuites, [0xc02f]);
  assert.equal(ja4(hello, 'd').slice(0, 3), 'dd2');
});

test('what is cut is refused or marked, never read beyond', () => {
  for (let end = 0; end < FULL.length; end++) {
    const hello = parseClientHello(FULL, 0, end);
    // Without extensions a hello may end behind the compression methods.
    if (hello !== undefined && end !== 77) assert.ok(hello.malformed, `cut at ${end}`);
  }
  assert.equal(parseClientHello(FULL, 0, FULL.length + 1), undefined);
});

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import {
  EC_CERTIFICATE,
  ED25519_CERTIFICATE,
  RSA_CERTIFICATE,
} from '../../../../../test/support/certificates.ts';
import { type Certificate, eveName, formatTime, matchesHost, parseCertificate, zeekName } from './index.ts';
import { parseTime } from './time.ts';

function parse(bytes: Buffer): Certificate {
  const certificate = parseCertificate(bytes, 0, bytes.length);
  assert.ok(typeof certificate !== 'string', String(certificate));
  return certificate;
}

test('fields agree with those that OpenSSL reads', () => {
  for (const bytes of [RSA_CERTIFICATE, EC_CERTIFICATE, ED25519_CERTIFICATE]) {
    const ours = parse(bytes);
    const theirs = new X509Certificate(bytes);
    assert.equal(ours.serial.replace(/^00/, ''), theirs.serialNumber);
    assert.equal(ours.notBefore * 1000, theirs.validFromDate.getTime());
    assert.equal(ours.notAfter * 1000, theirs.validToDate.getTime());
    assert.equal(ours.selfIssued, theirs.subject === theirs.issuer);
    assert.equal(ours.basicConstraints?.ca ?? false, theirs.ca);
  }
});

test('names in the forms of Suricata and Zeek', () => {
  const rsa = parse(RSA_CERTIFICATE);
  assert.equal(
    eveName(rsa.subject),
    'C=FR, ST=IDF, L=Paris, O=Stamus, Inc, CN=www.example.com, Email=root@example.com',
  );
  assert.equal(
    zeekName(rsa.subject),
    'emailAddress=root@example.com,CN=www.example.com,O=Stamus\\, Inc,L=Paris,ST=IDF,C=FR',
  );
  const ec = parse(EC_CERTIFICATE);
  assert.equal(eveName(ec.subject), 'O=Bücher / Söhne, CN=ec');
  assert.equal(zeekName(ec.subject), 'CN=ec,O=B\\C3\\BCcher / S\\C3\\B6hne');
});

test('keys', () => {
  const rsa = parse(RSA_CERTIFICATE);
  assert.deepEqual(rsa.key, {
    algorithm: '1.2.840.113549.1.1.1',
    type: 'rsa',
    length: 1024,
    exponent: '65537',
    curve: undefined,
  });
  const ec = parse(EC_CERTIFICATE);
  assert.equal(ec.key.type, 'ecdsa');
  assert.equal(ec.key.curve, 'secp384r1');
  assert.equal(ec.key.length, 384);
  assert.deepEqual(ec.basicConstraints, { ca: true, pathLength: 3 });
  assert.equal(parse(ED25519_CERTIFICATE).key.type, 'ED25519');
});

test('alternative names and the hosts that they match', () => {
  const rsa = parse(RSA_CERTIFICATE);
  assert.deepEqual(rsa.alternativeNames?.all, [
    'www.example.com',
    '*.example.org',
    '192.0.2.7',
    '2001:db8::1',
    'a@example.com',
    'https://example.com/x',
  ]);
  for (const [host, expected] of [
    ['www.example.com', true],
    ['WWW.Example.com', true],
    ['a.example.org', true],
    ['a.b.example.org', false],
    ['example.org', false],
    ['.example.org', false],
    ['example.net', false],
  ] as const)
    assert.equal(matchesHost(rsa, host), expected, host);
  assert.equal(matchesHost(parse(EC_CERTIFICATE), 'ec'), true);
});

test('times', () => {
  const time = (tag: number, text: string): number | undefined => {
    const bytes = Buffer.from(text);
    return parseTime(bytes, { tag, offset: 0, start: 0, end: bytes.length });
  };
  assert.equal(formatTime(time(0x17, '200513120000Z') as number), '2020-05-13T12:00:00');
  assert.equal(formatTime(time(0x17, '691231000000Z') as number), '1969-12-31T00:00:00');
  assert.equal(formatTime(time(0x18, '20500101000000Z') as number), '2050-01-01T00:00:00');
  assert.equal(formatTime(time(0x18, '20200101000000+0130') as number), '2019-12-31T22:30:00');
  for (const bad of ['', '2005131200', '201313120000Z', '200513120000', 'x'.repeat(13), '2'.repeat(4000)])
    assert.equal(time(0x17, bad), undefined);
});

test('a cut or altered certificate is refused without a throw', () => {
  for (let end = 0; end < RSA_CERTIFICATE.length; end++)
    assert.equal(typeof parseCertificate(RSA_CERTIFICATE, 0, end), 'string');
  for (const original of [RSA_CERTIFICATE, EC_CERTIFICATE]) {
    for (let at = 0; at < original.length; at++) {
      for (const value of [0, 0x7f, 0x80, 0x84, 0xff]) {
        const bytes = Buffer.from(original);
        bytes[at] = value;
        const certificate = parseCertificate(bytes, 0, bytes.length);
        if (typeof certificate === 'string') continue;
        eveName(certificate.subject);
        zeekName(certificate.issuer);
        matchesHost(certificate, 'www.example.com');
      }
    }
  }
});

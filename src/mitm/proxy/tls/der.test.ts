import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  bitString,
  element,
  explicit,
  integer,
  objectIdentifier,
  octetString,
  readElement,
  readElements,
  sequence,
  setOf,
  time,
  utf8String,
} from './der.ts';

/** What openssl reads: one line an element, without the column of offsets. */
function parsed(der: Buffer): string[] {
  const { stdout, status, stderr } = spawnSync('openssl', ['asn1parse', '-inform', 'DER'], { input: der });
  assert.equal(status, 0, String(stderr));
  return String(stdout)
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^ *\d+:d=(\d+) +hl=\d+ l= *\d+ (?:prim|cons): /, '$1 ').trimEnd());
}

test('openssl reads what is written', () => {
  const der = sequence(
    integer(Buffer.of(0, 0, 0x80)),
    integer(Buffer.of(0)),
    objectIdentifier('1.2.840.10045.4.3.2'),
    objectIdentifier('2.5.29.17'),
    setOf(utf8String('é')),
    time(new Date('2049-12-31T23:59:59.999Z')),
    time(new Date('2050-01-01T00:00:00Z')),
    explicit(3, octetString(Buffer.alloc(300))),
    bitString(Buffer.of(0x06), 1),
  );
  const lines = parsed(der).map((line) => line.replace(/ +/g, ' '));
  assert.deepEqual(lines.slice(0, 10), [
    '0 SEQUENCE',
    '1 INTEGER :80',
    '1 INTEGER :00',
    '1 OBJECT :ecdsa-with-SHA256',
    '1 OBJECT :X509v3 Subject Alternative Name',
    '1 SET',
    '2 UTF8STRING :é',
    '1 UTCTIME :491231235959Z',
    '1 GENERALIZEDTIME :20500101000000Z',
    '1 cont [ 3 ]',
  ]);
});

test('what is written is read again, at every length', () => {
  for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
    const content = Buffer.alloc(length, 7);
    const bytes = element(0x04, content);
    const read = readElement(bytes, 0);
    assert.deepEqual(read, { tag: 4, start: 0, contentStart: bytes.length - length, end: bytes.length });
    assert.equal(readElement(bytes.subarray(0, -1), 0), undefined);
  }
});

test('the reader never throws and never reads beyond', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(70), (bytes, offset) => {
      const one = readElement(bytes, offset);
      if (one !== undefined) assert.ok(one.end <= bytes.length && one.contentStart <= one.end);
      const many = readElements(bytes, 0, bytes.length, 8);
      if (many !== undefined) assert.ok(many.length <= 8);
    }),
    { numRuns: 2000 },
  );
});

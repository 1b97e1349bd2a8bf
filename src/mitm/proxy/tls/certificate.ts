import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { parseAddress } from '../../../net/index.ts';
import {
  bitString,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  readElement,
  readElements,
  sequence,
  setOf,
  TRUE,
  time,
  utf8String,
} from './der.ts';

/** Names of RFC 5280 and RFC 5480. */
const ECDSA_WITH_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
const COMMON_NAME = objectIdentifier('2.5.4.3');
const SUBJECT_KEY_IDENTIFIER = objectIdentifier('2.5.29.14');
const KEY_USAGE = objectIdentifier('2.5.29.15');
const SUBJECT_ALTERNATIVE_NAME = objectIdentifier('2.5.29.17');
const BASIC_CONSTRAINTS = objectIdentifier('2.5.29.19');
const AUTHORITY_KEY_IDENTIFIER = objectIdentifier('2.5.29.35');
const EXTENDED_KEY_USAGE = objectIdentifier('2.5.29.37');
const SERVER_AUTH = objectIdentifier('1.3.6.1.5.5.7.3.1');

/** CA, with no CA below it. */
const CA_CONSTRAINTS = extension(BASIC_CONSTRAINTS, sequence(TRUE, integer(Buffer.of(0))), true);
const LEAF_CONSTRAINTS = extension(BASIC_CONSTRAINTS, sequence(), true);
/** Bits 5 and 6: keyCertSign, cRLSign. */
const CA_USAGE = extension(KEY_USAGE, bitString(Buffer.of(0b0000_0110), 1), true);
/** Bit 0: digitalSignature, all that an EC key does in TLS. */
const LEAF_USAGE = extension(KEY_USAGE, bitString(Buffer.of(0b1000_0000), 7), true);
const SERVER_USAGE = extension(EXTENDED_KEY_USAGE, sequence(SERVER_AUTH), false);

/** Upper bound of a common name (RFC 5280, appendix A). */
const COMMON_NAME_MOST = 64;
/** Bytes of a serial number: RFC 5280, 4.1.2.2 allows 20. */
const SERIAL_BYTES = 16;
const VERSION_3 = explicit(0, integer(Buffer.of(2)));

/** From when until when a certificate holds. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What a leaf is signed with: the CA's key, its subject as it stands in its certificate, and its key identifier. */
export interface Issuer {
  readonly key: KeyObject;
  /** DER of its Name. */
  readonly subject: Buffer;
  readonly keyIdentifier: Buffer;
}

/** A self-signed root (DER) for a P-256 key pair; `name` has 1 to 64 characters. */
export function rootCertificate(
  name: string,
  key: KeyObject,
  publicKey: KeyObject,
  validity: Validity,
): Buffer {
  const subject = commonName(name);
  const keyIdentifier = keyIdentifierOf(publicKey);
  return certificate({ key, subject, keyIdentifier }, subject, publicKey, validity, [
    CA_CONSTRAINTS,
    CA_USAGE,
    extension(SUBJECT_KEY_IDENTIFIER, octetString(keyIdentifier), false),
    authority(keyIdentifier),
  ]);
}

/** A server's certificate (DER) for one host name (in ASCII) or address, and further ones. */
export function leafCertificate(
  issuer: Issuer,
  name: string,
  publicKey: KeyObject,
  validity: Validity,
  further: readonly string[] = [],
): Buffer {
  // A name that is too long for the subject stands in the extension alone, which is then critical (RFC 5280, 4.2.1.6).
  const subject = name.length <= COMMON_NAME_MOST ? commonName(name) : sequence();
  return certificate(issuer, subject, publicKey, validity, [
    LEAF_CONSTRAINTS,
    LEAF_USAGE,
    SERVER_USAGE,
    extension(SUBJECT_KEY_IDENTIFIER, octetString(keyIdentifierOf(publicKey)), false),
    authority(issuer.keyIdentifier),
    extension(
      SUBJECT_ALTERNATIVE_NAME,
      sequence(...[name, ...further].map(generalName)),
      name.length > COMMON_NAME_MOST,
    ),
  ]);
}

/** A server's certificate (DER) that its own key signed, for names that whoever trusts it names to it. */
export function ownCertificate(
  names: readonly [string, ...string[]],
  key: KeyObject,
  publicKey: KeyObject,
  validity: Validity,
): Buffer {
  const [name, ...further] = names;
  const issuer = { key, subject: commonName(name), keyIdentifier: keyIdentifierOf(publicKey) };
  return leafCertificate(issuer, name, publicKey, validity, further);
}

/** SHA-1 of the public key's bits (RFC 5280, 4.2.1.2, method 1). */
export function keyIdentifierOf(publicKey: KeyObject): Buffer {
  const bytes = publicKey.export({ type: 'spki', format: 'der' });
  const outer = readElement(bytes, 0);
  const parts = outer === undefined ? undefined : readElements(bytes, outer.contentStart, outer.end);
  const bits = parts?.[1];
  if (bits === undefined) throw new TypeError('the public key has no bits');
  return createHash('sha1')
    .update(bytes.subarray(bits.contentStart + 1, bits.end))
    .digest();
}

/** The subject of a certificate, as DER; undefined where the certificate is none. */
export function subjectOf(certificateDer: Uint8Array): Buffer | undefined {
  const outer = readElement(certificateDer, 0);
  const body = outer === undefined ? undefined : readElement(certificateDer, outer.contentStart);
  if (body === undefined) return undefined;
  // version, serialNumber, signature, issuer, validity, subject (RFC 5280, 4.1).
  const subject = readElements(certificateDer, body.contentStart, body.end)?.[5];
  return subject === undefined ? undefined : Buffer.from(certificateDer.subarray(subject.start, subject.end));
}

/** DER as PEM. */
export function pemCertificate(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function certificate(
  issuer: Issuer,
  subject: Buffer,
  publicKey: KeyObject,
  validity: Validity,
  extensions: readonly Buffer[],
): Buffer {
  const body = sequence(
    VERSION_3,
    integer(serialNumber()),
    ECDSA_WITH_SHA256,
    issuer.subject,
    sequence(time(validity.notBefore), time(validity.notAfter)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions)),
  );
  return sequence(body, ECDSA_WITH_SHA256, bitString(sign('sha256', body, issuer.key)));
}

/** Random, positive, never short: two certificates of one issuer with the same number are refused by browsers. */
function serialNumber(): Buffer {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

function commonName(text: string): Buffer {
  return sequence(setOf(sequence(COMMON_NAME, utf8String(text))));
}

function extension(identifier: Buffer, value: Uint8Array, critical: boolean): Buffer {
  return critical ? sequence(identifier, TRUE, octetString(value)) : sequence(identifier, octetString(value));
}

function authority(keyIdentifier: Buffer): Buffer {
  return extension(AUTHORITY_KEY_IDENTIFIER, sequence(implicit(0, keyIdentifier)), false);
}

/** dNSName or iPAddress (RFC 5280, 4.2.1.6). */
function generalName(name: string): Buffer {
  const address = isIP(name) === 0 ? undefined : parseAddress(name);
  if (address === undefined) return implicit(2, Buffer.from(name, 'latin1'));
  return implicit(7, addressBytes(address.version, address.words));
}

function addressBytes(version: 4 | 6, words: ArrayLike<number>): Buffer {
  const count = version === 4 ? 1 : 4;
  const bytes = Buffer.alloc(count * 4);
  for (let i = 0; i < count; i++) bytes.writeInt32BE((words[i] ?? 0) | 0, i * 4);
  return bytes;
}

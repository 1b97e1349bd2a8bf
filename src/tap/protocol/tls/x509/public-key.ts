import { u8 } from '../../../../net/index.ts';
import {
  BIT_STRING,
  type Element,
  expectElement,
  INTEGER,
  OBJECT_IDENTIFIER,
  objectIdentifier,
  readElement,
  SEQUENCE,
} from './der.ts';
import { algorithmName, curveByOid } from './object-names.ts';

/** What a certificate says of its public key. */
export interface PublicKey {
  /** Object identifier of the algorithm. */
  readonly algorithm: string;
  /** `rsa`, `dsa`, `ecdsa`, or the algorithm's name. */
  readonly type: string | undefined;
  /** Bits of the modulus, the prime, the curve's order or the whole key. */
  readonly length: number | undefined;
  /** RSA's public exponent in decimal. */
  readonly exponent: string | undefined;
  /** Named curve. */
  readonly curve: string | undefined;
}

const RSA = '1.2.840.113549.1.1.1';
const RSA_PSS = '1.2.840.113549.1.1.10';
const DSA = '1.2.840.10040.4.1';
const EC = '1.2.840.10045.2.1';
const MAX_EXPONENT_OCTETS = 32;

/** Reads a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) from its element. */
export function parsePublicKey(bytes: Uint8Array, info: Element): PublicKey | undefined {
  const identifier = expectElement(bytes, info.start, info.end, SEQUENCE);
  if (identifier === undefined) return undefined;
  const oid = expectElement(bytes, identifier.start, identifier.end, OBJECT_IDENTIFIER);
  const key = expectElement(bytes, identifier.end, info.end, BIT_STRING);
  if (oid === undefined || key === undefined || key.start >= key.end) return undefined;
  const algorithm = objectIdentifier(bytes, oid.start, oid.end);
  if (algorithm === undefined) return undefined;
  const parameters = readElement(bytes, oid.end, identifier.end);
  const keyStart = key.start + 1;
  switch (algorithm) {
    case RSA:
    case RSA_PSS:
      return { algorithm, curve: undefined, type: 'rsa', ...rsaNumbers(bytes, keyStart, key.end) };
    case DSA:
      return {
        algorithm,
        curve: undefined,
        exponent: undefined,
        type: 'dsa',
        length: dsaLength(bytes, parameters),
      };
    case EC: {
      const curveOid =
        parameters?.tag === OBJECT_IDENTIFIER
          ? objectIdentifier(bytes, parameters.start, parameters.end)
          : undefined;
      const curve = curveOid === undefined ? undefined : curveByOid(curveOid);
      return { algorithm, type: 'ecdsa', exponent: undefined, curve: curve?.[0], length: curve?.[1] };
    }
    default:
      return {
        algorithm,
        type: algorithmName(algorithm),
        length: (key.end - keyStart) * 8,
        exponent: undefined,
        curve: undefined,
      };
  }
}

function rsaNumbers(bytes: Uint8Array, start: number, end: number): Pick<PublicKey, 'length' | 'exponent'> {
  const sequence = expectElement(bytes, start, end, SEQUENCE);
  const modulus = sequence && expectElement(bytes, sequence.start, sequence.end, INTEGER);
  const exponent = modulus && expectElement(bytes, modulus.end, sequence.end, INTEGER);
  if (modulus === undefined || exponent === undefined) return { length: undefined, exponent: undefined };
  return { length: bitLength(bytes, modulus), exponent: decimal(bytes, exponent) };
}

function dsaLength(bytes: Uint8Array, parameters: Element | undefined): number | undefined {
  if (parameters?.tag !== SEQUENCE) return undefined;
  const prime = expectElement(bytes, parameters.start, parameters.end, INTEGER);
  return prime && bitLength(bytes, prime);
}

function bitLength(bytes: Uint8Array, integer: Element): number {
  let at = integer.start;
  while (at < integer.end && u8(bytes, at) === 0) at++;
  if (at === integer.end) return 0;
  return (integer.end - at) * 8 - Math.clz32(u8(bytes, at)) + 24;
}

function decimal(bytes: Uint8Array, integer: Element): string | undefined {
  if (integer.end - integer.start > MAX_EXPONENT_OCTETS) return undefined;
  let value = 0n;
  for (let at = integer.start; at < integer.end; at++) value = (value << 8n) | BigInt(u8(bytes, at));
  return value.toString();
}

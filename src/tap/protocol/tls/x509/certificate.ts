import { hex, u8 } from '../../../../net/index.ts';
import { type AlternativeNames, parseAlternativeNames } from './alternative-names.ts';
import {
  BOOLEAN,
  type Element,
  expectElement,
  INTEGER,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  objectIdentifier,
  readElement,
  SEQUENCE,
} from './der.ts';
import { type Name, parseName } from './name.ts';
import { type PublicKey, parsePublicKey } from './public-key.ts';
import { parseTime } from './time.ts';

// Context tags of TBSCertificate (RFC 5280 section 4.1).
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const MAX_EXTENSIONS = 64;

/** A certificate's fields (RFC 5280 section 4.1). */
export interface Certificate {
  /** 1 to 3. */
  readonly version: number;
  /** Octets of the serial number in hexadecimal, upper case, as encoded (a leading `00` keeps it positive). */
  readonly serial: string;
  /** Object identifier. */
  readonly signatureAlgorithm: string;
  readonly issuer: Name;
  readonly subject: Name;
  /** Seconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly key: PublicKey;
  readonly alternativeNames: AlternativeNames | undefined;
  readonly basicConstraints: { readonly ca: boolean; readonly pathLength: number | undefined } | undefined;
  /** True when issuer and subject are the same octets. */
  readonly selfIssued: boolean;
}

/** Why a certificate could not be read: Suricata's event. */
export type CertificateError =
  | 'CERTIFICATE_INVALID_DER'
  | 'CERTIFICATE_INVALID_LENGTH'
  | 'CERTIFICATE_INVALID_VERSION'
  | 'CERTIFICATE_INVALID_SERIAL'
  | 'CERTIFICATE_INVALID_ALGORITHMIDENTIFIER'
  | 'CERTIFICATE_INVALID_X509NAME'
  | 'CERTIFICATE_INVALID_DATE'
  | 'INVALID_CERTIFICATE';

/** Reads the certificate in `[start, end)`, or says what is wrong with it. */
export function parseCertificate(
  bytes: Uint8Array,
  start: number,
  end: number,
): Certificate | CertificateError {
  const outer = expectElement(bytes, start, end, SEQUENCE);
  if (outer === undefined) {
    return end - start > 4 && u8(bytes, start) === SEQUENCE
      ? 'CERTIFICATE_INVALID_LENGTH'
      : 'CERTIFICATE_INVALID_DER';
  }
  const body = expectElement(bytes, outer.start, outer.end, SEQUENCE);
  if (body === undefined) return 'CERTIFICATE_INVALID_DER';
  const signatureAlgorithm = algorithmOid(bytes, body.end, outer.end);

  let at = body.start;
  let version = 1;
  const explicit = readElement(bytes, at, body.end);
  if (explicit?.tag === VERSION) {
    const number = expectElement(bytes, explicit.start, explicit.end, INTEGER);
    if (number === undefined || number.end - number.start !== 1) return 'CERTIFICATE_INVALID_VERSION';
    version = u8(bytes, number.start) + 1;
    at = explicit.end;
  }

  const serial = expectElement(bytes, at, body.end, INTEGER);
  if (serial === undefined) return 'CERTIFICATE_INVALID_SERIAL';
  const algorithm = expectElement(bytes, serial.end, body.end, SEQUENCE);
  if (algorithm === undefined || signatureAlgorithm === undefined)
    return 'CERTIFICATE_INVALID_ALGORITHMIDENTIFIER';
  const issuerElement = expectElement(bytes, algorithm.end, body.end, SEQUENCE);
  const issuer = issuerElement && parseName(bytes, issuerElement);
  if (issuer === undefined) return 'CERTIFICATE_INVALID_X509NAME';

  const validity = expectElement(bytes, issuerElement!.end, body.end, SEQUENCE);
  const from = validity && readElement(bytes, validity.start, validity.end);
  const to = from && readElement(bytes, from.end, validity.end);
  const notBefore = from && parseTime(bytes, from);
  const notAfter = to && parseTime(bytes, to);
  if (validity === undefined || notBefore === undefined || notAfter === undefined)
    return 'CERTIFICATE_INVALID_DATE';

  const subjectElement = expectElement(bytes, validity.end, body.end, SEQUENCE);
  const subject = subjectElement && parseName(bytes, subjectElement);
  if (subject === undefined) return 'CERTIFICATE_INVALID_X509NAME';
  const keyElement = expectElement(bytes, subjectElement!.end, body.end, SEQUENCE);
  const key = keyElement && parsePublicKey(bytes, keyElement);
  if (key === undefined) return 'INVALID_CERTIFICATE';

  return {
    version,
    serial: hex(bytes, serial.start, serial.end).toUpperCase(),
    signatureAlgorithm,
    issuer,
    subject,
    notBefore,
    notAfter,
    key,
    ...parseExtensions(bytes, keyElement!.end, body.end),
    selfIssued: sameOctets(bytes, issuerElement!, subjectElement!),
  };
}

function algorithmOid(bytes: Uint8Array, at: number, end: number): string | undefined {
  const sequence = expectElement(bytes, at, end, SEQUENCE);
  const oid = sequence && expectElement(bytes, sequence.start, sequence.end, OBJECT_IDENTIFIER);
  return oid && objectIdentifier(bytes, oid.start, oid.end);
}

type Extensions = Pick<Certificate, 'alternativeNames' | 'basicConstraints'>;

function parseExtensions(bytes: Uint8Array, start: number, end: number): Extensions {
  let alternativeNames: Extensions['alternativeNames'];
  let basicConstraints: Extensions['basicConstraints'];
  let element = readElement(bytes, start, end);
  // The unique identifiers of version 2 come before.
  while (element !== undefined && element.tag !== EXTENSIONS) element = readElement(bytes, element.end, end);
  const list = element && expectElement(bytes, element.start, element.end, SEQUENCE);
  let at = list?.start ?? 0;
  for (let i = 0; list !== undefined && at < list.end && i < MAX_EXTENSIONS; i++) {
    const extension = expectElement(bytes, at, list.end, SEQUENCE);
    if (extension === undefined) break;
    at = extension.end;
    const oid = expectElement(bytes, extension.start, extension.end, OBJECT_IDENTIFIER);
    if (oid === undefined) continue;
    let value = readElement(bytes, oid.end, extension.end);
    if (value?.tag === BOOLEAN) value = readElement(bytes, value.end, extension.end);
    if (value?.tag !== OCTET_STRING) continue;
    const type = objectIdentifier(bytes, oid.start, oid.end);
    if (type === SUBJECT_ALTERNATIVE_NAME) {
      alternativeNames ??= parseAlternativeNames(bytes, value.start, value.end);
    } else if (type === BASIC_CONSTRAINTS) {
      basicConstraints ??= parseBasicConstraints(bytes, value);
    }
  }
  return { alternativeNames, basicConstraints };
}

function parseBasicConstraints(bytes: Uint8Array, value: Element): Extensions['basicConstraints'] {
  const sequence = expectElement(bytes, value.start, value.end, SEQUENCE);
  if (sequence === undefined) return undefined;
  let ca = false;
  let at = sequence.start;
  const flag = expectElement(bytes, at, sequence.end, BOOLEAN);
  if (flag !== undefined) {
    ca = flag.end > flag.start && u8(bytes, flag.start) !== 0;
    at = flag.end;
  }
  const length = expectElement(bytes, at, sequence.end, INTEGER);
  if (length === undefined || length.end - length.start > 3) return { ca, pathLength: undefined };
  let pathLength = 0;
  for (let i = length.start; i < length.end; i++) pathLength = pathLength * 256 + u8(bytes, i);
  return { ca, pathLength };
}

function sameOctets(bytes: Uint8Array, a: Element, b: Element): boolean {
  if (a.end - a.start !== b.end - b.start) return false;
  for (let i = 0; i < a.end - a.start; i++) if (bytes[a.start + i] !== bytes[b.start + i]) return false;
  return true;
}

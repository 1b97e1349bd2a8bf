import { hash } from 'node:crypto';
import { type Certificate, type CertificateError, parseCertificate } from './certificate.ts';
import { eveName } from './name.ts';
import { formatTime } from './time.ts';

/** Certificates that are remembered, and octets of the longest of them; when full, all are forgotten. */
const REMEMBERED = 2048;
const LONGEST = 8192;

/** A certificate's fields as EVE has them; undefined where there is nothing to tell. */
export interface CertificateText {
  readonly subject: string;
  readonly issuer: string;
  readonly alternativeNames: readonly string[] | undefined;
  /** `3A:0B:...` */
  readonly serial: string;
  /** Suricata leaves out a time of 0. */
  readonly notBefore: string | undefined;
  readonly notAfter: string | undefined;
}

/** A certificate that has been read: servers show the same one over and over. */
export class KnownCertificate {
  /** Its octets, copied. */
  readonly encoded: Uint8Array;
  /** Its fields, or what is wrong with it. */
  readonly certificate: Certificate | CertificateError;
  /** SHA-256 in hexadecimal, as Zeek writes it. */
  readonly sha256: string;
  private sha1Text: string | undefined;
  private eve: CertificateText | undefined;

  constructor(encoded: Uint8Array, sha256: string) {
    this.encoded = encoded;
    this.certificate = parseCertificate(encoded, 0, encoded.length);
    this.sha256 = sha256;
  }

  /** SHA-1 as Suricata writes it, `3a:0b:...`. */
  get sha1(): string {
    this.sha1Text ??= hash('sha1', this.encoded, 'hex').replace(/..(?=.)/g, '$&:');
    return this.sha1Text;
  }

  /** The fields for EVE; undefined where the certificate could not be read. */
  get text(): CertificateText | undefined {
    const { certificate } = this;
    if (typeof certificate === 'string') return undefined;
    this.eve ??= textOf(certificate);
    return this.eve;
  }
}

function textOf(certificate: Certificate): CertificateText {
  const { subject, issuer, alternativeNames, serial, notBefore, notAfter } = certificate;
  const names = alternativeNames?.all ?? [];
  return {
    subject: eveName(subject),
    issuer: eveName(issuer),
    alternativeNames: names.length > 0 ? names : undefined,
    serial: serial.replace(/..(?=.)/g, '$&:'),
    notBefore: notBefore === 0 ? undefined : formatTime(notBefore),
    notAfter: notAfter === 0 ? undefined : formatTime(notAfter),
  };
}

const known = new Map<string, KnownCertificate>();

/** The certificate in `[start, end)`. Which one it is, SHA-256 tells. */
export function knownCertificate(bytes: Uint8Array, start: number, end: number): KnownCertificate {
  const octets = bytes.subarray(start, end);
  const sha256 = hash('sha256', octets, 'hex');
  const before = known.get(sha256);
  if (before !== undefined) return before;
  const certificate = new KnownCertificate(Uint8Array.from(octets), sha256);
  if (octets.length <= LONGEST) {
    if (known.size >= REMEMBERED) known.clear();
    known.set(sha256, certificate);
  }
  return certificate;
}

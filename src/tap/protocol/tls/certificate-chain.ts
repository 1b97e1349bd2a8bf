import { u24 } from '../../../net/index.ts';
import {
  type Certificate,
  type CertificateError,
  type CertificateText,
  type KnownCertificate,
  knownCertificate,
} from './x509/index.ts';

/** Certificates kept of one side. */
const MAX_CERTIFICATES = 32;

/** The certificates that one side sent, the holder's first. */
export class CertificateChain {
  private readonly certificates: KnownCertificate[] = [];

  /** Reads a Certificate message of TLS up to 1.2 (RFC 5246 section 7.4.2); false when its lengths do not fit. */
  add(bytes: Uint8Array, start: number, end: number): boolean {
    if (start + 3 > end) return false;
    const listEnd = start + 3 + u24(bytes, start);
    if (listEnd > end) return false;
    let at = start + 3;
    while (at < listEnd) {
      if (at + 3 > listEnd) return false;
      const from = at + 3;
      const to = from + u24(bytes, at);
      if (to > listEnd) return false;
      if (this.certificates.length < MAX_CERTIFICATES)
        this.certificates.push(knownCertificate(bytes, from, to));
      at = to;
    }
    return true;
  }

  /** How many there are. */
  get length(): number {
    return this.certificates.length;
  }

  /** Fields of a certificate, or what is wrong with it; undefined when there is none. */
  get(index: number): Certificate | CertificateError | undefined {
    return this.certificates[index]?.certificate;
  }

  /** Fields of the holder's certificate where it could be read. */
  get holder(): Certificate | undefined {
    const certificate = this.get(0);
    return typeof certificate === 'string' ? undefined : certificate;
  }

  /** The same as EVE has them. */
  get holderText(): CertificateText | undefined {
    return this.certificates[0]?.text;
  }

  /** SHA-1 of the holder's certificate as Suricata writes it, `3a:0b:...`. */
  get holderFingerprint(): string | undefined {
    return this.certificates[0]?.sha1;
  }

  /** SHA-256 of each certificate in hexadecimal, as Zeek writes it. */
  fingerprints(): string[] {
    return this.certificates.map(({ sha256 }) => sha256);
  }
}

import { createHash } from 'node:crypto';
import { u24 } from '../../../net/index.ts';
import { type Certificate, type CertificateError, parseCertificate } from './x509/index.ts';

/** Certificates kept of one side. */
const MAX_CERTIFICATES = 32;

/** The certificates that one side sent, the holder's first. Fields are read and hashes made when asked for. */
export class CertificateChain {
  /** Octets of each certificate, copied. */
  readonly encoded: Uint8Array[] = [];
  private readonly parsed: (Certificate | CertificateError)[] = [];

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
      if (this.encoded.length < MAX_CERTIFICATES)
        this.encoded.push(Uint8Array.prototype.slice.call(bytes, from, to));
      at = to;
    }
    return true;
  }

  /** How many there are. */
  get length(): number {
    return this.encoded.length;
  }

  /** Fields of a certificate, or what is wrong with it; undefined when there is none. */
  get(index: number): Certificate | CertificateError | undefined {
    const encoded = this.encoded[index];
    if (encoded === undefined) return undefined;
    this.parsed[index] ??= parseCertificate(encoded, 0, encoded.length);
    return this.parsed[index];
  }

  /** Fields of the holder's certificate where it could be read. */
  get holder(): Certificate | undefined {
    const certificate = this.get(0);
    return typeof certificate === 'string' ? undefined : certificate;
  }

  /** SHA-1 of the holder's certificate as Suricata writes it, `3a:0b:...`. */
  holderFingerprint(): string | undefined {
    const encoded = this.encoded[0];
    if (encoded === undefined) return undefined;
    return createHash('sha1')
      .update(encoded)
      .digest('hex')
      .replace(/..(?=.)/g, '$&:');
  }

  /** SHA-256 of each certificate in hexadecimal, as Zeek writes it. */
  fingerprints(): string[] {
    return this.encoded.map((encoded) => createHash('sha256').update(encoded).digest('hex'));
  }
}

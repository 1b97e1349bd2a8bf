import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { CaError, caFiles, readCaCertificate, readCaFiles, writeCaFiles } from './ca-folder.ts';
import {
  type Issuer,
  keyIdentifierOf,
  leafCertificate,
  pemCertificate,
  rootCertificate,
  subjectOf,
} from './certificate.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Ten years; clients have no bound for roots. */
const ROOT_DAYS = 3650;
const ROOT_DAYS_MOST = 36_500;
/** Short: whoever gets hold of a leaf has little of it. Well under the 398 days that browsers take. */
const LEAF_DAYS = 7;
/** Clocks of clients lag behind: certificates begin to hold earlier than they are made. */
const LEAF_BACKDATED_MS = HOUR_MS;
const ROOT_BACKDATED_MS = DAY_MS;
const NAME_MOST = 64;

/** What a new CA is made with. */
export interface CaCreation {
  /** Common name, which people see in their lists of authorities: 1 to 64 printable characters. */
  readonly name?: string | undefined;
  /** How long it holds: 1 to 36500, 3650 by default. */
  readonly days?: number | undefined;
  /** Milliseconds since 1970. */
  readonly now?: number | undefined;
}

/** What there is to say about a CA. */
export interface CaDescription {
  readonly subject: string;
  /** SHA-256 of the certificate, in hexadecimal with colons. */
  readonly fingerprint: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly file: string;
  readonly pem: string;
  readonly der: Buffer;
}

/** A certificate with its key, as PEM. */
export interface Leaf {
  readonly certificate: string;
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
}

/**
 * Makes a CA in a folder: an EC P-256 key and a self-signed root. Throws a {@link CaError} where there is one already,
 * a `RangeError` for a name or a number of days out of bounds, and what the file system throws.
 */
export function createCa(folder: string, creation: CaCreation = {}): CaDescription {
  const { name = 'weir CA', days = ROOT_DAYS, now = Date.now() } = creation;
  if (name.length === 0 || name.length > NAME_MOST || /[\p{Cc}\p{Cf}\p{Cs}]/u.test(name)) {
    throw new RangeError(`the name of a CA has 1 to ${NAME_MOST} printable characters`);
  }
  if (!Number.isInteger(days) || days < 1 || days > ROOT_DAYS_MOST) {
    throw new RangeError(`a CA holds for 1 to ${ROOT_DAYS_MOST} days`);
  }
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = rootCertificate(name, privateKey, publicKey, {
    notBefore: new Date(now - ROOT_BACKDATED_MS),
    notAfter: new Date(now + days * DAY_MS),
  });
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeCaFiles(folder, pemCertificate(der), keyPem);
  return describe(folder, new X509Certificate(der));
}

/** What the certificate of a folder's CA says; its key is not looked at. Throws a {@link CaError}. */
export function showCa(folder: string): CaDescription {
  return describe(folder, readCertificate(folder, readCaCertificate(folder)));
}

function describe(folder: string, certificate: X509Certificate): CaDescription {
  return {
    subject: certificate.subject.replaceAll('\n', ', '),
    fingerprint: certificate.fingerprint256,
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
    file: caFiles(folder).certificate,
    pem: pemCertificate(certificate.raw),
    der: certificate.raw,
  };
}

function readCertificate(folder: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new CaError(
      'unusable',
      `${caFiles(folder).certificate}: is not a certificate in PEM; restore it, or make a new CA`,
    );
  }
}

/** A CA that signs leaves. All its leaves share one key, which lives in memory only. */
export class CertificateAuthority {
  readonly description: CaDescription;
  private readonly issuer: Issuer;
  private readonly leafPublic: KeyObject;
  private readonly leafKey: string;
  private count = 0;

  private constructor(description: CaDescription, issuer: Issuer) {
    this.description = description;
    this.issuer = issuer;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.leafPublic = publicKey;
    this.leafKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  /**
   * The CA of a folder, checked: key and certificate belong together, it is a CA, it is on P-256, it holds now.
   * Throws a {@link CaError}.
   */
  static load(folder: string, now = Date.now()): CertificateAuthority {
    const files = caFiles(folder);
    const texts = readCaFiles(folder);
    const certificate = readCertificate(folder, texts.certificate);
    const key = readKey(files.key, texts.key);
    const subject = subjectOf(certificate.raw);
    if (!certificate.ca || subject === undefined) {
      throw new CaError('unusable', `${files.certificate}: is not the certificate of a CA`);
    }
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
      throw new CaError('unusable', `${files.key}: is not an EC key on the curve P-256`);
    }
    if (!certificate.checkPrivateKey(key)) {
      throw new CaError('unusable', `${files.key}: is not the key of ${files.certificate}`);
    }
    const description = describe(folder, certificate);
    checkHolds(description, now);
    const keyIdentifier = keyIdentifierOf(certificate.publicKey);
    return new CertificateAuthority(description, { key, subject, keyIdentifier });
  }

  /** Leaves that were signed. */
  get signed(): number {
    return this.count;
  }

  /**
   * A certificate for exactly this host name or address, valid from an hour ago for seven days, at most as long as
   * the CA. The name is in ASCII and at most 253 characters long (`isHostName` in client-hello.ts). Throws a
   * {@link CaError} where the CA expired.
   */
  leaf(name: string, now = Date.now()): Leaf {
    checkHolds(this.description, now);
    const notBefore = Math.max(now - LEAF_BACKDATED_MS, this.description.notBefore.getTime());
    const notAfter = Math.min(now + LEAF_DAYS * DAY_MS, this.description.notAfter.getTime());
    const der = leafCertificate(this.issuer, name, this.leafPublic, {
      notBefore: new Date(notBefore),
      notAfter: new Date(notAfter),
    });
    this.count++;
    return { certificate: pemCertificate(der), key: this.leafKey, notAfter };
  }
}

function readKey(path: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // The error of the library is left out: nothing of the file may come into a log.
    throw new CaError('unusable', `${path}: is not a private key in PEM, or an encrypted one`);
  }
}

function checkHolds(description: CaDescription, now: number): void {
  if (now > description.notAfter.getTime()) {
    throw new CaError(
      'expired',
      `${description.file}: the CA expired on ${description.notAfter.toISOString()}; move it away, make a new one, and install that on the clients`,
    );
  }
  if (now < description.notBefore.getTime()) {
    throw new CaError(
      'unusable',
      `${description.file}: the CA holds from ${description.notBefore.toISOString()}; is this machine's clock right?`,
    );
  }
}

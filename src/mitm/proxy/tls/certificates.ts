import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext, type SecureContext, type SecureVersion } from 'node:tls';
import { isHostName, wildcardOf } from './host-name.ts';

/** A certificate that the user named. */
export interface CertificateFiles {
  /** PEM: the server's certificate first, then those between it and the root. */
  readonly certificate: string;
  /** PEM, not encrypted. */
  readonly key: string;
  /** Names that it must cover; what it says of itself where this is left out. */
  readonly names?: readonly string[] | undefined;
  /** For clients that ask for no name, or for one that no certificate has. Without one named, the first. */
  readonly isDefault?: boolean | undefined;
}

/** A certificate that cannot be used; the message says which file, why, and what to do. */
export class CertificateError extends Error {
  override name = 'CertificateError';
}

/** A certificate that is in use. */
export interface ConfiguredCertificate {
  readonly file: string;
  readonly names: readonly string[];
  readonly notAfter: Date;
  readonly isDefault: boolean;
  readonly context: SecureContext;
}

const CERTIFICATES_MOST = 10_000;

/** Certificates of the user's own, found by the name that a client asks for. */
export class CertificateTable {
  private readonly minVersion: SecureVersion;
  private byName: ReadonlyMap<string, ConfiguredCertificate> = new Map();
  private fallback: ConfiguredCertificate | undefined;
  private list: readonly ConfiguredCertificate[] = [];

  /** Reads the files. Throws a {@link CertificateError} for the first that cannot be used. */
  constructor(files: readonly CertificateFiles[], minVersion: SecureVersion = 'TLSv1.2') {
    this.minVersion = minVersion;
    this.reload(files);
  }

  /** Reads the files anew. Where one cannot be used it throws a {@link CertificateError}, and what was in use stays so. */
  reload(files: readonly CertificateFiles[], now: number = Date.now()): void {
    if (files.length > CERTIFICATES_MOST) {
      throw new CertificateError(`there may be ${CERTIFICATES_MOST} certificates, not ${files.length}`);
    }
    const list = files.map((entry) => load(entry, this.minVersion, now));
    const byName = new Map<string, ConfiguredCertificate>();
    for (const certificate of list) {
      for (const name of certificate.names) if (!byName.has(name)) byName.set(name, certificate);
    }
    this.list = list;
    this.byName = byName;
    this.fallback = list.find((certificate) => certificate.isDefault) ?? list[0];
  }

  /** Those in use. */
  get all(): readonly ConfiguredCertificate[] {
    return this.list;
  }

  /** The certificate that a name has, by itself or by a wildcard. */
  find(name: string): ConfiguredCertificate | undefined {
    return this.byName.get(name) ?? this.byName.get(wildcardOf(name));
  }

  /** For clients that ask for no name, or another one. */
  get default(): ConfiguredCertificate | undefined {
    return this.fallback;
  }
}

function load(files: CertificateFiles, minVersion: SecureVersion, now: number): ConfiguredCertificate {
  const { certificate: file } = files;
  const pem = readPem(file);
  const keyPem = readPem(files.key);
  const certificate = parse(file, pem);
  check(files, certificate, keyPem, now);
  const own = namesOf(certificate);
  const names = files.names?.map((name) => name.toLowerCase()) ?? own;
  for (const name of names) {
    if (!covers(certificate, own, name)) {
      throw new CertificateError(
        `${file}: is not for ${name}, but for ${own.join(', ') || 'no name at all'}`,
      );
    }
  }
  let context: SecureContext;
  try {
    context = createSecureContext({ cert: pem, key: keyPem, minVersion });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CertificateError(`${file}: cannot be used: ${why}`);
  }
  return { file, names, notAfter: certificate.validToDate, isDefault: files.isDefault === true, context };
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CertificateError(`${path}: cannot be read: ${why}`);
  }
}

function parse(file: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new CertificateError(`${file}: is not a certificate in PEM`);
  }
}

function check(files: CertificateFiles, certificate: X509Certificate, keyPem: string, now: number): void {
  const { certificate: file, key } = files;
  let matches: boolean;
  try {
    matches = certificate.checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    // Without the library's words: nothing of a key may come into a log.
    throw new CertificateError(`${key}: is not a private key in PEM that is not encrypted`);
  }
  if (!matches) throw new CertificateError(`${key}: is not the key of ${file}`);
  if (now > certificate.validToDate.getTime()) {
    throw new CertificateError(
      `${file}: expired on ${certificate.validToDate.toISOString()}; put a renewed one in its place`,
    );
  }
  if (now < certificate.validFromDate.getTime()) {
    throw new CertificateError(
      `${file}: is valid from ${certificate.validFromDate.toISOString()} only; is this machine's clock right?`,
    );
  }
}

/** Names that it is for: host names, wildcards of one whole label, addresses. */
function namesOf(certificate: X509Certificate): string[] {
  const names: string[] = [];
  for (const part of (certificate.subjectAltName ?? '').split(', ')) {
    if (part.startsWith('DNS:')) {
      const name = part.slice('DNS:'.length).toLowerCase();
      if (isHostName(name.startsWith('*.') ? name.slice(2) : name)) names.push(name);
    } else if (part.startsWith('IP Address:')) {
      const address = part.slice('IP Address:'.length);
      if (isIP(address) !== 0) names.push(address.toLowerCase());
    }
  }
  return names;
}

function covers(certificate: X509Certificate, own: readonly string[], name: string): boolean {
  if (isIP(name) !== 0) return certificate.checkIP(name) !== undefined;
  return own.includes(name) || own.includes(wildcardOf(name));
}

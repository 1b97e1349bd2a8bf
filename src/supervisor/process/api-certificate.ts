import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { ServerCertificate } from '../../api/index.ts';
import { type Configuration, endpointOf, socketOf } from '../../config/index.ts';
import { ownCertificate, pemCertificate } from '../../mitm/proxy/tls/certificate.ts';

const MOST_BYTES = 1 << 20;
/** Some systems take no server's certificate that is meant to last longer. */
const LIFE_MS = 825 * 86_400_000;
/** A new one is made so long before. */
const RENEW_MS = 60 * 86_400_000;
/** Clocks of clients may be behind. */
const SKEW_MS = 86_400_000;
const MOST_NAMES = 100;

/** What the API presents; undefined where it is not to encrypt. Throws an Error that says which file, and why. */
export function apiCertificate({ api }: Configuration, folder: string): ServerCertificate | undefined {
  const { mode, certificate, key } = api.tls;
  switch (mode) {
    case 'off':
      return undefined;
    case 'own':
      return ownPair(folder, namesOf(api));
    case 'given': {
      if (certificate === '' || key === '')
        throw new Error("api.tls.mode 'given' needs api.tls.certificate and api.tls.key");
      const pair = { certificate: read('api.tls.certificate', certificate), key: read('api.tls.key', key) };
      const fault = faultOf(pair);
      if (fault === undefined) return pair;
      throw new Error(`api.tls: ${certificate} and ${key} cannot be used: ${fault}`);
    }
    default:
      return mode satisfies never;
  }
}

/** The one that weir made before, as long as it holds for all names; else a new one. */
function ownPair(folder: string, names: readonly [string, ...string[]]): ServerCertificate {
  const path = join(folder, 'tls.pem');
  const kept = ownFile(path);
  const pair = kept === undefined ? undefined : pairIn(kept);
  if (pair !== undefined && holds(pair.certificate, names)) return pair;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const now = Date.now();
  const validity = { notBefore: new Date(now - SKEW_MS), notAfter: new Date(now + LIFE_MS - SKEW_MS) };
  const made = {
    certificate: pemCertificate(ownCertificate(names, privateKey, publicKey, validity)),
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  };
  writeOwn(`${path}.new`, folder, `${made.certificate}${made.key}`);
  renameSync(`${path}.new`, path);
  return made;
}

/**
 * A file of the folder; undefined where there is none. The folder is the user's that the process becomes, and this may
 * still be root: links that lead elsewhere, and what is no file, are none.
 */
function ownFile(path: string): string | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let descriptor: number;
  try {
    descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ELOOP'].includes(String(error.code))) {
      return undefined;
    }
    throw error;
  }
  try {
    const stat = fstatSync(descriptor);
    return stat.isFile() && stat.size <= MOST_BYTES ? readFileSync(descriptor, 'utf8') : undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a file that is the folder's owner's, who renews it; what has its name goes, wherever that leads. */
function writeOwn(path: string, folder: string, text: string): void {
  rmSync(path, { force: true });
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const descriptor = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
    if (process.getuid?.() === 0) {
      const { uid, gid } = statSync(folder);
      fchownSync(descriptor, uid, gid);
    }
  } finally {
    closeSync(descriptor);
  }
}

function pairIn(text: string): ServerCertificate | undefined {
  const at = text.indexOf('-----BEGIN PRIVATE KEY-----');
  const pair = { certificate: text.slice(0, Math.max(0, at)), key: text.slice(Math.max(0, at)) };
  return faultOf(pair) === undefined ? pair : undefined;
}

/** Why a pair is none; undefined where it is one. */
function faultOf({ certificate, key }: ServerCertificate): string | undefined {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
      ? undefined
      : 'the key is not that of the certificate';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether it goes on long enough, and is for each name and for no more than those. */
function holds(pem: string, names: readonly string[]): boolean {
  const certificate = new X509Certificate(pem);
  return (
    certificate.validToDate.getTime() - Date.now() > RENEW_MS &&
    certificate.subjectAltName?.split(', ').length === names.length &&
    names.every(
      (name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined,
    )
  );
}

/** What browsers may call the machine. */
function namesOf({ listen, hosts }: Configuration['api']): [string, ...string[]] {
  const host = socketOf(listen) === undefined ? endpointOf(listen).host : 'localhost';
  const isEvery = host === '' || host === '0.0.0.0' || host === '::';
  const addresses = Object.values(networkInterfaces())
    .flatMap((some) => some ?? [])
    .filter(({ internal, scopeid }) => !internal && (scopeid ?? 0) === 0)
    .map(({ address }) => address);
  const names = [
    hostname().toLowerCase(),
    'localhost',
    '127.0.0.1',
    '::1',
    ...hosts,
    ...(isEvery ? addresses : [host]),
  ];
  const [first = 'localhost', ...rest] = new Set(
    names.filter((name) => /^(?:\*\.)?[\w.:-]{1,253}$/.test(name)),
  );
  return [first, ...rest.slice(0, MOST_NAMES)];
}

function read(setting: string, path: string): string {
  try {
    if (statSync(path).size > MOST_BYTES) throw new Error(`${path} is too long`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    const isClosed = error instanceof Error && 'code' in error && error.code === 'EACCES';
    const hint = isClosed ? '; let the user of privileges.user read it, or start weir again' : '';
    throw new Error(`${setting}: ${error instanceof Error ? error.message : String(error)}${hint}`);
  }
}

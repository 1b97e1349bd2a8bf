import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** Why a CA cannot be used: there is none, there is one already, what is there is damaged or open to others, it expired. */
export type CaFault = 'absent' | 'exists' | 'unusable' | 'expired';

/** A CA that cannot be made or used; the message says where, and what to do. Nothing of a key is in it. */
export class CaError extends Error {
  override name = 'CaError';
  readonly fault: CaFault;

  constructor(fault: CaFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** Files of a CA. */
export interface CaFiles {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate and a key are a few hundred bytes. */
const FILE_MOST = 64 * 1024;

/** Where a CA's files lie in its folder. */
export function caFiles(folder: string): CaFiles {
  return { certificate: join(folder, 'ca.pem'), key: join(folder, 'ca-key.pem') };
}

/**
 * Puts a CA into a folder, which is made where it is missing (0700): the key with mode 0600, then the certificate.
 * Each file is there wholly or not at all; what is there already is never overwritten ({@link CaError}).
 */
export function writeCaFiles(folder: string, certificatePem: string, keyPem: string): void {
  const files = caFiles(folder);
  for (const path of [files.key, files.certificate]) {
    if (isThere(path)) throw exists(path);
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  place(folder, files.key, keyPem, 0o600);
  try {
    place(folder, files.certificate, certificatePem, 0o644);
  } catch (error) {
    rmSync(files.key, { force: true });
    throw error;
  }
}

function exists(path: string): CaError {
  return new CaError(
    'exists',
    `${path} is there already: a CA is not overwritten, since every client that trusts it would have to be set up again; move it away, or choose another folder`,
  );
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Through a link, which fails where the name is taken: unlike a rename it cannot overwrite. */
function place(folder: string, path: string, content: string, mode: number): void {
  const draft = join(folder, `.${randomBytes(8).toString('hex')}.new`);
  try {
    writeFileSync(draft, content, { flag: 'wx', mode, flush: true });
    linkSync(draft, path);
  } catch (error) {
    if (isCode(error, 'EEXIST')) throw exists(path);
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Both files as text. Throws a {@link CaError} where one is missing, or others than its owner may read the key. */
export function readCaFiles(folder: string): { readonly certificate: string; readonly key: string } {
  const files = caFiles(folder);
  return { certificate: readCaCertificate(folder), key: readFile(files.key, folder, true) };
}

/** The certificate alone: for those who show it. Throws a {@link CaError}. */
export function readCaCertificate(folder: string): string {
  return readFile(caFiles(folder).certificate, folder, false);
}

function readFile(path: string, folder: string, secret: boolean): string {
  let handle: number;
  try {
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) {
      throw new CaError('absent', `${path}: there is no CA; 'weir ca create --folder ${folder}' makes one`);
    }
    if (isCode(error, 'EACCES')) {
      throw new CaError('unusable', `${path}: may not be read by this user; run as its owner`);
    }
    throw error;
  }
  try {
    const status = fstatSync(handle);
    if (!status.isFile() || status.size > FILE_MOST) {
      throw new CaError('unusable', `${path}: is not a file of a CA`);
    }
    if (secret && (status.mode & 0o077) !== 0) {
      const mode = (status.mode & 0o777).toString(8);
      throw new CaError(
        'unusable',
        `${path}: others may read the key (mode ${mode}); if nobody has, 'chmod 600 ${path}', else make a new CA`,
      );
    }
    return readFileSync(handle, 'utf8');
  } finally {
    closeSync(handle);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { u8 } from '../../../net/index.ts';
import { type Direction, TO_SERVER } from '../parser.ts';
import type { QuicVersion } from './versions.ts';

const KEY_LENGTH = 16;
const IV_LENGTH = 12;
const SECRET_LENGTH = 32;
const TAG_LENGTH = 16;
const SAMPLE_LENGTH = 16;
/** The sample is taken as if the packet number had four bytes (RFC 9001 section 5.4.2). */
const SAMPLE_OFFSET = 4;

/** Keys of Initial packets of one direction. */
export interface InitialKeys {
  readonly key: Buffer;
  readonly iv: Buffer;
  readonly headerProtection: Buffer;
}

/**
 * Derives the keys of one direction from the destination connection id of the client's first Initial packet
 * (RFC 9001 section 5.2). Undefined where the version's Initial packets are in clear.
 */
export function deriveInitialKeys(
  version: QuicVersion,
  connectionId: Uint8Array,
  direction: Direction,
): InitialKeys | undefined {
  if (!version.salt) return undefined;
  const initial = createHmac('sha256', version.salt).update(connectionId).digest();
  const secret = expand(initial, direction === TO_SERVER ? 'client in' : 'server in', SECRET_LENGTH);
  return {
    key: expand(secret, `${version.labels} key`, KEY_LENGTH),
    iv: expand(secret, `${version.labels} iv`, IV_LENGTH),
    headerProtection: expand(secret, `${version.labels} hp`, KEY_LENGTH),
  };
}

/** HKDF-Expand-Label with SHA-256 and no context (RFC 8446 section 7.1); one round is enough for 32 bytes. */
function expand(secret: Buffer, label: string, length: number): Buffer {
  const info = Buffer.alloc(11 + label.length);
  info[1] = length;
  info[2] = 6 + label.length;
  info.write(`tls13 ${label}`, 3, 'latin1');
  info[info.length - 1] = 1;
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}

/**
 * Removes the protection of the packet that begins at `start`, whose packet number begins at `number` and which ends
 * at `end` (RFC 9001 sections 5.3 and 5.4). Returns its frames; undefined when it does not authenticate.
 */
export function unprotect(
  keys: InitialKeys,
  bytes: Uint8Array,
  start: number,
  number: number,
  end: number,
): Buffer | undefined {
  const sample = number + SAMPLE_OFFSET;
  if (sample + SAMPLE_LENGTH > end) return undefined;
  const cipher = createCipheriv('aes-128-ecb', keys.headerProtection, null);
  const mask = cipher.update(bytes.subarray(sample, sample + SAMPLE_LENGTH));
  const first = u8(bytes, start) ^ (u8(mask, 0) & 0x0f);
  const numberLength = (first & 3) + 1;
  const payload = number + numberLength;
  if (payload + TAG_LENGTH > end) return undefined;

  const header = Buffer.from(bytes.subarray(start, payload));
  header[0] = first;
  // The packet number is taken as sent: those of Initial packets are small (RFC 9000 appendix A.3).
  const nonce = Buffer.from(keys.iv);
  for (let i = 0; i < numberLength; i++) {
    const at = header.length - numberLength + i;
    header[at]! ^= u8(mask, 1 + i);
    nonce[IV_LENGTH - numberLength + i]! ^= header[at]!;
  }
  const decipher = createDecipheriv('aes-128-gcm', keys.key, nonce);
  decipher.setAAD(header);
  decipher.setAuthTag(bytes.subarray(end - TAG_LENGTH, end));
  const plain = decipher.update(bytes.subarray(payload, end - TAG_LENGTH));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return plain;
}

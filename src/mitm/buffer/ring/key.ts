import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { BufferError, reasonOf } from '../buffer-error.ts';
import type { PrivateFolder } from '../private-folder.ts';

/** Bytes of a key (AES-256). */
export const KEY_BYTES = 32;
/** Name of the key's file in its folder. */
export const KEY_FILE = 'buffer.key';
/** Name of the variable of the environment that may hold the key instead. */
export const KEY_VARIABLE = 'WEIR_BUFFER_KEY';
const ID_BYTES = 8;

/** The key of the ring, and what tells it from others without telling anything about it. */
export interface RingKey {
  readonly bytes: Buffer;
  /** 8 bytes. */
  readonly id: Buffer;
  readonly origin: 'file' | 'environment';
}

/**
 * The key: from its text where one is given (64 hexadecimal digits, or base64 of 32 bytes), else from the file
 * `buffer.key` of a folder, which is made with random bytes where it is missing. Throws {@link BufferError}.
 */
export function loadKey(folder: PrivateFolder, text: string | undefined): RingKey {
  if (text !== undefined && text !== '') return keyOf(parseKey(text), 'environment');
  const kept = readKey(folder);
  if (kept !== undefined) return keyOf(kept, 'file');
  try {
    const fresh = randomBytes(KEY_BYTES);
    if (folder.put(KEY_FILE, fresh, true)) return keyOf(fresh, 'file');
  } catch (error) {
    throw new BufferError(`${join(folder.path, KEY_FILE)} cannot be made: ${reasonOf(error)}`);
  }
  // Another process was first.
  const other = readKey(folder);
  if (other === undefined)
    throw new BufferError(`${join(folder.path, KEY_FILE)} comes and goes: who removes it?`);
  return keyOf(other, 'file');
}

/** Puts a new random key in the place of the old one, so that nothing sealed with that can be read again. */
export function replaceKey(folder: PrivateFolder): RingKey {
  const fresh = randomBytes(KEY_BYTES);
  try {
    folder.put(KEY_FILE, fresh);
  } catch (error) {
    throw new BufferError(`${join(folder.path, KEY_FILE)} cannot be replaced: ${reasonOf(error)}`);
  }
  return keyOf(fresh, 'file');
}

function readKey(folder: PrivateFolder): Buffer | undefined {
  const bytes = folder.read(KEY_FILE, 4096);
  if (bytes === undefined) return undefined;
  const path = join(folder.path, KEY_FILE);
  if (bytes.length !== KEY_BYTES) {
    throw new BufferError(
      `${path} has ${bytes.length} bytes, not ${KEY_BYTES}: it is damaged. Put the right one back, or remove it with the ` +
        'ring (what is stored cannot be read without it)',
    );
  }
  return refuseWeak(bytes, path);
}

/** Reads a key from text. Throws {@link BufferError}; nothing of the text is in its message. */
export function parseKey(text: string): Buffer {
  const plain = text.trim();
  if (/^[0-9A-Fa-f]{64}$/.test(plain)) return refuseWeak(Buffer.from(plain, 'hex'), KEY_VARIABLE);
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(plain)) return refuseWeak(Buffer.from(plain, 'base64'), KEY_VARIABLE);
  throw new BufferError(
    `${KEY_VARIABLE} is no key: 64 hexadecimal digits or 44 characters of base64 (32 random bytes, as \`openssl rand ` +
      `-hex 32\` makes them), not ${plain.length} characters`,
  );
}

/** A key of one byte over and over is what somebody left in place of a key. */
function refuseWeak(bytes: Buffer, where: string): Buffer {
  if (bytes.every((byte) => byte === bytes[0])) {
    throw new BufferError(`${where} holds the same byte ${bytes.length} times, which is no key`);
  }
  return bytes;
}

function keyOf(bytes: Buffer, origin: RingKey['origin']): RingKey {
  const id = createHmac('sha256', bytes).update('weir buffer key id').digest().subarray(0, ID_BYTES);
  return { bytes, id, origin };
}

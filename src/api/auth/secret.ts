import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Bits of chance in a secret, in bytes. */
const SECRET_BYTES = 32;

/** A new secret that nobody can guess: `prefix` and 43 characters of base64url. */
export function newSecret(prefix = ''): string {
  return `${prefix}${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

/** A name for something that is no secret: 16 characters. */
export function newIdentifier(): string {
  return randomBytes(12).toString('base64url');
}

/**
 * What is kept of a secret, 32 bytes. A fast hash is right here: these secrets are 256 random bits, which no search
 * finds, unlike passwords that people choose; and it runs for every request.
 */
export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Compares two texts in a time that tells nothing of them. */
export function isSame(one: string, other: string): boolean {
  return timingSafeEqual(digestOf(one), digestOf(other));
}

/** What proves that a page of ours made a request: only who was told it by us can name it. It does not disclose `key`. */
export function csrfOf(key: string): string {
  return createHmac('sha256', key).update('weir csrf').digest('base64url');
}

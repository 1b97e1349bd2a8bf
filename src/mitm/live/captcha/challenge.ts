import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** How long a challenge can be answered, in milliseconds. */
export const CHALLENGE_MS = 5 * 60_000;
/** Digits of an answer. */
const DIGITS = 6;
const NONCE_BYTES = 16;
const TOKEN = /^([0-9a-z]{6,10})\.[\w-]{22}$/;
const ANSWER = /^\d{6}$/;

/** What a client is asked. Nothing of it is kept: who has the key can tell the answer from the token. */
export interface Challenge {
  /** Names it: when it was made, and a random part. */
  readonly token: string;
  /** The digits. */
  readonly answer: string;
}

/** A challenge for the clients of a network (as of `networkOf`), who alone can answer it. `nowMs`: since 1970. */
export function newChallenge(key: Buffer, network: string, nowMs: number): Challenge {
  const token = `${nowMs.toString(36)}.${randomBytes(NONCE_BYTES).toString('base64url')}`;
  return { token, answer: expectedAnswer(key, network, token) };
}

/** The digits that answer a token: without the key nobody can tell them, for a token of one's own making neither. */
export function expectedAnswer(key: Buffer, network: string, token: string): string {
  const digest = createHmac('sha256', key).update(`answer ${network} ${token}`).digest();
  return String(digest.readUIntBE(0, 6) % 10 ** DIGITS).padStart(DIGITS, '0');
}

/** Whether a token is one that could be answered now: well-formed, and not too old. */
export function isOpen(token: string, nowMs: number): boolean {
  const issued = TOKEN.exec(token)?.[1];
  if (issued === undefined) return false;
  const ageMs = nowMs - Number.parseInt(issued, 36);
  return ageMs >= 0 && ageMs < CHALLENGE_MS;
}

/** Whether the answer is right. The comparison takes the same time for every answer that is one. */
export function isRight(key: Buffer, network: string, token: string, answer: string): boolean {
  if (!ANSWER.test(answer)) return false;
  return timingSafeEqual(Buffer.from(expectedAnswer(key, network, token)), Buffer.from(answer));
}

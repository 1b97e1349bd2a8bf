import { timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { ROLES, type Role } from '../access.ts';
import { Problem } from '../problem.ts';
import { digestOf, newIdentifier, newSecret } from './secret.ts';
import { StateFile } from './state-file.ts';

/** A token as it is kept: not itself, but its digest. */
export interface Token {
  /** Never used again, unlike the name. */
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** SHA-256, base64url. */
  readonly digest: string;
  readonly madeUs: number;
  readonly madeBy: string;
  readonly expiresUs?: number;
  /** To the hour: more would be a write for every request. */
  readonly lastUsedUs?: number;
}

/** What a token is to be. */
export interface TokenWish {
  readonly name: string;
  readonly role: Role;
  readonly expiresUs?: number;
  readonly madeBy: string;
}

/** What every token begins with, so that secret scanners know it. */
const PREFIX = 'weir_';
const MOST = 256;
const HOUR_US = 3_600_000_000;

/** Tokens: who holds one may do what its role may. They survive in `tokens.json`. */
export class Tokens {
  private readonly file: StateFile<Token>;
  private readonly clock: () => number;
  private kept: readonly Token[];

  /** `clock`: microseconds since 1970. */
  constructor(folder: string, clock: () => number, report: (line: string) => void) {
    this.clock = clock;
    this.file = new StateFile(join(folder, 'tokens.json'), isToken, report);
    this.kept = this.file.read();
  }

  /** All that are kept, expired ones too, by name. */
  list(): readonly Token[] {
    return [...this.kept].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** Makes one; what it is can be read here and never again. Throws a {@link Problem}. */
  async create({ name, role, expiresUs, madeBy }: TokenWish): Promise<{ secret: string; token: Token }> {
    if (this.kept.some((one) => one.name === name))
      throw new Problem(
        409,
        'There is one already',
        `a token named ${name} exists: revoke it, or choose another name`,
      );
    if (this.kept.length >= MOST)
      throw new Problem(409, 'Too many', `there are ${MOST} tokens: revoke those that nobody uses`);
    const secret = newSecret(PREFIX);
    const token: Token = {
      id: newIdentifier(),
      name,
      role,
      digest: digestOf(secret).toString('base64url'),
      madeUs: this.clock(),
      madeBy,
      ...(expiresUs === undefined ? {} : { expiresUs }),
    };
    this.kept = [...this.kept, token];
    try {
      await this.file.write(() => this.kept);
    } catch (error) {
      this.kept = this.kept.filter((one) => one !== token);
      throw error;
    }
    return { secret, token };
  }

  /** Ends one, and the sessions that were begun with it. Throws a {@link Problem} where there is none. */
  async revoke(name: string): Promise<void> {
    const left = this.kept.filter((one) => one.name !== name);
    if (left.length === this.kept.length)
      throw new Problem(404, 'There is no such thing', `there is no token named ${name.slice(0, 64)}`);
    // In force at once, whatever the disk says.
    this.kept = left;
    await this.file.write(() => this.kept);
  }

  /** The one that somebody holds; undefined where there is none, or no more. Compares with each, in constant time. */
  find(secret: string): Token | undefined {
    if (!secret.startsWith(PREFIX)) return undefined;
    const digest = digestOf(secret);
    let found: Token | undefined;
    for (const token of this.kept) {
      if (timingSafeEqual(Buffer.from(token.digest, 'base64url'), digest)) found = token;
    }
    return found === undefined || this.isOver(found) ? undefined : found;
  }

  /** The one of an identifier, unless it is over. */
  byId(id: string): Token | undefined {
    const token = this.kept.find((one) => one.id === id);
    return token === undefined || this.isOver(token) ? undefined : token;
  }

  /** Notes that one was used. */
  used({ id, lastUsedUs = 0 }: Token): void {
    const nowUs = this.clock();
    if (nowUs - lastUsedUs < HOUR_US) return;
    this.kept = this.kept.map((one) =>
      one.id === id ? { ...one, lastUsedUs: nowUs - (nowUs % HOUR_US) } : one,
    );
    // It is said in the log where it cannot be written; the request that used the token is none the worse for it.
    this.file.write(() => this.kept).catch(() => undefined);
  }

  private isOver({ expiresUs }: Token): boolean {
    return expiresUs !== undefined && expiresUs <= this.clock();
  }
}

function isToken(value: unknown): value is Token {
  if (typeof value !== 'object' || value === null) return false;
  const { id, name, role, digest, madeUs, madeBy, expiresUs, lastUsedUs } = value as Record<string, unknown>;
  return (
    typeof id === 'string' &&
    typeof name === 'string' &&
    ROLES.some((one) => one === role) &&
    typeof digest === 'string' &&
    Buffer.from(digest, 'base64url').length === 32 &&
    typeof madeUs === 'number' &&
    typeof madeBy === 'string' &&
    ['undefined', 'number'].includes(typeof expiresUs) &&
    ['undefined', 'number'].includes(typeof lastUsedUs)
  );
}

import { join } from 'node:path';
import { ROLES, type Role } from '../access.ts';
import { digestOf, newSecret } from './secret.ts';
import { StateFile } from './state-file.ts';
import type { Tokens } from './tokens.ts';

/** A login of a browser as it is kept: its cookie only as a digest. */
export interface Session {
  /** SHA-256 of the cookie, base64url. */
  readonly digest: string;
  readonly name: string;
  readonly role: Role;
  /** The token that it was begun with: its role is the session's, and its end too. */
  readonly tokenId?: string;
  readonly expiresUs: number;
}

const MOST = 1024;
/** Of one token or name: who logs in again and again ends none but its own. */
const MOST_OF_ONE = 64;

/** Logins of browsers; they survive a new start in `sessions.json`. At a bound the oldest ends. */
export class Sessions {
  private readonly file: StateFile<Session>;
  private readonly clock: () => number;
  private readonly tokens: Tokens;
  /** By digest: how long the look-up takes tells nothing that who asks could steer, as it is that of a hash. */
  private readonly kept: Map<string, Session>;

  /** `clock`: microseconds since 1970. */
  constructor(folder: string, clock: () => number, tokens: Tokens, report: (line: string) => void) {
    this.clock = clock;
    this.tokens = tokens;
    this.file = new StateFile(join(folder, 'sessions.json'), isSession, report);
    this.kept = new Map(this.file.read().map((one) => [one.digest, one]));
    this.dropOver();
  }

  /** Begins one; resolves to the cookie's value. */
  async begin(who: Pick<Session, 'name' | 'role' | 'tokenId'>, durationMs: number): Promise<string> {
    this.dropOver();
    const own = [...this.kept.values()].filter((one) => holderOf(one) === holderOf(who));
    for (const { digest } of own.slice(0, Math.max(0, own.length + 1 - MOST_OF_ONE))) {
      this.kept.delete(digest);
    }
    for (const oldest of this.kept.keys()) {
      if (this.kept.size < MOST) break;
      this.kept.delete(oldest);
    }
    const secret = newSecret();
    const digest = digestOf(secret).toString('base64url');
    this.kept.set(digest, { ...who, digest, expiresUs: this.clock() + durationMs * 1000 });
    await this.file.write(() => this.kept.values());
    return secret;
  }

  /** The one of a cookie, with the role that its token has now; undefined where there is none, or no more. */
  find(secret: string): Session | undefined {
    const session = this.kept.get(digestOf(secret).toString('base64url'));
    if (session === undefined || session.expiresUs <= this.clock()) return undefined;
    if (session.tokenId === undefined) return session;
    const token = this.tokens.byId(session.tokenId);
    return token === undefined ? undefined : { ...session, role: token.role };
  }

  /** Ends the one of a cookie. */
  async end(secret: string): Promise<void> {
    if (this.kept.delete(digestOf(secret).toString('base64url')))
      await this.file.write(() => this.kept.values());
  }

  private dropOver(): void {
    for (const [digest, { expiresUs, tokenId }] of this.kept) {
      const isOver =
        expiresUs <= this.clock() || (tokenId !== undefined && this.tokens.byId(tokenId) === undefined);
      if (isOver) this.kept.delete(digest);
    }
  }
}

function holderOf({ name, tokenId }: Pick<Session, 'name' | 'tokenId'>): string {
  return tokenId === undefined ? `name ${name}` : `token ${tokenId}`;
}

function isSession(value: unknown): value is Session {
  if (typeof value !== 'object' || value === null) return false;
  const { digest, name, role, tokenId, expiresUs } = value as Record<string, unknown>;
  return (
    typeof digest === 'string' &&
    typeof name === 'string' &&
    ROLES.some((one) => one === role) &&
    ['undefined', 'string'].includes(typeof tokenId) &&
    typeof expiresUs === 'number'
  );
}

import type { Role } from '../access.ts';
import { digestOf, newSecret } from './secret.ts';

/** How long a link logs in. */
export const CODE_MS = 600_000;
const MOST = 64;

/** Whom a code lets in. */
export interface CodeHolder {
  readonly name: string;
  readonly role: Role;
}

/** Codes of links that log in once. They are in memory alone: after a new start none counts. */
export class LoginCodes {
  private readonly clock: () => number;
  private readonly kept = new Map<string, CodeHolder & { readonly expiresUs: number }>();

  /** `clock`: microseconds since 1970. */
  constructor(clock: () => number) {
    this.clock = clock;
  }

  /** Makes one; at the bound the oldest counts no more. */
  make(holder: CodeHolder): string {
    for (const oldest of this.kept.keys()) {
      if (this.kept.size < MOST) break;
      this.kept.delete(oldest);
    }
    const code = newSecret();
    this.kept.set(digestOf(code).toString('base64url'), {
      ...holder,
      expiresUs: this.clock() + CODE_MS * 1000,
    });
    return code;
  }

  /** Uses one up; undefined where there is none, or no more. */
  take(code: string): CodeHolder | undefined {
    const digest = digestOf(code).toString('base64url');
    const found = this.kept.get(digest);
    this.kept.delete(digest);
    return found === undefined || found.expiresUs <= this.clock() ? undefined : found;
  }
}

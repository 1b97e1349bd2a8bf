import type { IncomingMessage } from 'node:http';
import { parseAddress } from '../../net/index.ts';
import type { Principal } from '../access.ts';
import type { Backend } from '../backend.ts';
import { isFromSocket } from '../listen.ts';
import { Problem } from '../problem.ts';
import { AuditLog } from './audit-log.ts';
import { LoginCodes } from './codes.ts';
import { cookieOf } from './cookie.ts';
import { FailedLogins } from './failed-logins.ts';
import { OpenIdLogin } from './openid.ts';
import { countOf } from './origin.ts';
import { csrfOf, isSame, newSecret } from './secret.ts';
import { Sessions } from './sessions.ts';
import { Tokens } from './tokens.ts';

/** The cookie of a session. */
export const SESSION_COOKIE = 'weir_session';

/** Who asks, and what a change of theirs must prove: the token against forged requests; undefined: nothing. */
export interface Visitor {
  readonly principal: Principal;
  readonly csrf: string | undefined;
}

/** What decides who comes in: tokens, sessions, codes, and the record of it. */
export class Gate {
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly codes: LoginCodes;
  readonly audit: AuditLog;
  readonly openId: OpenIdLogin;
  private readonly backend: Backend;
  private readonly failures: FailedLogins;
  /** Who runs weir. */
  readonly owner: string;
  private readonly anonymousKey = newSecret();

  constructor(backend: Backend) {
    const { folder, report } = backend;
    const clockUs = (): number => Date.now() * 1000;
    this.backend = backend;
    this.owner = backend.owner;
    this.tokens = new Tokens(folder, clockUs, report);
    this.sessions = new Sessions(folder, clockUs, this.tokens, report);
    this.codes = new LoginCodes(clockUs);
    this.audit = new AuditLog(folder, clockUs, report);
    this.failures = new FailedLogins(() => performance.now());
    this.openId = new OpenIdLogin(backend.configuration, backend.secret);
  }

  /** Who asks; undefined: nobody that is known. Throws a {@link Problem} where a token is none. */
  visitor(request: IncomingMessage): Visitor | undefined {
    if (isFromSocket(request)) {
      return { principal: { name: this.owner, role: 'admin', by: 'socket' }, csrf: undefined };
    }
    // Who sends a token means it: a wrong one is not made up for by a cookie.
    if (request.headers.authorization !== undefined) return this.ofToken(request);
    const cookie = cookieOf(request, SESSION_COOKIE);
    const session = cookie === undefined ? undefined : this.sessions.find(cookie);
    if (cookie !== undefined && session !== undefined) {
      const { name, role } = session;
      return { principal: { name, role, by: 'session' }, csrf: csrfOf(cookie) };
    }
    const { anonymous: role } = this.backend.configuration();
    if (role === 'off') return undefined;
    return { principal: { name: 'anonymous', role, by: 'anonymous' }, csrf: csrfOf(this.anonymousKey) };
  }

  /** Refuses a change that no page of ours made. */
  checkCsrf(request: IncomingMessage, { csrf }: Visitor): void {
    if (csrf === undefined) return;
    const given = request.headers['x-csrf-token'];
    if (typeof given === 'string' && isSame(given, csrf)) return;
    throw new Problem(
      403,
      'Not allowed',
      'a change needs the header x-csrf-token with what GET /api/v1/session says; programs rather send a token',
    );
  }

  /** Notes a failed login. Throws a {@link Problem} where the address fails too often; else the caller refuses. */
  failed(request: IncomingMessage): void {
    const waitMs = this.failures.failed(addressKey(request));
    if (waitMs === 0) return;
    const seconds = String(Math.ceil(waitMs / 1000));
    throw new Problem(
      429,
      'Too many failed logins',
      `this address may try again in ${seconds} s; a token that is right is taken at any time`,
      { 'retry-after': seconds },
    );
  }

  /** Notes a login. */
  succeeded(request: IncomingMessage): void {
    this.failures.succeeded(addressKey(request));
  }

  private ofToken(request: IncomingMessage): Visitor {
    const secret = /^Bearer +([\w-]{1,256})$/i.exec(request.headers.authorization ?? '')?.[1];
    const token =
      secret === undefined || countOf(request, 'authorization') !== 1 ? undefined : this.tokens.find(secret);
    if (token === undefined) {
      this.failed(request);
      throw new Problem(
        401,
        'Not logged in',
        "the token is unknown, revoked or expired: 'weir token list' shows those that count",
        { 'www-authenticate': 'Bearer realm="weir", error="invalid_token"' },
      );
    }
    this.tokens.used(token);
    return { principal: { name: token.name, role: token.role, by: 'token' }, csrf: undefined };
  }
}

/** Whom limits count as one: an IPv4 address, or the /64 that a line gets. */
export function addressKey({ socket }: IncomingMessage): string {
  const text = addressOf({ socket });
  const address = parseAddress(text);
  if (address?.version !== 6) return text;
  return `${address.words[0]}.${address.words[1]}/64`;
}

/** Where a request comes from; empty at the socket. */
export function addressOf({ socket }: Pick<IncomingMessage, 'socket'>): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}

import { createHash } from 'node:crypto';
import type { Decision } from '../../event/index.ts';
import { type Prefix, PrefixSet, parseAddress, parsePrefix, prefixContains } from '../../net/index.ts';
import { type Judgement, PASSED } from '../judge.ts';
import type { IncomingRequest } from '../transaction.ts';
import { Captcha, type CaptchaOptions } from './captcha/captcha.ts';
import type { ClientGate } from './client-gate.ts';
import { cookiesOf } from './cookies.ts';
import { RateLimit } from './rate-limit.ts';

/** What a decision is about, and of which type it is. */
export type DecisionSubject = Pick<Decision, 'type' | 'scope' | 'value'>;

/** What decisions mean for requests. */
export interface DecisionListOptions {
  /** `deny`: 403 with a page; `drop`: the connection ends without a word; `tarpit`: the same after a while. */
  readonly ban: 'deny' | 'drop' | 'tarpit';
  /** Where clients are sent for `captcha` and `redirect`; empty: they are denied. */
  readonly location: string;
  /** How clients are asked by `captcha` where there is no location; undefined: they are denied. */
  readonly captcha?: CaptchaOptions | undefined;
}

/** Requests that a throttled client may send in a minute, and at once. */
const THROTTLED = { requests: 30, perMs: 60_000, burst: 5 };
/** How long a tarpit holds a connection. */
const HELD_MS = 20_000;
/** Sessions are named by so many hexadecimal digits of the SHA-256 of a cookie's value: who reads decisions cannot use them. */
const SESSION_DIGITS = 16;
const FINGERPRINT = /^ja4:t\d{2}[a-z0-9]{7}_[0-9a-f]{12}_[0-9a-f]{12}$/;
const SESSION = /^cookie:([!#$%&'*+.^`|~\w-]{1,128}):([0-9a-f]{16})$/;

/** What is in force: bans of addresses, networks and sessions. The responder says what; here it takes effect. */
export class DecisionList implements ClientGate {
  private readonly options: DecisionListOptions;
  private readonly now: () => number;
  private readonly captcha: Captcha | undefined;
  /** By what they are about: of each type there is one about an address, a network or a session. */
  private readonly byKey = new Map<string, Decision>();
  /** By address and by session; several may be about one. */
  private readonly exact = new Map<string, Set<Decision>>();
  private readonly ranges = new Map<Decision, Prefix>();
  /** All ranges: most addresses are in none. Made anew when they change. */
  private reach: PrefixSet | undefined;
  /** Names of cookies that sessions are known by, and how many decisions name them. */
  private readonly cookies = new Map<string, number>();
  private readonly throttle = new RateLimit(THROTTLED);
  private readonly counts = { banned: 0, throttled: 0, challenged: 0 };

  /** `now`: milliseconds since 1970. */
  constructor(options: DecisionListOptions, now: () => number = Date.now) {
    this.options = options;
    this.now = now;
    const { captcha, location } = options;
    if (captcha !== undefined && location === '') this.captcha = new Captcha(captcha, now);
  }

  get size(): number {
    return this.byKey.size;
  }

  /** Takes the place of all that was. */
  replace(decisions: Iterable<Decision>): void {
    for (const one of [...this.byKey.values()]) this.remove(one);
    for (const decision of decisions) this.add(decision);
  }

  /** Takes the place of one of the same type about the same. Simulated ones, and such as are none of ours, are left out. */
  add(decision: Decision): void {
    this.remove(decision);
    if (decision.simulated) return;
    if (decision.scope === 'range') {
      const prefix = parsePrefix(decision.value);
      if (prefix === undefined) return;
      this.ranges.set(decision, prefix);
      this.reach = undefined;
    } else {
      const cookie = cookieOf(decision);
      if (decision.scope === 'session' && cookie === undefined && !FINGERPRINT.test(decision.value)) return;
      if (cookie !== undefined) this.cookies.set(cookie, (this.cookies.get(cookie) ?? 0) + 1);
      const same = this.exact.get(decision.value) ?? new Set();
      this.exact.set(decision.value, same.add(decision));
    }
    this.byKey.set(keyOf(decision), decision);
  }

  /** Removes the one of this type about this. */
  remove(about: DecisionSubject): void {
    const decision = this.byKey.get(keyOf(about));
    if (decision === undefined) return;
    this.byKey.delete(keyOf(about));
    if (this.ranges.delete(decision)) {
      this.reach = undefined;
      return;
    }
    const same = this.exact.get(decision.value);
    same?.delete(decision);
    if (same?.size === 0) this.exact.delete(decision.value);
    const cookie = cookieOf(decision);
    if (cookie === undefined) return;
    const left = (this.cookies.get(cookie) ?? 0) - 1;
    if (left > 0) this.cookies.set(cookie, left);
    else this.cookies.delete(cookie);
  }

  check(request: IncomingRequest): Judgement | undefined {
    // mitmproxy shows no pages and sets no cookies.
    const captcha = request.connection.way === 'mitmproxy' ? undefined : this.captcha;
    if (this.byKey.size === 0) return captcha?.wayBack(request);
    const about = [...this.about(request.connection.client.address), ...this.ofSession(request)];
    let decision = this.strongest(about);
    if (decision?.type === 'captcha' && captcha !== undefined) {
      if (!captcha.passes(request, this.sinceOf(about))) {
        this.counts.challenged++;
        return captcha.ask(request, `decision ${decision.id}: ${decision.type}`);
      }
      decision = this.strongest(about.filter(({ type }) => type !== 'captcha'));
    }
    return decision === undefined ? captcha?.wayBack(request) : this.obey(decision, request);
  }

  private obey(decision: Decision, request: IncomingRequest): Judgement | undefined {
    const reason = `decision ${decision.id}: ${decision.type}`;
    switch (decision.type) {
      case 'allow':
        return undefined;
      case 'ban':
        this.counts.banned++;
        return this.options.ban === 'deny'
          ? { ...PASSED, action: 'deny', status: 403, reason }
          : {
              ...PASSED,
              action: 'drop',
              reason,
              ...(this.options.ban === 'tarpit' ? { holdMs: HELD_MS } : {}),
            };
      case 'throttle': {
        const limited = this.throttle.check(request);
        if (limited !== undefined) this.counts.throttled++;
        return limited && { ...limited, reason };
      }
      case 'captcha':
      case 'redirect':
        this.counts.challenged++;
        return this.options.location === ''
          ? { ...PASSED, action: 'deny', status: 403, reason }
          : { ...PASSED, action: 'redirect', status: 302, location: this.options.location, reason };
      default:
        return decision.type satisfies never;
    }
  }

  /** True where an address is banned: its open connections are to end. */
  bans(address: string): boolean {
    return this.strongest(this.about(address))?.type === 'ban';
  }

  /** When the last of the captchas was decided on. */
  private sinceOf(decisions: readonly Decision[]): number {
    const nowMs = this.now();
    let sinceMs = 0;
    for (const { type, createdMs, untilMs } of decisions) {
      if (type === 'captcha' && untilMs > nowMs) sinceMs = Math.max(sinceMs, createdMs);
    }
    return sinceMs;
  }

  /** The exception first, then the ban. */
  private strongest(decisions: readonly Decision[]): Decision | undefined {
    const nowMs = this.now();
    let found: Decision | undefined;
    for (const one of decisions) {
      if (one.untilMs <= nowMs) continue;
      if (found === undefined || STRENGTH[one.type] > STRENGTH[found.type]) found = one;
    }
    return found;
  }

  private about(address: string): readonly Decision[] {
    const exact = this.exact.get(address);
    if (this.ranges.size === 0) return exact === undefined ? [] : [...exact];
    const parsed = parseAddress(address);
    if (parsed === undefined) return [];
    this.reach ??= new PrefixSet(this.ranges.values());
    if (!this.reach.has(parsed.version, ...parsed.words)) return exact === undefined ? [] : [...exact];
    const found = exact === undefined ? [] : [...exact];
    for (const [decision, prefix] of this.ranges) {
      if (prefixContains(prefix, parsed.version, ...parsed.words)) found.push(decision);
    }
    return found;
  }

  private ofSession(request: IncomingRequest): readonly Decision[] {
    const ja4 = request.connection.tls?.ja4;
    const found: Decision[] = ja4 === undefined ? [] : [...(this.exact.get(`ja4:${ja4}`) ?? [])];
    if (this.cookies.size === 0) return found;
    for (const [name, value] of cookiesOf(request)) {
      if (!this.cookies.has(name)) continue;
      found.push(...(this.exact.get(sessionName(name, value)) ?? []));
    }
    return found;
  }

  statistics(): Readonly<Record<string, number>> {
    return { decisions: this.byKey.size, ...this.counts, ...this.captcha?.statistics() };
  }
}

function keyOf({ type, scope, value }: DecisionSubject): string {
  return `${type} ${scope} ${value}`;
}

const STRENGTH = { throttle: 1, captcha: 2, redirect: 3, ban: 4, allow: 5 } as const;

/** A session as decisions name it, by a cookie: `cookie:NAME:DIGITS`. */
export function sessionName(cookie: string, value: string): string {
  const digits = createHash('sha256').update(value, 'latin1').digest('hex').slice(0, SESSION_DIGITS);
  return `cookie:${cookie}:${digits}`;
}

function cookieOf({ scope, value }: Decision): string | undefined {
  return scope === 'session' ? SESSION.exec(value)?.[1] : undefined;
}

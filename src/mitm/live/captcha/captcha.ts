import { randomBytes } from 'node:crypto';
import { type Judgement, PASSED } from '../../judge.ts';
import { preferredKind, preferredLanguage } from '../../proxy/rewrite/accept.ts';
import type { IncomingRequest } from '../../transaction.ts';
import { networkOf, RateLimit } from '../rate-limit.ts';
import { Attempts } from './attempts.ts';
import { isOpen, isRight, newChallenge } from './challenge.ts';
import { captchaPage } from './page.ts';
import { LANGUAGES } from './page-words.ts';
import { passCookie, passOf } from './pass.ts';
import { isCaptchaPath, localWay, wayOf } from './way-back.ts';

/** How clients are asked. */
export interface CaptchaOptions {
  /** How long who has answered passes, in milliseconds. */
  readonly passMs: number;
  /** Signs passes, and makes answers: 32 bytes. Made anew where none is given: passes are void after a restart then. */
  readonly key?: Buffer | undefined;
}

/** Pages that one network gets: more are for programs. */
const PAGES = { requests: 60, perMs: 60_000, burst: 30 };
const KEY_BYTES = 32;
/** Bytes of a form that are read. */
const MOST_FORM = 8192;

/**
 * Asks clients for the digits of a picture before they may go on. Who answers gets a cookie that passes for its network
 * and for some time. Challenges take no room: only the answers of the last minutes are remembered, within bounds.
 */
export class Captcha {
  private readonly key: Buffer;
  private readonly passMs: number;
  private readonly now: () => number;
  private readonly pages = new RateLimit(PAGES);
  private readonly attempts = new Attempts();
  private readonly counts = {
    captchaShown: 0,
    captchaSolved: 0,
    captchaWrong: 0,
    captchaLimited: 0,
    captchaPassed: 0,
  };

  /** `now`: milliseconds since 1970. */
  constructor({ passMs, key = randomBytes(KEY_BYTES) }: CaptchaOptions, now: () => number = Date.now) {
    this.key = key;
    this.passMs = passMs;
    this.now = now;
  }

  /** Whether the client has answered after `sinceMs`, when it was decided that it has to; in ms since 1970. */
  passes(request: IncomingRequest, sinceMs: number): boolean {
    const network = networkOf(request.connection.client.address);
    const isPassed = passOf(this.key, network, request, this.now(), this.passMs) >= sinceMs;
    if (isPassed) this.counts.captchaPassed++;
    return isPassed;
  }

  /** What a client gets that has to answer: the page, or what its answer leads to. `reason` is for the records. */
  ask(request: IncomingRequest, reason: string): Judgement {
    return isAnswer(request) ? this.answered(request, reason) : this.shown(request, reason, false);
  }

  /** What is done with a request for the path of answers by who need not answer; undefined for all others. */
  wayBack({ target, method, body }: IncomingRequest): Judgement | undefined {
    if (!isCaptchaPath(target)) return undefined;
    const to = method === 'POST' ? formOf(body).get('to') : null;
    return goTo(localWay(to ?? '/'), 'there is nothing to answer');
  }

  private answered(request: IncomingRequest, reason: string): Judgement {
    const { counts, key } = this;
    const { client, tls } = request.connection;
    const network = networkOf(client.address);
    const nowMs = this.now();
    const retryAfter = this.attempts.waitOf(network, nowMs);
    if (retryAfter > 0) {
      counts.captchaLimited++;
      return { ...PASSED, action: 'limit', status: 429, reason: `${reason}, too many answers`, retryAfter };
    }
    const form = formOf(request.body);
    const token = form.get('token') ?? '';
    const answer = (form.get('answer') ?? '').slice(0, 32).replace(/\s+/g, '');
    // What is no token of ours counts as an answer as well, and takes no more room than one.
    const isFirst = this.attempts.note(network, token.slice(0, 64), nowMs);
    if (!isFirst || !isOpen(token, nowMs) || !isRight(key, network, token, answer)) {
      counts.captchaWrong++;
      return this.shown(request, `${reason}, wrong answer`, true);
    }
    counts.captchaSolved++;
    const cookie = passCookie(key, network, nowMs, this.passMs, tls !== undefined);
    return { ...goTo(localWay(form.get('to') ?? '/'), `${reason}, answered`), cookie };
  }

  private shown(request: IncomingRequest, reason: string, isAgain: boolean): Judgement {
    const { method, target, headers, body } = request;
    const denied: Judgement = { ...PASSED, action: 'deny', status: 403, reason };
    // Programs, and browsers that fetch parts of a page, have no use for it.
    if (preferredKind(headers) !== 'html') return denied;
    const limited = this.pages.check(request);
    if (limited !== undefined) {
      this.counts.captchaLimited++;
      return { ...limited, reason: `${reason}, too many pages` };
    }
    this.counts.captchaShown++;
    const wanted = isAgain ? localWay(formOf(body).get('to') ?? '/') : wayOf(target);
    const page = captchaPage({
      challenge: newChallenge(this.key, networkOf(request.connection.client.address), this.now()),
      language: preferredLanguage(headers, LANGUAGES),
      // What another method sent is lost.
      way: isAgain || method === 'GET' || method === 'HEAD' ? wanted : '/',
      isAgain,
    });
    return { ...denied, page };
  }

  /** Numbers for the status. */
  statistics(): Readonly<Record<string, number>> {
    return { ...this.counts, captchaNetworks: this.attempts.size };
  }
}

function isAnswer({ method, target }: IncomingRequest): boolean {
  return method === 'POST' && isCaptchaPath(target);
}

function formOf(body: string): URLSearchParams {
  return new URLSearchParams(body.slice(0, MOST_FORM));
}

function goTo(location: string, reason: string): Judgement {
  return { ...PASSED, action: 'redirect', status: 303, location, reason };
}

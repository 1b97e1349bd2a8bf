import { type HttpAnswer, HttpCaller, type HttpEndpoint, parseEndpoint } from './http-call.ts';
import { LapiError } from './lapi-error.ts';

/** A machine's account at the LAPI (`cscli machines add`). */
export interface MachineAccount {
  readonly login: string;
  readonly password: string;
}

/** How to reach a LAPI. */
export interface LapiOptions {
  /** `http://127.0.0.1:8080`, `https://…`, `http://[::1]:8080`, or the path of a Unix socket. */
  readonly url: string;
  /** Certificates in PEM that are believed in place of the system's authorities. */
  readonly authorities?: string | undefined;
  /** For alerts and decisions of ours; without it only the stream of decisions can be read. */
  readonly machine?: MachineAccount | undefined;
  /** For the stream of decisions (`cscli bouncers add`). */
  readonly bouncerKey?: string | undefined;
  /** Of weir: `0.1.0`. The LAPI refuses who does not say a name and a version. */
  readonly version: string;
  /** How long one call may take, in milliseconds; 10 s without. */
  readonly timeoutMs?: number | undefined;
  /** Bytes of an answer at most; 64 MiB without. */
  readonly maxBytes?: number | undefined;
  /** Milliseconds since 1970; the clock without. */
  readonly now?: (() => number) | undefined;
}

const TIMEOUT_MS = 10_000;
/** Some 350,000 decisions: lists overlap, and each is told. */
const MAX_BYTES = 64 << 20;
/** A token is renewed when less than this is left of it; CrowdSec gives one for an hour. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** How long a token is believed whose end is not ahead of us: the two clocks differ. */
const UNCLEAR_TOKEN_MS = 5 * 60_000;
const LONGEST_TOKEN_MS = 24 * 3_600_000;
const TOKEN = /^[\w.~+/=-]{1,8192}$/;
/** What may stand in a header: visible ASCII. */
const HEADER_VALUE = /^[\x21-\x7e]{1,1024}$/;
/** Of what the LAPI says about an error, for our message. */
const LONGEST_REASON = 200;

/** The calls of CrowdSec's local API (LAPI), as a machine and as a bouncer. */
export class Lapi {
  readonly endpoint: HttpEndpoint;
  private readonly options: LapiOptions;
  private readonly caller: HttpCaller;
  private readonly now: () => number;
  private token = '';
  private renewAtMs = 0;
  private login: Promise<void> | undefined;
  private readonly counts = { calls: 0, failures: 0, logins: 0, loginFailures: 0 };
  /** What the last call that failed said; empty when the last call went well. */
  lastError = '';

  /** Throws {@link LapiError} for an address, key or account that cannot be one. */
  constructor(options: LapiOptions) {
    const endpoint = parseEndpoint(options.url);
    if (endpoint === undefined) {
      throw new LapiError(
        'answer',
        `'${options.url}' is no address of a LAPI: give http://HOST:PORT, https://HOST:PORT or the path of a socket`,
      );
    }
    if (options.bouncerKey !== undefined && !HEADER_VALUE.test(options.bouncerKey)) {
      throw new LapiError(
        'refused',
        "the bouncer key has characters that no key has: see 'cscli bouncers add'",
      );
    }
    this.options = options;
    this.endpoint = endpoint;
    this.caller = new HttpCaller(endpoint, options.authorities);
    this.now = options.now ?? Date.now;
  }

  /** Whether there is an account to push with. */
  get hasMachine(): boolean {
    return this.options.machine !== undefined;
  }

  /** Whether there is a key to read decisions with. */
  get hasBouncerKey(): boolean {
    return this.options.bouncerKey !== undefined;
  }

  /** The machine's login; empty without. */
  get machineName(): string {
    return this.options.machine?.login ?? '';
  }

  /** Asks as a bouncer. The answer's JSON; rejects with {@link LapiError}. */
  async asBouncer(path: string, signal?: AbortSignal): Promise<unknown> {
    const key = this.options.bouncerKey;
    if (key === undefined) {
      throw this.failed(
        new LapiError('refused', "there is no bouncer key: 'cscli bouncers add weir' makes one"),
      );
    }
    const answer = await this.call('GET', path, { 'X-Api-Key': key }, undefined, signal);
    if (answer.status === 401 || answer.status === 403) {
      throw this.failed(
        new LapiError(
          'refused',
          "the LAPI refuses the bouncer key: see 'cscli bouncers list'",
          answer.status,
        ),
      );
    }
    return this.json(answer, path);
  }

  /** Asks as a machine, logging in where that is needed. The answer's JSON; rejects with {@link LapiError}. */
  async asMachine(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    await this.ensureToken(signal);
    const used = this.token;
    let answer = await this.call(method, path, { Authorization: `Bearer ${used}` }, text, signal);
    if (answer.status === 401) {
      // The token is no longer good (the LAPI was set up anew): a new one, once.
      if (this.token === used) this.token = '';
      await this.ensureToken(signal);
      answer = await this.call(method, path, { Authorization: `Bearer ${this.token}` }, text, signal);
    }
    if (answer.status === 401 || answer.status === 403) {
      throw this.failed(
        new LapiError(
          'refused',
          `the LAPI refuses ${method} ${pathOnly(path)} to this machine`,
          answer.status,
        ),
      );
    }
    return this.json(answer, path);
  }

  /** Calls, failed ones, logins. */
  statistics(): Readonly<Record<string, number>> {
    return { ...this.counts };
  }

  close(): void {
    this.caller.close();
  }

  /** Logs in where there is no token, or it is about to end; who comes meanwhile waits for the same login. */
  private async ensureToken(signal: AbortSignal | undefined): Promise<void> {
    if (this.token !== '' && this.now() < this.renewAtMs) return;
    this.login ??= this.logIn(signal).finally(() => {
      this.login = undefined;
    });
    await this.login;
  }

  private async logIn(signal: AbortSignal | undefined): Promise<void> {
    const { machine } = this.options;
    if (machine === undefined) {
      throw this.failed(
        new LapiError('refused', "there is no machine account: 'cscli machines add' makes one"),
      );
    }
    this.counts.logins++;
    const body = JSON.stringify({ machine_id: machine.login, password: machine.password, scenarios: [] });
    try {
      const answer = await this.call('POST', '/v1/watchers/login', {}, body, signal);
      if (answer.status === 401 || answer.status === 403) {
        throw this.failed(
          new LapiError(
            'refused',
            `the LAPI refuses machine '${machine.login}': see 'cscli machines list' and check the password`,
            answer.status,
          ),
        );
      }
      const { token, expire } = (this.json(answer, '/v1/watchers/login') ?? {}) as Record<string, unknown>;
      if (typeof token !== 'string' || !TOKEN.test(token)) {
        throw this.failed(
          new LapiError('answer', 'the LAPI answered a login without a token', answer.status),
        );
      }
      const left = (typeof expire === 'string' ? Date.parse(expire) : Number.NaN) - this.now();
      const lasts = left > RENEW_BEFORE_MS ? Math.min(left, LONGEST_TOKEN_MS) - RENEW_BEFORE_MS : left / 2;
      this.token = token;
      this.renewAtMs = this.now() + (lasts > 0 ? lasts : UNCLEAR_TOKEN_MS);
    } catch (error) {
      this.counts.loginFailures++;
      throw error;
    }
  }

  private async call(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<HttpAnswer> {
    const { version, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = this.options;
    this.counts.calls++;
    try {
      return await this.caller.call({
        method,
        path,
        headers: {
          ...headers,
          'User-Agent': `weir/${version}`,
          Accept: 'application/json',
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        body,
        timeoutMs,
        maxBytes,
        signal,
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message || error.name : String(error);
      const text = `${method} ${pathOnly(path)} at ${this.options.url}: ${reason}`;
      throw this.failed(new LapiError('unreachable', text, 0, { cause: error }));
    }
  }

  private json({ status, body }: HttpAnswer, path: string): unknown {
    if (status < 200 || status > 299) {
      throw this.failed(
        new LapiError('answer', `${pathOnly(path)} answered ${status}${reasonIn(body)}`, status),
      );
    }
    try {
      const value: unknown = body === '' ? null : JSON.parse(body);
      this.lastError = '';
      return value;
    } catch (error) {
      throw this.failed(
        new LapiError('answer', `${pathOnly(path)} answered what is no JSON`, status, { cause: error }),
      );
    }
  }

  private failed(error: LapiError): LapiError {
    this.counts.failures++;
    this.lastError = error.message;
    return error;
  }
}

/** A path without its query: what is asked for does not belong into messages. */
function pathOnly(path: string): string {
  return path.split('?', 1)[0] as string;
}

/** `: decision with id '9' doesn't exist`, out of an answer `{"message": …}`. */
function reasonIn(body: string): string {
  try {
    const { message } = (JSON.parse(body) ?? {}) as Record<string, unknown>;
    if (typeof message !== 'string') return '';
    return `: ${message.slice(0, LONGEST_REASON).replace(/[^\x20-\x7e]/g, ' ')}`;
  } catch {
    // Not every error comes with a reason in JSON; its status has been told.
    return '';
  }
}

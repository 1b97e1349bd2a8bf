import { createHmac } from 'node:crypto';
import { HttpCaller, parseEndpoint } from '../crowdsec/http-call.ts';
import type { Channel } from './channel.ts';
import type { Message } from './notification.ts';
import { NotifyError, SendError } from './notify-error.ts';

/** Where messages are posted to. */
export interface WebhookOptions {
  /** `https://example.org/hook?token=…`. */
  readonly url: string;
  /** Key of the signature; without it messages are not signed. */
  readonly secret?: string | undefined;
  /** Further fields of the head, as `Authorization`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Certificates in PEM that are believed in place of the system's authorities. */
  readonly authorities?: string | undefined;
  /** Of weir, for the User-Agent. */
  readonly version: string;
  /** Milliseconds since 1970; the clock without. */
  readonly now?: (() => number) | undefined;
}

/** The answer is not used: only its status counts. */
const MAX_ANSWER = 64 << 10;
/** The deadline of the delivery is the shorter one. */
const TIMEOUT_MS = 60_000;
/** Without these names, which say what the call is. */
const OWN_HEADERS = /^(?:host|connection|content-.*|transfer-encoding|user-agent|x-weir-.*)$/i;
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]{1,64}$/;
const HEADER_VALUE = /^[\x20-\x7e]{0,2048}$/;

/**
 * Posts messages as JSON. With a secret, `X-Weir-Signature` is `sha256=` and the HMAC-SHA256 (RFC 2104) in hexadecimal
 * of `TIMESTAMP.BODY`; the timestamp, in seconds, is in `X-Weir-Timestamp`. `X-Weir-Delivery` stays the same when a
 * message is sent again. Redirects are failures.
 */
export class WebhookChannel implements Channel {
  readonly name: string;
  private readonly options: WebhookOptions;
  private readonly caller: HttpCaller;
  private readonly path: string;

  /** Throws {@link NotifyError}. */
  constructor(options: WebhookOptions) {
    const url = URL.parse(options.url);
    const endpoint = url === null ? undefined : parseEndpoint(`${url.protocol}//${url.host}`);
    if (url === null || endpoint === undefined || url.username !== '' || url.password !== '') {
      throw new NotifyError(
        'webhook: the url is none; give https://HOST/PATH, and a user by a header Authorization',
      );
    }
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      if (!HEADER_NAME.test(name) || OWN_HEADERS.test(name) || !HEADER_VALUE.test(value)) {
        throw new NotifyError(`webhook: the header '${name}' cannot be set`);
      }
    }
    if (options.secret === '') throw new NotifyError('webhook: the secret is empty');
    this.options = options;
    // The path may be as secret as a password.
    this.name = `webhook ${url.protocol}//${url.host}`;
    this.path = `${url.pathname}${url.search}`;
    this.caller = new HttpCaller(endpoint, options.authorities);
  }

  async send(message: Message, signal: AbortSignal): Promise<void> {
    const { version, headers, secret, now = Date.now } = this.options;
    const body = webhookBody(message);
    const timestamp = String(Math.floor(now() / 1000));
    const signature: Record<string, string> =
      secret === undefined ? {} : { 'X-Weir-Signature': webhookSignature(secret, timestamp, body) };
    const { status } = await this.caller.call({
      method: 'POST',
      path: this.path,
      headers: {
        ...headers,
        'User-Agent': `weir/${version}`,
        'Content-Type': 'application/json',
        'X-Weir-Timestamp': timestamp,
        'X-Weir-Delivery': message.id,
        ...signature,
      },
      body,
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_ANSWER,
      signal,
    });
    if (status >= 200 && status <= 299) return;
    // Too early, too many, or the server's own trouble: later it may go well. Anything else stays as it is.
    const again = status >= 500 || status === 408 || status === 425 || status === 429;
    throw new SendError(`it answered ${status}`, again);
  }

  async close(): Promise<void> {
    this.caller.close();
  }
}

/** The signature of a body, as a receiver computes it too. */
export function webhookSignature(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}

function webhookBody(message: Message): string {
  const { id, timeMs, firstMs, severity, address, event, reason, score, count } = message;
  const { decision, scenario, target, host, subject, body } = message;
  return JSON.stringify({
    id,
    timestamp: new Date(timeMs).toISOString(),
    first: new Date(firstMs).toISOString(),
    type: 'dpi_threat',
    severity,
    ip: address,
    event,
    reason,
    score: Math.round(score),
    count,
    decision,
    scenario,
    target,
    host,
    subject,
    body,
  });
}

import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';

/** Where to call: a server by its address, or a Unix socket. */
export interface HttpEndpoint {
  readonly secure: boolean;
  /** A name or an address, IPv6 without brackets; what the certificate must be for. */
  readonly host: string;
  readonly port: number;
  /** In place of host and port; empty without. */
  readonly socketPath: string;
  /** In front of every path, without a slash at its end. */
  readonly basePath: string;
}

/** One call. */
export interface HttpCall {
  readonly method: string;
  /** Begins with a slash. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** From the first byte sent to the last one received, in milliseconds. */
  readonly timeoutMs: number;
  /** Bytes of the answer's body at most; more is an error. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** What came back. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** Calls at one time, and connections that are kept for the next ones. */
const MOST_SOCKETS = 4;
const IDLE_SOCKETS = 1;

/** Calls one server over HTTP/1.1. Redirects are answers like others: they are never followed. */
export class HttpCaller {
  readonly endpoint: HttpEndpoint;
  private readonly agent: HttpAgent | HttpsAgent;
  private readonly authorities: string | undefined;

  /** `authorities`: certificates in PEM that are believed in place of the system's; undefined: the system's. */
  constructor(endpoint: HttpEndpoint, authorities: string | undefined) {
    this.endpoint = endpoint;
    this.authorities = authorities;
    const options = { keepAlive: true, maxSockets: MOST_SOCKETS, maxFreeSockets: IDLE_SOCKETS };
    this.agent = endpoint.secure ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /** Calls; rejects with the system's error, or with one that says that the answer took too long or was too large. */
  async call({ method, path, headers, body, timeoutMs, maxBytes, signal }: HttpCall): Promise<HttpAnswer> {
    const { endpoint, agent, authorities } = this;
    const deadline = AbortSignal.timeout(timeoutMs);
    const both = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
    const options = {
      agent,
      method,
      path: `${endpoint.basePath}${path}`,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
      },
      signal: both,
      ...(endpoint.socketPath === ''
        ? { host: endpoint.host, port: endpoint.port }
        : { socketPath: endpoint.socketPath }),
    };
    const once = (): Promise<HttpAnswer | 'stale'> =>
      new Promise((resolve, reject) => {
        const request = endpoint.secure
          ? requestHttps({ ...options, ...(authorities === undefined ? {} : { ca: authorities }) })
          : requestHttp(options);
        let answered = false;
        request.once('error', (error: NodeJS.ErrnoException) => {
          const stale = request.reusedSocket && !answered && error.code === 'ECONNRESET';
          if (stale) resolve('stale');
          else reject(error);
        });
        request.once('response', (response) => {
          answered = true;
          readBody(response, maxBytes).then(
            (text) => resolve({ status: response.statusCode ?? 0, body: text }),
            reject,
          );
        });
        request.end(body);
      });
    try {
      // A connection that was kept may have been closed by the other side as we took it: then on another one.
      for (let attempt = 0; attempt <= IDLE_SOCKETS; attempt++) {
        const answer = await once();
        if (answer !== 'stale') return answer;
      }
      throw new Error('the server closes every connection');
    } catch (error) {
      if (deadline.aborted && signal?.aborted !== true) {
        throw new Error(`no complete answer within ${timeoutMs / 1000} s`, { cause: error });
      }
      throw error;
    }
  }

  /** Ends connections that nobody uses. */
  close(): void {
    this.agent.destroy();
  }
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    // Leaving the loop destroys the response, and its connection with it.
    if (bytes > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts, bytes).toString('utf8');
}

/**
 * Reads where to call: `http://127.0.0.1:8080/`, `https://[2001:db8::1]:8080`, or `unix:/run/x.sock` and `/run/x.sock`
 * for a socket. Undefined for what is none of these, or has a user, a query or a fragment.
 */
export function parseEndpoint(text: string): HttpEndpoint | undefined {
  const socketPath = text.startsWith('unix:') ? text.slice('unix:'.length) : text;
  if (socketPath.startsWith('/') && !socketPath.includes('\0')) {
    return { secure: false, host: 'localhost', port: 0, socketPath, basePath: '' };
  }
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined;
  const secure = url.protocol === 'https:';
  return {
    secure,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    socketPath: '',
    basePath: url.pathname.replace(/\/+$/, ''),
  };
}

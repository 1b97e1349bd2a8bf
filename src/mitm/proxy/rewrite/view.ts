import type { RequestHead } from '../../http/message.ts';
import { pathsOf } from '../../waf/policy-match.ts';
import type { RewriteContext } from '../rewriting.ts';

/** A request as rules look at it: what several of them ask for is found out once, and only when it is asked for. */
export class RequestView {
  readonly head: RequestHead;
  readonly context: RewriteContext;
  #host: string | undefined;
  #path: string | undefined;
  #query = '';
  #readings: readonly string[] | undefined;

  constructor(head: RequestHead, context: RewriteContext) {
    this.head = head;
    this.context = context;
  }

  /** In lower case, without port; empty where the request names none. */
  get host(): string {
    this.#host ??= withoutPort(this.head.host);
    return this.#host;
  }

  /** As it was sent, without query; empty for `*` and for CONNECT. */
  get path(): string {
    if (this.#path === undefined) this.#split();
    return this.#path ?? '';
  }

  /** With its `?`; empty without. */
  get query(): string {
    if (this.#path === undefined) this.#split();
    return this.#query;
  }

  /** The path as it was sent and, where that differs, as servers may resolve it. */
  get readings(): readonly string[] {
    this.#readings ??= this.path === '' ? [] : pathsOf(this.path);
    return this.#readings;
  }

  get scheme(): 'http' | 'https' {
    return this.context.connection.tls === undefined ? 'http' : 'https';
  }

  #split(): void {
    let { target } = this.head;
    if (!target.startsWith('/')) {
      const scheme = target.indexOf('://');
      const slash = scheme < 0 ? -1 : target.slice(scheme + 3).search(/[/?]/);
      // An absolute form without a path means the root (RFC 9112, 3.2.2); any other form has no path.
      if (scheme < 0) target = '';
      else if (slash < 0) target = '/';
      else target = target.slice(scheme + 3 + slash);
      if (target.startsWith('?')) target = `/${target}`;
    }
    const mark = target.indexOf('?');
    this.#path = mark < 0 ? target : target.slice(0, mark);
    this.#query = mark < 0 ? '' : target.slice(mark);
  }
}

function withoutPort(authority: string): string {
  const colon = authority.lastIndexOf(':');
  const host = colon > authority.indexOf(']') ? authority.slice(0, colon) : authority;
  const lower = host.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/**
 * Rules that change requests and answers, as they are written (in YAML: `rules` is a list of these).
 *
 * Order: rules are looked at from first to last, and every one that matches is applied, each to what those before it
 * made. What a rule matches is always the message as it was sent, never what another rule made of it. `redirect` and
 * `answer` end the search, and so does `last: true` once its rule matched.
 */
export interface RewriteRule {
  /** For people and statistics. */
  readonly name?: string | undefined;
  /** All that is given must hold; absent: every message. */
  readonly match?: RewriteMatch | undefined;
  readonly request?: RequestActions | undefined;
  readonly response?: ResponseActions | undefined;
  /** Rules below it are not looked at for a message that this one matched. */
  readonly last?: boolean | undefined;
}

/** Which messages are meant. A list means any of its members. */
export interface RewriteMatch {
  /** `www.example.org`, or `*.example.org` for the names below it; without port. */
  readonly host?: string | readonly string[] | undefined;
  /**
   * `/shop`: that path and what is below it; `/shop/`: what is below; with `*` (any characters but `/`), `**` (any
   * characters) or `?` (one that is not `/`): the whole path. Without query. A path counts as it was sent and with its
   * escapes and dots resolved: either may match.
   */
  readonly path?: string | readonly string[] | undefined;
  /** As it is sent: `GET`. */
  readonly method?: string | readonly string[] | undefined;
  /** Fields of the request, by their names. */
  readonly headers?: Readonly<Record<string, FieldMatch>> | undefined;
  /** Of the answer: `404`, `5xx`, `500-504`. */
  readonly status?: number | string | readonly (number | string)[] | undefined;
  /** Of the answer, without parameters: `text/html`, `image/*`. */
  readonly contentType?: string | readonly string[] | undefined;
}

/** What a field must be like; of several with the name one is enough. */
export type FieldMatch =
  | string
  | {
      /** The whole value; a plain text means this. */
      readonly equals?: string | undefined;
      readonly contains?: string | undefined;
      /** Whether there is such a field at all. */
      readonly present?: boolean | undefined;
      /** Of ASCII letters, for `equals` and `contains`; by default case counts. */
      readonly ignoreCase?: boolean | undefined;
    };

/** Changes of fields, done in this order. */
export interface FieldActions {
  readonly remove?: readonly string[] | undefined;
  /** In place of all that there are. Values are templates. */
  readonly set?: Readonly<Record<string, string>> | undefined;
  /** Beside those that there are. Values are templates. */
  readonly add?: Readonly<Record<string, string>> | undefined;
}

/**
 * What becomes of a request. Templates know `{host}` (without port), `{path}`, `{query}` (with its `?`; empty without),
 * `{method}`, `{scheme}`, `{client}` (address) and `{reference}`; `{{` and `}}` stand for braces. What they put in is
 * percent-encoded where it could end or divide what it stands in.
 */
export interface RequestActions {
  readonly headers?: FieldActions | undefined;
  readonly path?: PathAction | undefined;
  /** Another server: `http://127.0.0.1:3000`. */
  readonly upstream?: string | undefined;
  readonly redirect?: RedirectAction | undefined;
  readonly answer?: AnswerAction | undefined;
}

/** The query stays as it is. */
export type PathAction =
  | { readonly prefix: string; readonly to: string }
  | {
      /** Must match the whole path, as it was sent. */
      readonly pattern: string;
      /** With `$1` to `$9` for its groups and `$$` for a dollar. */
      readonly to: string;
    };

/** Sends the client elsewhere. */
export interface RedirectAction {
  /** 301, 302, 303, 307 or 308; 302 without. */
  readonly status?: number | undefined;
  /** A template: `https://{host}{path}{query}`. */
  readonly location: string;
}

/** Answers in place of a server. */
export interface AnswerAction {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** No template. UTF-8. */
  readonly body?: string | undefined;
  /** `text/plain; charset=utf-8` without. */
  readonly contentType?: string | undefined;
}

/**
 * What becomes of an answer. Where a rule has `replace` or `inject`, the requests that it matches ask the server for a
 * body without content coding and without parts (`Accept-Encoding: identity`, no Range). A body that comes in gzip, br,
 * deflate or zstd all the same is decoded; a changed one is always sent on plain, and without ETag and digests, which
 * speak of the body as it was. Left alone are: answers to HEAD, 204, 205, 206 and 304, what is no text (or text of
 * UTF-16 or UTF-32, or an event stream), other codings, what is longer than `bodyLimit` or would take too long, and
 * what its server forbids to change (`Cache-Control: no-transform`). A Content-Security-Policy holds for what is put
 * into a page, too.
 */
export interface ResponseActions {
  readonly headers?: FieldActions | undefined;
  readonly status?: number | undefined;
  /**
   * `insert`: those that the answer lacks, of X-Content-Type-Options, X-Frame-Options, Referrer-Policy and, over TLS,
   * Strict-Transport-Security; `strip`: takes away what restricts pages (Content-Security-Policy and the like). Done
   * before `headers`.
   */
  readonly securityHeaders?: 'insert' | 'strip' | undefined;
  /** Done one after the other, in text of up to `bodyLimit` bytes. */
  readonly replace?: readonly Replacement[] | undefined;
  /** Into HTML, after `replace`. */
  readonly inject?: readonly Injection[] | undefined;
}

/** Replaces text wherever it stands. */
export type Replacement =
  | { readonly text: string; readonly with: string }
  | {
      /** Without lookaround and the like where that could take more than linear time: such are refused. ASCII. */
      readonly pattern: string;
      /** With `$0` to `$9` and `$$`. */
      readonly with: string;
    };

/** Puts text into a page: before the first `</head>`, or before the last `</body>`. */
export interface Injection {
  readonly before: '</head>' | '</body>';
  readonly html: string;
}

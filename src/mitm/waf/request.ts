/** A request as the WAF looks at it. All text is binary: each character is one byte, 0 to 255. */
export interface HttpRequest {
  readonly method: string;
  /** The target as it stood in the request line: `/path?query`, `http://host/path`, `*`, `host:port`. */
  readonly target: string;
  /** `HTTP/1.1`. */
  readonly protocol: string;
  /** Names as they were sent, in the order in which they were sent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Empty where there is none; without its transfer coding. */
  readonly body: string;
  readonly client?: Endpoint | undefined;
  readonly server?: Endpoint | undefined;
}

/** An address in text form, and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** The answer to a request; all text is binary. */
export interface HttpResponse {
  readonly status: number;
  /** `HTTP/1.1`. */
  readonly protocol: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Without its transfer coding. */
  readonly body: string;
}

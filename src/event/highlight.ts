/**
 * What a summary tells of a transaction: cheap to give, so that no record need be rendered for it. What costs
 * something is a function, called only where it is shown.
 */
export type Highlight = FileHighlight | AnswerHighlight;

/** A file that went over the wire. */
export interface FileHighlight {
  readonly kind: 'file';
  readonly name: string | undefined;
  /** Content type by the first bytes. */
  readonly mime: string | undefined;
  readonly bytes: number;
  /** False where the end is missing or bytes within. */
  readonly complete: boolean;
  /** SHA-256 in hexadecimal, of what was seen. */
  sha256(): string | undefined;
}

/** A server's answer to a request. */
export interface AnswerHighlight {
  readonly kind: 'answer';
  /** Microseconds from the beginning of the request to the beginning of the answer. */
  readonly waitUs: number;
  /** What was asked for, as a person would write it: `GET /index.html`. */
  request(): string;
}

import type { HttpResponse } from '../request.ts';

/** What a case asks about: a target, and what differs from `GET` without a body. */
export interface SemanticsRequest {
  readonly uri: string;
  readonly method?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  readonly response?: Pick<HttpResponse, 'status' | 'headers' | 'body'>;
}

/** Rules and what they are to say. */
export interface SemanticsCase {
  readonly name: string;
  /** Behind {@link SEMANTICS_HEAD}. */
  readonly rules: string;
  readonly requests: readonly SemanticsRequest[];
  /**
   * A line for each request: its status (200 where nothing stops it), then each match as its number, with its message
   * in brackets and its data in braces.
   */
  readonly expected: readonly string[];
  /** What libmodsecurity says instead, and why; a text where it refuses the rules. */
  readonly differs?: { readonly reason: string; readonly theirs: readonly string[] | 'refused' };
}

/** What all cases begin with. */
export const SEMANTICS_HEAD = `SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain
`;

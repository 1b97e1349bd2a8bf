import { urlDecode } from '../transformation/url-decode.ts';

/** Arguments that are taken without another bound: what ModSecurity's recommended configuration sets. */
export const MOST_ARGUMENTS = 1000;

/** A query string or a form, decoded. */
export interface UrlEncoded {
  /** Names and values in their order, as binary strings. */
  readonly args: readonly (readonly [name: string, value: string])[];
  /** A `%` had no two hexadecimal digits after it and was kept: ModSecurity's URLENCODED_ERROR. */
  readonly invalid: boolean;
  /** There were more arguments than the bound: nothing is known of the rest, not whether it is invalid either. */
  readonly truncated: boolean;
}

const INVALID = /%(?![0-9A-Fa-f]{2})/;

/**
 * Splits and decodes a query string or a body of `application/x-www-form-urlencoded` as ModSecurity does: at each
 * separator, then at the first `=`; `+` is a space, what is no escape stays. An argument without `=` has an empty
 * value; one between two separators has an empty name too, and none follows a separator at the end.
 *
 * @param separator one character (SecArgumentSeparator)
 * @param limit most arguments that are taken (SecArgumentsLimit)
 */
export function parseUrlEncoded(text: string, separator = '&', limit = MOST_ARGUMENTS): UrlEncoded {
  const args: (readonly [string, string])[] = [];
  let invalid = false;
  let start = 0;
  while (start < text.length) {
    if (args.length === limit) return { args, invalid, truncated: true };
    const found = text.indexOf(separator, start);
    const end = found < 0 ? text.length : found;
    const part = text.slice(start, end);
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    const value = equals < 0 ? '' : part.slice(equals + 1);
    args.push([urlDecode.apply(name), urlDecode.apply(value)]);
    invalid ||= INVALID.test(name) || INVALID.test(value);
    start = end + 1;
  }
  return { args, invalid, truncated: false };
}

/** A request line as Zeek takes it apart. */
export interface ZeekRequest {
  readonly method: string;
  /** As it stands, escapes included. */
  readonly uri: string;
  /** `1.1`; `0.9` where the line has none. */
  readonly version: string;
}

/**
 * Zeek's reading of a request line (Latin-1): the method is a token, the URI is everything up to the last ` HTTP/`;
 * undefined where Zeek sees no request in it.
 */
export function zeekRequest(raw: string): ZeekRequest | undefined {
  const found = /^([!#$%&'*+\-.^_`|~\dA-Za-z]{1,256})[ \t]+/.exec(raw);
  const method = found?.[1];
  if (found === null || method === undefined) return undefined;
  const rest = raw.slice(found[0].length);
  if (rest.startsWith('HTTP/') && !/\s/.test(rest)) return { method, uri: '', version: versionAt(rest) };
  const http = rest.search(/[ \t]HTTP\//);
  if (http < 0) {
    const uri = rest.trimEnd();
    return method.length >= 3 && uri !== '' ? { method, uri, version: '0.9' } : undefined;
  }
  const uri = rest.slice(0, http).trimEnd();
  return { method, uri, version: versionAt(rest.slice(http + 1)) };
}

function versionAt(text: string): string {
  return /^HTTP\/(\d\.\d)/.exec(text)?.[1] ?? '0.0';
}

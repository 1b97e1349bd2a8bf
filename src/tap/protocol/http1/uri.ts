/** A host with its port, as it stands in a Host field, an authority or an absolute URI. */
export interface HostPort {
  /** In lower case, IPv6 addresses in brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly valid: boolean;
}

const HOST_CHARACTERS = /^[\w-]{1,63}(?:\.[\w-]{1,63})*\.?$/;

/** Takes `host[:port]` apart (RFC 3986, section 3.2). */
export function hostPort(text: string): HostPort {
  const trimmed = text.trim();
  const bracket = trimmed.startsWith('[') ? trimmed.indexOf(']') : -1;
  const colon = trimmed.indexOf(':', bracket + 1);
  const name = (colon < 0 ? trimmed : trimmed.slice(0, colon)).trimEnd().toLowerCase();
  const host = name.endsWith('.') && name.length > 1 ? name.slice(0, -1) : name;
  let port: number | undefined;
  let valid =
    bracket > 0 ? /^\[[\da-f:.]{2,45}\]$/.test(host) : HOST_CHARACTERS.test(host) && host.length <= 255;
  if (colon >= 0) {
    const digits = trimmed.slice(colon + 1).trim();
    const number = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
    if (number >= 1 && number <= 65535) port = number;
    else valid = false;
  } else if (bracket >= 0 && bracket !== trimmed.length - 1) valid = false;
  return { host, port, valid };
}

/** Host and path of a request target; a target in origin form has no authority. */
export interface Target {
  readonly authority: HostPort | undefined;
  readonly path: string;
  readonly userinfo: string | undefined;
}

/** Takes a request target apart (RFC 9112, section 3.2): origin form, absolute form, or authority form for CONNECT. */
export function target(uri: string, connect: boolean): Target {
  if (connect) return { authority: hostPort(uri), path: '', userinfo: undefined };
  const scheme = uri.startsWith('/') ? -1 : uri.indexOf('://');
  if (scheme <= 0 || scheme > 16) return { authority: undefined, path: pathOf(uri), userinfo: undefined };
  const start = scheme + 3;
  let end = start;
  while (end < uri.length && uri[end] !== '/' && uri[end] !== '?' && uri[end] !== '#') end++;
  const at = uri.lastIndexOf('@', end - 1);
  const userinfo = at >= start ? uri.slice(start, at) : undefined;
  return {
    authority: hostPort(uri.slice(at >= start ? at + 1 : start, end)),
    path: pathOf(uri.slice(end)),
    userinfo,
  };
}

function pathOf(text: string): string {
  const query = text.search(/[?#]/);
  return normalPath(query < 0 ? text : text.slice(0, query));
}

/** A path with escapes decoded, backslashes turned, empty and dot segments removed: the name of what it fetches. */
function normalPath(path: string): string {
  if (!/[%\\]|\/\/|\/\./.test(path)) return path;
  let plain = path.replace(/(?:%[\da-fA-F]{2})+/g, (escapes) => {
    const bytes = Buffer.from(escapes.replaceAll('%', ''), 'hex');
    const text = bytes.toString('utf8');
    return text.includes('\ufffd') ? bytes.toString('latin1') : text;
  });
  plain = plain.replaceAll('\\', '/').replace(/\/{2,}/g, '/');
  if (!plain.includes('/.')) return plain;
  const kept: string[] = [];
  for (const segment of plain.split('/')) {
    if (segment === '..') {
      if (kept.length > 1) kept.pop();
    } else if (segment !== '.') kept.push(segment);
  }
  return kept.join('/');
}

/** Escapes of a URI decoded to bytes, for Zeek's `uri`; Latin-1 in and out. */
export function unescapeUri(uri: string): string {
  if (!uri.includes('%')) return uri;
  return uri.replace(/%([\da-fA-F]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

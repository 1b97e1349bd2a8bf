/** The parts of a request's target, as ModSecurity tells them apart. */
export interface Target {
  /** Path with query, decoded, without scheme and host. */
  readonly uri: string;
  /** Path, decoded. */
  readonly path: string;
  /** What follows the last slash or backslash of the path; undefined where nothing does. */
  readonly baseName: string | undefined;
  /** As it was sent, without the question mark; empty where there is none. */
  readonly query: string;
}

/** Takes the target of a request line apart. */
export function parseTarget(raw: string): Target {
  const decoded = decodePercent(raw);
  const question = decoded.indexOf('?');
  const path = question < 0 ? decoded : decoded.slice(0, question);
  const slash = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  const rawQuestion = raw.indexOf('?');
  return {
    uri: withoutAuthority(decoded),
    path,
    baseName: slash >= 0 && path.length > slash + 1 ? path.slice(slash + 1) : undefined,
    query: rawQuestion < 0 ? '' : raw.slice(rawQuestion + 1),
  };
}

function withoutAuthority(uri: string): string {
  const match = uri.startsWith('/') ? null : /^[^:]*:\/\/[^/]*(\/[\s\S]*)$/.exec(uri);
  return match?.[1] ?? uri;
}

function decodePercent(text: string): string {
  if (!text.includes('%')) return text;
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

import { type Application, type HostRules, readRules } from './rules.ts';

/** Hosts whose answer is remembered; when full, all are forgotten. */
const REMEMBERED = 8192;
const MAXIMUM_HOST = 255;

const DOT = 46;
const HYPHEN = 45;

let rules: HostRules | undefined;
const remembered = new Map<string, Application | undefined>();

/** The tables, read on first use. */
export function hostRules(): HostRules {
  rules ??= readRules();
  return rules;
}

/**
 * The application that a host name (SNI, Host, DNS query) belongs to, in nDPI's spelling; undefined when no rule
 * knows it. The longest rule wins. Case, a final dot and a port do not matter.
 */
export function applicationOf(host: string): Application | undefined {
  const known = remembered.get(host);
  if (known !== undefined || remembered.has(host)) return known;
  if (remembered.size >= REMEMBERED) remembered.clear();
  const found = host.length > MAXIMUM_HOST ? undefined : match(plain(host), hostRules());
  if (host.length <= MAXIMUM_HOST) remembered.set(host, found);
  return found;
}

function plain(host: string): string {
  let name = host.toLowerCase();
  const colon = name.indexOf(':');
  if (colon > 0 && colon === name.lastIndexOf(':')) name = name.slice(0, colon);
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

/** Tries the rules at each label and at each hyphen within one. */
function match(host: string, { suffixes, inner, innerLabels, prefixes }: HostRules): Application | undefined {
  let best: Application | undefined;
  let length = 0;
  for (let i = 0; i < host.length; i++) {
    const before = i === 0 ? DOT : host.charCodeAt(i - 1);
    if (before !== DOT && host.charCodeAt(i) !== HYPHEN) continue;
    const suffix = host.slice(i);
    const bySuffix = suffix.length > length ? suffixes.get(suffix) : undefined;
    if (bySuffix) {
      best = bySuffix;
      length = suffix.length;
    }
    let dot = host.indexOf('.', i);
    for (let labels = 0; labels < innerLabels && dot > 0 && dot + 1 < host.length; labels++) {
      const piece = host.slice(i, dot + 1);
      const byPiece = piece.length > length ? inner.get(piece) : undefined;
      if (byPiece) {
        best = byPiece;
        length = piece.length;
      }
      dot = host.indexOf('.', dot + 1);
    }
    if (before !== DOT) continue;
    for (const [prefix, application] of prefixes) {
      if (prefix.length > length && host.startsWith(prefix, i)) {
        best = application;
        length = prefix.length;
      }
    }
  }
  return best;
}

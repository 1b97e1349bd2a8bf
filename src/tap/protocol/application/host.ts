import { Marks } from './marks.ts';
import { type Application, type HostRules, readRules } from './rules.ts';

const MAXIMUM_HOST = 255;

const DOT = 46;
const HYPHEN = 45;

let rules: HostRules | undefined;

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
  if (host.length > MAXIMUM_HOST) return undefined;
  return match(plain(host), hostRules());
}

function plain(host: string): string {
  let name = host.toLowerCase();
  const colon = name.indexOf(':');
  if (colon > 0 && colon === name.lastIndexOf(':')) name = name.slice(0, colon);
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

/**
 * Tries the rules at each label and at each hyphen within one, from the end on. Most names match none: the marks say
 * so without a string being made.
 */
function match(host: string, rules: HostRules): Application | undefined {
  const { suffixes, endings, beginnings } = rules;
  let best: Application | undefined;
  let length = 0;
  let hash = 0;
  for (let i = host.length - 1; i >= 0; i--) {
    const letter = host.charCodeAt(i);
    hash = Marks.next(hash, letter);
    const label = i === 0 || host.charCodeAt(i - 1) === DOT;
    if (!label && letter !== HYPHEN) continue;
    if (host.length - i > length && endings.has(hash)) {
      const bySuffix = suffixes.get(host.slice(i));
      if (bySuffix) {
        best = bySuffix;
        length = host.length - i;
      }
    }
    if (!beginnings.has(Marks.ofBeginning(host, i))) continue;
    const found = matchInside(host, i, label, length, rules);
    if (found === undefined) continue;
    best = found.application;
    length = found.length;
  }
  return best;
}

/** The longest rule, longer than `longest`, for what begins at `start`, with more behind it. */
function matchInside(
  host: string,
  start: number,
  label: boolean,
  longest: number,
  { inner, innerLabels, prefixes }: HostRules,
): { readonly application: Application; readonly length: number } | undefined {
  let application: Application | undefined;
  let length = longest;
  let dot = host.indexOf('.', start);
  for (let labels = 0; labels < innerLabels && dot > 0 && dot + 1 < host.length; labels++) {
    const piece = host.slice(start, dot + 1);
    const byPiece = piece.length > length ? inner.get(piece) : undefined;
    if (byPiece) {
      application = byPiece;
      length = piece.length;
    }
    dot = host.indexOf('.', dot + 1);
  }
  if (label) {
    for (const [prefix, byPrefix] of prefixes) {
      if (prefix.length > length && host.startsWith(prefix, start)) {
        application = byPrefix;
        length = prefix.length;
      }
    }
  }
  return application && { application, length };
}

import { DirectCache } from '../../../net/index.ts';
import { type Application, HEAD, type HostRules, Marks, readRules } from './rules.ts';

/** Two to this power are the hosts whose answer is remembered. */
const REMEMBERED = 13;
const MAXIMUM_HOST = 255;

const DOT = 46;
const HYPHEN = 45;

let rules: HostRules | undefined;
const remembered = new DirectCache<Application | null>(REMEMBERED, null);

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
  const name = plain(host);
  const table = hostRules();
  if (!mayMatch(name, table)) return undefined;
  const known = remembered.get(name);
  if (known !== undefined) return known ?? undefined;
  const found = match(name, table);
  remembered.set(name, found ?? null);
  return found;
}

/** False for most of the names that no rule knows: their ending, and the first letters of each label, are in none. */
function mayMatch(host: string, { marks }: HostRules): boolean {
  const lastDot = host.lastIndexOf('.');
  const dotBefore = lastDot <= 0 ? -1 : host.lastIndexOf('.', lastDot - 1);
  const last = Marks.hash(host, lastDot + 1, host.length);
  if (marks.has(last) || (lastDot >= 0 && marks.has(Marks.hash(host, dotBefore + 1, lastDot + 1, last)))) {
    return true;
  }
  for (let i = 0; i < host.length; i++) {
    if (i > 0) {
      const before = host.charCodeAt(i - 1);
      if (before !== DOT && host.charCodeAt(i) !== HYPHEN) continue;
      // A suffix may begin at a hyphen.
      if (before !== DOT) return true;
    }
    if (marks.has(Marks.hash(host, i, Math.min(i + HEAD, host.length)))) return true;
  }
  return false;
}

function plain(host: string): string {
  let name = host.toLowerCase();
  const colon = name.indexOf(':');
  if (colon > 0 && colon === name.lastIndexOf(':')) name = name.slice(0, colon);
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

/**
 * Tries the rules at each label and at each hyphen within one. Most names match none: their last labels, and the
 * first letters of each label, are asked for first.
 */
function match(host: string, rules: HostRules): Application | undefined {
  const { suffixes, inner, endings, heads, innerLabels, prefixes } = rules;
  const lastDot = host.lastIndexOf('.');
  const dotBefore = lastDot <= 0 ? -1 : host.lastIndexOf('.', lastDot - 1);
  const hasSuffix = endings.has(host.slice(dotBefore + 1)) || endings.has(host.slice(lastDot + 1));
  const hyphen = host.includes('-');
  let best: Application | undefined;
  let length = 0;
  for (let i = 0; i >= 0 && i < host.length; i = nextStart(host, i, hyphen)) {
    if (hasSuffix || (hyphen && host.charCodeAt(i) === HYPHEN)) {
      const bySuffix = host.length - i > length ? suffixes.get(host.slice(i)) : undefined;
      if (bySuffix) {
        best = bySuffix;
        length = host.length - i;
      }
    }
    if (!heads.has(host.slice(i, i + HEAD))) continue;
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
    if (i > 0 && host.charCodeAt(i - 1) !== DOT) continue;
    for (const [prefix, application] of prefixes) {
      if (prefix.length > length && host.startsWith(prefix, i)) {
        best = application;
        length = prefix.length;
      }
    }
  }
  return best;
}

/** Where the next label begins behind `i`, or the next hyphen stands; -1 at the end. */
function nextStart(host: string, i: number, hyphen: boolean): number {
  const dot = host.indexOf('.', i);
  const label = dot < 0 ? -1 : dot + 1;
  if (!hyphen) return label;
  const next = host.indexOf('-', i + 1);
  return next >= 0 && (label < 0 || next < label) ? next : label;
}

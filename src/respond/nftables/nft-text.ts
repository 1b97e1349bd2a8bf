/** Elements as `nft` reads and writes them. */
import { formatAddress, parseAddress } from '../../net/index.ts';
import { type ElementSet, type Elements, type SetChange, timeoutOf } from './element-set.ts';

/** Elements in one command at most: a line stays readable. */
const EACH = 1000;

/**
 * Commands for `nft -f -` about sets of a table: removals of all sets, then additions; `readable`: one element a line,
 * in whole seconds.
 */
export function changeLines(
  changes: readonly SetChange[],
  table: string,
  nowMs: number,
  readable = false,
): string[] {
  const lines: string[] = [];
  const each = readable ? 1 : EACH;
  for (const { set, remove } of changes) lines.push(...commands('delete', table, set, remove, each));
  for (const { set, add } of changes) {
    const elements = add.map(
      ([element, untilMs]) => `${element} timeout ${duration(timeoutOf(untilMs, nowMs), readable)}`,
    );
    lines.push(...commands('add', table, set, elements, each));
  }
  return lines;
}

function commands(
  verb: string,
  table: string,
  set: ElementSet,
  elements: readonly string[],
  each: number,
): string[] {
  const lines: string[] = [];
  for (let at = 0; at < elements.length; at += each) {
    const list = elements.slice(at, at + each).join(', ');
    lines.push(`${verb} element inet ${table} ${set.name} { ${list} }`);
  }
  return lines;
}

/** `1d2h3m4s5ms`; `rounded`: up to whole seconds. */
export function duration(ms: number, rounded: boolean): string {
  let left = rounded ? Math.ceil(ms / 1000) * 1000 : ms;
  let text = '';
  for (const [unit, length] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
    ['ms', 1],
  ] as const) {
    const count = Math.floor(left / length);
    if (count > 0) text += `${count}${unit}`;
    left -= count * length;
  }
  return text;
}

/** Elements of a set in what `nft -j list table` wrote. What cannot be read is passed over. */
export function readListing(set: ElementSet, listing: unknown, nowMs: number): Elements {
  const found = new Map<string, number>();
  for (const item of list(field(listing, 'nftables'))) {
    const shown = field(item, 'set');
    if (field(shown, 'name') !== set.name) continue;
    for (const entry of list(field(shown, 'elem'))) {
      const element = field(entry, 'elem');
      const expires = field(element, 'expires');
      const value = element === undefined ? entry : field(element, 'val');
      const address = typeof value === 'string' ? parseAddress(value) : undefined;
      if (address === undefined) continue;
      const text = formatAddress(address.version, ...address.words);
      found.set(text, typeof expires === 'number' ? nowMs + expires * 1000 : Number.POSITIVE_INFINITY);
    }
  }
  return found;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Elements as `nft` reads and writes them. */
import { formatAddress, parseAddress, parsePrefix } from '../../net/index.ts';
import {
  type ElementSet,
  type Elements,
  intervalText,
  lastAddress,
  numberOf,
  type SetChange,
  timeoutOf,
} from './element-set.ts';
import type { TableName } from './netlink-elements.ts';

/** Elements in one command at most: a line stays readable. */
const EACH = 1000;

/** Commands for `nft -f -`: removals of all sets, then additions; `readable`: one element a line, in whole seconds. */
export function changeLines(
  changes: readonly SetChange[],
  tableOf: TableName,
  nowMs: number,
  readable = false,
): string[] {
  const lines: string[] = [];
  const each = readable ? 1 : EACH;
  for (const { set, remove } of changes) {
    lines.push(
      ...commands(
        'delete',
        set,
        tableOf,
        remove.map((element) => show(set, element)),
        each,
      ),
    );
  }
  for (const { set, add } of changes) {
    const elements = add.map(
      ([element, untilMs]) =>
        `${show(set, element)} timeout ${duration(timeoutOf(untilMs, nowMs), readable)}`,
    );
    lines.push(...commands('add', set, tableOf, elements, each));
  }
  return lines;
}

function commands(
  verb: string,
  set: ElementSet,
  tableOf: TableName,
  elements: readonly string[],
  each: number,
): string[] {
  const lines: string[] = [];
  for (let at = 0; at < elements.length; at += each) {
    const list = elements.slice(at, at + each).join(', ');
    lines.push(`${verb} element inet ${tableOf(set)} ${set.name} { ${list} }`);
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

/** An element as people write it: a range that is a network with its length, one address as that. */
function show({ version, interval }: ElementSet, element: string): string {
  if (!interval) return element;
  const dash = element.indexOf('-');
  const [first, last] = [element.slice(0, dash), element.slice(dash + 1)];
  if (first === last) return first;
  const [low, high] = [parseAddress(first), parseAddress(last)];
  if (low === undefined || high === undefined) return element;
  const from = numberOf(low);
  const size = numberOf(high) - from + 1n;
  if ((size & (size - 1n)) !== 0n || (from & (size - 1n)) !== 0n) return element;
  const bits = version === 4 ? 32 : 128;
  return `${first}/${bits - (size.toString(2).length - 1)}`;
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
      const text = readValue(set, element === undefined ? entry : field(element, 'val'));
      if (text === undefined) continue;
      found.set(text, typeof expires === 'number' ? nowMs + expires * 1000 : Number.POSITIVE_INFINITY);
    }
  }
  return found;
}

function readValue(set: ElementSet, value: unknown): string | undefined {
  const bounds = readBounds(value);
  if (bounds === undefined) return undefined;
  if (set.interval) return intervalText(set.version, ...bounds);
  const address = typeof value === 'string' ? parseAddress(value) : undefined;
  return address === undefined ? undefined : formatAddress(address.version, ...address.words);
}

function readBounds(value: unknown): [bigint, bigint] | undefined {
  if (typeof value === 'string') {
    const address = parseAddress(value);
    return address === undefined ? undefined : [numberOf(address), numberOf(address)];
  }
  const prefix = field(value, 'prefix');
  if (prefix !== undefined) {
    const parsed = parsePrefix(`${field(prefix, 'addr')}/${field(prefix, 'len')}`);
    if (parsed === undefined) return undefined;
    const first = numberOf(parsed);
    return [first, first | (lastAddress(parsed.version) >> BigInt(parsed.length))];
  }
  const [from, to] = list(field(value, 'range'));
  const [low, high] = [parseAddress(String(from)), parseAddress(String(to))];
  return low === undefined || high === undefined ? undefined : [numberOf(low), numberOf(high)];
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

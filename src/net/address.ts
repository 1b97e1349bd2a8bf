/**
 * Addresses as four big-endian signed 32-bit words (IPv6) or one (IPv4), and as text. Text of IPv6 follows
 * RFC 5952, except that IPv4-mapped addresses are written in hexadecimal as the packet holds them.
 */

/** IPv4 in dotted form from one word. */
export function formatIpv4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

/** IPv6 as RFC 5952 has it: lower case, no leading zeros, the longest run of zero groups as `::`. */
export function formatIpv6(w0: number, w1: number, w2: number, w3: number): string {
  const groups = [
    w0 >>> 16,
    w0 & 0xffff,
    w1 >>> 16,
    w1 & 0xffff,
    w2 >>> 16,
    w2 & 0xffff,
    w3 >>> 16,
    w3 & 0xffff,
  ];
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > bestLength) {
      best = i;
      bestLength = n;
    }
    if (n > 0) i += n - 1;
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === best) {
      text += '::';
      i += bestLength - 1;
      continue;
    }
    if (i > 0 && i !== best + bestLength) text += ':';
    text += (groups[i] as number).toString(16);
  }
  return text;
}

/** An address as records have it: IPv6 with all its digits. What is none stays as it is. */
export function recordAddress(address: string): string {
  return address.includes(':') ? expandIpv6(address) : address;
}

/** Expanded addresses that are remembered; when full, all are forgotten. */
const REMEMBERED = 4096;
const expanded = new Map<string, string>();
const ZEROS = ['0000', '000', '00', '0', ''];

/** IPv6 with all its digits, as Suricata's records have it: `fe80:0000:0000:0000:020c:29ff:fef3:cf38`. */
export function expandIpv6(address: string): string {
  const known = expanded.get(address);
  if (known !== undefined) return known;
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = new Array<string>(Math.max(0, 8 - before.length - after.length)).fill('');
  const text = [...before, ...missing, ...after]
    .map((group) => `${ZEROS[group.length] ?? ''}${group}`)
    .join(':');
  if (expanded.size >= REMEMBERED) expanded.clear();
  expanded.set(address, text);
  return text;
}

/** Either kind as text; `version` is 4 or 6. */
export function formatAddress(version: number, w0: number, w1: number, w2: number, w3: number): string {
  return version === 6 ? formatIpv6(w0, w1, w2, w3) : formatIpv4(w0);
}

/** An address read from text: its version and words (IPv4 in `words[0]`). */
export interface Address {
  readonly version: 4 | 6;
  readonly words: readonly [number, number, number, number];
}

/** Reads an address; undefined when the text is none. Zone identifiers are not part of an address. */
export function parseAddress(text: string): Address | undefined {
  if (text.includes(':')) return parseIpv6(text);
  const word = parseIpv4(text);
  return word === undefined ? undefined : { version: 4, words: [word, 0, 0, 0] };
}

function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let word = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    word = (word << 8) | Number(part);
  }
  return word | 0;
}

function parseIpv6(text: string): Address | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '');
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '') : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const word = (i: number): number => ((groups[i] as number) << 16) | (groups[i + 1] as number) | 0;
  return { version: 6, words: [word(0), word(2), word(4), word(6)] };
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (part.includes('.') && i === parts.length - 1) {
      const word = parseIpv4(part);
      if (word === undefined) return undefined;
      groups.push(word >>> 16, word & 0xffff);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

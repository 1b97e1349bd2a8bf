import { endianness } from 'node:os';
import type { Prefix } from '../../net/index.ts';

/** A word as `/proc/net` writes it: in hexadecimal, of bytes that are in network order, read in the machine's order. */
function wordOf(hex: string): number {
  const word = Number.parseInt(hex, 16) | 0;
  if (endianness() === 'BE') return word;
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** An address of `/proc/net/tcp`, `tcp6` or `route`: 8 or 32 digits, in the machine's order of bytes by words. */
export function hostOrderAddress(hex: string): Prefix | undefined {
  if (/^[0-9A-Fa-f]{8}$/.test(hex)) return { version: 4, words: [wordOf(hex), 0, 0, 0], length: 32 };
  if (!/^[0-9A-Fa-f]{32}$/.test(hex)) return undefined;
  const word = (index: number): number => wordOf(hex.slice(8 * index, 8 * index + 8));
  return { version: 6, words: [word(0), word(1), word(2), word(3)], length: 128 };
}

/** An address of `/proc/net/ipv6_route`: 32 digits in network order. */
export function networkOrderAddress(hex: string): Prefix | undefined {
  if (!/^[0-9A-Fa-f]{32}$/.test(hex)) return undefined;
  const word = (index: number): number => Number.parseInt(hex.slice(8 * index, 8 * index + 8), 16) | 0;
  return { version: 6, words: [word(0), word(1), word(2), word(3)], length: 128 };
}

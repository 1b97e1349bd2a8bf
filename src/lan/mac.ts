const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

/** A hardware address in lower case with colons; undefined for what is none, for a group's and for zeros. */
export function macOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length !== 17) return undefined;
  const mac = value.toLowerCase();
  if (!MAC.test(mac) || mac === '00:00:00:00:00:00' || (firstByte(mac) & 1) !== 0) return undefined;
  return mac;
}

/**
 * True for a locally administered address (IEEE 802, 48-bit structure): chosen by the device or by software, as
 * phones do anew for each network. No vendor can be told from it.
 */
export function isRandomised(mac: string): boolean {
  return (firstByte(mac) & 2) !== 0;
}

/**
 * Whether an IPv6 address was made from this hardware address (modified EUI-64, RFC 4291 appendix A). `words` are
 * those of the address. A router forwards frames of others, whose addresses are not made from its own.
 */
export function isMadeFrom(words: readonly [number, number, number, number], mac: string): boolean {
  const bytes = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes;
  const high = ((a ^ 2) << 24) | (b << 16) | (c << 8) | 0xff | 0;
  const low = (0xfe << 24) | (d << 16) | (e << 8) | f | 0;
  return words[2] === high && words[3] === low;
}

function firstByte(mac: string): number {
  return Number.parseInt(mac.slice(0, 2), 16);
}

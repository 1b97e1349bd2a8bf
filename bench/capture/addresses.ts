/** Gives a copy of a packet other addresses, so that its flows are not those of the original. */

/** Where a packet holds an address that the copies change; IPv6 addresses are marked by {@link WIDE}. */
export const WIDE = 0x8000_0000;

/** Source and destination of an IPv4 header at `start`, or of an IPv6 one, as places for {@link rewrite}. */
export function placesOf(version: number, start: number): readonly [number, number] {
  return version === 6 ? [(start + 8 + WIDE) >>> 0, (start + 24 + WIDE) >>> 0] : [start + 12, start + 16];
}

/**
 * Changes the address at `place` of a frame by `key` (14 bits): equal addresses stay equal, different ones stay
 * different, private stays private, and the network that a provider is known by (/16, /32 in IPv6) stays as it is.
 * Multicast, broadcast, loopback and unspecified addresses mean something and are kept.
 */
export function rewrite(frame: Uint8Array, place: number, key: number): void {
  if (place >= WIDE) {
    const at = place - WIDE;
    const first = frame[at] as number;
    // ff00::/8, and ::/16 with :: and ::1.
    if (first === 0xff || (first === 0 && frame[at + 1] === 0)) return;
    frame[at + 6]! ^= key >>> 8;
    frame[at + 7]! ^= key & 0xff;
    return;
  }
  const first = frame[place] as number;
  if (first >= 224 || first === 0 || first === 127) return;
  frame[place + 2]! ^= key & 0xff;
  // No host becomes the broadcast address of its subnet: 255 and what would turn into it stay as they are.
  const last = frame[place + 3] as number;
  const changed = last ^ ((key >>> 8) & 0x3f);
  if (last !== 0xff && changed !== 0xff) frame[place + 3] = changed;
}

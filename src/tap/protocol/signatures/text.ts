/** Comparisons of payloads with fixed bytes. All are safe at any offset. */

/** True when the ASCII text stands at `at`, and ends no later than `end`. */
export function textAt(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  if (at < 0 || at + text.length > end) return false;
  for (let i = 0; i < text.length; i++) {
    if (bytes[at + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}

/** As `textAt`, capitals and small letters being the same; `text` is in small letters. */
export function wordAt(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  if (at < 0 || at + text.length > end) return false;
  for (let i = 0; i < text.length; i++) {
    const byte = bytes[at + i] as number;
    const small = byte >= 65 && byte <= 90 ? byte + 32 : byte;
    if (small !== text.charCodeAt(i)) return false;
  }
  return true;
}

/** Offset of the text in `[at, end)`, or -1. For short ranges. */
export function find(bytes: Uint8Array, at: number, end: number, text: string): number {
  const first = text.charCodeAt(0);
  for (let i = at; i + text.length <= end; i++) {
    if (bytes[i] === first && textAt(bytes, i, end, text)) return i;
  }
  return -1;
}

/** True when all bytes of `[at, end)` are printable ASCII, tab, CR or LF. */
export function printable(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = at; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte > 126 || (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13)) return false;
  }
  return true;
}

/** True when all bytes of `[at, end)` are the same value. */
export function filled(bytes: Uint8Array, at: number, end: number, value: number): boolean {
  for (let i = at; i < end; i++) if (bytes[i] !== value) return false;
  return true;
}

/** 16 bits, the lowest byte first. */
export function u16le(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

/** 32 bits, unsigned, the lowest byte first. */
export function u32le(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

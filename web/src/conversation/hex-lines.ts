/** Octets in a line of a hex dump. */
export const LINE = 16;

/** One line of a hex dump. */
export interface HexLine {
  /** Position of its first octet. */
  readonly offset: string;
  /** Pairs of digits, with a gap in the middle. */
  readonly digits: string;
  /** What can be printed; a point for the rest. */
  readonly characters: string;
}

/** The octets of a base64 text; none where it is no base64. */
export function octetsOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    // What is no base64 has no octets to show; the server's schema says it is.
    return new Uint8Array();
  }
}

/** A hex dump, counted from `start`. */
export function hexLines(octets: Uint8Array, start: number): readonly HexLine[] {
  const lines: HexLine[] = [];
  for (let at = 0; at < octets.length; at += LINE) {
    const part = octets.subarray(at, at + LINE);
    const pairs = Array.from(part, (octet) => octet.toString(16).padStart(2, '0'));
    const digits = `${pairs.slice(0, 8).join(' ')}  ${pairs.slice(8).join(' ')}`;
    lines.push({
      offset: (start + at).toString(16).padStart(8, '0'),
      digits: digits.padEnd(3 * LINE),
      characters: Array.from(part, (octet) =>
        octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '.',
      ).join(''),
    });
  }
  return lines;
}

/** The same as text: for the clipboard. */
export function hexText(octets: Uint8Array, start: number): string {
  return hexLines(octets, start)
    .map(({ offset, digits, characters }) => `${offset}  ${digits}  ${characters}`)
    .join('\n');
}

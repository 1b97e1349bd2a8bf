const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A permutation of the 32-bit numbers that leaves no order to be seen. */
function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

function digits(value: number): string {
  let text = '';
  let rest = value;
  for (let i = 0; i < 6; i++) {
    text += DIGITS[rest % 62];
    rest = Math.floor(rest / 62);
  }
  return text;
}

/**
 * The n-th identifier of a run as Zeek writes them for files: `F` and letters and digits. Different numbers give
 * different identifiers; `seed` (32 bits) tells runs apart.
 */
export function fileIdentifier(number: number, seed: number): string {
  const low = number >>> 0;
  const high = Math.floor(number / 2 ** 32) >>> 0;
  return `F${digits(mix(low ^ seed))}${digits(mix(high ^ Math.imul(seed, 0x9e3779b1) ^ mix(low)))}`;
}

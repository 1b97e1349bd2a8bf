/** One bit for each number of four bits: whether the number of its ones is odd. */
const ODD = 0x6996;

/**
 * The eighth bit (0x80 or 0) for a byte. As in ModSecurity the old eighth bit counts too, so that bytes above 0x7f get
 * the parity of all eight.
 */
export function parityBit(code: number): number {
  return ((ODD >> ((code ^ (code >> 4)) & 0xf)) & 1) << 7;
}

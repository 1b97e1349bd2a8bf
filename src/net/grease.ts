/** True for the sixteen reserved values that clients insert at random (RFC 8701): 0x0A0A, 0x1A1A ... 0xFAFA. */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >>> 8 === (value & 0xff);
}

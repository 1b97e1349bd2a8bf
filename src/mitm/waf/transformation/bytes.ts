/** Room that stays allocated for results; longer ones get their own and give it back. */
const KEPT_BYTES = 64 * 1024;

const kept = Buffer.allocUnsafeSlow(KEPT_BYTES);

/**
 * Room for a result of up to `capacity` bytes, its first `untouched` bytes already copied from the value. It is valid
 * until the next call: nothing may run between this and {@link textOf} but the loop that fills it.
 */
export function roomFor(value: string, untouched: number, capacity = value.length): Buffer {
  const room = capacity <= KEPT_BYTES ? kept : Buffer.allocUnsafe(capacity);
  if (untouched > 0) room.write(value, 0, untouched, 'latin1');
  return room;
}

/** The first `length` bytes of the room as a binary string; the value itself when they are equal. */
export function textOf(value: string, room: Buffer, length: number): string {
  const text = room.toString('latin1', 0, length);
  return text === value ? value : text;
}

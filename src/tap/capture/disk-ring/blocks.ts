/** The blocks of pcapng (draft-ietf-opsawg-pcapng) that the files of a ring are made of; little-endian. */

const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION = 1;
const INTERFACE_STATISTICS = 5;
const ENHANCED_PACKET = 6;

const INTERFACE_NAME = 2;
const APPLICATION = 4;
const TIME_RESOLUTION = 9;
/** Bytes of the longest packet: readers take a longer one for damage. */
const SNAP_LENGTH = 262_144;
/** Powers of ten below the second. */
const NANOSECONDS = 9;

/** Bytes of a packet's block before the packet, and with what is behind it. */
export const PACKET_HEADER = 28;
export const PACKET_OVERHEAD = 32;
/** Bytes of a block of statistics that says nothing but the time. */
export const STATISTICS_BYTES = 24;

/** The beginning of each file: a section whose length is not known, with the name of the application. */
export function sectionHeader(application: string): Uint8Array {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
  body.writeUInt16LE(1, 4);
  body.writeBigInt64LE(-1n, 8);
  return block(SECTION_HEADER, [body, option(APPLICATION, Buffer.from(application)), END_OF_OPTIONS]);
}

/** Describes an interface; times of its packets are nanoseconds. */
export function interfaceDescription(linkType: number, name: string): Uint8Array {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(linkType, 0);
  body.writeUInt32LE(SNAP_LENGTH, 4);
  const named = name === '' ? [] : [option(INTERFACE_NAME, Buffer.from(name))];
  return block(INTERFACE_DESCRIPTION, [
    body,
    ...named,
    option(TIME_RESOLUTION, Uint8Array.of(NANOSECONDS)),
    END_OF_OPTIONS,
  ]);
}

/**
 * Writes what is around a packet of `captured` bytes, whose place is at `at + PACKET_HEADER`; `total` is the length of
 * the block, with the padding of the packet. Allocates nothing.
 */
export function putPacket(
  view: DataView,
  at: number,
  total: number,
  interfaceId: number,
  timeUs: number,
  nanos: number,
  captured: number,
  original: number,
): void {
  view.setUint32(at, ENHANCED_PACKET, true);
  view.setUint32(at + 4, total, true);
  view.setUint32(at + 8, interfaceId, true);
  putTime(view, at + 12, timeUs, nanos);
  view.setUint32(at + 20, captured, true);
  view.setUint32(at + 24, original, true);
  // The last bytes of the packet's place, as far as the packet leaves them free.
  if ((captured & 3) !== 0) view.setUint32(at + total - 8, 0, true);
  view.setUint32(at + total - 4, total, true);
}

/** Writes a block of statistics at `at`. */
export function putStatistics(view: DataView, at: number, interfaceId: number, timeUs: number): void {
  view.setUint32(at, INTERFACE_STATISTICS, true);
  view.setUint32(at + 4, STATISTICS_BYTES, true);
  view.setUint32(at + 8, interfaceId, true);
  putTime(view, at + 12, timeUs, 0);
  view.setUint32(at + 20, STATISTICS_BYTES, true);
}

/** 64 bits of nanoseconds, the high word first; exact, though their number is beyond what a double holds. */
function putTime(view: DataView, at: number, timeUs: number, nanos: number): void {
  const high = Math.floor(timeUs / 2 ** 32);
  const low = (timeUs - high * 2 ** 32) * 1000 + nanos;
  view.setUint32(at, high * 1000 + Math.floor(low / 2 ** 32), true);
  view.setUint32(at + 4, low % 2 ** 32, true);
}

const END_OF_OPTIONS = new Uint8Array(4);

function option(code: number, value: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(4 + value.length + (-value.length & 3));
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt16LE(value.length, 2);
  bytes.set(value, 4);
  return bytes;
}

/** `parts` have lengths that are multiples of four. */
function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  const bytes = Buffer.alloc(12 + body.length);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(bytes.length, 4);
  bytes.set(body, 8);
  bytes.writeUInt32LE(bytes.length, bytes.length - 4);
  return bytes;
}

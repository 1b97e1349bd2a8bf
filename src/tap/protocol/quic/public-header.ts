import { u8, u32 } from '../../../net/index.ts';
import { isPublicVersion } from './versions.ts';

// Public flags of Google's versions up to Q043.
const FLAG_VERSION = 0x01;
const FLAG_RESET = 0x02;
const FLAG_NONCE = 0x04;
const FLAG_CONNECTION_ID = 0x08;
const RESERVED = 0xc0;

const CONNECTION_ID_LENGTH = 8;
const NONCE_LENGTH = 32;
const HASH_LENGTH = 12;
/** Bytes of the packet number by the two bits at 0x30. */
const NUMBER_LENGTHS = [1, 2, 4, 6];

/** One packet with a public header; reused for every packet. */
export class PublicHeader {
  /** 0 where the packet does not carry it. */
  version = 0;
  /** First byte behind the header and the hash. */
  payload = 0;
}

/** Reads a public header. False when the reserved flags are set, the version is no such one or the packet is cut. */
export function readPublicHeader(
  header: PublicHeader,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (start >= end) return false;
  const flags = u8(bytes, start);
  if ((flags & RESERVED) !== 0 || (flags & FLAG_RESET) !== 0) return false;
  let at = start + 1;
  if ((flags & FLAG_CONNECTION_ID) !== 0) at += CONNECTION_ID_LENGTH;
  header.version = 0;
  if ((flags & FLAG_VERSION) !== 0) {
    if (at + 4 > end) return false;
    header.version = u32(bytes, at);
    if (!isPublicVersion(header.version)) return false;
    at += 4;
  } else if ((flags & FLAG_NONCE) !== 0 && (flags & FLAG_CONNECTION_ID) === 0) at += NONCE_LENGTH;
  header.payload = at + NUMBER_LENGTHS[(flags >>> 4) & 3]! + HASH_LENGTH;
  return header.payload <= end;
}

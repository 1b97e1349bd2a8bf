import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import type { RingKey } from './key.ts';

/*
 * A segment is a header and records behind each other; numbers are big-endian.
 *
 *   header   0 magic 8 | 8 key id 8 | 16 salt 16 | 32 sequence 8 | 40 HMAC-SHA-256 of these, cut to 24
 *   record   0 length of the sealed data 4 | 4 kind 1 | 5 zero 3 | 8 id 8 | 16 time 8 | 24 nonce 12 | 36 tag 16 | 52 data
 *
 * Each segment has a key of its own, derived with its salt (RFC 5869), so that random nonces are far from repeating
 * (NIST SP 800-38D, 8.3). The segment's header and the record's first 24 bytes are authenticated with each record: no
 * record can be altered, moved to another segment or given another time.
 */
const MAGIC = Buffer.from('WEIRBUF1', 'latin1');
const KEY_ID = 8;
const SALT = 16;
const SEQUENCE = 32;
const HEADER_MAC = 40;
/** Bytes of a segment's header. */
export const SEGMENT_HEADER_BYTES = 64;

const KIND = 4;
const ID = 8;
const TIME = 16;
const NONCE = 24;
const NONCE_BYTES = 12;
const TAG = 36;
const TAG_BYTES = 16;
/** Bytes of a record in front of its data. */
export const RECORD_HEADER_BYTES = 52;

/** What a record holds: an entry, or what was found out about one later. */
export type RecordKind = 'entry' | 'note';
const KINDS: readonly RecordKind[] = ['entry', 'note'];

/** A record's place and what is readable of it without the key. */
export interface RecordHead {
  readonly kind: RecordKind;
  readonly id: number;
  /** Microseconds since 1970. */
  readonly timeUs: number;
  /** Bytes with its header. */
  readonly bytes: number;
}

/** Seals and opens the records of one segment. */
export class SegmentSeal {
  /** What stands at the segment's beginning. */
  readonly header: Buffer;
  private readonly key: Buffer;

  /** For a segment that is made. */
  static fresh(key: RingKey, sequence: number): SegmentSeal {
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
    MAGIC.copy(header);
    key.id.copy(header, KEY_ID);
    randomBytes(SEQUENCE - SALT).copy(header, SALT);
    header.writeBigUInt64BE(BigInt(sequence), SEQUENCE);
    const seal = new SegmentSeal(key, header);
    seal.mac().copy(header, HEADER_MAC);
    return seal;
  }

  /** For a segment that is there: `foreign` where another key sealed it, `damaged` where it is none, or was renamed. */
  static of(key: RingKey, header: Buffer, sequence: number): SegmentSeal | 'foreign' | 'damaged' {
    if (header.length < SEGMENT_HEADER_BYTES || !header.subarray(0, MAGIC.length).equals(MAGIC))
      return 'damaged';
    if (!header.subarray(KEY_ID, SALT).equals(key.id)) return 'foreign';
    const seal = new SegmentSeal(key, Buffer.from(header.subarray(0, SEGMENT_HEADER_BYTES)));
    if (!timingSafeEqual(seal.mac(), seal.header.subarray(HEADER_MAC))) return 'damaged';
    return seal.header.readBigUInt64BE(SEQUENCE) === BigInt(sequence) ? seal : 'damaged';
  }

  private constructor(key: RingKey, header: Buffer) {
    this.header = header;
    const salt = header.subarray(SALT, SEQUENCE);
    this.key = Buffer.from(hkdfSync('sha256', key.bytes, salt, 'weir buffer segment', 32));
  }

  /** Seals data: a record with its header. */
  seal(kind: RecordKind, id: number, timeUs: number, data: Buffer): Buffer {
    const record = Buffer.alloc(RECORD_HEADER_BYTES + data.length);
    record.writeUInt32BE(data.length);
    record[KIND] = KINDS.indexOf(kind);
    record.writeBigUInt64BE(BigInt(id), ID);
    record.writeBigUInt64BE(BigInt(timeUs), TIME);
    const nonce = randomBytes(NONCE_BYTES);
    nonce.copy(record, NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.concat([this.header, record.subarray(0, NONCE)]));
    cipher.update(data).copy(record, RECORD_HEADER_BYTES);
    cipher.final();
    cipher.getAuthTag().copy(record, TAG);
    return record;
  }

  /** The data of a record that begins at an offset; undefined where it was altered. */
  open(bytes: Buffer, offset: number, length: number): Buffer | undefined {
    const nonce = bytes.subarray(offset + NONCE, offset + TAG);
    const decipher = createDecipheriv('aes-256-gcm', this.key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.concat([this.header, bytes.subarray(offset, offset + NONCE)]));
    decipher.setAuthTag(bytes.subarray(offset + TAG, offset + RECORD_HEADER_BYTES));
    const data = decipher.update(bytes.subarray(offset + RECORD_HEADER_BYTES, offset + length));
    try {
      decipher.final();
    } catch {
      // What OpenSSL says is only that the tag is not that of the data.
      return undefined;
    }
    return data;
  }

  private mac(): Buffer {
    const mac = createHmac('sha256', this.key).update(this.header.subarray(0, HEADER_MAC)).digest();
    return mac.subarray(0, SEGMENT_HEADER_BYTES - HEADER_MAC);
  }
}

/** What stands at an offset; undefined where it is no record, or its end is not there (a torn tail). */
export function recordAt(bytes: Buffer, offset: number): RecordHead | undefined {
  if (offset + RECORD_HEADER_BYTES > bytes.length) return undefined;
  const length = RECORD_HEADER_BYTES + bytes.readUInt32BE(offset);
  const kind = KINDS[bytes[offset + KIND] ?? KINDS.length];
  const id = bytes.readBigUInt64BE(offset + ID);
  const timeUs = bytes.readBigUInt64BE(offset + TIME);
  if (kind === undefined || offset + length > bytes.length) return undefined;
  if (id > Number.MAX_SAFE_INTEGER || timeUs > Number.MAX_SAFE_INTEGER) return undefined;
  return { kind, id: Number(id), timeUs: Number(timeUs), bytes: length };
}

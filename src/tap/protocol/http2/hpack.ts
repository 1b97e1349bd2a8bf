import { textOf } from '../dns/index.ts';
import { decodeHuffman } from './huffman.ts';
import { STATIC_TABLE } from './static-table.ts';

/** What one representation of a header block gave (RFC 7541 section 6). */
export type HeaderField =
  | { readonly name: string; readonly value: string }
  | { readonly tableSize: number }
  | { readonly error: HeaderError };

/** Why a field could not be decoded, under Suricata's names. */
export type HeaderError =
  | 'HTTP2HeaderDecodeError'
  | 'HTTP2HeaderDecodeNotIndexed'
  | 'HTTP2HeaderDecodeIntegerOverflow'
  | 'HTTP2HeaderDecodeIndex0';

interface TableEntry {
  readonly name: string;
  readonly value: string;
  /** Bytes it counts for: 32 more than its strings (RFC 7541 section 4.1). */
  readonly size: number;
}

const DEFAULT_TABLE_BYTES = 4096;
/** Largest dynamic table that is kept, whatever the ends agree on. */
const MAXIMUM_TABLE_BYTES = 65536;
const ENTRY_OVERHEAD = 32;
/** Integers beyond this are no length or index of anything (and stay exact). */
const MAXIMUM_INTEGER = 0xffffffff;

/** Decodes the header blocks of one direction of a connection, one after the other. */
export class HeaderDecoder {
  /** The dynamic table; the newest entry is last. */
  private table: TableEntry[] = [];
  private tableBytes = 0;
  private maximumBytes = DEFAULT_TABLE_BYTES;
  private position = 0;
  private scratch = new Uint8Array(256);
  private decodedBytes = 0;

  /** How many entries the dynamic table holds. */
  get entries(): number {
    return this.table.length;
  }

  /** The bytes that the dynamic table's entries count for. */
  get size(): number {
    return this.tableBytes;
  }

  /**
   * The other end allows a table of `bytes`. The encoder says what it makes of it only later, so until then the
   * larger table is kept: indices count from the newest entry and do not change with older ones.
   */
  allow(bytes: number): void {
    this.maximumBytes = Math.max(this.maximumBytes, Math.min(bytes, MAXIMUM_TABLE_BYTES));
  }

  /**
   * Decodes a whole header block `[start, end)` into `fields`. Fields beyond `limit` decoded bytes are not added,
   * but still enter the table. Returns false when something was left out for that reason.
   */
  decode(bytes: Uint8Array, start: number, end: number, limit: number, fields: HeaderField[]): boolean {
    let total = 0;
    this.position = start;
    while (this.position < end) {
      const field = this.representation(bytes, end);
      if (field === undefined) {
        fields.push({ error: 'HTTP2HeaderDecodeError' });
        return true;
      }
      total += ENTRY_OVERHEAD + this.decodedBytes;
      if (total <= limit) fields.push(field);
    }
    return total <= limit;
  }

  /** One representation; undefined when the block ends in it or its strings are broken. */
  private representation(bytes: Uint8Array, end: number): HeaderField | undefined {
    const first = bytes[this.position]!;
    this.decodedBytes = 0;
    if (first >= 0x80) {
      const index = this.integer(bytes, end, 0x7f);
      if (index === -1) return undefined;
      return this.indexed(index);
    }
    if ((first & 0xe0) === 0x20) {
      const size = this.integer(bytes, end, 0x1f);
      if (size === -1) return undefined;
      if (size > MAXIMUM_INTEGER) return { error: 'HTTP2HeaderDecodeIntegerOverflow' };
      this.maximumBytes = Math.min(size, MAXIMUM_TABLE_BYTES);
      this.evict();
      return { tableSize: size };
    }
    const indexing = (first & 0xc0) === 0x40;
    const index = this.integer(bytes, end, indexing ? 0x3f : 0x0f);
    if (index === -1) return undefined;
    const known = index === 0 ? undefined : this.indexed(index);
    const name = known === undefined ? this.string(bytes, end) : 'name' in known ? known.name : '';
    if (name === undefined) return undefined;
    const nameBytes = known === undefined ? this.decodedBytes : name.length;
    const value = this.string(bytes, end);
    if (value === undefined) return undefined;
    this.decodedBytes += nameBytes;
    if (known !== undefined && 'error' in known) return known;
    if (indexing) this.insert({ name, value, size: ENTRY_OVERHEAD + this.decodedBytes });
    return { name, value };
  }

  private indexed(index: number): HeaderField {
    if (index > MAXIMUM_INTEGER) return { error: 'HTTP2HeaderDecodeIntegerOverflow' };
    if (index === 0) return { error: 'HTTP2HeaderDecodeIndex0' };
    const fixed = STATIC_TABLE[index - 1];
    if (fixed !== undefined) {
      this.decodedBytes = fixed[0].length + fixed[1].length;
      return { name: fixed[0], value: fixed[1] };
    }
    const entry = this.table[this.table.length - (index - STATIC_TABLE.length)];
    if (entry === undefined) return { error: 'HTTP2HeaderDecodeNotIndexed' };
    this.decodedBytes = entry.size - ENTRY_OVERHEAD;
    return { name: entry.name, value: entry.value };
  }

  /** RFC 7541 section 4.4: an entry larger than the table empties it. */
  private insert(entry: TableEntry): void {
    this.table.push(entry);
    this.tableBytes += entry.size;
    this.evict();
  }

  private evict(): void {
    let gone = 0;
    while (this.tableBytes > this.maximumBytes && gone < this.table.length) {
      this.tableBytes -= this.table[gone++]!.size;
    }
    if (gone > 0) this.table.splice(0, gone);
  }

  /** An integer with a prefix of `mask` bits (RFC 7541 section 5.1); -1 when cut; capped when it is too large. */
  private integer(bytes: Uint8Array, end: number, mask: number): number {
    let value = bytes[this.position++]! & mask;
    if (value < mask) return value;
    for (let scale = 1; this.position < end; scale *= 128) {
      const byte = bytes[this.position++]!;
      if (value <= MAXIMUM_INTEGER) value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      if (scale > MAXIMUM_INTEGER) return MAXIMUM_INTEGER + 1;
    }
    return -1;
  }

  /** A string (RFC 7541 section 5.2); undefined when it is cut or its code is wrong. Sets `decodedBytes`. */
  private string(bytes: Uint8Array, end: number): string | undefined {
    if (this.position >= end) return undefined;
    const huffman = bytes[this.position]! >= 0x80;
    const length = this.integer(bytes, end, 0x7f);
    const start = this.position;
    if (length < 0 || length > end - start) return undefined;
    this.position = start + length;
    if (!huffman) {
      this.decodedBytes = length;
      return textOf(bytes, start, start + length);
    }
    const room = Math.ceil((length * 8) / 5);
    if (this.scratch.length < room) this.scratch = new Uint8Array(room * 2);
    const decoded = decodeHuffman(bytes, start, start + length, this.scratch);
    if (decoded < 0) return undefined;
    this.decodedBytes = decoded;
    return textOf(this.scratch, 0, decoded);
  }
}

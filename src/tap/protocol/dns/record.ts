import { i32, u16, u32 } from '../../../net/index.ts';
import { type Name, type NameReader, textOf } from './name.ts';
import * as type from './types.ts';

/** What a resource record holds, by the shape of its type (RFC 1035 section 3.3 and the RFCs of newer types). */
export type RecordData =
  /** A. */
  | { readonly kind: 'address4'; readonly words: readonly [number] }
  /** AAAA and A6: four big-endian words. */
  | { readonly kind: 'address6'; readonly words: readonly [number, number, number, number] }
  /** CNAME, NS, PTR, and the exchange of MX. */
  | { readonly kind: 'name'; readonly name: Name; readonly preference: number }
  /** TXT and SPF: the strings and their lengths in bytes. */
  | { readonly kind: 'strings'; readonly strings: readonly string[]; readonly lengths: readonly number[] }
  | {
      readonly kind: 'soa';
      readonly primary: Name;
      readonly mailbox: Name;
      readonly serial: number;
      readonly refresh: number;
      readonly retry: number;
      readonly expire: number;
      readonly minimum: number;
    }
  | {
      readonly kind: 'srv';
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: Name;
    }
  /** EDNS options (RFC 6891 section 6.1.2): NSID, client subnet, cookies ... with their bytes. */
  | { readonly kind: 'options'; readonly options: readonly EdnsOption[] }
  /** RRSIG: the type covered and who signed. */
  | { readonly kind: 'signature'; readonly covered: number; readonly signer: Name }
  /** NSEC: the next name of the zone. */
  | { readonly kind: 'next'; readonly next: Name }
  | {
      readonly kind: 'naptr';
      readonly order: number;
      readonly preference: number;
      readonly flags: string;
      readonly service: string;
      readonly regexp: string;
      readonly replacement: Name;
    }
  /** All other types, and data that is not as its type has it: the bytes. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

/** One option of an OPT record. */
export interface EdnsOption {
  readonly code: number;
  readonly data: Uint8Array;
}

/** A resource record. */
export interface ResourceRecord {
  readonly name: Name;
  readonly type: number;
  readonly class: number;
  /** Seconds, unsigned. */
  readonly ttl: number;
  readonly data: RecordData;
}

const NO_OPTIONS: RecordData = { kind: 'options', options: [] };

/**
 * Reads the data `[from, to)` of a record in the message `[start, end)`; names in it may point anywhere in the
 * message. Undefined when a type that Suricata takes apart is malformed: then the rest of the section is lost.
 */
export function readData(
  bytes: Uint8Array,
  recordType: number,
  from: number,
  to: number,
  start: number,
  end: number,
  names: NameReader,
): RecordData | undefined {
  switch (recordType) {
    case type.A:
      if (to - from !== 4) return copy(bytes, from, to);
      return { kind: 'address4', words: [i32(bytes, from)] };
    case type.AAAA:
    case type.A6:
      if (to - from !== 16) return copy(bytes, from, to);
      return {
        kind: 'address6',
        words: [i32(bytes, from), i32(bytes, from + 4), i32(bytes, from + 8), i32(bytes, from + 12)],
      };
    case type.CNAME:
    case type.NS:
    case type.PTR:
    case type.MX: {
      const skip = recordType === type.MX ? 2 : 0;
      if (to - from < skip) return undefined;
      const name = names.read(bytes, from + skip, start, end);
      if (name === undefined || names.next > to) return undefined;
      return { kind: 'name', name, preference: skip === 0 ? 0 : u16(bytes, from) };
    }
    case type.TXT:
      return readStrings(bytes, from, to, true);
    case type.SPF:
      return readStrings(bytes, from, to, false);
    case type.SOA:
      return readSoa(bytes, from, to, start, end, names);
    case type.SRV: {
      if (to - from < 6) return undefined;
      const target = names.read(bytes, from + 6, start, end);
      if (target === undefined || names.next > to) return undefined;
      return {
        kind: 'srv',
        priority: u16(bytes, from),
        weight: u16(bytes, from + 2),
        port: u16(bytes, from + 4),
        target,
      };
    }
    case type.OPT:
      return from === to ? NO_OPTIONS : readOptions(bytes, from, to);
    case type.SSHFP:
      return to - from < 2 ? undefined : copy(bytes, from, to);
    case type.RRSIG: {
      if (to - from < 18) return copy(bytes, from, to);
      const signer = names.read(bytes, from + 18, start, end);
      if (signer === undefined || names.next > to) return copy(bytes, from, to);
      return { kind: 'signature', covered: u16(bytes, from), signer };
    }
    case type.NSEC: {
      const next = names.read(bytes, from, start, end);
      return next === undefined || names.next > to ? copy(bytes, from, to) : { kind: 'next', next };
    }
    case type.NAPTR:
      return readNaptr(bytes, from, to, start, end, names) ?? copy(bytes, from, to);
    default:
      return copy(bytes, from, to);
  }
}

/** Data that is kept as it is; it must not share memory with the packet. */
function copy(bytes: Uint8Array, from: number, to: number): RecordData {
  return { kind: 'bytes', bytes: bytes.slice(from, to) };
}

function readStrings(bytes: Uint8Array, from: number, to: number, strict: boolean): RecordData | undefined {
  const strings: string[] = [];
  const lengths: number[] = [];
  let position = from;
  while (position < to) {
    const length = bytes[position]!;
    if (position + 1 + length > to) {
      if (strict && strings.length === 0) return undefined;
      break;
    }
    strings.push(textOf(bytes, position + 1, position + 1 + length));
    lengths.push(length);
    position += 1 + length;
  }
  return { kind: 'strings', strings, lengths };
}

function readSoa(
  bytes: Uint8Array,
  from: number,
  to: number,
  start: number,
  end: number,
  names: NameReader,
): RecordData | undefined {
  const primary = names.read(bytes, from, start, end);
  if (primary === undefined || names.next > to) return undefined;
  const mailbox = names.read(bytes, names.next, start, end);
  const position = names.next;
  if (mailbox === undefined || position + 20 > to) return undefined;
  return {
    kind: 'soa',
    primary,
    mailbox,
    serial: u32(bytes, position),
    refresh: u32(bytes, position + 4),
    retry: u32(bytes, position + 8),
    expire: u32(bytes, position + 12),
    minimum: u32(bytes, position + 16),
  };
}

function readOptions(bytes: Uint8Array, from: number, to: number): RecordData | undefined {
  const options: EdnsOption[] = [];
  let position = from;
  while (position < to) {
    if (position + 4 > to) return undefined;
    const length = u16(bytes, position + 2);
    if (position + 4 + length > to) return undefined;
    options.push({ code: u16(bytes, position), data: bytes.slice(position + 4, position + 4 + length) });
    position += 4 + length;
  }
  return { kind: 'options', options };
}

/** RFC 3403 section 4.1: order, preference, three character strings and a name. */
function readNaptr(
  bytes: Uint8Array,
  from: number,
  to: number,
  start: number,
  end: number,
  names: NameReader,
): RecordData | undefined {
  if (to - from < 7) return undefined;
  const texts: string[] = [];
  let position = from + 4;
  for (let i = 0; i < 3; i++) {
    if (position >= to) return undefined;
    const behind = position + 1 + bytes[position]!;
    if (behind > to) return undefined;
    texts.push(textOf(bytes, position + 1, behind));
    position = behind;
  }
  const replacement = names.read(bytes, position, start, end);
  if (replacement === undefined || names.next > to) return undefined;
  return {
    kind: 'naptr',
    order: u16(bytes, from),
    preference: u16(bytes, from + 2),
    flags: texts[0]!,
    service: texts[1]!,
    regexp: texts[2]!,
    replacement,
  };
}

import { u16, u32 } from '../../../net/index.ts';
import { type Name, NameReader } from './name.ts';
import { type ResourceRecord, readData } from './record.ts';

/** Length of a message's header (RFC 1035 section 4.1.1). */
export const HEADER_BYTES = 12;

/** Bits of the flags word of the header. */
export const RESPONSE = 0x8000;
export const AUTHORITATIVE = 0x0400;
export const TRUNCATED = 0x0200;
export const RECURSION_DESIRED = 0x0100;
export const RECURSION_AVAILABLE = 0x0080;
export const RESERVED = 0x0040;
export const AUTHENTIC_DATA = 0x0020;
export const CHECKING_DISABLED = 0x0010;

/** One question. */
export interface Question {
  readonly name: Name;
  readonly type: number;
  readonly class: number;
}

/** A message, or as much of it as could be read. */
export interface DnsMessage {
  readonly id: number;
  readonly flags: number;
  readonly questions: readonly Question[];
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
  /** Records that the header announces in the sections of answers, authorities and additionals together. */
  readonly announcedRecords: number;
  /** True when the questions or answers could not all be read. */
  readonly malformed: boolean;
  /** Names of what was odd about it, as Suricata's events; undefined where nothing was. */
  readonly events: readonly string[] | undefined;
}

/** The operation code of a message. */
export function opcodeOf(flags: number): number {
  return (flags >> 11) & 15;
}

/** Whether the counts of a header fit the message's length; what says no is not worth parsing. */
export function plausibleHeader(bytes: Uint8Array, start: number, length: number): boolean {
  const questions = u16(bytes, start + 4);
  const records = questions + u16(bytes, start + 6) + u16(bytes, start + 8) + u16(bytes, start + 10);
  if (records * 2 > length) return false;
  if (records === 0 && length > HEADER_BYTES) return false;
  return questions > 0 || bytes[start + 2]! >= 0x80;
}

const NONE: readonly never[] = [];
const names = new NameReader();

/**
 * Reads the message `[start, end)`. Undefined when its header is cut or cannot belong to it; otherwise what could
 * be read, with `malformed` set where questions or answers are not whole. Nothing of `bytes` is kept.
 */
export function readMessage(bytes: Uint8Array, start: number, end: number): DnsMessage | undefined {
  if (end - start < HEADER_BYTES || !plausibleHeader(bytes, start, end - start)) return undefined;
  names.reset();
  const flags = u16(bytes, start + 2);
  const questionCount = u16(bytes, start + 4);
  const answerCount = u16(bytes, start + 6);
  const authorityCount = u16(bytes, start + 8);
  const additionalCount = u16(bytes, start + 10);
  const questions: Question[] = [];
  let events: string[] | undefined;
  let position = start + HEADER_BYTES;
  for (let i = 0; i < questionCount; i++) {
    const name = names.read(bytes, position, start, end);
    const behind = names.next;
    if (name === undefined || behind + 4 > end) {
      position = -1;
      break;
    }
    questions.push({ name, type: u16(bytes, behind), class: u16(bytes, behind + 2) });
    position = behind + 4;
  }
  let answers: readonly ResourceRecord[] = NONE;
  let authorities: readonly ResourceRecord[] = NONE;
  let additionals: readonly ResourceRecord[] = NONE;
  if (position >= 0 && answerCount > 0) {
    const section: ResourceRecord[] = [];
    position = readSection(bytes, position, start, end, answerCount, section);
    answers = section;
  }
  const malformed = position < 0;
  if (position >= 0 && authorityCount > 0) {
    const section: ResourceRecord[] = [];
    position = readSection(bytes, position, start, end, authorityCount, section);
    if (position >= 0) authorities = section;
    else events = ['invalid_authorities'];
  }
  if (position >= 0 && additionalCount > 0) {
    const section: ResourceRecord[] = [];
    position = readSection(bytes, position, start, end, additionalCount, section);
    if (position >= 0) additionals = section;
    else events = ['invalid_additionals'];
  }
  if ((flags & RESERVED) !== 0) events = append(events, 'z_flag_set');
  if (opcodeOf(flags) >= 7) events = append(events, 'invalid_opcode');
  if (names.tooLong) events = append(events, 'name_too_long');
  if (names.loop) events = append(events, 'infinite_loop');
  if (names.tooManyLabels) events = append(events, 'too_many_labels');
  return {
    id: u16(bytes, start),
    flags,
    questions,
    answers,
    authorities,
    additionals,
    announcedRecords: answerCount + authorityCount + additionalCount,
    malformed,
    events,
  };
}

function append(events: string[] | undefined, event: string): string[] {
  if (events === undefined) return [event];
  events.push(event);
  return events;
}

/** Reads `count` records into `section`. Returns the index behind them, -1 when one is malformed. */
function readSection(
  bytes: Uint8Array,
  offset: number,
  start: number,
  end: number,
  count: number,
  section: ResourceRecord[],
): number {
  let position = offset;
  for (let i = 0; i < count; i++) {
    const name = names.read(bytes, position, start, end);
    const fixed = names.next;
    if (name === undefined || fixed + 10 > end) return -1;
    const from = fixed + 10;
    const to = from + u16(bytes, fixed + 8);
    if (to > end) return -1;
    const type = u16(bytes, fixed);
    const data = readData(bytes, type, from, to, start, end, names);
    // A deletion in a dynamic update has no data at all (RFC 2136 section 2.5.2): kept as no bytes.
    if (data === undefined && from !== to) return -1;
    section.push({
      name,
      type,
      class: u16(bytes, fixed + 2),
      ttl: u32(bytes, fixed + 4),
      data: data ?? NO_DATA,
    });
    position = to;
  }
  return position;
}

const NO_DATA = { kind: 'bytes', bytes: new Uint8Array(0) } as const;

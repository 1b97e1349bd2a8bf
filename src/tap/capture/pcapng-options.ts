/** The options and name records of pcapng blocks (draft-ietf-opsawg-pcapng, sections 3.5 and 4). */

import { formatIpv4, formatIpv6, i32, latin1, utf8 } from '../../net/index.ts';
import type { CaptureMetadata } from './metadata.ts';

const END_OF_OPTIONS = 0;
const COMMENT = 1;
const OPTION_HEADER = 4;
/** No comment is kept beyond this, and no name or description beyond that. */
const TEXT = 4096;
const NAME = 256;

/** Receives one option: its code and where its value lies. */
export type OptionVisitor = (code: number, start: number, length: number) => void;

/** Visits the options in `[start, end)` until their end or the first that does not fit. */
export function visitOptions(
  view: DataView,
  start: number,
  end: number,
  little: boolean,
  visit: OptionVisitor,
): void {
  let position = start;
  while (position + OPTION_HEADER <= end) {
    const code = view.getUint16(position, little);
    const length = view.getUint16(position + 2, little);
    const value = position + OPTION_HEADER;
    if (code === END_OF_OPTIONS || value + length > end) return;
    visit(code, value, length);
    position = value + ((length + 3) & ~3);
  }
}

/** Text of an option: UTF-8, not NUL-terminated, though some writers do so. */
export function optionText(bytes: Uint8Array, start: number, length: number, most = TEXT): string {
  let end = start + Math.min(length, most);
  while (end > start && bytes[end - 1] === 0) end--;
  return utf8(bytes, start, end);
}

/** Keeps the comments among the options of a block; `packet` is the number of the packet or 0. */
export function readComments(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  little: boolean,
  metadata: CaptureMetadata,
  packet: number,
): void {
  visitOptions(view, start, end, little, (code, value, length) => {
    if (code === COMMENT) metadata.comment(packet, optionText(bytes, value, length));
  });
}

/** Reads the options of a section header: who made the file. */
export function readSectionOptions(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  little: boolean,
  metadata: CaptureMetadata,
): void {
  visitOptions(view, start, end, little, (code, value, length) => {
    if (code === COMMENT) metadata.comment(0, optionText(bytes, value, length));
    else if (code === 2) metadata.hardware ||= optionText(bytes, value, length);
    else if (code === 3) metadata.system ||= optionText(bytes, value, length);
    else if (code === 4) metadata.application ||= optionText(bytes, value, length);
  });
}

/** What the options of an interface description say. */
export interface InterfaceOptions {
  name: string;
  description: string;
  /** The if_tsresol byte, and if_tsoffset in seconds. */
  resolution: number;
  offsetSeconds: number;
  fcsLength: number;
}

/** Reads the options of an interface description block. */
export function readInterfaceOptions(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  little: boolean,
  metadata: CaptureMetadata,
): InterfaceOptions {
  const found: InterfaceOptions = {
    name: '',
    description: '',
    resolution: 6,
    offsetSeconds: 0,
    fcsLength: 0,
  };
  visitOptions(view, start, end, little, (code, value, length) => {
    if (code === COMMENT) metadata.comment(0, optionText(bytes, value, length));
    else if (code === 2) found.name = optionText(bytes, value, length, NAME);
    else if (code === 3) found.description = optionText(bytes, value, length, NAME);
    else if (code === 9 && length >= 1) found.resolution = view.getUint8(value);
    else if (code === 13 && length >= 1) found.fcsLength = view.getUint8(value);
    else if (code === 14 && length >= 8) found.offsetSeconds = Number(view.getBigInt64(value, little));
  });
  return found;
}

const NAME_END = 0;
const NAME_IPV4 = 1;
const NAME_IPV6 = 2;

/** Reads the records of a name resolution block: an address, then NUL-terminated names. */
export function readNames(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  little: boolean,
  metadata: CaptureMetadata,
): void {
  let position = start;
  while (position + OPTION_HEADER <= end) {
    const type = view.getUint16(position, little);
    const length = view.getUint16(position + 2, little);
    const value = position + OPTION_HEADER;
    if (type === NAME_END || value + length > end) return;
    if (type === NAME_IPV4 && length > 4) {
      addNames(bytes, value + 4, value + length, formatIpv4(i32(bytes, value)), metadata);
    } else if (type === NAME_IPV6 && length > 16) {
      const address = formatIpv6(
        i32(bytes, value),
        i32(bytes, value + 4),
        i32(bytes, value + 8),
        i32(bytes, value + 12),
      );
      addNames(bytes, value + 16, value + length, address, metadata);
    }
    position = value + ((length + 3) & ~3);
  }
}

function addNames(
  bytes: Uint8Array,
  start: number,
  end: number,
  address: string,
  metadata: CaptureMetadata,
): void {
  let from = start;
  for (let i = start; i <= end; i++) {
    if (i < end && bytes[i] !== 0) continue;
    if (i > from) metadata.resolved(address, latin1(bytes, from, Math.min(i, from + NAME)));
    from = i + 1;
  }
}

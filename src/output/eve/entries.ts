import { PACKED_HEAD_WORDS, PACKED_WORDS } from '../../event/packed-flow.ts';

/**
 * What travels from the writer of EVE records to their renderer: entries in chunks of words, each entry a multiple of
 * two words long, so that its doubles are aligned. The first word is the entry's kind, the second its length in words.
 *
 * Names are sent once, as WORD entries, and then by their number; number 0 is the empty name. All bytes are UTF-8, and
 * those of a WORD are ready to stand within a string of JSON, or as JSON.
 */

/** Words of one chunk. */
export const CHUNK_WORDS = 1 << 17;
export const CHUNK_BYTES = CHUNK_WORDS * 4;

/** A flow record: numbers of names, the packed flow, the bytes of the flow's own name. */
export const FLOW = 1;
export const FLOW_APP_PROTO = 2;
export const FLOW_APP_PROTO_TS = 3;
export const FLOW_APP_PROTO_TC = 4;
export const FLOW_APP_PROTO_ORIG = 5;
export const FLOW_PROTOCOL = 6;
export const FLOW_APPLICATION = 7;
export const FLOW_CATEGORY = 8;
export const FLOW_CONFIDENCE = 9;
/** JSON of the list of risks, of the `ether` and of the `tunnel` object. */
export const FLOW_RISKS = 10;
export const FLOW_ETHER = 11;
export const FLOW_TUNNEL = 12;
/** Bytes of the name (JSON, with its quotes) behind the packed flow; 0 when there is none. */
export const FLOW_NAME_BYTES = 13;
export const FLOW_PACKED = 16;
/** The name begins behind the packed flow. */
export const FLOW_START = FLOW_PACKED + PACKED_WORDS;

/** A record of a flow's packet: the envelope's members, then the bytes of the rest of the line. */
export const RECORD = 2;
export const RECORD_DIRECTION = 2;
export const RECORD_TYPE = 3;
export const RECORD_APP_PROTO = 4;
/** Index of the transaction, -1 for none. */
export const RECORD_TRANSACTION = 5;
export const RECORD_BYTES = 6;
/** 0: the bytes end the line. Otherwise the URL of the module that renders them, and its note. */
export const RECORD_MODULE = 7;
export const RECORD_NOTE = 12;
/** Doubles (word numbers): microseconds since 1970, number of the packet. */
export const RECORD_TIME_US = 8;
export const RECORD_PACKET = 10;
export const RECORD_PACKED = 14;
/** The bytes begin behind the packed head. */
export const RECORD_START = RECORD_PACKED + PACKED_HEAD_WORDS;

/** A record of a packet that belongs to no flow: as above, its type is that of the anomalies. */
export const LOOSE = 6;

/** Bytes as they are: a line, or more of the line before. */
export const BYTES = 3;
export const BYTES_LENGTH = 2;
export const BYTES_START = 4;

/** A name and its number. */
export const WORD = 4;
export const WORD_NUMBER = 2;
export const WORD_LENGTH = 3;
export const WORD_START = 4;

/** All names are forgotten. */
export const FORGET = 5;
export const FORGET_WORDS = 2;

/** Names that are known at the same time, at most. */
export const MOST_WORDS = 1 << 15;

/** Words that hold so many bytes, as an even number. */
export function wordsFor(bytes: number): number {
  return ((bytes + 7) >> 3) << 1;
}

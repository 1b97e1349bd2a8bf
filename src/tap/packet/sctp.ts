import { i32, u8, u16 } from '../../net/index.ts';
import { COUNTER } from './counters.ts';
import * as events from './events.ts';
import type { Layers } from './layers.ts';

const HEADER = 12;
const CHUNK_HEADER = 4;
const DATA = 0;
const INIT = 1;
const INIT_ACK = 2;
const SHUTDOWN_COMPLETE = 14;
/** Chunks of one packet that are looked at. */
const MAX_CHUNKS = 256;
const PACKETS = COUNTER.sctp;

/** An SCTP packet at `start` (RFC 9260 section 3): ports, tag, and the shape of its chunks. */
export function sctp(layers: Layers, start: number, end: number, length: number): void {
  const packet = layers.packet;
  const bytes = packet.bytes;
  layers.counts[PACKETS]!++;
  packet.withoutTransport(start);
  packet.sctpChunk = -1;
  if (length < HEADER || end - start < HEADER) {
    if (length < HEADER) layers.event(events.SCTP_PKT_TOO_SMALL);
    layers.handOut();
    return;
  }
  packet.transport = true;
  packet.srcPort = u16(bytes, start);
  packet.dstPort = u16(bytes, start + 2);
  packet.sctpTag = i32(bytes, start + 4);
  packet.payloadStart = start + HEADER;
  packet.payloadEnd = end;
  packet.payloadLength = length - HEADER;
  if (end > start + HEADER) packet.sctpChunk = u8(bytes, start + HEADER);
  if (end - start === length) chunks(layers, start + HEADER, end);
  layers.handOut();
}

function chunks(layers: Layers, start: number, end: number): void {
  const packet = layers.packet;
  const bytes = packet.bytes;
  let at = start;
  let alone = false;
  let count = 0;
  while (at < end) {
    if (end - at < CHUNK_HEADER) {
      layers.event(events.SCTP_CHUNK_TOO_SMALL);
      return;
    }
    if (count === MAX_CHUNKS) {
      layers.event(events.SCTP_TOO_MANY_CHUNKS);
      return;
    }
    const type = u8(bytes, at);
    const length = u16(bytes, at + 2);
    if (length < CHUNK_HEADER || length > end - at) {
      layers.event(events.SCTP_CHUNK_LEN_INVALID);
      return;
    }
    if (type === INIT || type === INIT_ACK || type === SHUTDOWN_COMPLETE) alone = true;
    if (type === INIT && packet.sctpTag !== 0) layers.event(events.SCTP_INIT_WITH_NON_ZERO_VTAG);
    if (type === DATA && packet.sctpTag === 0) layers.event(events.SCTP_DATA_WITH_ZERO_VTAG);
    count++;
    // Chunks are padded to four bytes; the padding is not in their length (section 3.2).
    at += (length + 3) & ~3;
  }
  if (alone && count > 1) layers.event(events.SCTP_INIT_CHUNK_NOT_ALONE);
}

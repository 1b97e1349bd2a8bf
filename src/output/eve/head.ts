import * as P from '../../event/packed-flow.ts';
import { COMMUNITY_ID_LENGTH, putCommunityId } from '../../net/index.ts';
import type { ByteOutput } from '../byte-output.ts';
import { hasPorts, protocolName } from '../protocol-names.ts';
import { piece, put, putAddress, putInteger } from './json-bytes.ts';

const FLOW_ID = piece('"flow_id":');
const VLAN = piece(',"vlan":[');
const SRC_IP = piece(',"src_ip":"');
const SRC_PORT = piece('","src_port":');
const DEST_IP = piece(',"dest_ip":"');
const DEST_PORT = piece('","dest_port":');
const QUOTE = piece('"');
const COMMUNITY = piece(',"community_id":"');
const COMMA = 44;
const BRACKET = 93;

/** `,"proto":"TCP","ip_v":4` of each kind (IP version and protocol) that has been seen. */
const protocols: (Uint8Array | undefined)[] = [];

/** `"flow_id":1`, and the VLAN tags where there are any. */
export function putFlowId(out: ByteOutput, doubles: Float64Array, d: number): void {
  put(out, FLOW_ID);
  putInteger(out, doubles[d + P.PACKED_ID]!);
}

/** The VLAN tags, nothing where there are none. */
export function putVlans(out: ByteOutput, words: Int32Array, w: number): void {
  const tags = words[w + P.PACKED_VLAN]!;
  const count = tags >>> 24;
  if (count === 0) return;
  put(out, VLAN);
  putInteger(out, tags & 0xfff);
  if (count > 1) {
    out.bytes[out.used++] = COMMA;
    putInteger(out, (tags >> 12) & 0xfff);
  }
  if (count > 2) {
    out.bytes[out.used++] = COMMA;
    putInteger(out, words[w + P.PACKED_VLAN3]!);
  }
  out.bytes[out.used++] = BRACKET;
}

/** Addresses as seen by a packet of a direction, protocol and IP version. */
export function putEndpoints(out: ByteOutput, words: Int32Array, w: number, direction: number): void {
  const kind = words[w + P.PACKED_KIND]!;
  const version = kind >>> 8;
  const ports = words[w + P.PACKED_PORTS]!;
  const withPorts = hasPorts(kind & 0xff);
  const up = direction === 0;
  put(out, SRC_IP);
  putAddress(out, version, words, w + (up ? P.PACKED_CLIENT : P.PACKED_SERVER));
  if (withPorts) {
    put(out, SRC_PORT);
    putInteger(out, up ? ports >>> 16 : ports & 0xffff);
  } else put(out, QUOTE);
  put(out, DEST_IP);
  putAddress(out, version, words, w + (up ? P.PACKED_SERVER : P.PACKED_CLIENT));
  if (withPorts) {
    put(out, DEST_PORT);
    putInteger(out, up ? ports & 0xffff : ports >>> 16);
  } else put(out, QUOTE);
  let protocol = protocols[kind];
  if (protocol === undefined) {
    protocol = piece(`,"proto":"${protocolName(kind & 0xff)}","ip_v":${version}`);
    protocols[kind] = protocol;
  }
  put(out, protocol);
}

/** Places for community ids that were made for records of packets: the flow's own record has the same. */
const PLACES = 1 << 14;
const ids = new Float64Array(PLACES).fill(Number.NaN);
const texts = new Uint8Array(PLACES * COMMUNITY_ID_LENGTH);

/** Forgets the texts: flows of another engine may have the same numbers. */
export function forgetCommunities(): void {
  ids.fill(Number.NaN);
}

/** The community id. `again`: it will be asked for again, with the flow's next record. */
export function putCommunity(
  out: ByteOutput,
  words: Int32Array,
  doubles: Float64Array,
  w: number,
  again: boolean,
): void {
  put(out, COMMUNITY);
  const id = doubles[(w >> 1) + P.PACKED_ID]!;
  const place = (id / 4194304) & (PLACES - 1);
  const from = place * COMMUNITY_ID_LENGTH;
  const at = out.used;
  if (ids[place] === id) {
    for (let i = 0; i < COMMUNITY_ID_LENGTH; i++) out.bytes[at + i] = texts[from + i]!;
  } else {
    const kind = words[w + P.PACKED_KIND]!;
    const ports = words[w + P.PACKED_PORTS]!;
    const seed = words[w + P.PACKED_COMMUNITY]!;
    putCommunityId(
      out.bytes,
      at,
      kind >>> 8,
      words,
      w + P.PACKED_CLIENT,
      w + P.PACKED_SERVER,
      kind & 0xff,
      ports >>> 16,
      ports & 0xffff,
      seed & 0xffff,
      (seed & P.COMMUNITY_ONE_WAY) !== 0,
    );
    if (again) {
      ids[place] = id;
      for (let i = 0; i < COMMUNITY_ID_LENGTH; i++) texts[from + i] = out.bytes[at + i]!;
    }
  }
  out.used = at + COMMUNITY_ID_LENGTH;
  put(out, QUOTE);
}

/** Bytes that the members above need at most. */
export const HEAD_BYTES = 512;
